"""GraphWorld: graphs that are all different, as integers and as what a graph encoder reads."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import GraphWorld
from emcomm.worlds.form import Graph


def test_meanings_are_attributes_and_then_pairs() -> None:
    world = GraphWorld(graphs=13, nodes=5, values=3)
    meanings = world.meanings()
    assert meanings.shape == (13, 15)  # 5 nodes and 10 pairs
    assert meanings.dtype == np.int64
    assert world.sizes() == (3,) * 5 + (2,) * 10
    assert (meanings >= 0).all()
    assert (meanings < world.sizes()).all()
    assert (np.diff(meanings[:, :5], axis=1) >= 0).all()  # nodes are numbered by attribute


def test_features_are_one_hot_nodes_and_the_adjacency_matrix() -> None:
    world = GraphWorld(graphs=23, nodes=5, values=3)
    assert world.form == Graph(5, 3)
    features, meanings = world.features(), world.meanings()
    assert features.shape == (23, 40)
    assert features.dtype == np.float32
    nodes, matrices = features[:, :15].reshape(23, 5, 3), features[:, 15:].reshape(23, 5, 5)
    assert (nodes.argmax(axis=2) == meanings[:, :5]).all()
    assert (nodes.sum(axis=2) == 1).all()
    assert (matrices == matrices.transpose(0, 2, 1)).all()
    for column, (one, other) in enumerate(itertools.combinations(range(5), 2)):
        assert (matrices[:, one, other] == meanings[:, 5 + column]).all()
    assert (np.diagonal(matrices, axis1=1, axis2=2) == 0).all()


def test_the_four_graphs_of_three_nodes() -> None:
    world = GraphWorld(graphs=4, nodes=3, values=1)
    # No edge, one, two and three, each as the smallest binary number of 0-1, 0-2, 1-2.
    assert sorted(world.meanings().tolist()) == [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]
    assert world.sizes() == (2, 2, 2)
    assert world.form == Graph(3, 1)
    path = world.meanings().tolist().index([0, 1, 1])
    # Each node is 1, then the rows of the matrix: 0 with 2, 1 with 2, 2 with both.
    assert world.features()[path].tolist() == [1, 1, 1, *[0, 0, 1], *[0, 0, 1], *[1, 1, 0]]


@pytest.mark.parametrize(("nodes", "values", "graphs"), [(5, 2, 41), (3, 7, 29), (9, 2, 31), (11, 1, 23)])
def test_no_two_graphs_are_isomorphic(nodes: int, values: int, graphs: int) -> None:
    features = GraphWorld(graphs=graphs, nodes=nodes, values=values, seed=5).features()
    same = nx.algorithms.isomorphism.categorical_node_match("value", None)
    made = []
    for row in features:
        graph = nx.from_numpy_array(row[nodes * values :].reshape(nodes, nodes))
        codes = row[: nodes * values].reshape(nodes, values).argmax(axis=1)
        nx.set_node_attributes(graph, dict(enumerate(codes.tolist())), "value")
        made.append(graph)
    assert not any(nx.is_isomorphic(one, two, node_match=same) for one, two in itertools.combinations(made, 2))


def test_there_are_156_graphs_of_six_nodes() -> None:
    assert len(GraphWorld(graphs=156, nodes=6, values=1).meanings()) == 156
    with pytest.raises(BadInput, match="graphs=157 different .* only 156 are different; ask for fewer"):
        GraphWorld(graphs=157, nodes=6, values=1)


@pytest.mark.parametrize("nodes", [5, 9])
def test_a_number_of_edges_can_be_asked_for(nodes: int) -> None:
    world = GraphWorld(graphs=17, nodes=nodes, values=5, edges=7)
    assert (world.meanings()[:, nodes:].sum(axis=1) == 7).all()
    without = GraphWorld(graphs=5, nodes=nodes, values=3, edges=0)
    assert without.meanings()[:, nodes:].sum() == 0


def test_edges_vary_from_none_to_all_pairs() -> None:
    edges = GraphWorld(graphs=500, nodes=5, values=7).meanings()[:, 5:].sum(axis=1)
    counts = np.bincount(edges, minlength=11)
    # Nearly all 500 are different at the first draw, so each number has about 500 / 11 = 45, standard deviation 6.4.
    assert len(counts) == 11
    assert np.abs(counts - 500 / 11).max() < 5 * 6.4


@pytest.mark.parametrize("nodes", [5, 8])
def test_the_seed_decides_and_smaller_worlds_are_the_beginning_of_larger_ones(nodes: int) -> None:
    few, many = GraphWorld(graphs=7, nodes=nodes, seed=3), GraphWorld(graphs=1500, nodes=nodes, seed=3)
    assert (few.meanings() == many.meanings()[:7]).all()
    assert (few.build_meanings() == few.build_meanings()).all()
    assert (few.meanings() != GraphWorld(graphs=7, nodes=nodes, seed=4).meanings()).any()


def test_attributes_are_drawn_evenly() -> None:
    values = GraphWorld(graphs=1000, nodes=7, values=3).meanings()[:, :7]
    # 7000 draws, a third each: 2333, standard deviation sqrt(7000 * 2/9) = 39.
    assert np.abs(np.bincount(values.ravel()) - 7000 / 3).max() < 5 * 39


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"nodes": 1}, "nodes: input should be greater than or equal to 2, got 1"),
        ({"nodes": 17}, "nodes: input should be less than or equal to 16, got 17"),
        ({"values": 0}, "values: input should be greater than or equal to 1, got 0"),
        ({"graphs": 1}, "graphs: input should be greater than or equal to 2, got 1"),
        ({"edges": -1}, "edges: input should be greater than or equal to 0, got -1"),
        ({"edges": 11}, "5 nodes have at most 10 edges, got edges=11"),
        ({"seed": -1}, "seed: input should be greater than or equal to 0, got -1"),
        ({"nodes": 3, "values": 1, "graphs": 5}, "graphs=5 .* 1 values and any number of edges only 4 are different"),
        ({"nodes": 4, "values": 1, "edges": 3, "graphs": 4}, "4 nodes, 1 values and 3 edges only 3 are different"),
        ({"node": 3}, "unknown key 'node'.*Did you mean 'nodes'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        GraphWorld(**settings)
    assert "\n" not in str(caught.value)
