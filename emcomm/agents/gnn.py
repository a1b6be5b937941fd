"""A message-passing encoder of graphs."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from emcomm.agents.arithmetic import Arithmetic
from emcomm.agents.encoders import Encoder
from emcomm.agents.layers import affine
from emcomm.worlds.form import Form, Graph

__all__ = ["GNN"]


class GNN(Encoder):
    """Nodes tell their neighbours about themselves, and what all of them know is added up.

    A node begins as ``relu(affine(features))``. In each round it becomes ``relu(affine(itself) + what its neighbours
    say)``, where a node says ``affine(itself)`` with another map, and what is said is averaged or summed over the
    neighbours, weighted by the node's row of the adjacency matrix. At the end nodes are summed, and one affine map
    follows. How nodes are numbered does not matter, but for rounding.

    Args:
        rounds: how often neighbours are heard; a node knows of others up to so many edges away.
        neighbours: ``"mean"`` or ``"sum"`` over neighbours; a node without any hears 0.

    Source: Scarselli et al. 2009; Gilmer et al. 2017 (message passing); the sum at the end after Xu et al. 2019.
    """

    name: ClassVar[str] = "gnn"
    reads: ClassVar[tuple[type, ...]] = (Graph,)
    rounds: PositiveInt = 2
    neighbours: Literal["mean", "sum"] = "mean"

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        assert isinstance(form, Graph)
        return _MessagePassing(form, self.rounds, self.neighbours == "mean", hidden, arithmetic)


class _MessagePassing(nn.Module):
    """Rounds of message passing; see `GNN`."""

    def __init__(self, form: Graph, rounds: int, mean: bool, hidden: int, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.form, self.mean = form, mean
        self.first = affine(form.node_features, hidden, arithmetic)
        self.own = nn.ModuleList(affine(hidden, hidden, arithmetic) for _ in range(rounds))
        self.said = nn.ModuleList(affine(hidden, hidden, arithmetic) for _ in range(rounds))
        self.out = affine(hidden, hidden, arithmetic)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, nodes (node_features + nodes)]`` to ``[*stack, n, hidden]``."""
        nodes, width = self.form.nodes, self.form.node_features
        features, adjacency = x.split([nodes * width, nodes * nodes], -1)
        hears = adjacency.unflatten(-1, (nodes, nodes))
        if self.mean:
            total = hears.sum(-1, keepdim=True)
            hears = hears / torch.where(total == 0, 1.0, total)
        state = self.first(features.unflatten(-1, (nodes, width))).relu()
        for own, said in zip(self.own, self.said, strict=True):
            state = (own(state) + hears @ said(state)).relu()
        out: Tensor = self.out(state.sum(-2))
        return out
