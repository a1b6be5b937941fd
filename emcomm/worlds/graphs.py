"""`GraphWorld`: small undirected graphs whose nodes have an attribute."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emcomm.errors import BadInput
from emcomm.rng import generator
from emcomm.worlds.base import World
from emcomm.worlds.form import Graph
from emcomm.worlds.isomorphism import MOST_NODES, adjacency, canonical, fingerprint, in_order

__all__ = ["GraphWorld"]

BATCH, BATCHES = 1024, 64  # graphs drawn at a time, and how often at most


class GraphWorld(World):
    """Small undirected graphs without loops, no two the same, drawn when the world is made and never again.

    Each node has one of `values` attribute values, drawn evenly; `edges` edges join pairs of nodes drawn evenly, or as
    many as an even draw from none to all pairs says. Equal settings give equal graphs, and the graphs of a world are
    the first ones of a larger world with the same seed.

    Two graphs are different if they are not isomorphic: if no renumbering of nodes makes both attributes and edges
    equal. Up to 7 nodes this is exact. Beyond, graphs count as different if colour refinement tells them apart; these
    are not isomorphic for certain, and of those that it cannot tell apart, which are rare, one at most is in the world.

    A meaning is the attribute of each node, left out where there is but one value, and then for each pair of nodes
    (0-1, 0-2, ..., 1-2, ...) whether an edge joins them. Nodes are numbered by attribute and, up to 7 nodes, such that
    the edges read as the smallest binary number; beyond, by number of edges. So the Hamming distance of two meanings
    says in how many attributes and edges they differ when their nodes are lined up so, at least as many as in the best
    alignment. Some columns may be the same in all meanings. Features are one-hot codes of the attributes
    ``[nodes, values]``, then the adjacency matrix ``[nodes, nodes]``; ``form`` is ``Graph(nodes, values)``.

    Features take 4 bytes x graphs x nodes x (values + nodes): 8 KB with the defaults.

    Args:
        graphs: how many meanings there are, 2 to 20,000.
        nodes: nodes of each graph, 2 to 16.
        values: how many values the attribute of a node has, 1 to 32; 1 is none.
        edges: edges of each graph; None: their number varies.
        seed: decides which graphs there are, at least 0; not the seed of a run.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: numbers beyond these bounds, fewer different graphs than asked for among 65,536 drawn ones, or what
            `World` refuses.

    Cost: at most a few seconds where 7 nodes have fewer graphs than asked for, else a fraction of a second.

    Source: graphs as referents after Słowik et al. 2020, whose graphs hold the properties of one object, while these
    are drawn at random.
    """

    name: ClassVar[str] = "graph"

    graphs: int = Field(default=50, ge=2, le=20_000)
    nodes: int = Field(default=5, ge=2, le=16)
    values: int = Field(default=3, ge=1, le=32)
    edges: int | None = Field(default=None, ge=0)
    seed: int = Field(default=0, ge=0)

    @property
    def form(self) -> Graph:
        """Nodes with one number for each attribute value, and the adjacency matrix."""
        return Graph(self.nodes, self.values)

    def sizes(self) -> tuple[int, ...]:
        """Return how many values each attribute has: those of each node if more than one, then 2 for each pair."""
        return (self.values,) * self._attributes + (2,) * self._pairs

    def build_meanings(self) -> NDArray[np.int64]:
        """Draw the graphs: int64 ``[graphs, nodes + pairs of nodes]``, or ``[graphs, pairs]`` without attributes."""
        if self.edges is not None and self.edges > self._pairs:
            raise BadInput(f"{self.nodes} nodes have at most {self._pairs} edges, got edges={self.edges}")
        found = np.zeros((0, self.nodes + self._pairs), dtype=np.int64)
        marks = np.zeros((0, found.shape[1] if self._exact else 1), dtype=np.uint64)
        for batch in range(BATCHES):
            drawn, mark = self._draw(batch)
            found, marks = np.concatenate([found, drawn]), np.concatenate([marks, mark])
            new = np.sort(np.unique(marks, axis=0, return_index=True)[1])[: self.graphs]
            found, marks = found[new], marks[new]
            if len(found) == self.graphs:
                return found[:, self.nodes - self._attributes :]
        edges = "any number of" if self.edges is None else self.edges
        raise BadInput(
            f"graphs={self.graphs} different graphs asked for, but among {BATCH * BATCHES} drawn ones of {self.nodes} "
            f"nodes, {self.values} values and {edges} edges only {len(found)} are different; ask for fewer"
        )

    def build_features(self) -> NDArray[np.float32]:
        """Return nodes and edges as a graph encoder reads them: float32 ``[graphs, nodes * (values + nodes)]``."""
        meanings = self.meanings()
        n, cut = len(meanings), self._attributes
        attributes = meanings[:, :cut] if cut else np.zeros((n, self.nodes), dtype=np.int64)
        codes = np.eye(self.values, dtype=np.float32)[attributes].reshape(n, -1)
        matrices = adjacency(meanings[:, cut:], self.nodes).reshape(n, -1)
        return np.concatenate([codes, matrices.astype(np.float32)], axis=1)

    @property
    def _pairs(self) -> int:
        return self.nodes * (self.nodes - 1) // 2

    @property
    def _attributes(self) -> int:
        return self.nodes if self.values > 1 else 0

    @property
    def _exact(self) -> bool:
        return self.nodes <= MOST_NODES

    def _draw(self, batch: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Draw graphs: attributes and edges side by side ``[BATCH, nodes + pairs]``, and what tells them apart."""
        rng = generator(self.seed, "graph world", batch)
        attributes = rng.integers(self.values, size=(BATCH, self.nodes))
        counts = rng.integers(self._pairs + 1, size=(BATCH, 1))
        if self.edges is not None:
            counts = np.full_like(counts, self.edges)
        ranks = rng.random((BATCH, self._pairs)).argsort(axis=1).argsort(axis=1)
        drawn = (attributes, (ranks < counts).astype(np.int64))
        if self._exact:
            graphs = np.concatenate(canonical(*drawn), axis=1)
            return graphs, graphs.astype(np.uint64)
        return np.concatenate(in_order(*drawn), axis=1), fingerprint(*drawn)[:, None]
