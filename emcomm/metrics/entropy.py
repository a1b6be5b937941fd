"""Entropy of the messages: how much choice there is in what is said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric

__all__ = ["message_entropy"]

IntArray = NDArray[np.int64]


def _scorer(language: Language, weighted: bool = True) -> Scorer:
    ids = language.message_ids
    frequencies = language.frequencies if weighted else np.ones(language.n)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        mass = np.bincount(ids[message_rows], weights=frequencies[meaning_rows])
        if not mass.any():
            raise Undefined("all frequencies are 0")
        share = mass[mass > 0] / mass.sum()
        return float(max(-share @ np.log2(share), 0.0))

    return score


@metric(
    definition=(
        "Entropy of the distribution of whole messages, each meaning weighted by its frequency (variant by_type: every "
        "meaning counted once)."
    ),
    unit="bits",
    range=(0.0, np.inf),
    direction="higher: more, and more evenly used, messages; at most the entropy of the meanings",
    source="Kharitonov et al. 2020",
    needs_meanings=False,
    variants={"by_type": {"weighted": False}},
    prepare=_scorer,
)
def message_entropy(language: Language, *, weighted: bool = True) -> float:
    """Entropy of the distribution of whole messages, in bits.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        weighted: weight meanings by frequency (tokens); False counts every meaning once (types).

    Returns:
        a number in ``0..log2(n)``; 0 when there is one message.

    Source: Kharitonov et al. 2020.
    """
    return evaluate(_scorer, language, weighted=weighted)
