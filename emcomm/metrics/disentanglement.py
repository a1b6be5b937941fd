"""Disentanglement: does each position, or each symbol, speak of one attribute alone?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric

__all__ = ["bag_of_symbols_disentanglement", "entropies", "positional_disentanglement"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_BLOCK = 1 << 22  # numbers sorted at once
_SOURCE = "Chaabouni et al. 2020; EOS and everything after it is one value of a position, and no symbol of a bag"
_DIRECTION = "higher: each part of the message tells of one attribute alone"


def entropies(codes: IntArray) -> FloatArray:
    """Plug-in entropy of each row, in bits.

    Args:
        codes: int64 ``[rows, n]``; n observations of a discrete variable in each row.

    Returns:
        float64 ``[rows]`` in ``0..log2(n)``.
    """
    rows, n = codes.shape
    ordered = np.sort(codes, axis=1)
    first = np.ones((rows, n), dtype=bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = np.flatnonzero(first)  # a row always starts a new run of equal codes, so no run crosses rows
    counts = np.diff(starts, append=codes.size)
    sums = np.bincount(starts // n, weights=counts * np.log2(counts), minlength=rows)
    bits: FloatArray = np.maximum(np.log2(n) - sums / n, 0.0)
    return bits


def _scorer_of(parts: str, attributes: IntArray, features: IntArray) -> Scorer:
    """Return the scorer of the gap: attributes ``[n, attributes]`` against features ``[n, features]`` of messages."""
    if attributes.shape[1] < 2:
        raise Undefined("there is one attribute, so none comes second")
    values, kinds = _dense(attributes), _dense(features)
    width = int(kinds.max(initial=0)) + 1

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        observed, spoken = values[:, meaning_rows], kinds[:, message_rows]
        varied = (spoken != spoken[:, :1]).any(axis=1)
        if not varied.any():
            raise Undefined(f"no {parts} varies over meanings")
        spoken = spoken[varied]
        spoken_bits = entropies(spoken)
        information = entropies(observed)[:, None] + spoken_bits - _joint_entropies(observed * width, spoken)
        second, largest = np.sort(information, axis=0)[-2:]
        return float(np.clip(np.mean((largest - second) / spoken_bits), 0.0, 1.0))

    return score


def _dense(columns: IntArray) -> IntArray:
    """Renumber each column's values from 0 and return it transposed: int64 ``[columns, n]``."""
    rows = [np.unique(column, return_inverse=True)[1] for column in columns.T]
    return np.array(rows, dtype=np.int64).reshape(columns.shape[1], columns.shape[0])


def _joint_entropies(observed: IntArray, spoken: IntArray) -> FloatArray:
    """Entropy in bits of each (attribute, feature) pair, whose codes add up: float64 ``[attributes, features]``."""
    (attributes, n), features = observed.shape, len(spoken)
    joint = np.empty((attributes, features))
    for start in range(0, features, step := max(1, _BLOCK // (attributes * n))):
        block = slice(start, start + step)
        codes = observed[:, None, :] + spoken[block]
        joint[:, block] = entropies(codes.reshape(-1, n)).reshape(attributes, -1)
    return joint


def _positional(language: Language) -> Scorer:
    return _scorer_of("position", meanings_of(language, "positional_disentanglement"), language.messages)


def _bag_of_symbols(language: Language) -> Scorer:
    meanings = meanings_of(language, "bag_of_symbols_disentanglement")
    symbols, codes = np.unique(language.messages, return_inverse=True)
    rows = np.repeat(np.arange(language.n), language.max_length)
    counts = np.bincount(rows * len(symbols) + codes.ravel(), minlength=language.n * len(symbols))
    return _scorer_of("symbol count", meanings, counts.reshape(language.n, len(symbols))[:, symbols != 0])


@metric(
    definition=(
        "For each position whose symbol varies: the mutual information of the symbol with the attribute it tells most "
        "about, minus that with the attribute it tells second most about, divided by the symbol's entropy. Mean over "
        "those positions. Meanings count equally."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction=_DIRECTION,
    source=_SOURCE,
    null="greater",
    prepare=_positional,
)
def positional_disentanglement(language: Language) -> float:
    """How far each position of the messages tells of one attribute alone (posdis).

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.

    Returns:
        a number in [0, 1]; NaN with one attribute, or when no position varies. 1: every varying position tells of
        exactly one attribute and of nothing else.

    Raises:
        BadInput: a corpus without meanings.

    Source: Chaabouni et al. 2020. EOS counts as a value of the position it stands on, and so does the
    silence after it.
    """
    return evaluate(_positional, language)


@metric(
    definition=(
        "For each symbol whose count per message varies: the mutual information of the count with the attribute it "
        "tells most about, minus that with the attribute it tells second most about, divided by the count's entropy. "
        "Mean over those symbols, EOS not among them. Meanings count equally."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction=_DIRECTION,
    source=_SOURCE,
    null="greater",
    prepare=_bag_of_symbols,
)
def bag_of_symbols_disentanglement(language: Language) -> float:
    """How far the number of times a symbol occurs tells of one attribute alone, wherever it stands (bosdis).

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.

    Returns:
        a number in [0, 1]; NaN with one attribute, or when no symbol's count varies.

    Raises:
        BadInput: a corpus without meanings.

    Source: Chaabouni et al. 2020. EOS is no symbol.
    """
    return evaluate(_bag_of_symbols, language)
