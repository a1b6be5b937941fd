"""Graphs that are the same but for the numbering of their nodes: a numbering to agree on, and a fingerprint.

A graph is the attributes of its nodes, integers ``[nodes]``, and its edges, the upper triangle of its adjacency matrix
row by row, 0 or 1 ``[nodes * (nodes - 1) / 2]``. Many graphs are worked on at once.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_NODES", "adjacency", "canonical", "fingerprint", "in_order"]

IntArray = NDArray[np.int64]
MOST_NODES = 7
"""Largest graphs of which every numbering (5040) is looked at."""


def adjacency(edges: IntArray, nodes: int) -> IntArray:
    """Return symmetric adjacency matrices, 0 or 1 ``[n, nodes, nodes]``, with zeros on the diagonal."""
    out = np.zeros((len(edges), nodes, nodes), dtype=np.int64)
    rows, columns = np.triu_indices(nodes, 1)
    out[:, rows, columns] = out[:, columns, rows] = edges
    return out


def canonical(attributes: IntArray, edges: IntArray) -> tuple[IntArray, IntArray]:
    """Number the nodes of each graph so that graphs that are the same become equal.

    Of all numberings the one that comes first: attributes in ascending order and, among those, the edges that read as
    the smallest binary number.

    Args:
        attributes: ``[n, nodes]``, 0 to 31, at most 7 nodes.
        edges: ``[n, pairs]``.

    Returns:
        attributes and edges in the new numbering. Two graphs are isomorphic, attributes and all, if and only if both
        are equal.

    Cost: O(n x nodes! x nodes^2), 16 bytes x n x nodes!.
    """
    orders, places, digits, bits = _orders(attributes.shape[1])
    # Sums of powers below 2^53 are exact in float64, whose products are the fast ones.
    first = (attributes.astype(np.float64) @ digits).astype(np.int64) << edges.shape[1]
    best = (first + (edges.astype(np.float64) @ bits).astype(np.int64)).argmin(axis=1)
    return np.take_along_axis(attributes, orders[best], axis=1), np.take_along_axis(edges, places[best], axis=1)


@cache
def _orders(nodes: int) -> tuple[IntArray, IntArray, NDArray[np.float64], NDArray[np.float64]]:
    """Return every numbering, as which old node and old pair comes in each place, and the power each old one gets."""
    orders = np.array(list(itertools.permutations(range(nodes))), dtype=np.int64)
    rows, columns = np.triu_indices(nodes, 1)
    pair = adjacency(np.arange(len(rows))[None], nodes)[0]
    places = pair[orders[:, rows], orders[:, columns]]
    digits, bits = np.zeros((len(orders), nodes)), np.zeros((len(orders), len(rows)))
    np.put_along_axis(digits, orders, 32.0 ** np.arange(nodes)[::-1], axis=1)
    np.put_along_axis(bits, places, 2.0 ** np.arange(len(rows))[::-1], axis=1)
    return orders, places, digits.T, bits.T


def in_order(attributes: IntArray, edges: IntArray) -> tuple[IntArray, IntArray]:
    """Number the nodes of each graph by attribute, those with the same by their number of edges; ties stay as they are.

    Args:
        attributes: ``[n, nodes]``.
        edges: ``[n, pairs]``.

    Returns:
        attributes and edges in the new numbering; graphs that are the same need not become equal.
    """
    nodes = attributes.shape[1]
    matrices = adjacency(edges, nodes)
    order = np.argsort(attributes * nodes + matrices.sum(axis=2), axis=1, kind="stable")
    each, (rows, columns) = np.arange(len(order))[:, None], np.triu_indices(nodes, 1)
    return np.take_along_axis(attributes, order, axis=1), matrices[each, order[:, rows], order[:, columns]]


def fingerprint(attributes: IntArray, edges: IntArray) -> NDArray[np.uint64]:
    """Return a number for each graph that does not depend on how its nodes are numbered, uint64 ``[n]``.

    Every node starts from its attribute and takes in what its neighbours have, again and again: colour refinement.
    Graphs with different numbers are not isomorphic. Graphs with the same number mostly are, but for pairs that colour
    refinement cannot tell apart (two triangles and a ring of six, without attributes), and by chance in 2^64.

    Args:
        attributes: ``[n, nodes]``.
        edges: ``[n, pairs]``.

    Cost: O(n x nodes^3).

    Source: Weisfeiler & Leman 1968 (the one-dimensional test); mixing of bits as in SplitMix64 (Steele et al. 2014).
    """
    nodes = attributes.shape[1]
    matrices = adjacency(edges, nodes).astype(np.uint64)
    known = _mix(attributes.astype(np.uint64))
    for _ in range(nodes):
        heard = (matrices @ _mix(~known)[..., None])[..., 0]
        known = _mix(known + np.uint64(3) * heard)
    return _mix(known).sum(axis=1, dtype=np.uint64)


def _mix(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread what is in a number over all its bits; sums and products wrap around."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
