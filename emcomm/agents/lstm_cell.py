"""A long short-term memory cell from operations that accept leading stack dimensions."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from emcomm.agents.cell import Cell
from emcomm.agents.functions import product, rows, sigmoid

__all__ = ["LSTMCell"]


class LSTMCell(Cell):
    """A long short-term memory cell over an alphabet, for one run or a stack.

    Gates in order: input, forget, output, new. A state is output and memory side by side, ``[*stack, n, 2 hidden]``;
    outputs are in (-1, 1) after the first step. The equations are those of `torch.nn.LSTM`, with one bias in place of
    two that are added up.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the output, and of the memory.
        dtype: precision of matrix products, float32 or bfloat16; states and sums stay float32.

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000:
    ``i, f, o = sigmoid(x_ifo + W_ifo h), n = tanh(x_n + W_n h), c' = f c + i n, h' = o tanh(c')``.
    """

    gates: ClassVar[int] = 4
    parts: ClassVar[int] = 2

    def forward(self, table: Tensor, index: Tensor | None, state: Tensor, hold: Tensor | None = None) -> Tensor:
        inputs = table if index is None else rows(table, index)
        gates = inputs + product(self.output(state), self.hidden_weight.mT, self.dtype)
        take, forget, give = sigmoid(gates[..., : 3 * self.hidden]).chunk(3, -1)
        new = gates[..., 3 * self.hidden :].tanh()
        memory = torch.addcmul(forget * state[..., self.hidden :], take, new)
        after = torch.cat([give * memory.tanh(), memory], -1)
        return after if hold is None else torch.where(hold.unsqueeze(-1), state, after)
