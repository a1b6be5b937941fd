"""How short a language could be at best, and whether it is shorter in use than chance would make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.metrics.base import Undefined
from emcomm.metrics.length import token_length_scorer
from emcomm.metrics.resampling import null_values, p_value

__all__ = ["OptimalLength", "abbreviation_p_value", "optimal_mean_length"]


class OptimalLength(NamedTuple):
    """Mean lengths of the shortest code, in symbols: over meanings, and weighted by frequency."""

    by_type: float
    by_token: float


def optimal_mean_length(
    frequencies: int | Sequence[float] | NDArray[np.float64], symbols: int, *, count_eos: bool = False
) -> OptimalLength:
    """Mean lengths of the shortest unambiguous code: the n shortest messages, the shortest for the most frequent.

    Args:
        frequencies: non-negative numbers ``[n]``, scaled to sum 1, in any order; or n, for equal frequencies.
        symbols: size of the alphabet, EOS not counted. There is one message of length 0, ``symbols`` of length 1,
            ``symbols**2`` of length 2, and so on.
        count_eos: count EOS as one more symbol of every message.

    Returns:
        `OptimalLength`, in symbols.

    Raises:
        BadInput: no meanings, no symbols, or impossible frequencies.

    Source: Chaabouni et al. 2019; Rita et al. 2020. They count EOS, both in lengths and in the vocabulary: their
    V = 40 is ``symbols=39, count_eos=True`` here, and gives 2.959 and 2.295 for 1,000 meanings with p(rank) ~ 1/rank.
    """
    symbols = whole_number("symbols", symbols, least=1)
    weights = (
        np.ones(frequencies)
        if isinstance(frequencies, (int, np.integer))
        else np.asarray(frequencies, dtype=np.float64)
    )
    if (
        weights.ndim != 1
        or not len(weights)
        or not np.isfinite(weights.sum())
        or weights.min() < 0
        or not weights.any()
    ):
        raise BadInput("frequencies must be at least one meaning's: finite, not negative, and not all 0")
    counts: list[int] = []
    left = len(weights)
    while left > 0:
        counts.append(min(left, symbols ** len(counts)))
        left -= counts[-1]
    lengths = np.repeat(np.arange(len(counts)), counts) + int(count_eos)
    ordered = np.sort(weights)[::-1]
    return OptimalLength(float(lengths.mean()), float(ordered @ lengths / ordered.sum()))


def abbreviation_p_value(language: Language, resamples: int = 1000, seed: int = 0) -> float:
    """Test of abbreviation (p_ZLA): how often dealing the messages to meanings at random is as short in use.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        resamples: number of random permutations of messages over meanings, at least 1.
        seed: the same seed gives the same value.

    Returns:
        (1 + permutations with a mean length by token at most the language's) / (1 + permutations), in (0, 1]; NaN when
        all frequencies, or all lengths, are equal.

    Raises:
        BadInput: fewer than one resample.

    Source: Rita et al. 2020. Deviation: they give the bare share of permutations with a smaller mean, which can be 0;
    here the language itself counts as one permutation, and ties count against it.
    """
    resamples = whole_number("resamples", resamples, least=1)
    seed = whole_number("seed", seed, least=0)
    if np.ptp(language.frequencies) == 0 or np.ptp(language.lengths) == 0:
        return float("nan")
    scorer, rows = token_length_scorer(language), np.arange(language.n)
    try:
        return p_value(scorer(rows, rows), null_values(scorer, language.n, resamples, seed), "less")
    except Undefined:
        return float("nan")
