"""How well an inventory of morphemes matches the one that a language was made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from emcomm.errors import BadInput
from emcomm.metrics.morphemes import Inventory

__all__ = ["InventoryScore", "score_inventory"]

Given = tuple[Sequence[int], Iterable[tuple[int, int]]]
Pair = tuple[tuple[int, ...], frozenset[tuple[int, int]]]
FloatArray = NDArray[np.float64]


class InventoryScore(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def score_inventory(
    found: Inventory | Iterable[Given], truth: Iterable[Given], *, partial: bool = False
) -> InventoryScore:
    """Compare the morphemes found with the true ones; doublets count once.

    Args:
        found: an `Inventory`, or (form, meaning) pairs as in `truth`.
        truth: (form, meaning) pairs: symbols, and (attribute, value) pairs in any order.
        partial: a pair counts as far as its best match on the other side is like it: the smaller of the likeness of
            the forms (1 - insertions and deletions / both lengths) and that of the meanings (shared / all attribute
            values). False: pairs count when they are equal.

    Returns:
        `InventoryScore`: the share of what was found that is true, the share of what is true that was found, and
        their harmonic mean (0 when one of them is 0). Precision is NaN when nothing was found, recall when nothing is
        true, the mean only when both.

    Raises:
        BadInput: what is given are no such pairs.

    Cost: O(found x true).

    Source: Boldt & Mortensen 2025, their code; precision of an empty inventory, there 0, is NaN here.
    """
    pairs = [(m.form, m.meaning) for m in found.morphemes] if isinstance(found, Inventory) else found
    left, right = _pairs(pairs), _pairs(truth)
    if not left and not right:
        return InventoryScore(np.nan, np.nan, np.nan)
    if not left or not right:
        return InventoryScore(0.0 if left else np.nan, 0.0 if right else np.nan, 0.0)
    if partial:
        likeness = _likeness(left, right)
        precision, recall = float(likeness.max(axis=1).mean()), float(likeness.max(axis=0).mean())
    else:
        shared = len(set(left) & set(right))
        precision, recall = shared / len(left), shared / len(right)
    both = precision + recall
    return InventoryScore(precision, recall, 2 * precision * recall / both if both else 0.0)


def _pairs(inventory: Iterable[Given]) -> list[Pair]:
    try:
        named = ((tuple(map(int, form)), ((int(a), int(v)) for a, v in meaning)) for form, meaning in inventory)
        return list(dict.fromkeys((form, frozenset(meaning)) for form, meaning in named))
    except (TypeError, ValueError):
        raise BadInput("morphemes must be pairs of symbols and of (attribute, value) pairs, all integers") from None


def _likeness(left: list[Pair], right: list[Pair]) -> FloatArray:
    """Likeness of each pair on the left to each on the right: float64 ``[left, right]`` in [0, 1]."""
    symbols = {symbol: chr(k) for k, symbol in enumerate({symbol for form, _ in left + right for symbol in form})}
    spelt = [["".join(map(symbols.__getitem__, form)) for form, _ in side] for side in (left, right)]
    forms = cdist(*spelt, scorer=Indel.normalized_similarity, dtype=np.float64)
    values = {value: k for k, value in enumerate({value for _, meaning in left + right for value in meaning})}
    has = [np.zeros((len(side), len(values))) for side in (left, right)]
    for side, table in zip((left, right), has, strict=True):
        for row, (_, meaning) in enumerate(side):
            table[row, [values[value] for value in meaning]] = 1
    shared = has[0] @ has[1].T
    either = has[0].sum(axis=1)[:, None] + has[1].sum(axis=1) - shared
    return np.minimum(forms, np.divide(shared, either, out=np.ones_like(shared), where=either > 0))
