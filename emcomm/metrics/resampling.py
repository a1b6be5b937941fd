"""Chance and uncertainty of a score: permute messages over meanings, or draw meanings again with replacement.

Both are given as rows of the language (see `emcomm.metrics.base`), from streams of their own: what one metric draws
depends on the seed alone, not on which other metrics are measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.metrics.base import Scorer, Undefined
from emcomm.rng import generator

__all__ = ["bootstrap_values", "interval", "null_values", "p_value"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_TOLERANCE = 1e-12  # scores nearer than this are equal: the same sum in another order


def null_values(scorer: Scorer, n: int, resamples: int, seed: int) -> FloatArray:
    """Scores of languages whose messages are permuted over the meanings; frequencies stay with meanings.

    Returns:
        float64 ``[resamples]``, NaN where undefined.
    """
    rng, rows = generator(seed, "measure/null"), np.arange(n)
    return _scores(scorer, ((rows, rng.permutation(n)) for _ in range(resamples)))


def bootstrap_values(scorer: Scorer, n: int, resamples: int, seed: int) -> FloatArray:
    """Scores of languages of n meanings, with their messages, drawn with replacement.

    Returns:
        float64 ``[resamples]``, NaN where undefined.
    """
    rng = generator(seed, "measure/bootstrap")
    draws = (rng.integers(n, size=n) for _ in range(resamples))
    return _scores(scorer, ((rows, rows) for rows in draws))


def _scores(scorer: Scorer, rearrangements: Iterable[tuple[IntArray, IntArray]]) -> FloatArray:
    return np.array([_score(scorer, *rows) for rows in rearrangements], dtype=np.float64)


def _score(scorer: Scorer, meaning_rows: IntArray, message_rows: IntArray) -> float:
    try:
        return scorer(meaning_rows, message_rows)
    except Undefined:
        return np.nan


def p_value(value: float, null: FloatArray, tail: Literal["greater", "less"]) -> float:
    """One-sided permutation p-value: (1 + null scores at least as extreme) / (1 + null scores), in (0, 1].

    Args:
        value: the language's own score; it counts as one of the permutations.
        null: scores of permuted languages; NaNs are left out.
        tail: whether high or low scores are extreme.

    Source: Phipson & Smyth 2010.
    """
    null = null[~np.isnan(null)]
    extreme = null >= value - _TOLERANCE if tail == "greater" else null <= value + _TOLERANCE
    return float((1 + np.count_nonzero(extreme)) / (1 + len(null)))


def interval(
    value: float, draws: FloatArray, limits: tuple[float, float], confidence: float = 0.95
) -> tuple[float, float]:
    """Bootstrap interval around a score: percentiles of the draws, moved by the draws' bias, within the metric's range.

    Drawing meanings with replacement repeats some of them, which pulls entropies and what is built on them to one side
    even in the mean of the draws; moving the percentiles by that bias keeps the width and drops the pull.

    Args:
        value: the language's own score.
        draws: bootstrap scores; NaNs are left out.
        limits: smallest and largest possible score.
        confidence: share of the draws inside.

    Returns:
        low and high end; NaN, NaN when more than half of the draws are undefined.

    Source: Efron & Tibshirani 1993 for the percentiles. Moving them by the bias is a deviation.
    """
    defined = draws[~np.isnan(draws)]
    if 2 * len(defined) < len(draws) or not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2]) + (value - defined.mean())
    low, high = min(low, value), max(high, value)
    return float(np.clip(low, *limits)), float(np.clip(high, *limits))
