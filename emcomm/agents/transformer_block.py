"""One block of a Transformer, and layer normalisation, for one run or a stack."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.attention import attend
from emcomm.agents.functions import beside
from emcomm.agents.layers import affine

__all__ = ["Block", "Norm"]

WIDER = 4


class Norm(nn.Module):
    """Layer normalisation with a gain and a bias.

    Args:
        width: numbers of a row; each row is normalised by itself.

    Source: Ba et al. 2016.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``[*stack, n, ..., width]``."""
        return torch.addcmul(beside(self.bias, x), layer_norm(x, x.shape[-1:]), beside(self.gain, x))


class Block(nn.Module):
    """Attention, then two affine maps with ReLU in between; both see normalised input and add to it.

    Args:
        hidden: width of a position.
        heads: parts of the width that attend apart; they divide it.
        arithmetic: what its maps compute with.

    Source: Vaswani et al. 2017; normalisation before each part after Xiong et al. 2020. Deviation: no dropout.
    """

    def __init__(self, hidden: int, heads: int, arithmetic: Arithmetic = FLOAT) -> None:
        super().__init__()
        self.heads, self.dtype = heads, arithmetic.products
        self.look, self.think = Norm(hidden), Norm(hidden)
        self.ask, self.remember = affine(hidden, hidden, arithmetic), affine(hidden, 2 * hidden, arithmetic, fused=2)
        self.mix = affine(hidden, hidden, arithmetic)
        self.wide, self.narrow = affine(hidden, WIDER * hidden, arithmetic), affine(WIDER * hidden, hidden, arithmetic)

    def forward(
        self, x: Tensor, allowed: Tensor | None, past: Tensor | None = None, at: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Let positions attend to each other and to the past.

        Args:
            x: ``[*stack, n, positions, hidden]``.
            allowed: bool, broadcasts to ``[*stack, n, q, past + positions]``, q being `positions` or 1 with `at`; None:
                everybody attends to everything.
            past: ``[*stack, n, past, 2 hidden]``, the keys and values of earlier positions.
            at: int64 ``[*stack, n]``, the one position that is wanted; None: all.

        Returns:
            the positions after the block, ``[*stack, n, q, hidden]``, and the keys and values of `x`,
            ``[*stack, n, positions, 2 hidden]``.
        """
        seen = self.look(x)
        remembered = self.remember(seen)
        if at is not None:
            place = at[..., None, None].expand(*at.shape, 1, x.shape[-1])
            x, seen = x.gather(-2, place), seen.gather(-2, place)
        memory = remembered if past is None else torch.cat([past, remembered], -2)
        keys, values = (self._by_head(part) for part in memory.chunk(2, -1))
        allowed = None if allowed is None else allowed.unsqueeze(-3)
        found = attend(self._by_head(self.ask(seen)), keys, values, allowed, self.dtype)
        x = x + self.mix(found.transpose(-3, -2).flatten(-2))
        return x + self.narrow(self.wide(self.think(x)).relu()), remembered

    def _by_head(self, x: Tensor) -> Tensor:
        """``[..., positions, hidden]`` as ``[..., heads, positions, hidden / heads]``."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)
