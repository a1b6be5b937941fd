"""Larger blocks from ternary maps: attention, feed-forward, message passing on graphs.

Only linear maps are ternary; scores, softmax, weighted sums and what lies between maps are floats. Without options the
same classes are float blocks of the same architecture. No block adds its input to its output: that is the caller's.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from emcomm.errors import BadInput
from emcomm.ternary.linear import TernaryLinear
from emcomm.ternary.normalise import normalise
from emcomm.ternary.operands import product
from emcomm.ternary.options import Norm, Ternary

__all__ = ["Attention", "FeedForward", "GraphLayer"]


class Attention(nn.Module):
    """Attention of the members of a set or sequence to each other, with several heads, for one run or a stack.

    Args:
        width: of a member's features.
        heads: heads, each of ``width / heads`` features.
        options: how queries, keys, values and the output map are ternary, each with a scale of its own; None: floats.
        norm: normalisation of what goes into the maps.

    Raises:
        BadInput: the heads do not divide the width.

    Source: Vaswani et al. 2017; Ma et al. 2024 for what is ternary and what is not. Deviation: no dropout.
    """

    def __init__(self, width: int, heads: int, options: Ternary | None = None, norm: Norm = "none") -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise BadInput(f"heads: a divisor of the width {width}, got {heads}")
        self.heads = heads
        self.norm: Norm = norm
        self.inward = TernaryLinear(width, 3 * width, options=options, gates=3)
        self.outward = TernaryLinear(width, width, options=options, norm=norm)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Let everyone look at everyone, or at whom they may.

        Args:
            x: ``[*stack, n, members, width]``.
            mask: bool, broadcasts to ``[*stack, n, members, members]``: True where the member of the row may look at
                that of the column. Who may look at nobody gets the output map's bias. None: everyone at everyone.

        Returns:
            ``[*stack, n, members, width]``. Nothing of a member who is not looked at gets through.
        """
        fused = self.inward(normalise(x, self.norm)).unflatten(-1, (3, self.heads, -1))
        queries, keys, values = fused.transpose(-4, -2).unbind(-3)
        scores = product(queries, keys.mT) / math.sqrt(queries.shape[-1])
        if mask is None:
            weights = scores.softmax(-1)
        else:
            hidden = ~mask.unsqueeze(-3)
            weights = scores.masked_fill(hidden, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(hidden, 0.0)
        seen = product(weights, values).transpose(-3, -2).flatten(-2)
        out: Tensor = self.outward(seen)
        return out


class FeedForward(nn.Module):
    """Two linear maps with rectified features between them, for one run or a stack.

    Args:
        width: of the features that come in and go out.
        inner: features between the maps.
        options: how both maps are ternary; None: floats.
        norm: normalisation of what goes into each map.

    Source: Vaswani et al. 2017; Ma et al. 2024 for what is ternary.
    """

    def __init__(self, width: int, inner: int, options: Ternary | None = None, norm: Norm = "none") -> None:
        super().__init__()
        self.widen = TernaryLinear(width, inner, options=options, norm=norm)
        self.narrow = TernaryLinear(inner, width, options=options, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, ..., width]`` to the same shape, each feature vector by itself."""
        out: Tensor = self.narrow(self.widen(x).relu())
        return out


class GraphLayer(nn.Module):
    """One round of message passing: a map of each node plus a map of the weighted sum of its neighbours.

    Args:
        inputs: features of a node that come in.
        outputs: features of a node that go out.
        options: how both maps are ternary; None: floats.
        norm: normalisation of what goes into each map.

    Source: Morris et al. 2019 (``W1 x_i + W2 sum_j a_ij x_j``). Deviation: the maps may be ternary.
    """

    def __init__(self, inputs: int, outputs: int, options: Ternary | None = None, norm: Norm = "none") -> None:
        super().__init__()
        self.own = TernaryLinear(inputs, outputs, options=options, norm=norm)
        self.neighbours = TernaryLinear(inputs, outputs, bias=False, options=options, norm=norm)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Pass messages once.

        Args:
            x: ``[*stack, n, nodes, inputs]``.
            adjacency: weights, broadcasts to ``[*stack, n, nodes, nodes]``: how much the node of the row takes from
                that of the column.

        Returns:
            ``[*stack, n, nodes, outputs]``, not yet rectified.
        """
        out: Tensor = self.own(x) + self.neighbours(product(adjacency, x))
        return out
