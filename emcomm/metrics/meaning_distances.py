"""How far apart two meanings are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.metrics.edits import EDITS, edit_levels
from emcomm.metrics.pair_levels import Codes, PairLevels, differing, differing_pairs

__all__ = ["MEANING_DISTANCES", "MeaningDistance", "hamming_distances", "meaning_levels"]

IntArray = NDArray[np.int64]
MeaningDistance = Literal["hamming", "cosine", "edit", "manhattan"]
_MOST = 1 << 16  # levels of a distance; tables of pairs have a row for each


def hamming_distances(meanings: IntArray) -> Codes:
    """Count the attributes in which two meanings differ.

    Args:
        meanings: int64 ``[n, attributes]``.

    Returns:
        unsigned integers ``[n, n]`` in ``0..attributes``. Cost: O(n² attributes).

    Raises:
        BadInput: meanings that are no such array.
    """
    meanings = np.asarray(meanings)
    if meanings.ndim != 2 or 0 in meanings.shape or meanings.dtype.kind not in "iu":
        raise BadInput(f"meanings must be integers [n, attributes], got {meanings.dtype} {list(meanings.shape)}")
    return _hamming(meanings).matrix()


def meaning_levels(meanings: IntArray, distance: str) -> PairLevels:
    """Return a distance between meanings, ready to be asked for.

    Args:
        meanings: int64 ``[n, attributes]``.
        distance: one of `MEANING_DISTANCES`: ``"hamming"``, the number of attributes that differ; ``"cosine"``, 1 less
            the cosine of the concatenated one-hots, which is Hamming / attributes; ``"edit"``, Levenshtein between
            the sequences of values; ``"manhattan"``, the sum over attributes of the difference of the values, for
            attributes that are quantities.

    Raises:
        BadInput: no such distance, or values too far apart for it.
    """
    if not isinstance(distance, str) or distance not in MEANING_DISTANCES:
        raise unknown("meaning distance", distance, MEANING_DISTANCES)
    return MEANING_DISTANCES[distance](meanings)


def _hamming(meanings: IntArray) -> PairLevels:
    columns = _narrow(meanings)
    return PairLevels(
        n=len(meanings),
        values=np.arange(len(columns) + 1, dtype=np.float64),
        block=lambda start, stop: differing(columns, start, stop),
        pairs=lambda i, j: differing_pairs(meanings, i, j),
    )


def _cosine(meanings: IntArray) -> PairLevels:
    # The one-hots of two meanings have the cosine (equal attributes) / attributes.
    counts = _hamming(meanings)
    return PairLevels(counts.n, counts.values / meanings.shape[1], counts.block, counts.pairs)


def _edit(meanings: IntArray) -> PairLevels:
    values, codes = np.unique(meanings, return_inverse=True)
    # One character a value, all but those reserved for surrogate pairs.
    letters = [chr(code if code < 0xD800 else code + 0x800) for code in range(len(values))]
    return edit_levels(["".join(letters[code] for code in row) for row in codes.reshape(meanings.shape)], EDITS["edit"])


def _manhattan(meanings: IntArray) -> PairLevels:
    low = meanings.min(axis=0)
    levels = sum(int(high) - int(least) for high, least in zip(meanings.max(axis=0), low, strict=True)) + 1
    if levels > _MOST:
        raise BadInput(f"the manhattan distance takes meanings at most {_MOST - 1} apart; these are up to {levels - 1}")
    shifted = (meanings - low).astype(np.int32)
    dtype: np.dtype[np.unsignedinteger] = np.min_scalar_type(levels - 1)

    def block(start: int, stop: int) -> Codes:
        sums = np.zeros((stop - start, len(shifted) - start), dtype=dtype)
        for column in shifted.T:
            sums += np.abs(column[start:stop, None] - column[start:]).astype(dtype)
        return sums

    def pairs(i: IntArray, j: IntArray) -> Codes:
        return np.abs(shifted[i] - shifted[j]).sum(axis=1).astype(dtype)

    return PairLevels(len(meanings), np.arange(levels, dtype=np.float64), block, pairs)


def _narrow(meanings: IntArray) -> NDArray[np.generic]:
    """Renumber each attribute's values by the smallest integers that hold them: ``[attributes, n]``."""
    columns = [np.unique(column, return_inverse=True)[1] for column in meanings.T]
    return np.array(columns).astype(np.min_scalar_type(len(meanings)))


MEANING_DISTANCES: dict[str, Callable[[IntArray], PairLevels]] = {
    "hamming": _hamming,
    "cosine": _cosine,
    "edit": _edit,
    "manhattan": _manhattan,
}
