"""Cross-play: summaries by hand, pools, and understanding against distance in a network."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from emcomm.errors import BadInput
from emcomm.metrics.crossplay import (
    cross_play,
    intelligibility_by_distance,
    network_distances,
    pool_means,
    within_and_between,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=30)
THREE = np.array([[0.9, 0.4, 0.2], [0.6, 0.8, 0.1], [0.3, 0.5, 1.0]])
BLANK: Any = ["a", None, "b"]
FIVE: Any = 5


# Summaries


def test_cross_play_by_hand():
    # diagonal 2.7 / 3; the others 0.4 + 0.2 + 0.6 + 0.1 + 0.3 + 0.5 = 2.1 over 6
    result = cross_play(THREE)
    assert result.self_play == pytest.approx(0.9)
    assert result.cross_play == pytest.approx(0.35)
    assert result.gap == pytest.approx(0.55)
    assert result.lowest == 0.1
    np.testing.assert_allclose(result.by_speaker, [0.3, 0.35, 0.4])
    np.testing.assert_allclose(result.by_listener, [0.45, 0.45, 0.15])


@pytest.mark.parametrize("paired", [None, False])
def test_unequal_numbers_are_all_strangers(paired: bool | None):
    result = cross_play(THREE[:2], paired=paired)
    assert math.isnan(result.self_play)
    assert math.isnan(result.gap)
    assert result.cross_play == pytest.approx(3.0 / 6)
    np.testing.assert_allclose(result.by_speaker, [0.5, 0.5])
    np.testing.assert_allclose(result.by_listener, [0.75, 0.6, 0.15])


def test_a_square_matrix_of_strangers():
    result = cross_play(THREE, paired=False)
    assert math.isnan(result.self_play)
    assert result.cross_play == pytest.approx(4.8 / 9)


def test_pairs_that_never_played_are_left_out():
    matrix = THREE.copy()
    matrix[0, 1] = matrix[0, 2] = matrix[2, 2] = np.nan
    result = cross_play(matrix)
    assert result.self_play == pytest.approx((0.9 + 0.8) / 2)
    assert result.cross_play == pytest.approx((0.6 + 0.1 + 0.3 + 0.5) / 4)
    assert math.isnan(result.by_speaker[0])
    np.testing.assert_allclose(result.by_listener, [0.45, 0.5, 0.1])


def test_one_pair_has_no_strangers():
    result = cross_play([[0.7]])
    assert result.self_play == 0.7
    assert math.isnan(result.cross_play)
    assert math.isnan(result.lowest)
    np.testing.assert_array_equal(result.by_speaker, [np.nan])


# Pools


def test_pool_means_by_hand():
    # agents 0 and 2 are "b", agent 1 is "a"; rows are speakers
    # a to a: nobody but 1 with itself; a to b: 0.6 and 0.1; b to a: 0.4 and 0.5; b to b: 0.2 and 0.3
    names, means = pool_means(THREE, ["b", "a", "b"])
    assert names == ["a", "b"]
    np.testing.assert_allclose(means, [[np.nan, 0.35], [0.45, 0.25]])
    _, means = pool_means(THREE, ["b", "a", "b"], include_self=True)
    np.testing.assert_allclose(means, [[0.8, 0.35], [0.45, (0.2 + 0.3 + 0.9 + 1.0) / 4]])


def test_within_and_between_by_hand():
    within, between, ratio = within_and_between(THREE, ["b", "a", "b"])
    assert within == pytest.approx(0.25)
    assert between == pytest.approx(1.6 / 4)
    assert ratio == pytest.approx(0.625)
    assert within_and_between(THREE, ["b", "a", "b"], include_self=True).within == pytest.approx(3.2 / 5)


def test_one_pool_has_nothing_between():
    within, between, ratio = within_and_between(THREE, [5, 5, 5])
    assert within == pytest.approx(0.35)
    assert math.isnan(between)
    assert math.isnan(ratio)
    assert math.isnan(within_and_between(np.zeros((3, 3)), [0, 1, 1]).ratio)


def test_dialects_show_in_the_ratio_of_distances():
    pools = np.repeat([0, 1, 2], [2, 3, 5])
    dialects = np.where(pools[:, None] == pools, 0.2, 0.8)
    assert within_and_between(dialects, pools).ratio == pytest.approx(0.25)


# Distance in a network


def test_steps_in_a_chain_by_any_name():
    chain = nx.path_graph(["x", "y", "z", "w"])
    np.testing.assert_array_equal(network_distances(chain, 3, nodes=["w", "x", "y"]), [[0, 3, 2], [3, 0, 1], [2, 1, 0]])
    arrows = nx.DiGraph([(0, 1), (1, 2)])
    np.testing.assert_array_equal(network_distances(arrows, 3), [[0, 1, 2], [np.inf, 0, 1], [np.inf, np.inf, 0]])


def test_agent_k_is_node_k_in_whatever_order_nodes_came():
    jumbled = nx.Graph([(2, 1), (1, 0)])
    np.testing.assert_array_equal(network_distances(jumbled, 3), [[0, 1, 2], [1, 0, 1], [2, 1, 0]])


def test_weights_and_numbers_of_edges_are_no_steps():
    assert network_distances(nx.Graph([(0, 1, {"weight": 7.0})]), 2)[0, 1] == 1
    assert network_distances(nx.MultiGraph([(0, 1), (0, 1), (1, 2)]), 3)[0, 2] == 2


def test_intelligibility_in_a_chain_by_hand():
    # one step: 0.4, 0.6, 0.1, 0.5; two: 0.2, 0.3
    # ranks of accuracy less 3.5, one step: 0.5, 2.5, -2.5, 1.5 = 2; two: -1.5, -0.5 = -2; squares 17.5
    # ranks of distance less 3.5: -1 (four times), 2 (twice); squares 12; so (-2 - 4) / sqrt(17.5 * 12)
    result = intelligibility_by_distance(THREE, nx.path_graph(3), resamples=0)
    np.testing.assert_array_equal(result.distances, [1, 2])
    np.testing.assert_allclose(result.means, [0.4, 0.25])
    np.testing.assert_array_equal(result.pairs, [4, 2])
    assert result.unreachable == 0
    assert result.correlation == pytest.approx(-6 / math.sqrt(210))
    assert math.isnan(result.p_value)
    assert math.isnan(result.null_mean)


def test_the_null_deals_agents_to_nodes():
    matrix = np.random.default_rng(2).random((4, 4))
    steps = network_distances(nx.path_graph(4), 4)
    others = ~np.eye(4, dtype=bool)
    dealt = [steps[np.ix_(rows, rows)] for rows in map(list, itertools.permutations(range(4)))]
    scores = [spearmanr(matrix[others], each[others])[0] for each in dealt]
    result = intelligibility_by_distance(matrix, nx.path_graph(4), resamples=3001, seed=1)
    assert result.correlation == pytest.approx(scores[0])
    assert result.null_mean == pytest.approx(np.mean(scores), abs=0.02)
    assert result.p_value == pytest.approx(np.mean(np.array(scores) <= scores[0] + 1e-12), abs=0.03)


def test_a_dialect_continuum_is_found():
    steps = network_distances(nx.path_graph(7), 7)
    result = intelligibility_by_distance(0.95**steps, nx.path_graph(7), resamples=199)
    assert result.correlation == pytest.approx(-1.0)
    assert result.p_value < 0.05
    assert abs(result.null_mean) < 0.1


def test_pools_count_what_happens_within():
    pools = np.repeat([0, 1, 2], [2, 3, 2])
    accuracy = 1 - 0.3 * np.abs(pools[:, None] - pools)
    means = pool_means(accuracy, pools.tolist()).means
    result = intelligibility_by_distance(means, nx.path_graph(3), include_self=True, resamples=0)
    np.testing.assert_array_equal(result.distances, [0, 1, 2])
    np.testing.assert_allclose(result.means, [1, 0.7, 0.4])
    np.testing.assert_array_equal(result.pairs, [3, 4, 2])


def test_pairs_without_a_path_are_counted_and_left_out():
    islands = nx.Graph([(0, 1)])
    islands.add_node(2)
    result = intelligibility_by_distance(THREE, islands, resamples=5)
    assert result.unreachable == 4
    np.testing.assert_array_equal(result.pairs, [2])
    np.testing.assert_allclose(result.means, [0.5])
    assert math.isnan(result.correlation)  # one distance only


@pytest.mark.parametrize(
    ("matrix", "network"),
    [
        (np.full((3, 3), 0.5), nx.path_graph(3)),
        (THREE, nx.complete_graph(3)),
        ([[0.5]], nx.path_graph(1)),
        (np.full((3, 3), np.nan), nx.path_graph(3)),
        (THREE, nx.empty_graph(3)),
    ],
)
def test_nothing_to_correlate(matrix: Any, network: Any):
    result = intelligibility_by_distance(matrix, network, resamples=3)
    assert math.isnan(result.correlation)
    assert math.isnan(result.p_value)
    assert len(result.distances) == len(result.means) == len(result.pairs)


@fixed
@given(st.integers(2, 7), st.integers(0, 2**31))
def test_names_of_agents_do_not_matter(agents: int, seed: int):
    rng = np.random.default_rng(seed)
    matrix, network = rng.random((agents, agents)), nx.cycle_graph(agents)
    order = rng.permutation(agents)
    shuffled = matrix[np.ix_(order, order)]
    one = intelligibility_by_distance(matrix, network, resamples=0)
    two = intelligibility_by_distance(shuffled, network, nodes=order.tolist(), resamples=0)
    assert two.correlation == pytest.approx(one.correlation, nan_ok=True)
    np.testing.assert_allclose(two.means, one.means)
    assert cross_play(shuffled).cross_play == pytest.approx(cross_play(matrix).cross_play)
    pools = rng.integers(0, 3, agents)
    expected = within_and_between(matrix, pools.tolist())
    np.testing.assert_allclose(within_and_between(shuffled, pools[order].tolist()), expected)


# Bad input


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: cross_play([0.5, 0.7]), r"numbers \[speakers, listeners\], got the shape \[2\]"),
        (lambda: cross_play([[0.5], [0.7, 0.1]]), "must be numbers"),
        (lambda: cross_play([["a"]]), "must be numbers"),
        (lambda: cross_play(np.zeros((0, 3))), r"got the shape \[0, 3\]"),
        (lambda: cross_play([[np.inf]]), "finite numbers"),
        (lambda: cross_play(THREE[:2], paired=True), r"\[agents, agents\], got the shape \[2, 3\]"),
        (lambda: pool_means(THREE, [0, 1]), r"pool of each of 3 agents, got the shape \[2\]"),
        (lambda: pool_means(THREE, BLANK), r"all names, one for each agent; got \['a', None, 'b'\]"),
        (lambda: pool_means(THREE, [[0], [0, 1], [2]]), "all names, one for each agent"),
        (lambda: within_and_between(THREE[:2], [0, 1]), r"\[agents, agents\], got the shape \[2, 3\]"),
        (lambda: network_distances([[0, 1]], 2), "must be a networkx graph, got list"),
        (lambda: network_distances(nx.path_graph(2), 3), "needs a node of the network, got 3; not in the network: 2"),
        (lambda: network_distances(nx.path_graph(3), 3, nodes=[0, 1]), "needs a node of the network, got 2"),
        (lambda: network_distances(nx.path_graph(3), 3, nodes=FIVE), "nodes must list the node of each of 3 agents"),
        (lambda: network_distances(nx.path_graph(3), 0), "agents must be an integer of at least 1, got 0"),
        (lambda: intelligibility_by_distance(THREE, nx.path_graph(3), resamples=-1), "resamples must be an integer"),
    ],
)
def test_bad_input_is_refused_in_one_line(call: Callable[[], Any], told: str):
    with pytest.raises(BadInput, match=told) as error:
        call()
    assert "\n" not in str(error.value)
