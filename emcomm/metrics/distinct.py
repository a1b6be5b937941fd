"""The number of different messages: a language with fewer messages than meanings is ambiguous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language
from emcomm.metrics.base import Scorer, evaluate, metric

__all__ = ["distinct_messages"]

IntArray = NDArray[np.int64]


def _scorer(language: Language) -> Scorer:
    ids = language.message_ids

    def score(_: IntArray, message_rows: IntArray) -> float:
        return float(np.count_nonzero(np.bincount(ids[message_rows])))

    return score


@metric(
    definition="Number of different messages; the empty message is one of them.",
    unit="messages",
    range=(1.0, np.inf),
    direction="higher: fewer meanings share a message; the number of meanings when none does",
    source="Guo et al. 2022; Galke et al. 2024",
    needs_meanings=False,
    null="either",
    null_model="between",
    interval=False,
    prepare=_scorer,
)
def distinct_messages(language: Language) -> float:
    """Number of different messages, the empty one included.

    Args:
        language: n messages; meanings are not needed.

    Returns:
        a whole number in ``1..n``, higher where fewer meanings share a message. NaN never. Cost: O(n).

    Source: Guo et al. 2022 (a measure of expressivity); Galke et al. 2024.
    """
    return evaluate(_scorer, language)
