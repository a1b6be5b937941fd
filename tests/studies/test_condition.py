"""Designs become the right conditions, with the right names and in the right order."""

from __future__ import annotations

import pytest

from emcomm.errors import BadInput
from emcomm.studies.condition import Condition, designed


def sets(design, pressures):
    return {name: condition.pressures for name, condition in designed(design, pressures).items()}


def test_off_is_the_baseline_alone():
    assert sets("off", ["a", "b"]) == {"off": ()}


def test_each_adds_every_pressure_alone():
    assert list(sets("each", ["b", "a", "c"]).items()) == [("off", ()), ("b", ("b",)), ("a", ("a",)), ("c", ("c",))]


def test_leave_one_out():
    assert list(sets("leave-one-out", ["a", "b", "c"]).items()) == [
        ("off", ()),
        ("all", ("a", "b", "c")),
        ("all - a", ("b", "c")),
        ("all - b", ("a", "c")),
        ("all - c", ("a", "b")),
    ]


def test_leaving_out_the_only_pressure_is_the_baseline_and_not_run_twice():
    assert sets("leave-one-out", ["a"]) == {"off": (), "all": ("a",)}


def test_factorial_is_every_subset_in_the_order_of_the_pressures():
    assert list(sets("factorial", ["b", "a", "c"]).items()) == [
        ("off", ()),
        ("b", ("b",)),
        ("a", ("a",)),
        ("c", ("c",)),
        ("b + a", ("b", "a")),
        ("b + c", ("b", "c")),
        ("a + c", ("a", "c")),
        ("b + a + c", ("b", "a", "c")),
    ]
    assert len(sets("factorial", "abcde")) == 2**5


@pytest.mark.parametrize("design", ["off", "each", "leave-one-out", "factorial"])
def test_without_pressures_every_design_is_the_baseline(design):
    assert sets(design, []) == {"off": ()}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("design", ["each", "leave-one-out", "factorial"])
def test_no_set_of_pressures_occurs_twice(design, count):
    found = list(sets(design, [f"p{number}" for number in range(count)]).values())
    assert len(set(found)) == len(found)


def test_unknown_keys_of_a_condition_are_refused():
    with pytest.raises(BadInput, match="unknown key 'setting'.*Did you mean 'settings'"):
        Condition(setting={"base.steps": 3})  # type: ignore[call-arg]
