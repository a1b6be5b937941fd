from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput
from emcomm.studies.contrasts import DESIGNS, Arm, Contrast, arm, contrast, final_values

EACH = {"off": (), "a": ("a",), "b": ("b",), "c": ("c",)}
LEAVE_ONE_OUT = {"all": ("a", "b", "c"), "all-a": ("b", "c"), "all-b": ("a", "c"), "all-c": ("a", "b")}
FACTORIAL = {"off": (), "a": ("a",), "b": ("b",), "a+b": ("b", "a")}


@pytest.mark.parametrize("pressure", ["a", "b", "c"])
def test_each_compares_the_pressure_alone_with_none(pressure: str) -> None:
    assert contrast("each", EACH, pressure) == Contrast((pressure,), ("off",))


@pytest.mark.parametrize("pressure", ["a", "b", "c"])
def test_leave_one_out_compares_all_with_all_but_one(pressure: str) -> None:
    assert contrast("leave-one-out", LEAVE_ONE_OUT, pressure) == Contrast(("all",), (f"all-{pressure}",))


def test_leave_one_out_of_one_pressure_is_on_against_off() -> None:
    assert contrast("leave-one-out", {"off": (), "a": ("a",)}, "a") == Contrast(("a",), ("off",))


def test_factorial_compares_all_with_it_and_all_without_it() -> None:
    assert contrast("factorial", FACTORIAL, "a") == Contrast(("a", "a+b"), ("off", "b"))
    assert contrast("factorial", FACTORIAL, "b") == Contrast(("b", "a+b"), ("off", "a"))


def test_explicit_pairs_twins_that_differ_in_the_pressure_alone() -> None:
    conditions = {"off": (), "x": ("a",), "y": ("a", "b"), "z": ("a", "b", "c")}
    assert contrast("explicit", conditions, "a") == Contrast(("x",), ("off",))  # y and z lack a twin
    assert contrast("explicit", conditions, "b") == Contrast(("y",), ("x",))
    assert contrast("explicit", conditions, "c") == Contrast(("z",), ("y",))
    assert contrast("explicit", FACTORIAL, "b") == Contrast(("b", "a+b"), ("off", "a"))


def test_the_first_of_two_like_conditions_is_the_twin() -> None:
    conditions = {"off": (), "again": (), "x": ("a",)}
    assert contrast("explicit", conditions, "a") == Contrast(("x",), ("off",))
    assert contrast("each", conditions, "a") == Contrast(("x",), ("off",))


def test_explicit_without_twins_falls_back_on_the_baseline() -> None:
    conditions = {"off": (), "both": ("a", "b"), "three": ("a", "b", "c", "d")}
    assert contrast("explicit", conditions, "a") == Contrast(("both", "three"), ("off",))
    assert contrast("explicit", conditions, "c") == Contrast(("three",), ("off",))


@pytest.mark.parametrize(
    ("design", "conditions", "pressure"),
    [
        ("off", {"off": ()}, "a"),
        ("off", EACH, "a"),
        ("each", {"off": (), "b": ("b",)}, "a"),
        ("each", {"a": ("a",)}, "a"),
        ("leave-one-out", {"all": ("a", "b"), "all-a": ("b",)}, "b"),
        ("leave-one-out", LEAVE_ONE_OUT, "d"),
        ("factorial", {"a": ("a",), "a+b": ("a", "b")}, "a"),
        ("factorial", {"off": (), "b": ("b",)}, "a"),
        ("explicit", {"both": ("a", "b"), "c": ("c",)}, "a"),
    ],
)
def test_no_comparison(design: str, conditions: dict[str, tuple[str, ...]], pressure: str) -> None:
    assert contrast(design, conditions, pressure) is None


def test_names_of_conditions_play_no_role() -> None:
    renamed = {"baseline": (), "p": ("a",), "q": ("b",), "r": ("a", "b")}
    assert contrast("each", renamed, "b") == Contrast(("q",), ("baseline",))
    assert contrast("factorial", renamed, "b") == Contrast(("q", "r"), ("baseline", "p"))


def test_unknown_design() -> None:
    with pytest.raises(BadInput, match=r"unknown design 'factorail'; known: .*Did you mean 'factorial'\?"):
        contrast("factorail", EACH, "a")
    assert len(set(DESIGNS)) == 5


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    runs = pd.DataFrame(
        [
            ("off/0", "off", 0, "done"),
            ("off/1", "off", 1, "stopped"),
            ("off/2", "off", 2, "failed"),
            ("off/3", "off", 3, "running"),
            ("off/5", "off", 5, "pending"),
        ],
        columns=["run", "condition", "seed", "status"],
    )
    values = [
        (f"off/{seed}", step, metric, 100.0 * seed + step + extra)
        for seed in (0, 1, 2, 3)
        for step in (0, 7, 11)
        for metric, extra in (("accuracy", 0.25), ("topographic_similarity", 0.5))
    ]
    values[-1] = ("off/1", 13, "accuracy", math.nan)
    return runs, pd.DataFrame(values, columns=["run", "step", "metric", "value"])


def test_final_values_are_the_last_ones_of_finished_runs() -> None:
    finals = final_values(*frames())
    assert set(finals) == {("off", 0), ("off", 1)}
    assert finals["off", 0] == {"accuracy": 11.25, "topographic_similarity": 11.5}
    assert finals["off", 1]["topographic_similarity"] == 111.5
    assert math.isnan(finals["off", 1]["accuracy"])  # step 13 counts although it is undefined


def test_final_values_do_not_depend_on_the_order_of_rows() -> None:
    runs, metrics = frames()
    expected = final_values(runs, metrics)
    shuffled = final_values(runs.sample(frac=1, random_state=3), metrics.sample(frac=1, random_state=5))
    assert {k: dict(sorted(v.items())).__repr__() for k, v in shuffled.items()} == {
        k: dict(sorted(v.items())).__repr__() for k, v in expected.items()
    }


def test_a_finished_run_without_any_metric_is_there() -> None:
    runs, metrics = frames()
    assert final_values(runs, metrics.iloc[:0]) == {("off", 0): {}, ("off", 1): {}}


def test_an_arm_of_several_conditions_has_one_value_a_seed() -> None:
    finals = {
        (c, s): {"m": 10.0 * s + extra, "accuracy": 0.5} for s in range(7) for c, extra in (("a", 1.0), ("a+b", 3.0))
    }
    both = arm(finals, ("a", "a+b"), "m")
    assert both.values == (2.0, 12.0, 22.0, 32.0, 42.0, 52.0, 62.0)  # mean of 1 and 3 above the seed's tens
    assert len(both.accuracy) == 14
    assert both.name == "a, a+b"


def test_a_seed_lacking_a_condition_is_left_out() -> None:
    finals = {(c, s): {"m": float(s), "accuracy": s / 10} for s in (1, 2, 3, 5) for c in ("a", "b")}
    del finals["b", 2]
    side = arm(finals, ("a", "b"), "m")
    assert side.values == (1.0, 3.0, 5.0)
    assert sorted(side.accuracy) == [0.1, 0.1, 0.2, 0.3, 0.3, 0.5, 0.5]  # the run itself still counts for accuracy


def test_one_undefined_value_makes_the_seed_undefined() -> None:
    finals = {
        ("a", 1): {"m": 2.0},
        ("b", 1): {"m": math.nan},
        ("a", 2): {"m": 4.0},
        ("b", 2): {"m": 6.0},
        ("a", 3): {},
        ("b", 3): {},
    }
    side = arm(finals, ("a", "b"), "m")
    assert (side.defined.tolist(), side.undefined) == ([5.0], 2)


def test_twins_that_share_a_condition_weigh_it_twice() -> None:
    finals = {("x", 0): {"m": 1.0, "accuracy": 0.25}, ("y", 0): {"m": 4.0, "accuracy": 0.5}}
    side = arm(finals, ("x", "x", "y"), "m")
    assert side.values == (2.0,)  # (1 + 1 + 4) / 3
    assert (side.name, side.accuracy) == ("x, y", (0.25, 0.5))


def test_arm_counts_what_it_drops() -> None:
    side = Arm("off", (3.0, math.nan, 1.0, math.inf, 2.0, -math.inf, 7.0), (0.5, 1.0))
    np.testing.assert_array_equal(side.defined, [1.0, 2.0, 3.0, 7.0])
    assert side.undefined == 3
    assert side.mean_accuracy == 0.75


@pytest.mark.parametrize("accuracy", [(), (0.9, math.nan)])
def test_accuracy_that_was_not_recorded_is_not_known(accuracy: tuple[float, ...]) -> None:
    assert math.isnan(Arm("off", (1.0, 2.0), accuracy).mean_accuracy)
