"""Zipf's law of abbreviation, tested against chance, and how short a language could be at best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, shown
from emcomm.language import Language, whole_number
from emcomm.metrics.base import Scorer
from emcomm.metrics.length import length_frequency_scorer, token_length_scorer
from emcomm.metrics.resampling import null_values, p_value

__all__ = [
    "Abbreviation",
    "OptimalLength",
    "abbreviation",
    "abbreviation_p_value",
    "optimal_code_length",
    "optimal_mean_length",
]


class Abbreviation(NamedTuple):
    """How strongly frequent meanings have short messages, and how often chance does as much.

    Attributes:
        correlation: Spearman's correlation of message length with frequency rank, in [-1, 1]; positive is abbreviation.
        p_value: one-sided p of the correlation over permutations of messages over meanings, in (0, 1].
        null_mean: mean correlation over the permutations, in [-1, 1].
    """

    correlation: float
    p_value: float
    null_mean: float


class OptimalLength(NamedTuple):
    """Mean lengths of the shortest code, in symbols: over meanings, and weighted by frequency."""

    by_type: float
    by_token: float


def abbreviation(language: Language, *, resamples: int = 1000, seed: int = 0) -> Abbreviation:
    """Correlate message length with frequency rank, and test it by dealing the messages to meanings at random.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        resamples: number of random permutations of messages over meanings, at least 1.
        seed: the same seed gives the same value.

    Returns:
        `Abbreviation`: the correlation (`length_frequency_correlation`), its p (the language counts as one of the
        permutations, and ties count against it) and the mean under permutation; all NaN when all frequencies, or all
        lengths, are equal. Cost: O(resamples * n log n).

    Raises:
        BadInput: fewer than one resample, or a negative seed.

    Source: Zipf 1949; Spearman's rank correlation for the law after Chaabouni et al. 2019 and Rita et al. 2020, who
    show curves and test the mean length by token (`abbreviation_p_value`).
    """
    value, null = _permuted(language, length_frequency_scorer, resamples, seed)
    if null is None:
        return Abbreviation(value, value, value)
    return Abbreviation(value, p_value(value, null, "greater"), float(null.mean()))


def abbreviation_p_value(language: Language, resamples: int = 1000, seed: int = 0) -> float:
    """Test of abbreviation (p_ZLA): how often dealing the messages to meanings at random is as short in use.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        resamples: number of random permutations of messages over meanings, at least 1.
        seed: the same seed gives the same value.

    Returns:
        (1 + permutations with a mean length by token at most the language's) / (1 + permutations), in (0, 1]; NaN when
        all frequencies, or all lengths, are equal. Cost: O(resamples * n).

    Raises:
        BadInput: fewer than one resample, or a negative seed.

    Source: Rita et al. 2020. Deviation: they give the bare share of permutations with a smaller mean, which can be 0;
    here the language itself counts as one permutation, and ties count against it.
    """
    value, null = _permuted(language, token_length_scorer, resamples, seed)
    return value if null is None else p_value(value, null, "less")


def _permuted(
    language: Language, prepare: Callable[[Language], Scorer], resamples: int, seed: int
) -> tuple[float, NDArray[np.float64] | None]:
    """Return a score and its values under permutation; NaN and None where lengths or frequencies are all equal."""
    resamples, seed = whole_number("resamples", resamples, least=1), whole_number("seed", seed, least=0)
    if np.ptp(language.frequencies) == 0 or np.ptp(language.lengths) == 0:
        return float("nan"), None
    scorer, rows = prepare(language), np.arange(language.n)
    return scorer(rows, rows), null_values(scorer, language.n, resamples, seed)


def optimal_code_length(
    frequencies: int | Sequence[float] | NDArray[np.float64], symbols: int, count_eos: bool = True
) -> OptimalLength:
    """Mean lengths of the shortest unambiguous code: the n shortest messages, the shortest for the most frequent.

    Args:
        frequencies: non-negative numbers ``[n]``, scaled to sum 1, in any order; or n, for equal frequencies.
        symbols: size of the alphabet, EOS not counted; one less than a published V that counts it. There is one message
            of length 0, ``symbols`` of length 1, ``symbols**2`` of length 2, and so on.
        count_eos: count EOS as one more symbol of every message.

    Returns:
        `OptimalLength`, in symbols; each at least 0 (1 with EOS), lower bounds of `mean_length` by type and by token.
        Cost: O(n log n); for equal frequencies O(longest message).

    Raises:
        BadInput: no meanings, no symbols, or impossible frequencies.

    Source: Chaabouni et al. 2019; Rita et al. 2020. They count EOS, both in lengths and in the vocabulary: their
    V = 40 is ``symbols=39`` here, and gives 2.959 and 2.295 for 1,000 meanings with p(rank) ~ 1/rank.
    """
    symbols = whole_number("symbols", symbols, least=1)
    weights = None if isinstance(frequencies, (int, np.integer)) else _frequencies(frequencies)
    n = whole_number("frequencies", frequencies, least=1) if weights is None else len(weights)
    counts: list[int] = []
    left = n
    while left > 0:
        counts.append(min(left, symbols ** len(counts)))
        left -= counts[-1]
    by_type = sum(length * count for length, count in enumerate(counts, start=int(count_eos))) / n
    if weights is None:
        return OptimalLength(by_type, by_type)
    lengths = np.repeat(np.arange(len(counts)), counts) + int(count_eos)
    ordered = np.sort(weights)[::-1]
    return OptimalLength(by_type, float(ordered @ lengths / ordered.sum()))


def _frequencies(values: object) -> NDArray[np.float64]:
    try:
        weights = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        weights = np.zeros(0)
    if weights.ndim != 1 or not np.isfinite(weights).all() or not weights.any() or weights.min() < 0:
        allowed = "[n], finite, not negative and not all 0, or a whole number n"
        raise BadInput(f"frequencies must be {allowed}; got {shown(values)}")
    return weights / weights.max()  # whose sum cannot overflow


def optimal_mean_length(
    frequencies: int | Sequence[float] | NDArray[np.float64], symbols: int, *, count_eos: bool = False
) -> OptimalLength:
    """Return `optimal_code_length`, by default without EOS; the older name, kept for scripts that use it."""
    return optimal_code_length(frequencies, symbols, count_eos)
