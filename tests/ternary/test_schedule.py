"""The share over training: before, during and after the rise; schedules that cannot be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.ternary import Schedule


def shares(schedule: Schedule, steps: int) -> list[float]:
    return [schedule.share_at(step, steps) for step in range(steps + 3)]


def test_a_line_by_hand():
    schedule = Schedule(kind="linear", start=0.3, length=0.4)
    assert shares(schedule, 10) == [0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]
    assert schedule.transition_step(10) == 3


def test_a_step_by_hand():
    schedule = Schedule(kind="step", start=0.3)
    assert shares(schedule, 10) == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert schedule.transition_step(10) == 3


def test_the_curve_ends_with_an_explicit_1():
    schedule = Schedule(kind="tanh", start=0.0, length=1.0)
    found = shares(schedule, 20)
    assert [found[step] for step in (0, 2, 5, 10)] == [math.tanh(2.5 * tau) for tau in (0, 0.1, 0.25, 0.5)]
    assert abs(found[5] - 0.555) < 1e-3  # as the authors' code gives
    assert found[19] < 0.99
    assert found[20] == 1.0


def test_from_scratch_and_after_training():
    for kind in ("step", "linear", "tanh"):
        scratch = Schedule.model_validate({"kind": kind, "start": 0.0, "length": 0.0})
        assert shares(scratch, 7) == [1.0] * 10
        assert scratch.transition_step(7) == 0
        late = Schedule.model_validate({"kind": kind, "start": 1.0, "length": 0.0})
        assert shares(late, 7) == [0.0] * 7 + [1.0] * 3
        assert late.transition_step(7) == 7


def test_the_default_is_a_rise_after_a_fifth():
    schedule = Schedule()
    assert (schedule.kind, schedule.start, schedule.rise, schedule.keep_optimizer) == ("linear", 0.2, 0.1, True)
    assert schedule.share_at(200, 1000) == 0.0
    assert schedule.share_at(250, 1000) == 0.5
    assert schedule.share_at(300, 1000) == 1.0
    assert Schedule.model_validate(schedule.model_dump(mode="json")) == schedule


@given(
    st.sampled_from(["step", "linear", "tanh"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 997),
)
def test_it_never_falls_and_is_exact_at_both_ends(kind: str, start: float, part: float, steps: int):
    length = None if kind == "step" else part * (1 - start)
    schedule = Schedule.model_validate({"kind": kind, "start": start, "length": length})
    found = shares(schedule, steps)
    assert found == sorted(found)
    assert all(0.0 <= share <= 1.0 for share in found)
    assert found[: schedule.transition_step(steps)] == [0.0] * schedule.transition_step(steps)
    assert found[-3:] == [1.0] * 3


def test_schedules_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="longer than training: start 0.7 \\+ length 0.5 = 1.2, at most 1"):
        Schedule(start=0.7, length=0.5)
    with pytest.raises(BadInput, match="longer than training: start 0.95 \\+ length 0.1"):
        Schedule(start=0.95)
    with pytest.raises(BadInput, match="a step has length 0, got 0.1"):
        Schedule(kind="step", length=0.1)
    with pytest.raises(BadInput, match="start"):
        Schedule(start=-0.1)
    with pytest.raises(BadInput, match="unknown key 'strat'.*'start'"):
        Schedule(strat=0.1)  # type: ignore[call-arg]
    with pytest.raises(BadInput, match="steps: at least 1, got 0"):
        Schedule().share_at(0, 0)
    with pytest.raises(BadInput, match="step: at least 0, got -1"):
        Schedule().share_at(-1, 7)


def test_tenths_add_up():
    for tenth in range(11):
        assert Schedule(start=tenth / 10, length=1 - tenth / 10).share_at(10, 10) == 1.0
