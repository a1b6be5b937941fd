"""Cross-play: who understands whom, from a matrix of accuracies, one row a speaker and one column a listener.

Speaker i and listener i are one agent, or the two that learnt together. NaN marks a pair that never played.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import shortest_path

from emcomm.errors import BadInput, shown
from emcomm.language import whole_number
from emcomm.metrics.base import Undefined
from emcomm.metrics.correlation import spearman
from emcomm.metrics.resampling import null_values, p_value

__all__ = [
    "CrossPlay",
    "Intelligibility",
    "PoolMeans",
    "WithinBetween",
    "cross_play",
    "intelligibility_by_distance",
    "network_distances",
    "pool_means",
    "within_and_between",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CrossPlay:
    """What a cross-play matrix comes to; NaN where there are no such pairs.

    Args:
        self_play: mean over pairs that learnt together (the diagonal).
        cross_play: mean over all other pairs.
        gap: self-play less cross-play; 0: strangers do as well; high: private codes.
        lowest: the worst pair that is not on the diagonal.
        by_speaker: mean over strangers for each speaker, float64 ``[speakers]``.
        by_listener: mean over strangers for each listener, float64 ``[listeners]``.
    """

    self_play: float
    cross_play: float
    gap: float
    lowest: float
    by_speaker: FloatArray
    by_listener: FloatArray


class PoolMeans(NamedTuple):
    """Names of the pools, sorted, and the mean of each pool with each: float64 ``[pools, pools]``."""

    pools: list[Any]
    means: FloatArray


class WithinBetween(NamedTuple):
    """Mean over pairs of one pool, over pairs of two pools, and within / between."""

    within: float
    between: float
    ratio: float


@dataclass(frozen=True, eq=False)
class Intelligibility:
    """Accuracy against distance in a network.

    Args:
        distances: distances that occur, ascending, float64 ``[k]``.
        means: mean accuracy at each, float64 ``[k]``.
        pairs: number of ordered pairs at each, int64 ``[k]``.
        unreachable: ordered pairs without a path between them; they are left out.
        correlation: Spearman's, over ordered pairs, of accuracy with distance; NaN when one of them is constant.
        null_mean: its mean when the agents are dealt to the nodes at random.
        p_value: one-sided, for understanding that falls with distance; NaN where the correlation is.
    """

    distances: FloatArray
    means: FloatArray
    pairs: IntArray
    unreachable: int
    correlation: float
    null_mean: float
    p_value: float


def cross_play(accuracy: ArrayLike, *, paired: bool | None = None) -> CrossPlay:
    """Summarise a cross-play matrix.

    Means over pairs, each pair counted once. Range and unit: those of the entries. Cost: O(speakers x listeners).

    Args:
        accuracy: float ``[speakers, listeners]``, NaN for pairs that never played.
        paired: whether speaker i and listener i belong together; None: they do when there are as many of both.
            When they do not, all pairs are strangers and `CrossPlay.self_play` is NaN.

    Raises:
        BadInput: not a matrix, infinite numbers, or `paired` with unequal numbers of speakers and listeners.

    Source: Graesser, Cho & Kiela 2019 (cross-product and self-play accuracy); Rita et al. 2022 (ICLR).
    """
    matrix = _matrix(accuracy, square=bool(paired))
    together = np.zeros(matrix.shape, dtype=bool)
    if paired or (paired is None and matrix.shape[0] == matrix.shape[1]):
        np.fill_diagonal(together, True)
    played = ~np.isnan(matrix)
    strangers = played & ~together
    own, others = _mean(matrix, played & together), _mean(matrix, strangers)
    return CrossPlay(
        self_play=own,
        cross_play=others,
        gap=own - others,
        lowest=float(matrix[strangers].min()) if strangers.any() else np.nan,
        by_speaker=_row_means(matrix, strangers),
        by_listener=_row_means(matrix.T, strangers.T),
    )


def pool_means(matrix: ArrayLike, pools: ArrayLike, *, include_self: bool = False) -> PoolMeans:
    """Average a matrix of agents into one of pools: rows are the speaker's pool, columns the listener's.

    Args:
        matrix: float ``[agents, agents]``: accuracies, or distances between languages; NaN: not known.
        pools: the pool (number or name) of each agent, ``[agents]``.
        include_self: count the diagonal, every agent with itself (or with its own partner).

    Returns:
        `PoolMeans`; NaN where there is no pair. Cost: O(agents^2).

    Raises:
        BadInput: the matrix is not square, or `pools` does not name a pool for each agent.

    Source: Graesser, Cho & Kiela 2019 (accuracy within and across communities).
    """
    values = _matrix(matrix, square=True)
    names, codes = _pools(pools, len(values))
    counted = ~np.isnan(values)
    if not include_self:
        np.fill_diagonal(counted, False)
    member = np.eye(len(names))[codes]
    sums, counts = (member.T @ part @ member for part in (np.where(counted, values, 0), counted.astype(np.float64)))
    return PoolMeans(names, _quotients(sums, counts))


def within_and_between(matrix: ArrayLike, pools: ArrayLike, *, include_self: bool = False) -> WithinBetween:
    """Mean over pairs of agents of one pool, and over pairs of agents of two pools.

    For distances between languages a ratio far below 1 says that pools have dialects of their own; about 1, none.

    Args:
        matrix: float ``[agents, agents]``: distances between languages, or accuracies; NaN: not known.
        pools: the pool of each agent, ``[agents]``.
        include_self: count the diagonal among the pairs within.

    Returns:
        `WithinBetween`; a mean is NaN without such pairs, the ratio also where the mean between pools is 0.

    Raises:
        BadInput: as in `pool_means`.

    Source: Graesser, Cho & Kiela 2019.
    """
    values = _matrix(matrix, square=True)
    _, codes = _pools(pools, len(values))
    counted, same = ~np.isnan(values), codes[:, None] == codes
    if not include_self:
        np.fill_diagonal(counted, False)
    within, between = _mean(values, counted & same), _mean(values, counted & ~same)
    return WithinBetween(within, between, within / between if between else np.nan)


def network_distances(network: Any, agents: int, *, nodes: Iterable[Any] | None = None) -> FloatArray:
    """Number of steps from each agent to each other in a network.

    Args:
        network: `networkx` graph; a directed one gives steps along its arrows.
        agents: how many agents there are.
        nodes: the node of each agent; None: agent k is the node k.

    Returns:
        float64 ``[agents, agents]``, infinite without a path. Cost: O(nodes x (nodes + edges)).

    Raises:
        BadInput: no graph, or an agent without a node.

    Source: none.
    """
    import networkx as nx  # a tenth of a second, and nothing else here needs it

    if not isinstance(network, nx.Graph):
        raise BadInput(f"network must be a networkx graph, got {type(network).__name__}")
    agents = whole_number("agents", agents, least=1)
    if nodes is not None and not isinstance(nodes, Iterable):
        raise BadInput(f"nodes must list the node of each of {agents} agents, got {shown(nodes)}")
    wanted = list(range(agents)) if nodes is None else list(nodes)
    missing = [node for node in wanted if node not in network]
    if len(wanted) != agents or missing:
        told = f"; not in the network: {missing[0]!r}" if missing else ""
        raise BadInput(f"every one of {agents} agents needs a node of the network, got {len(wanted)}{told}")
    everybody = list(network)
    place = {node: k for k, node in enumerate(everybody)}
    rows = np.array([place[node] for node in wanted])
    steps = shortest_path(nx.to_scipy_sparse_array(network, nodelist=everybody, weight=None), unweighted=True)
    return steps[np.ix_(rows, rows)]


def intelligibility_by_distance(
    accuracy: ArrayLike,
    network: Any,
    *,
    nodes: Iterable[Any] | None = None,
    include_self: bool = False,
    resamples: int = 1000,
    seed: int = 0,
) -> Intelligibility:
    """How well agents understand each other, against how many steps lie between them in a network.

    Spearman's correlation over ordered pairs (ties averaged), in -1..1, no unit; negative: understanding falls with
    distance, as in a dialect continuum. Pairs share agents and are not independent, so the p-value deals whole agents
    to the nodes at random (Mantel test). Cost: O(resamples x agents^2 log agents).

    Args:
        accuracy: float ``[agents, agents]``, NaN for pairs that never played; or of pools, from `pool_means`.
        network: `networkx` graph.
        nodes: the node of each agent; None: agent k is the node k.
        include_self: count each agent with itself (for pools: within the pool), at distance 0.
        resamples: how often agents are dealt to nodes; 0: no null, no p-value.
        seed: the same seed gives the same result.

    Returns:
        `Intelligibility`.

    Raises:
        BadInput: the matrix is not square, or an agent has no node.

    Source: Graesser, Cho & Kiela 2019 (as a table by distance in a chain); Mantel 1967 for the test.
    """
    matrix = _matrix(accuracy, square=True)
    resamples, seed = whole_number("resamples", resamples, least=0), whole_number("seed", seed, least=0)
    steps = network_distances(network, len(matrix), nodes=nodes)
    counted = ~np.isnan(matrix)
    if not include_self:
        np.fill_diagonal(counted, False)

    def score(_: IntArray, dealt: IntArray) -> float:
        apart = steps[np.ix_(dealt, dealt)]
        both = counted & np.isfinite(apart)
        if not both.any():
            raise Undefined("there is no pair with a path between them")
        return spearman(matrix[both], apart[both])

    reached = counted & np.isfinite(steps)
    distances, codes, pairs = np.unique(steps[reached], return_inverse=True, return_counts=True)
    means = np.bincount(codes, weights=matrix[reached], minlength=len(pairs)) / pairs
    rows, correlation, null_mean, p = np.arange(len(matrix)), np.nan, np.nan, np.nan
    try:
        correlation = score(rows, rows)
        null = null_values(score, len(matrix), resamples, seed)
        if not np.isnan(null).all():
            null_mean, p = float(np.nanmean(null)), p_value(correlation, null, "less")
    except Undefined:
        pass
    unreachable = int(np.count_nonzero(counted & ~np.isfinite(steps)))
    return Intelligibility(distances, means, pairs.astype(np.int64), unreachable, correlation, null_mean, p)


def _matrix(values: ArrayLike, square: bool) -> FloatArray:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("a cross-play matrix must be numbers [speakers, listeners]") from None
    if matrix.ndim != 2 or 0 in matrix.shape or (square and matrix.shape[0] != matrix.shape[1]):
        wanted = "[agents, agents]" if square else "[speakers, listeners]"
        raise BadInput(f"a cross-play matrix must be numbers {wanted}, got the shape {list(matrix.shape)}")
    if np.isinf(matrix).any():
        raise BadInput("a cross-play matrix holds finite numbers, NaN for pairs that never played; got an infinite one")
    return matrix


def _pools(pools: ArrayLike, agents: int) -> tuple[list[Any], IntArray]:
    try:
        given = np.asarray(pools)
        names, codes = np.unique(given, return_inverse=True)
    except (TypeError, ValueError):
        raise BadInput(f"pools must be all numbers or all names, one for each agent; got {shown(pools)}") from None
    if given.shape != (agents,):
        raise BadInput(f"pools must name the pool of each of {agents} agents, got the shape {list(given.shape)}")
    return names.tolist(), codes.astype(np.int64)


def _row_means(values: FloatArray, mask: NDArray[np.bool_]) -> FloatArray:
    return _quotients(np.where(mask, values, 0.0).sum(axis=1), mask.sum(axis=1))


def _quotients(sums: FloatArray, counts: NDArray[Any]) -> FloatArray:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _mean(values: FloatArray, mask: NDArray[np.bool_]) -> float:
    return float(values[mask].mean()) if mask.any() else float("nan")
