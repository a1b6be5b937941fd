"""Graphs that are the same but for the numbering of their nodes."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.worlds.isomorphism import adjacency, canonical, fingerprint, in_order

Graphs = tuple[np.ndarray, np.ndarray]


def renumbered(attributes: np.ndarray, edges: np.ndarray, order: np.ndarray) -> Graphs:
    rows, columns = np.triu_indices(attributes.shape[1], 1)
    matrices = adjacency(edges, attributes.shape[1])
    return attributes[:, order], matrices[:, order[rows], order[columns]]


def drawn(seed: int, n: int, nodes: int, values: int) -> Graphs:
    rng = np.random.default_rng(seed)
    return rng.integers(values, size=(n, nodes)), rng.integers(2, size=(n, nodes * (nodes - 1) // 2))


def as_networkx(attributes: np.ndarray, edges: np.ndarray) -> nx.Graph:
    graph = nx.from_numpy_array(adjacency(edges[None], len(attributes))[0])
    nx.set_node_attributes(graph, dict(enumerate(attributes.tolist())), "value")
    return graph


def test_edges_are_the_upper_triangle_row_by_row() -> None:
    # Pairs 0-1, 0-2, 0-3, 1-2, 1-3, 2-3.
    (matrix,) = adjacency(np.array([[1, 0, 0, 0, 1, 1]]), 4)
    assert matrix.tolist() == [[0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1], [0, 1, 1, 0]]


def test_the_first_numbering_by_hand() -> None:
    # Nodes of 2, 0, 1 with an edge between 2 and 0: sorted they are 0, 1, 2, and the edge is 0-2 of 0-1, 0-2, 1-2.
    attributes, edges = canonical(np.array([[2, 0, 1]]), np.array([[1, 0, 0]]))
    assert attributes.tolist() == [[0, 1, 2]]
    assert edges.tolist() == [[0, 1, 0]]
    # A path without attributes: its two edges come last, 0-2 and 1-2 (binary 011), whatever its middle was.
    paths = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    assert canonical(np.zeros((3, 3), dtype=np.int64), paths)[1].tolist() == [[0, 1, 1]] * 3


@pytest.mark.parametrize(("nodes", "different"), [(2, 2), (3, 4), (4, 11), (5, 34)])
def test_there_are_as_many_graphs_as_is_known(nodes: int, different: int) -> None:
    pairs = nodes * (nodes - 1) // 2
    edges = np.array(list(itertools.product((0, 1), repeat=pairs)), dtype=np.int64).reshape(-1, pairs)
    table = canonical(np.zeros((len(edges), nodes), dtype=np.int64), edges)[1]
    assert len(np.unique(table, axis=0)) == different  # graphs of n nodes without numbers


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 32))
def test_renumbering_changes_nothing(seed: int, nodes: int, values: int) -> None:
    attributes, edges = drawn(seed, 5, nodes, values)
    other = renumbered(attributes, edges, np.random.default_rng(seed + 1).permutation(nodes))
    for one, two in zip(canonical(attributes, edges), canonical(*other), strict=True):
        assert (one == two).all()
    assert (fingerprint(attributes, edges) == fingerprint(*other)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(1, 3))
def test_another_numbering_is_still_the_same_graph(seed: int, nodes: int, values: int) -> None:
    attributes, edges = drawn(seed, 3, nodes, values)
    same = nx.algorithms.isomorphism.categorical_node_match("value", None)
    for number in (canonical, in_order):
        for k, graph in enumerate(zip(*number(attributes, edges), strict=True)):
            before, after = as_networkx(attributes[k], edges[k]), as_networkx(*graph)
            assert nx.is_isomorphic(before, after, node_match=same)
            assert (np.diff(graph[0]) >= 0).all()


def test_equal_numberings_mean_isomorphic_and_nothing_else_does() -> None:
    attributes, edges = drawn(11, 101, 5, 2)
    same = nx.algorithms.isomorphism.categorical_node_match("value", None)
    table = np.concatenate(canonical(attributes, edges), axis=1)
    marks = fingerprint(attributes, edges)
    graphs = [as_networkx(*graph) for graph in zip(attributes, edges, strict=True)]
    isomorphic = 0
    for i, j in itertools.combinations(range(101), 2):
        expected = nx.is_isomorphic(graphs[i], graphs[j], node_match=same)
        assert (table[i] == table[j]).all() == expected
        assert marks[i] == marks[j] or not expected
        isomorphic += expected
    assert isomorphic > 5


def test_a_fingerprint_cannot_tell_two_triangles_from_a_ring_of_six() -> None:
    rows, columns = np.triu_indices(6, 1)
    ring = ((columns - rows) % 6 == 1) | ((columns - rows) % 6 == 5)
    triangles = rows // 3 == columns // 3
    edges = np.stack([ring, triangles]).astype(np.int64)
    assert edges.sum(axis=1).tolist() == [6, 6]
    plain = np.zeros((2, 6), dtype=np.int64)
    assert len(np.unique(fingerprint(plain, edges))) == 1
    assert len(np.unique(canonical(plain, edges)[1], axis=0)) == 2


def test_in_order_is_by_attribute_and_then_by_number_of_edges() -> None:
    # A star with its middle at node 0; all have attribute 1 but node 3, which has 0.
    attributes, edges = in_order(np.array([[1, 1, 1, 0]]), np.array([[1, 1, 1, 0, 0, 0]]))
    assert attributes.tolist() == [[0, 1, 1, 1]]
    assert edges.tolist() == [[0, 0, 1, 0, 1, 1]]  # the middle, with three edges, comes last: 0-3, 1-3, 2-3
