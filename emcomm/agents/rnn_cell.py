"""A plain recurrent cell from operations that accept leading stack dimensions."""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.agents.cell import Cell
from emcomm.agents.functions import product, rows

__all__ = ["RNNCell"]


class RNNCell(Cell):
    """A recurrent cell without gates over an alphabet, for one run or a stack.

    The equation is that of `torch.nn.RNN` with tanh, with one bias in place of two that are added up.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the state.
        dtype: precision of matrix products, float32 or bfloat16; states and sums stay float32.

    Source: Elman 1990: ``h' = tanh(x + W h)``.
    """

    def forward(self, table: Tensor, index: Tensor | None, state: Tensor, hold: Tensor | None = None) -> Tensor:
        inputs = table if index is None else rows(table, index)
        after = (inputs + product(state, self.hidden_weight.mT, self.dtype)).tanh()
        return after if hold is None else torch.where(hold.unsqueeze(-1), state, after)
