"""Entropy of what is said: how much choice there is among whole messages, and at each position."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.bias import CORRECTIONS, Bias, entropy_from_counts, row_weights
from emcomm.metrics.units import units_of

__all__ = ["message_entropy", "position_entropies", "positional_entropy"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_BY_TYPE = {"by_type": {"weighted": False}}
_CORRECTED = {name: {"weighted": False, "bias": name} for name in CORRECTIONS}
_UNUSED = "all frequencies are 0"


def _messages(language: Language, weighted: bool = True, bias: Bias = "none") -> Scorer:
    units, weights = units_of(language, "message"), row_weights(language, weighted, bias)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        masses = units.masses(message_rows, weights[meaning_rows])
        if not len(masses):
            raise Undefined(_UNUSED)
        return float(entropy_from_counts(masses, bias))

    return score


def _positions(language: Language, weighted: bool = True, bias: Bias = "none") -> Scorer:
    weights, entropies = row_weights(language, weighted, bias), _position_scorer(language, bias)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        used = weights[meaning_rows]
        if not used.any():
            raise Undefined(_UNUSED)
        bits = entropies(used, message_rows)
        if not len(bits):
            raise Undefined("all messages are empty")
        return float(bits.mean())

    return score


def _position_scorer(language: Language, bias: Bias) -> Any:
    """Return ``entropies(weights, message_rows) -> float64 [longest message that is said]``."""
    symbols, codes = np.unique(language.messages, return_inverse=True)
    width, kinds = language.max_length, len(symbols)
    places = (codes.reshape(language.messages.shape) + np.arange(width) * kinds).ravel()
    lengths = language.lengths

    def entropies(weights: FloatArray, message_rows: IntArray) -> FloatArray:
        spoken = np.bincount(message_rows, weights=weights, minlength=len(lengths))
        masses = np.bincount(places, weights=np.repeat(spoken, width), minlength=width * kinds)
        longest = lengths[message_rows[weights > 0]].max(initial=0)
        return entropy_from_counts(masses.reshape(width, kinds)[:longest], bias)

    return entropies


@metric(
    definition=(
        "Entropy of the distribution of whole messages, each meaning weighted by its frequency (variant by_type: every "
        "meaning counted once; the variants named after corrections also correct for the rows being a small sample)."
    ),
    unit="bits",
    range=(0.0, np.inf),
    direction="higher: more, and more evenly used, messages; at most the entropy of the meanings (but for corrections)",
    source="Kharitonov et al. 2020; corrections as in emcomm.metrics.bias",
    needs_meanings=False,
    null="either",
    null_model="between",
    variants=_BY_TYPE | _CORRECTED,
    prepare=_messages,
)
def message_entropy(language: Language, *, weighted: bool = True, bias: Bias = "none") -> float:
    """Entropy of the distribution of whole messages, H(M) = -sum p(m) log2 p(m), in bits.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        weighted: weight meanings by frequency (tokens); False counts every meaning once (types).
        bias: correction for the rows being a small sample of utterances, see `entropy_from_counts`; none where the rows
            are all there is.

    Returns:
        a number in ``0..log2(n)`` (corrected estimates may be larger); 0 when there is one message (Grassberger's
        estimate does not trust a small sample that far); higher with more, and more evenly used, messages. NaN never.
        Cost: O(n).

    Raises:
        BadInput: unknown correction, or one together with unequal frequencies (see `row_weights`).

    Source: Kharitonov et al. 2020; Miller 1955, Zahl 1977, Grassberger 2003 and Chao & Shen 2003 for the corrections.
    """
    return evaluate(_messages, language, weighted=weighted, bias=bias)


@metric(
    definition=(
        "Entropy of what stands at a position, EOS and the silence after it being one value, averaged over the "
        "positions up to the end of the longest message that is said; each meaning weighted by its frequency."
    ),
    unit="bits",
    range=(0.0, np.inf),
    direction="higher: more choice at each position",
    source="Kharitonov et al. 2020 (entropy of a channel of one symbol), position by position",
    needs_meanings=False,
    null="less",
    null_model="between",
    variants=_BY_TYPE | {"miller_madow": _CORRECTED["miller_madow"]},
    prepare=_positions,
)
def positional_entropy(language: Language, *, weighted: bool = True, bias: Bias = "none") -> float:
    """Mean over positions of the entropy of the symbol there, in bits.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        weighted: weight meanings by frequency (tokens); False counts every meaning once (types).
        bias: correction for the rows being a small sample of utterances, see `entropy_from_counts`.

    Returns:
        a number in ``0..log2(symbols + 1)`` (corrected estimates may be larger), higher with more choice at each
        position; NaN when all messages are empty. Cost: O(n * max_length).

    Raises:
        BadInput: unknown correction, or one together with unequal frequencies.

    Source: Kharitonov et al. 2020 for one position. Positions after the longest message are left out, so that room that
    nobody uses does not lower the mean; `position_entropies` gives the single values.
    """
    return evaluate(_positions, language, weighted=weighted, bias=bias)


def position_entropies(language: Language, *, weighted: bool = True, bias: Bias = "none") -> FloatArray:
    """Entropy of what stands at each position, in bits; EOS and the silence after it are one value.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        weighted: weight meanings by frequency (tokens); False counts every meaning once (types).
        bias: correction for the rows being a small sample of utterances, see `entropy_from_counts`.

    Returns:
        float64 ``[length of the longest message that is said]``, each at least 0; empty when all messages are. Cost:
        O(n * max_length).

    Raises:
        BadInput: as `positional_entropy`.

    Raises:
        BadInput: unknown correction, or one together with unequal frequencies.

    Source: as `positional_entropy`, which is the mean.
    """
    entropies: FloatArray = _position_scorer(language, bias)(
        row_weights(language, weighted, bias), np.arange(language.n)
    )
    return entropies
