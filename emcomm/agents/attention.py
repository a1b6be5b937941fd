"""Attention from primitive operations, and listeners' reading that attends instead of taking the last state."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.functions import product
from emcomm.agents.layers import affine

__all__ = ["AttentionReading", "Reading", "attend"]

Reading = Literal["last", "attention"]


def attend(
    asked: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Average values, each weighted by how well its key fits what is asked.

    Args:
        asked: ``[..., q, width]``.
        keys: ``[..., k, width]``.
        values: ``[..., k, out]``.
        allowed: bool, broadcasts to ``[..., q, k]``; False gives a value the weight 0 exactly. At least one is allowed
            in a row. None: all are.
        dtype: precision of matrix products.

    Returns:
        float32 ``[..., q, out]``.

    Source: Vaswani et al. 2017, equation 1.
    """
    fit = product(asked, keys.mT, dtype) / math.sqrt(asked.shape[-1])
    if allowed is not None:
        fit = fit.masked_fill(~allowed, -math.inf)
    return product(fit.softmax(-1), values, dtype)


class AttentionReading(nn.Module):
    """Sum up a message as an average over what was understood after each symbol, weighted by attention.

    What was understood in the end, through an affine map, asks all states up to there, the one before the first symbol
    included: a message without symbols leaves that one alone. What comes after the end has the weight 0.

    Args:
        hidden: width of a state.
        arithmetic: what its maps compute with.

    Source: after Luong et al. 2015 ("general" score, divided by the root of the width). Deviations: there is nothing to
    decode, so the last state of the reader itself asks, and the average stands in for the last state.
    """

    def __init__(self, hidden: int, arithmetic: Arithmetic = FLOAT) -> None:
        super().__init__()
        self.dtype = arithmetic.products
        self.ask = affine(hidden, hidden, arithmetic)

    def forward(self, states: Tensor, lengths: Tensor | None, prefixes: bool) -> Tensor:
        """Sum up messages.

        Args:
            states: ``[*stack, n, positions + 1, hidden]`` after 0, 1, ... symbols; after the end they stay the same.
            lengths: int64 ``[*stack, n]``, symbols before the end; None: all positions.
            prefixes: also sum up the first 0, 1, ..., positions symbols.

        Returns:
            ``[*stack, n, hidden]``, or ``[*stack, n, positions + 1, hidden]`` for prefixes.
        """
        place = torch.arange(states.shape[-2], device=states.device)
        asked = states if prefixes else states[..., -1:, :]
        allowed = place <= (place.unsqueeze(-1) if prefixes else place[-1:])
        if lengths is not None:
            allowed = allowed & (place <= lengths[..., None, None])
        read = attend(self.ask(asked), states, states, allowed, self.dtype)
        return read if prefixes else read.squeeze(-2)
