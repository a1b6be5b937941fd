from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emcomm.studies.contrasts import Arm
from emcomm.studies.judging import Cell
from emcomm.studies.pattern import Pattern
from emcomm.studies.verdicts import verdict_table

LOW = (0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17)
HIGH = (0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57)
MIXED = (0.105, 0.125, 0.135, 0.145, 0.155, 0.165, 0.168)
# eight values above ten and two below: 80 wins, 20 losses, delta exactly 0.6, one-sided exact p 0.0116
TEN = tuple(float(value) for value in range(10))
SIX_TENTHS = (*(100.0 + value for value in range(8)), -1.0, -2.0)


def pattern(direction: str = "up", **changes: Any) -> Pattern:
    return Pattern(**{"name": "p", "metric": "m", "direction": direction, **changes})


def cell(
    on: Sequence[float],
    off: Sequence[float],
    p: Pattern,
    *,
    accuracy: tuple[Sequence[float], Sequence[float]] | None = None,
) -> Cell:
    reached = accuracy or ([1.0] * len(on), [1.0] * len(off))
    return Cell(p, "pressure", Arm("on", tuple(on), tuple(reached[0])), Arm("off", tuple(off), tuple(reached[1])))


def verdict(on: Sequence[float], off: Sequence[float], p: Pattern, **keywords: Any) -> pd.Series[Any]:
    return verdict_table([cell(on, off, p, **keywords)], resamples=2000).iloc[0]


@pytest.mark.parametrize(("direction", "on", "off"), [("up", HIGH, LOW), ("down", LOW, HIGH)])
def test_recovered(direction: str, on: Sequence[float], off: Sequence[float]) -> None:
    row = verdict(on, off, pattern(direction))
    assert (row.verdict, row.as_predicted) == ("recovered", True)
    assert row.effect == pytest.approx(0.4 if direction == "up" else -0.4)
    assert row.cliffs_delta == (1.0 if direction == "up" else -1.0)
    assert row.p_value == pytest.approx(1 / math.comb(14, 7))
    assert row.reason == "clear effect as predicted, p = 0.000291"


@pytest.mark.parametrize(("direction", "on", "off"), [("up", LOW, HIGH), ("down", HIGH, LOW)])
def test_reversed(direction: str, on: Sequence[float], off: Sequence[float]) -> None:
    row = verdict(on, off, pattern(direction))
    assert (row.verdict, row.as_predicted) == ("reversed", False)
    assert row.p_value == 1.0  # of the predicted direction
    assert row.reason == "clear effect against the prediction, p = 0.000291"


def test_absent() -> None:
    row = verdict(MIXED, LOW, pattern("up", band=0.05))
    assert (row.verdict, row.as_predicted) == ("absent", False)
    assert -0.05 < row.ci90_low < row.effect < row.ci90_high < 0.05
    assert row.reason == "90 % interval inside the band"


def test_inconclusive() -> None:
    row = verdict(MIXED, LOW, pattern("up", band=0.005))
    assert (row.verdict, row.as_predicted) == ("inconclusive", False)
    assert f"p = {row.p_value:.3g}; |delta| {abs(row.cliffs_delta):.3g} below 0.6" in row.reason
    assert row.reason.endswith("not inside [-0.005, 0.005]")


def test_without_a_band_nothing_is_absent() -> None:
    row = verdict(MIXED, LOW, pattern("up"))
    assert row.verdict == "inconclusive"
    assert math.isnan(row.band_low)
    assert math.isnan(row.band_high)
    assert "interval" not in row.reason


def test_no_effect_confirmed() -> None:
    row = verdict(MIXED, LOW, pattern("none", band=0.05))
    assert (row.verdict, row.as_predicted) == ("absent", True)
    assert (row.band_low, row.band_high) == (-0.05, 0.05)


@pytest.mark.parametrize(("on", "off"), [(HIGH, LOW), (LOW, HIGH)])
def test_no_effect_refuted_in_either_direction(on: Sequence[float], off: Sequence[float]) -> None:
    row = verdict(on, off, pattern("none", band=0.05))
    assert (row.verdict, row.as_predicted) == ("reversed", False)
    assert row.p_value == pytest.approx(2 / math.comb(14, 7))  # two-sided


def test_no_effect_left_open() -> None:
    row = verdict(MIXED, LOW, pattern("none", band=0.001))
    assert (row.verdict, row.as_predicted) == ("inconclusive", False)
    assert "not inside [-0.001, 0.001]" in row.reason


def test_no_effect_is_never_recovered_and_a_clear_effect_inside_the_band_is_absent() -> None:
    row = verdict(HIGH, LOW, pattern("none", band=0.7))
    assert row.p_value < 0.05
    assert row.verdict == "absent"


def test_recovered_comes_before_absent() -> None:
    assert verdict(HIGH, LOW, pattern("up", band=0.7)).verdict == "recovered"


def test_absent_comes_before_reversed() -> None:
    assert verdict(LOW, HIGH, pattern("up", band=0.7)).verdict == "absent"
    assert verdict(LOW, HIGH, pattern("up", band=0.3)).verdict == "reversed"


def test_delta_exactly_at_the_minimum_is_enough() -> None:
    row = verdict(SIX_TENTHS, TEN, pattern("up", min_delta=0.6))
    assert (row.cliffs_delta, row.verdict) == (0.6, "recovered")
    above = verdict(SIX_TENTHS, TEN, pattern("up", min_delta=0.61))
    assert (above.verdict, above.reason) == ("inconclusive", "|delta| 0.6 below 0.61")
    assert verdict(TEN, SIX_TENTHS, pattern("up", min_delta=0.6)).verdict == "reversed"
    assert verdict(TEN, SIX_TENTHS, pattern("up", min_delta=0.61)).verdict == "inconclusive"


def test_ranks_and_means_must_agree() -> None:
    on = (*SIX_TENTHS[:8], -1.0, -5000.0)  # still 80 wins, but the mean is far below
    row = verdict(on, TEN, pattern("up"))
    assert row.p_value < 0.05
    assert row.effect < 0
    assert row.verdict == "inconclusive"
    assert row.reason.startswith("effect against the prediction")


@pytest.mark.parametrize(("n_on", "n_off", "named"), [(4, 7, "in on"), (7, 4, "in off")])
def test_four_seeds_in_an_arm_decide_nothing(n_on: int, n_off: int, named: str) -> None:
    for on, off, p in [
        (HIGH, LOW, pattern("up")),
        (LOW, HIGH, pattern("up")),
        (LOW, LOW, pattern("up", band=0.5)),
        (LOW, LOW, pattern("none", band=0.5)),
        (HIGH, LOW, pattern("none", band=0.05)),
    ]:
        row = verdict(on[:n_on], off[:n_off], p)
        assert (row.n_on, row.n_off, row.verdict, row.as_predicted) == (n_on, n_off, "inconclusive", False)
        assert row.reason == f"only 4 seeds {named}"


def test_five_seeds_in_each_arm_are_enough() -> None:
    assert verdict(HIGH[:5], LOW[:5], pattern("up")).verdict == "recovered"
    assert verdict(LOW[:5], HIGH[:5], pattern("up")).verdict == "reversed"
    assert verdict(LOW[:5], LOW[:5], pattern("none", band=0.5)).verdict == "absent"


def test_undefined_values_are_dropped_and_counted() -> None:
    nan, inf = math.nan, math.inf
    five = verdict((*HIGH[:5], nan, inf), LOW, pattern("up"))
    assert (five.n_on, five.n_off, five.verdict) == (5, 7, "recovered")
    assert five.reason.endswith("metric undefined for 2 seeds in on")
    assert five.effect == pytest.approx(0.53 - 0.14)
    four = verdict(HIGH, (*LOW[:4], nan), pattern("up"))
    assert (four.n_off, four.verdict) == (4, "inconclusive")
    assert four.reason == "only 4 seeds in off; metric undefined for 1 seed in off"


def test_an_empty_arm_is_inconclusive() -> None:
    row = verdict((math.nan,) * 5, LOW, pattern("none", band=1.0))
    assert (row.verdict, row.n_on) == ("inconclusive", 0)
    for column in ("effect", "ci_low", "ci_high", "ci90_low", "ci90_high", "cliffs_delta", "p_value", "p_raw"):
        assert math.isnan(row[column]), column
    assert row.reason == "only 0 seeds in on; metric undefined for 5 seeds in on"


@pytest.mark.parametrize(("on_accuracy", "off_accuracy", "named"), [(0.71, 1.0, "on 0.71"), (1.0, 0.88, "off 0.88")])
def test_floor_missed_in_one_arm(on_accuracy: float, off_accuracy: float, named: str) -> None:
    accuracy = ([on_accuracy] * 7, [off_accuracy] * 7)
    reason = f"accuracy floor 0.9 not met: {named}"
    for on, off in ((HIGH, LOW), (LOW, HIGH)):  # neither recovered nor reversed
        row = verdict(on, off, pattern("up"), accuracy=accuracy)
        assert row.verdict == "inconclusive"
        assert row.reason.endswith(reason)
    refuted = verdict(HIGH, LOW, pattern("none", band=0.05), accuracy=accuracy)
    assert refuted.verdict == "inconclusive"
    same = verdict(MIXED, LOW, pattern("none", band=0.05), accuracy=accuracy)
    assert same.verdict == "absent"  # needs no floor, but the reader is told
    assert same.reason == f"90 % interval inside the band; {reason}"
    assert verdict(HIGH, LOW, pattern("up", accuracy_floor=None), accuracy=accuracy).verdict == "recovered"


def test_floor_is_about_the_mean_of_the_runs_and_may_be_met_exactly() -> None:
    spread = [0.8, 1.0, 0.85, 0.95, 0.9, 0.9, 0.9]  # mean 0.9
    row = verdict(HIGH, LOW, pattern("up"), accuracy=(spread, [float(np.float32(0.9))] * 7))
    assert row.verdict == "recovered"
    assert row.accuracy_on == pytest.approx(0.9)
    below = verdict(HIGH, LOW, pattern("up"), accuracy=([0.899] * 7, [1.0] * 7))
    assert (below.verdict, below.reason) == ("inconclusive", "accuracy floor 0.9 not met: on 0.899")


@pytest.mark.parametrize("accuracy", [([], [1.0] * 7), ([1.0] * 6 + [math.nan], [1.0] * 7)])
def test_accuracy_that_was_not_recorded_meets_no_floor(accuracy: tuple[list[float], list[float]]) -> None:
    row = verdict(HIGH, LOW, pattern("up"), accuracy=accuracy)
    assert (row.verdict, row.reason) == ("inconclusive", "accuracy floor 0.9 not met: on not recorded")
    assert verdict(HIGH, LOW, pattern("up", accuracy_floor=None), accuracy=accuracy).verdict == "recovered"


def test_constant_arms() -> None:
    apart = verdict([0.75] * 5, [0.5] * 5, pattern("up", band=0.1))
    assert (apart.verdict, apart.ci_low, apart.ci_high, apart.cliffs_delta) == ("recovered", 0.25, 0.25, 1.0)
    equal = verdict([0.5] * 5, [0.5] * 5, pattern("up", band=0.1))
    assert (equal.verdict, equal.effect, equal.p_value) == ("absent", 0.0, 1.0)
    no_band = verdict([0.5] * 5, [0.5] * 5, pattern("up"))
    assert no_band.reason == "no difference between the means; p = 1; |delta| 0 below 0.6"


def test_an_interval_that_ends_at_the_band_is_inside() -> None:
    # 0.8 - 0.7 is a rounding error above 0.1
    assert verdict([0.8] * 5, [0.7] * 5, pattern("none", band=0.1)).verdict == "absent"
    assert verdict([0.8] * 5, [0.7] * 5, pattern("none", band=0.0999)).verdict == "reversed"
    assert verdict([0.7] * 5, [0.8] * 5, pattern("none", band=0.1)).verdict == "absent"


@pytest.mark.parametrize(("number", "expected"), [(12, "recovered"), (13, "inconclusive")])
def test_all_cells_of_a_study_are_corrected_together(number: int, expected: str) -> None:
    # five against five, fully apart: p = 1/252; 12/252 = 0.0476, 13/252 = 0.0516
    table = verdict_table([cell(HIGH[:5], LOW[:5], pattern("up"))] * number, resamples=50)
    assert set(table["verdict"]) == {expected}
    np.testing.assert_allclose(table["p_raw"], 1 / 252)
    np.testing.assert_allclose(table["p_value"], number / 252)


def test_opposite_directions_are_a_family_of_their_own() -> None:
    wrong_way = [cell(LOW[:5], HIGH[:5], pattern("up"))] * 12
    null = [cell(LOW[:5], LOW[:5], pattern("none", band=0.5))]
    table = verdict_table(wrong_way + null, resamples=50)
    assert table["verdict"].tolist() == ["reversed"] * 12 + ["absent"]  # 12/252, the null cell does not count here
    one_more = verdict_table([*wrong_way, *wrong_way[:1]], resamples=50)
    assert set(one_more["verdict"]) == {"inconclusive"}
    assert one_more["reason"][0] == "effect against the prediction; p = 0.0516"


def test_empty_cells_do_not_count_as_tests() -> None:
    cells = [cell(HIGH[:5], LOW[:5], pattern("up"))] * 12 + [cell([math.nan], LOW, pattern("up"))] * 3
    table = verdict_table(cells, resamples=50)
    assert table["verdict"].tolist() == ["recovered"] * 12 + ["inconclusive"] * 3


def test_a_false_recovery_is_rare_in_a_whole_study() -> None:
    rng = np.random.default_rng(23)
    reps, cells = 300, 6
    p = pattern("up", min_delta=0.01)  # leaves the decision to the corrected p
    corrected = uncorrected = 0
    for _ in range(reps):
        study = [cell(rng.normal(size=10).tolist(), rng.normal(size=10).tolist(), p) for _ in range(cells)]
        table = verdict_table(study, resamples=20)
        corrected += bool((table["verdict"] == "recovered").any())
        uncorrected += bool((table["p_raw"] < 0.05).any())
    most = stats.binom.ppf(0.99, reps, 0.05)
    assert corrected <= most < uncorrected


def test_a_difference_as_large_as_the_band_is_rarely_called_absent() -> None:
    rng = np.random.default_rng(29)
    reps = 400
    p = pattern("none", band=3.0)
    cells = [cell(rng.normal(3.0, 1, 5).tolist(), rng.normal(0, 1, 5).tolist(), p) for _ in range(reps)]
    table = verdict_table(cells, resamples=600)
    called = (table["verdict"] == "absent").sum()
    assert 0 < called <= stats.binom.ppf(0.99, reps, 0.05)
