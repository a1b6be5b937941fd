"""Correlations with ties: of two vectors, and of a table that counts how often each pair of values occurs.

Distances between messages take few values, so the hundreds of thousands of pairs of a language are counted into a
small table once, and ranks come from its margins without sorting anything.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.metrics.base import Undefined

__all__ = ["Correlation", "midranks", "settled", "spearman", "table_correlation"]

Correlation = Literal["spearman", "pearson"]
FloatArray = NDArray[np.float64]


def midranks(values: NDArray[np.generic]) -> FloatArray:
    """Rank values from 1, smallest first; equal values share the mean of their ranks. float64 ``[n]``."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: FloatArray = (last - (counts - 1) / 2)[inverse]
    return ranks


def spearman(x: NDArray[np.generic], y: NDArray[np.generic]) -> float:
    """Spearman's rank correlation of two vectors ``[n]``, ties averaged; in [-1, 1].

    Raises:
        Undefined: one of the two is constant.
    """
    a, b = midranks(x), midranks(y)
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    if scale == 0:
        raise Undefined("one side is constant")
    return settled(a @ b / scale, -1.0, 1.0)


def table_correlation(
    table: NDArray[np.int64], row_values: FloatArray, column_values: FloatArray, kind: Correlation
) -> float:
    """Correlation over the pairs of values that a table counts.

    Args:
        table: int64 ``[rows, columns]``; ``table[i, j]`` pairs have ``row_values[i]`` and ``column_values[j]``.
        row_values: float64 ``[rows]``, ascending.
        column_values: float64 ``[columns]``, ascending.
        kind: ``"spearman"`` (ties averaged) or ``"pearson"``.

    Returns:
        a number in [-1, 1].

    Raises:
        Undefined: all pairs have the same row value, or the same column value (or there are no pairs).
    """
    sides = []
    for counts, values in ((table.sum(1), row_values), (table.sum(0), column_values)):
        if np.count_nonzero(counts) < 2:
            raise Undefined("one side is constant")
        if kind == "spearman":  # the mid-rank of each value, as a share of all pairs so that sums stay small
            values = (np.cumsum(counts) - counts / 2) / counts.sum()
        centred = values - counts @ values / counts.sum()
        sides.append(centred / np.sqrt(counts @ centred**2))
    return settled(sides[0] @ table @ sides[1], -1.0, 1.0)


def settled(value: float, least: float, most: float) -> float:
    """Return a score without the noise of summing: to 12 decimals, within its range, and never -0.0.

    Args:
        value: a finite number.
        least: smallest possible value.
        most: greatest possible value.
    """
    return min(max(round(float(value), 12), least), most) + 0.0
