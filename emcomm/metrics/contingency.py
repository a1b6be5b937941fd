"""How often discrete things occur together: entropies, and what the most frequent companion leaves out.

Everything takes rows of codes, one row a question, and answers all rows at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["dense", "entropies", "exceptions", "joint_entropies", "numbered"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_BLOCK = 1 << 22  # numbers looked at together
_ROUNDING = 1e-12  # bits


def dense(columns: IntArray) -> IntArray:
    """Renumber each column's values from 0, and transpose: ``[n, columns]`` becomes int64 ``[columns, n]``."""
    rows = [np.unique(column, return_inverse=True)[1] for column in columns.T]
    return np.array(rows, dtype=np.int64).reshape(columns.shape[1], columns.shape[0])


def numbered(meanings: IntArray) -> tuple[IntArray, int]:
    """Number the values of all attributes through, so that equal values of different attributes differ.

    Returns:
        int64 ``[n, attributes]`` in ``0..values - 1``, the values of each attribute after those of the one before it;
        and the number of values.
    """
    values = dense(meanings)
    sizes = values.max(axis=1) + 1
    starts = np.cumsum(sizes) - sizes
    return np.ascontiguousarray((values + starts[:, None]).T), int(sizes.sum())


def entropies(codes: IntArray) -> FloatArray:
    """Plug-in entropy of each row, in bits.

    Args:
        codes: int64 ``[rows, n]``; n observations of a discrete variable in each row.

    Returns:
        float64 ``[rows]`` in ``0..log2(n)``; exactly 0 for a row that does not vary.

    Cost: O(rows n) for codes in a range of a few times n, as `dense` makes them; else rows are sorted.
    """
    rows, n = codes.shape
    low = int(codes.min(initial=0))
    width = int(codes.max(initial=0)) - low + 1
    if width <= 4 * n:
        places = codes + (np.arange(rows)[:, None] * width - low)
        counts = np.bincount(places.ravel(), minlength=rows * width).reshape(rows, width)
        sums = _times_log(n)[counts].sum(axis=1)
    else:
        starts, counts, _ = _runs(codes)
        sums = np.bincount(starts // n, weights=_times_log(n)[counts], minlength=rows)
    bits = np.log2(n) - sums / n
    # What is less than one exception among n leaves is the rounding of a row that does not vary.
    return np.where(bits > _ROUNDING, bits, 0.0)


def joint_entropies(first: IntArray, second: IntArray) -> FloatArray:
    """Entropy in bits of each pair of a row of one and a row of the other.

    Args:
        first: int64 ``[a, n]``, not negative.
        second: int64 ``[b, n]``, not negative.

    Returns:
        float64 ``[a, b]``. Cost: as `entropies` of ``a * b`` rows, in blocks.
    """
    (rows, n), others = first.shape, len(second)
    scaled = first * (int(second.max(initial=0)) + 1)
    joint = np.empty((rows, others))
    for start in range(0, others, step := max(1, _BLOCK // (rows * n))):
        block = slice(start, start + step)
        joint[:, block] = entropies((scaled[:, None, :] + second[block]).reshape(-1, n)).reshape(rows, -1)
    return joint


def exceptions(told: IntArray, telling: IntArray) -> IntArray:
    """Count what goes wrong when each value of one variable is taken for its most frequent companion in the other.

    Args:
        told: int64 ``[a, n]``, not negative: what is to be said.
        telling: int64 ``[b, n]``, not negative: what is to say it.

    Returns:
        int64 ``[a, b]`` in ``0..n - 1``: n observations, less the most frequent companion's share of each value of
        `telling`. Cost: O(a b n log n).
    """
    (rows, n), others = told.shape, len(telling)
    width = int(told.max(initial=0)) + 1
    codes = (telling * width + told[:, None, :]).reshape(rows * others, n)
    starts, counts, values = _runs(codes)
    row, companion_of = starts // n, values // width
    first = np.ones(len(starts), dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (companion_of[1:] != companion_of[:-1])
    groups = np.flatnonzero(first)
    largest = np.maximum.reduceat(counts, groups)
    right = np.bincount(row[groups], weights=largest, minlength=rows * others).astype(np.int64)
    return n - right.reshape(rows, others)


def _runs(codes: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return where runs of equal codes start in the sorted rows laid end to end, their lengths, and their codes."""
    ordered = np.sort(codes, axis=1)
    first = np.ones(codes.shape, dtype=bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = np.flatnonzero(first)  # a row always starts a new run, so that none crosses rows
    return starts, np.diff(starts, append=codes.size), ordered.ravel()[starts]


def _times_log(n: int) -> FloatArray:
    """``k * log2(k)`` for k in ``0..n``, 0 for 0."""
    k = np.arange(n + 1, dtype=np.float64)
    k[1:] *= np.log2(k[1:])
    return k
