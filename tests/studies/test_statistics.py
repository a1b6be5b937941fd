from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from emcomm.errors import BadInput
from emcomm.studies.statistics import (
    EXACT_UP_TO,
    bootstrap_interval,
    cliffs_delta,
    difference,
    holm,
    mann_whitney_one_sided,
    mann_whitney_two_sided,
    resampling_seed,
)

ON = np.array([0.31, 0.47, 0.52, 0.58, 0.63, 0.71, 0.90])
OFF = np.array([0.12, 0.29, 0.33, 0.41, 0.55])


def test_cliffs_delta_by_hand() -> None:
    # 2>1 2<3 | 3>1 3=3 | 5>1 5>3: four wins, one loss, one tie of six pairs
    assert cliffs_delta([2, 3, 5], [1, 3]) == 3 / 6
    assert cliffs_delta([1, 3], [2, 3, 5]) == -3 / 6


@pytest.mark.parametrize(
    ("on", "off", "delta"),
    [([3, 4, 5], [1, 2], 1.0), ([1], [2, 3], -1.0), ([7, 7, 7], [7, 7], 0.0), ([1, 3], [2], 0.0)],
)
def test_cliffs_delta_at_its_ends_and_middle(on: list[float], off: list[float], delta: float) -> None:
    assert cliffs_delta(on, off) == delta


def test_cliffs_delta_counts_every_pair() -> None:
    rng = np.random.default_rng(11)
    on, off = rng.integers(0, 13, 29), rng.integers(2, 17, 23)
    pairs = [float(a > b) - float(a < b) for a in on for b in off]
    assert cliffs_delta(on, off) == pytest.approx(sum(pairs) / len(pairs), abs=1e-15)


def test_cliffs_delta_sees_ranks_only() -> None:
    assert cliffs_delta(np.exp(7 * ON), np.exp(7 * OFF)) == cliffs_delta(ON, OFF)


def test_mann_whitney_by_hand() -> None:
    # ranks 3 4 5 against 1 2: the most extreme of C(5, 3) = 10 ways
    assert mann_whitney_one_sided([30, 40, 50], [10, 20], "up") == pytest.approx(1 / 10)
    # ranks 2 4 5 (sum 11) against 1 3: only 3+4+5 and 2+4+5 reach 11
    assert mann_whitney_one_sided([20, 40, 50], [10, 30], "up") == pytest.approx(2 / 10)
    # sums of three of 1..5 up to 11: all but 12
    assert mann_whitney_one_sided([20, 40, 50], [10, 30], "down") == pytest.approx(9 / 10)
    assert mann_whitney_two_sided([20, 40, 50], [10, 30]) == pytest.approx(4 / 10)


def test_mann_whitney_with_ties_by_hand() -> None:
    # pooled 1 2 2 2 has mid-ranks 1 3 3 3; two of them sum to 4 in three ways and to 6 in three ways; on has 3 + 3
    assert mann_whitney_one_sided([2, 2], [1, 2], "up") == pytest.approx(3 / 6)
    assert mann_whitney_one_sided([2, 2], [1, 2], "down") == 1.0
    assert mann_whitney_two_sided([2, 2], [1, 2]) == 1.0


def test_two_constant_arms_of_five_get_the_exact_p() -> None:
    assert mann_whitney_one_sided([1] * 5, [0] * 5, "up") == pytest.approx(1 / math.comb(10, 5))


def test_equal_arms_give_no_evidence() -> None:
    assert mann_whitney_one_sided([3] * 7, [3] * 5, "up") == 1.0
    assert mann_whitney_one_sided([3] * 7, [3] * 5, "down") == 1.0
    assert mann_whitney_two_sided([3] * 7, [3] * 5) == 1.0


def test_mann_whitney_without_ties_agrees_with_scipy() -> None:
    greater = stats.mannwhitneyu(ON, OFF, alternative="greater", method="exact").pvalue
    less = stats.mannwhitneyu(ON, OFF, alternative="less", method="exact").pvalue
    either = stats.mannwhitneyu(ON, OFF, alternative="two-sided", method="exact").pvalue
    assert mann_whitney_one_sided(ON, OFF, "up") == pytest.approx(greater, rel=1e-12)
    assert mann_whitney_one_sided(ON, OFF, "down") == pytest.approx(less, rel=1e-12)
    assert mann_whitney_two_sided(ON, OFF) == pytest.approx(either, rel=1e-12)


def test_mann_whitney_with_ties_is_the_share_of_all_deals() -> None:
    pooled = np.array([0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.5, 0.7, 0.7])
    ranks = stats.rankdata(pooled)
    sums = {deal: ranks[list(deal)].sum() for deal in itertools.combinations(range(9), 4)}
    for deal in [(0, 1, 2, 3), (5, 6, 7, 8), (1, 3, 6, 7), (0, 4, 5, 8)]:
        rest = np.delete(pooled, deal)
        share = np.mean([s >= sums[deal] for s in sums.values()])
        assert mann_whitney_one_sided(pooled[list(deal)], rest, "up") == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("pooled", [np.arange(10), np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3])], ids=["distinct", "ties"])
def test_no_level_is_exceeded_when_the_pressure_does_nothing(pooled: np.ndarray[Any, Any]) -> None:
    deals = [list(deal) for deal in itertools.combinations(range(10), 5)]
    p = np.array([mann_whitney_one_sided(pooled[deal], np.delete(pooled, deal), "up") for deal in deals])
    levels = np.unique(p)
    assert all(np.mean(p <= level) <= level + 1e-12 for level in levels)
    assert np.mean(p <= 0.05) > 0.01  # and the test can speak


def test_mann_whitney_direction_is_which_arm_is_larger() -> None:
    assert mann_whitney_one_sided(ON, OFF, "up") == mann_whitney_one_sided(OFF, ON, "down")
    assert mann_whitney_one_sided(-ON, -OFF, "down") == mann_whitney_one_sided(ON, OFF, "up")
    with pytest.raises(BadInput, match="'up' or 'down', got 'none'"):
        mann_whitney_one_sided(ON, OFF, "none")  # type: ignore[arg-type]


def test_beyond_enumeration_the_normal_limit_continues_the_exact_p() -> None:
    rng = np.random.default_rng(5)
    on, off = np.round(rng.normal(0.3, 1, 67), 1), np.round(rng.normal(0, 1, 59), 1)
    assert on.size + off.size > EXACT_UP_TO
    limit = mann_whitney_one_sided(on, off, "up")
    exact = mann_whitney_one_sided(on[: EXACT_UP_TO - 59], off, "up")
    assert 0 < limit < 1
    assert limit == pytest.approx(stats.mannwhitneyu(on, off, alternative="greater").pvalue)
    near = stats.mannwhitneyu(on[: EXACT_UP_TO - 59], off, alternative="greater", method="asymptotic").pvalue
    assert exact == pytest.approx(near, rel=0.03)
    assert mann_whitney_one_sided([2] * 67, [2] * 59, "up") == 1.0


def test_holm_by_hand() -> None:
    # three tests: 0.01 x 3 = 0.03; 0.03 x 2 = 0.06; 0.04 x 1 = 0.04, raised to the 0.06 before it
    np.testing.assert_allclose(holm([0.01, 0.04, np.nan, 0.03]), [0.03, 0.06, np.nan, 0.06])


def test_holm_stays_in_range_and_keeps_the_order() -> None:
    raw = np.array([0.9, 0.002, 0.4, 0.002, 0.07, 1.0, 0.011])
    corrected = holm(raw)
    assert (corrected >= raw).all()
    assert corrected.max() == 1.0
    assert (np.diff(corrected[np.argsort(raw)]) >= 0).all()
    shuffle = np.array([3, 6, 0, 5, 1, 4, 2])
    np.testing.assert_array_equal(holm(raw[shuffle]), corrected[shuffle])


def test_holm_of_one_or_none() -> None:
    np.testing.assert_array_equal(holm([0.043]), [0.043])
    np.testing.assert_array_equal(holm([np.nan, np.nan]), [np.nan, np.nan])
    assert holm([]).shape == (0,)


def interval(
    on: Any = ON, off: Any = OFF, level: float = 0.9, seed: int = 7, resamples: int = 2000
) -> tuple[float, float]:
    return bootstrap_interval(on, off, level, resamples=resamples, seed=seed)


def test_difference_by_hand() -> None:
    assert difference([1, 2, 6], [1, 3]) == 1.0  # 3 - 2


def test_interval_holds_the_difference_and_levels_nest() -> None:
    low95, high95 = interval(level=0.95)
    low90, high90 = interval(level=0.90)
    low50, high50 = interval(level=0.50)
    assert low95 < low90 < low50 < difference(ON, OFF) < high50 < high90 < high95


def test_interval_moves_and_stretches_with_the_values() -> None:
    low, high = interval()
    assert interval(ON + 3, OFF) == pytest.approx((low + 3, high + 3))
    assert interval(5 * ON, 5 * OFF) == pytest.approx((5 * low, 5 * high))


def test_same_seed_same_bytes_other_seed_other_resamples() -> None:
    sequence = resampling_seed("compositional", "teaching", 3)
    again = [bootstrap_interval(ON, OFF, 0.95, resamples=500, seed=sequence) for _ in range(2)]
    assert again[0] == again[1]
    assert interval(seed=7) != interval(seed=8)


def test_interval_is_as_wide_as_welchs_for_normal_values() -> None:
    on, off = stats.norm.ppf(np.linspace(0.05, 0.95, 13)), 2 * stats.norm.ppf(np.linspace(0.1, 0.9, 7))
    welch = stats.ttest_ind(on, off, equal_var=False).confidence_interval(0.9)
    low, high = interval(on, off, resamples=20_000)
    assert high - low == pytest.approx(welch.high - welch.low, rel=0.05)


@pytest.mark.parametrize(("n_on", "n_off"), [(5, 5), (5, 11)])
def test_interval_covers_what_it_says_at_few_seeds(n_on: int, n_off: int) -> None:
    rng = np.random.default_rng(2)
    reps = 800
    inside = 0
    for seed in range(reps):
        low, high = interval(rng.normal(1.5, 1, n_on), rng.normal(1, 1, n_off), resamples=800, seed=seed)
        inside += low <= 0.5 <= high
    # four standard errors at 800 repetitions are 4.2 points; the unexpanded interval covers 81-82 %
    assert inside / reps == pytest.approx(0.9, abs=0.042)


def test_constant_arms() -> None:
    assert interval([0.75] * 5, [0.5] * 7) == (0.25, 0.25)
    low, high = interval([0.75] * 5, OFF)
    assert low < 0.75 - OFF.mean() < high
    # only off varies: as wide as the t interval of its mean with n - 1 = 4 degrees of freedom, up to discreteness
    width = 2 * stats.t.ppf(0.95, 4) * OFF.std(ddof=1) / math.sqrt(5)
    assert high - low == pytest.approx(width, rel=0.15)


def test_too_few_values_say_nothing() -> None:
    for on, off in (([1.0], OFF), (ON, [1.0]), ([], OFF)):
        assert all(math.isnan(end) for end in interval(on, off))
    for measure in (difference, cliffs_delta, mann_whitney_two_sided):
        assert math.isnan(measure([], OFF))
        assert math.isnan(measure(ON, []))


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_impossible_level(level: float) -> None:
    with pytest.raises(BadInput, match="level must lie between 0 and 1"):
        interval(level=level)


def test_impossible_resamples() -> None:
    with pytest.raises(BadInput, match="resamples must be at least 1, got 0"):
        interval(resamples=0)


MEASURES: list[Callable[[Any, Any], object]] = [
    difference,
    cliffs_delta,
    mann_whitney_two_sided,
    lambda on, off: mann_whitney_one_sided(on, off, "up"),
    lambda on, off: interval(on, off, resamples=101),
]


@pytest.mark.parametrize("measure", MEASURES)
def test_order_within_an_arm_does_not_matter(measure: Callable[[Any, Any], object]) -> None:
    assert measure(ON[[4, 1, 6, 0, 2, 5, 3]], OFF[[2, 4, 0, 1, 3]]) == measure(ON, OFF)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("bad", [[1.0, float("nan")], [float("inf"), 1.0], [[1.0, 2.0]], 3.0])
def test_samples_are_rows_of_finite_numbers(measure: Callable[[Any, Any], object], bad: Any) -> None:
    with pytest.raises(BadInput, match="one row of finite numbers"):
        measure(bad, OFF)


def test_inputs_are_left_alone() -> None:
    on, off = ON[::-1].copy(), OFF[::-1].copy()
    for measure in MEASURES:
        measure(on, off)
    np.testing.assert_array_equal(on, ON[::-1])
    np.testing.assert_array_equal(off, OFF[::-1])


def test_every_cell_has_its_own_seed() -> None:
    cells = [(p, q, s) for p in ("short", "long") for q in ("lazy", "teaching") for s in (0, 1)]
    states = {resampling_seed(*cell).generate_state(4).tobytes() for cell in cells}
    assert len(states) == len(cells)
    assert resampling_seed("lazy", "short", 0).generate_state(4).tobytes() not in states  # the names' roles matter
