"""Disentanglement: does each position, or each symbol, speak of one attribute alone?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric
from emcomm.metrics.contingency import dense, entropies, joint_entropies
from emcomm.metrics.correlation import settled

__all__ = ["bag_of_symbols_disentanglement", "entropies", "positional_disentanglement"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_BLOCK = 1 << 22  # numbers looked at together
_SOURCE = "Chaabouni et al. 2020; EOS and everything after it is one value of a position, and no symbol of a bag"
_DIRECTION = "higher: each part of the message tells of one attribute alone"


def _scorer_of(parts: str, attributes: IntArray, features: NDArray[np.integer]) -> Scorer:
    """Return the scorer of the gap: attributes ``[n, attributes]`` against features ``[features, n]`` of messages.

    Features are small integers of at least 0; they are looked at in blocks, as every symbol may be one.
    """
    if attributes.shape[1] < 2:
        raise Undefined("there is one attribute, so none comes second")
    values = dense(attributes)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        observed, step = values[:, meaning_rows], max(1, _BLOCK // len(message_rows))
        blocks = (features[start : start + step, message_rows] for start in range(0, len(features), step))
        gaps = [_gaps(observed, block.astype(np.int64)) for block in blocks]
        if not any(map(len, gaps)):
            raise Undefined(f"no {parts} varies over meanings")
        return settled(np.concatenate(gaps).mean(), 0.0, 1.0)

    return score


def _gaps(observed: IntArray, spoken: IntArray) -> FloatArray:
    """For each feature that varies: most less second most information on an attribute, over the feature's entropy.

    Args:
        observed: int64 ``[attributes, m]``, at least two.
        spoken: int64 ``[features, m]``.
    """
    spoken = spoken[(spoken != spoken[:, :1]).any(axis=1)]
    bits = entropies(spoken)
    information = entropies(observed)[:, None] + bits - joint_entropies(observed, spoken)
    second, largest = np.sort(information, axis=0)[-2:]
    gaps: FloatArray = (largest - second) / bits
    return gaps


def _positional(language: Language) -> Scorer:
    return _scorer_of("position", meanings_of(language, "positional_disentanglement"), dense(language.messages))


def _bag_of_symbols(language: Language) -> Scorer:
    meanings = meanings_of(language, "bag_of_symbols_disentanglement")
    symbols, codes = np.unique(language.messages, return_inverse=True)
    rows = np.repeat(np.arange(language.n), language.max_length)
    counts = np.zeros((len(symbols), language.n), dtype=np.min_scalar_type(language.max_length))
    np.add.at(counts, (codes.ravel(), rows), 1)
    return _scorer_of("symbol count", meanings, counts[symbols != 0])


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

    Cost: O(n attributes max_length).

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
        a number in [0, 1]; NaN with one attribute, or when no symbol's count varies. 1: every symbol whose count
        varies tells of exactly one attribute and of nothing else.

    Raises:
        BadInput: a corpus without meanings.

    Cost: O(n attributes symbols in use), in blocks; memory: a byte for each message and symbol in use.

    Source: Chaabouni et al. 2020. EOS is no symbol.
    """
    return evaluate(_bag_of_symbols, language)
