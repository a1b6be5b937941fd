"""What recurrent cells have in common, and the gated recurrent unit, with its backward pass written by hand.

The cells of `torch.nn` have no batching rule; these take a whole stack of runs at once. Inputs are symbols, so the
input products are done once for the alphabet (`Cell.table`) and looked up. The gated unit reuses buffers in both
passes, which halves the memory traffic of the automatic derivative.

Source (gated unit): Cho et al. 2014, in the variant of `torch.nn.GRU` (reset gate after the hidden product):
``r = sigmoid(x_r + W_r h), z = sigmoid(x_z + W_z h), n = tanh(x_n + r (W_n h + b_n)), h' = n + z (h - n)``.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.autograd import Function

from emcomm.agents.functions import add_rows, flat_rows, linear, product, sigmoid, sigmoid_
from emcomm.ternary import in_vmap

__all__ = ["Cell", "GRUCell"]

_tanh_backward = torch.ops.aten.tanh_backward.grad_input
_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


class _Step(Function):
    """One step with a hand-written derivative; see `GRUCell.forward` for the arguments."""

    @staticmethod
    def forward(
        ctx: Any,
        table: Tensor,
        index: Tensor | None,
        state: Tensor,
        weight: Tensor,
        bias: Tensor,
        hold: Tensor | None,
        dtype: torch.dtype,
    ) -> Tensor:
        hidden = state.shape[-1]
        inputs, flat = table, None
        if index is not None:
            flat = flat_rows(index, table.shape[-2])
            inputs = table.reshape(-1, 3 * hidden).index_select(0, flat).view(*index.shape, 3 * hidden)
        state_low = weight_low = None
        if dtype == torch.float32:
            gates = product(state, weight.mT)
            candidate = gates[..., 2 * hidden :].add_(bias.unsqueeze(-2))
            reset_update = sigmoid_(gates[..., : 2 * hidden].add_(inputs[..., : 2 * hidden]))
        else:
            state_low, weight_low = state.to(dtype), weight.to(dtype)
            low = product(state_low, weight_low.mT)
            candidate = low[..., 2 * hidden :] + bias.unsqueeze(-2)
            if flat is None:  # a table is not this step's to write over, rows picked from one are
                inputs = inputs.clone(memory_format=torch.contiguous_format)
            reset_update = sigmoid_(inputs[..., : 2 * hidden].add_(low[..., : 2 * hidden]))
        reset, update = reset_update[..., :hidden], reset_update[..., hidden:]
        if hold is not None:
            update.masked_fill_(hold.unsqueeze(-1), 1.0)
        new = torch.addcmul(inputs[..., 2 * hidden :], reset, candidate).tanh_()
        ctx.save_for_backward(flat, state, weight, reset_update, candidate, new, state_low, weight_low)
        ctx.table_shape = table.shape
        return torch.lerp(new, state, update)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        flat, state, weight, reset_update, candidate, new, state_low, weight_low = ctx.saved_tensors
        hidden = state.shape[-1]
        reset, update = reset_update[..., :hidden], reset_update[..., hidden:]
        gates = grad.new_empty(*state.shape[:-1], 3 * hidden)
        to_reset, to_update, to_new = gates[..., :hidden], gates[..., hidden : 2 * hidden], gates[..., 2 * hidden :]
        to_state = grad * update
        torch.sub(grad, to_state, out=to_new)  # grad (1 - z): exactly 0 where the state is held
        torch.sub(state, new, out=to_update).mul_(to_new).mul_(update)
        _tanh_backward(to_new, new, grad_input=to_new)
        torch.mul(to_new, candidate, out=to_reset)
        _sigmoid_backward(to_reset, reset, grad_input=to_reset)
        to_table = gates.clone() if flat is None else add_rows(gates, flat, ctx.table_shape)
        to_new.mul_(reset)  # from here on `gates` is the gradient of the hidden products
        to_bias = to_new.sum(-2)
        if state_low is None:
            to_weight = product(gates.mT, state)
            (to_state.baddbmm_ if gates.dim() == 3 else to_state.addmm_)(gates, weight)
        else:
            low = gates.to(state_low.dtype)
            to_weight = product(low.mT, state_low).float()
            to_state.add_(product(low, weight_low))
        return to_table, None, to_state, to_weight, to_bias, None, None


class Cell(nn.Module):
    """Base of recurrent cells over an alphabet, for one run or a stack.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the output.
        dtype: precision of matrix products, float32 or bfloat16; states and sums stay float32.

    Attributes:
        gates: input products of a row, in multiples of `hidden`.
        parts: width of the state, in multiples of `hidden`; the output is its first part.
    """

    gates: ClassVar[int] = 1
    parts: ClassVar[int] = 1

    def __init__(self, rows: int, embedding: int, hidden: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        bound = 1 / math.sqrt(hidden)
        self.hidden, self.dtype = hidden, dtype
        self.embedding = nn.Parameter(torch.randn(rows, embedding))
        self.input_weight = nn.Parameter(torch.empty(self.gates * hidden, embedding).uniform_(-bound, bound))
        self.input_bias = nn.Parameter(torch.empty(self.gates * hidden).uniform_(-bound, bound))
        self.hidden_weight = nn.Parameter(torch.empty(self.gates * hidden, hidden).uniform_(-bound, bound))

    def table(self) -> Tensor:
        """The input products of every row of the alphabet: ``[*stack, rows, gates hidden]``. Compute it once a pass."""
        return linear(self.embedding, self.input_weight, self.input_bias)

    def begin(self, first: Tensor) -> Tensor:
        """A state ``[*stack, n, parts hidden]`` whose output is `first`, ``[*stack, n, hidden]``, the rest being 0."""
        if self.parts == 1:
            return first
        return torch.cat([first, first.new_zeros(*first.shape[:-1], (self.parts - 1) * self.hidden)], -1)

    def output(self, state: Tensor) -> Tensor:
        """The part of a state that others see: ``[*stack, ..., hidden]``."""
        return state if self.parts == 1 else state[..., : self.hidden]

    def forward(self, table: Tensor, index: Tensor | None, state: Tensor, hold: Tensor | None = None) -> Tensor:
        """Advance the state by one symbol.

        Args:
            table: from `table`, or any input products ``[*stack, n, gates hidden]`` when `index` is None.
            index: int64 ``[*stack, n]``, the row of the table each sample reads; None: sample i reads row i.
            state: float32 ``[*stack, n, parts hidden]``.
            hold: bool ``[*stack, n]``; True keeps that sample's state and stops its gradient to the weights.

        Returns:
            float32 ``[*stack, n, parts hidden]``.
        """
        raise TypeError(f"{type(self).__name__} does not define forward()")


class GRUCell(Cell):
    """A gated recurrent unit over an alphabet, for one run or a stack. Gates in order: reset, update, new.

    States are in (-1, 1) when the initial state is.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the state.
        dtype: precision of matrix products, float32 or bfloat16; states and sums stay float32.
        fused: use the hand-written derivative, which gives way to the automatic one inside `torch.vmap`.

    Source: see the module's docstring.
    """

    gates: ClassVar[int] = 3

    def __init__(
        self, rows: int, embedding: int, hidden: int, dtype: torch.dtype = torch.float32, fused: bool = True
    ) -> None:
        super().__init__(rows, embedding, hidden, dtype)
        bound = 1 / math.sqrt(hidden)
        self.fused = fused
        self.candidate_bias = nn.Parameter(torch.empty(hidden).uniform_(-bound, bound))

    def forward(self, table: Tensor, index: Tensor | None, state: Tensor, hold: Tensor | None = None) -> Tensor:
        if self.fused and not in_vmap():
            after: Tensor = _Step.apply(table, index, state, self.hidden_weight, self.candidate_bias, hold, self.dtype)
            return after
        return self._plain(table if index is None else table[index], state, hold)

    def _plain(self, inputs: Tensor, state: Tensor, hold: Tensor | None) -> Tensor:
        """The same step from operations that vmap can batch."""
        hidden = product(state, self.hidden_weight.mT, self.dtype)
        x_reset, x_update, x_new = inputs.chunk(3, -1)
        h_reset, h_update, h_new = hidden.chunk(3, -1)
        update = sigmoid(x_update + h_update)
        if hold is not None:
            update = torch.where(hold.unsqueeze(-1), 1.0, update)
        new = (x_new + sigmoid(x_reset + h_reset) * (h_new + self.candidate_bias)).tanh()
        return torch.lerp(new, state, update)
