"""A long short-term memory over whole words, for a stack of learners, with its backward pass written by hand.

`torch.nn.LSTM` has no batching rule. Here every learner has weights of its own, the loop over positions holds nothing
but what depends on the position before, and the gradient of the weights is one matrix product for the whole word.

State and input stand side by side, so that a position is one product ``[state, input] @ weight``; inputs are rows of
the weight below the state's, one for each symbol, picked by a one-hot vector or mixed by a relaxed one. Tensors are
``[positions, learners, n, ...]``; positions beyond `last` are not computed, and are 0.

Source: Hochreiter & Schmidhuber 1997, with the gates in the order input, forget, output, new:
``c' = f c + i tanh(g), h' = o tanh(c')``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from emcomm.agents.functions import sigmoid_

__all__ = ["hear", "position", "speak"]

_tanh_backward = torch.ops.aten.tanh_backward.grad_input
_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_softmax_backward = torch.ops.aten._softmax_backward_data


def position(seen: Tensor, weight: Tensor, cell: Tensor | None, gates: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Advance by one position, without a derivative.

    Args:
        seen: state and input, ``[learners, n, hidden + rows]``.
        weight: ``[learners, hidden + rows, 4 hidden]``.
        cell: ``[learners, n, hidden]``; None: 0.
        gates: ``[learners, n, 4 hidden]``, where to leave the gates.

    Returns:
        the new state and cell, ``[learners, n, hidden]``.
    """
    gates = torch.bmm(seen, weight, out=gates) if gates is not None else torch.bmm(seen, weight)
    hidden = gates.shape[-1] // 4
    sigmoid_(gates[..., : 3 * hidden])
    after = gates[..., :hidden] * gates[..., 3 * hidden :].tanh_()
    if cell is not None:
        after.addcmul_(gates[..., hidden : 2 * hidden], cell)
    return gates[..., 2 * hidden : 3 * hidden] * after.tanh(), after


def _back(
    to_state: Tensor, to_cell: Tensor | None, gates: Tensor, cell: Tensor, before: Tensor | None, out: Tensor
) -> Tensor:
    """Write into `out` the gradient of the products ``[L, n, 4 H]``; return that of the cell before ``[L, n, H]``."""
    hidden = to_state.shape[-1]
    enter, forget, leave, new = (gates[..., k * hidden : (k + 1) * hidden] for k in range(4))
    to_enter, to_forget, to_leave, to_new = (out[..., k * hidden : (k + 1) * hidden] for k in range(4))
    squashed = cell.tanh()
    torch.mul(to_state, squashed, out=to_leave)
    through = to_state * leave
    _tanh_backward(through, squashed, grad_input=through)
    if to_cell is not None:
        through += to_cell
    torch.mul(through, new, out=to_enter)
    if before is None:
        to_forget.zero_()
    else:
        torch.mul(through, before, out=to_forget)
    torch.mul(through, enter, out=to_new)
    squeezed = out[..., : 3 * hidden]
    _sigmoid_backward(squeezed, gates[..., : 3 * hidden], grad_input=squeezed)
    _tanh_backward(to_new, new, grad_input=to_new)
    return through.mul_(forget)


def _over_positions(left: Tensor, right: Tensor) -> Tensor:
    """Sum of outer products over positions and samples: ``[P, L, n, a], [P, L, n, b] -> [L, a, b]``."""
    return torch.bmm(_rows(left).mT, _rows(right))


def _rows(tensor: Tensor) -> Tensor:
    return tensor.transpose(0, 1).flatten(1, 2)


class _Hear(Function):
    @staticmethod
    def forward(ctx: Any, weight: Tensor, letters: Tensor, last: int) -> Tensor:
        positions, learners, n, _ = letters.shape
        hidden = weight.shape[-1] // 4
        seen = torch.cat([weight.new_zeros(positions, learners, n, hidden), letters], -1)
        states, gates = seen.new_zeros(positions, learners, n, hidden), seen.new_zeros(*letters.shape[:3], 4 * hidden)
        cell, cells = None, []
        for p in range(last):
            states[p], cell = position(seen[p], weight, cell, gates[p])
            cells.append(cell)
            if p + 1 < positions:
                seen[p + 1, ..., :hidden] = states[p]
        ctx.save_for_backward(weight, seen, gates, *cells)
        return states

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        weight, seen, gates, *cells = ctx.saved_tensors
        hidden = weight.shape[-1] // 4
        to_gates, back = torch.zeros_like(gates), weight[:, :hidden].mT
        to_cell = to_state = None
        for p in reversed(range(len(cells))):
            to_state = grad[p] if to_state is None else to_state.add_(grad[p])
            to_cell = _back(to_state, to_cell, gates[p], cells[p], cells[p - 1] if p else None, to_gates[p])
            to_state = torch.bmm(to_gates[p], back) if p else None
        return _over_positions(seen, to_gates), None, None


class _Speak(Function):
    @staticmethod
    def forward(
        ctx: Any,
        weight: Tensor,
        start: Tensor,
        out: Tensor,
        bias: Tensor,
        letters: Tensor,
        noise: Tensor | None,
        last: int,
    ) -> Tensor:
        positions, learners, n, _ = letters.shape
        hidden, symbols = weight.shape[-1] // 4, out.shape[-1]
        seen = torch.cat([start.new_zeros(positions, learners, n, hidden), letters], -1)
        seen[0, ..., :hidden] = start
        states, gates = seen.new_zeros(positions, learners, n, hidden), seen.new_zeros(*letters.shape[:3], 4 * hidden)
        logits = seen.new_zeros(positions, learners, n, symbols)
        cell, cells = None, []
        for p in range(last):
            states[p], cell = position(seen[p], weight, cell, gates[p])
            cells.append(cell)
            torch.baddbmm(bias, states[p], out, out=logits[p])
            if noise is not None:
                logits[p] += noise[p]
            if p + 1 < positions:
                seen[p + 1, ..., :hidden] = states[p]
                if noise is not None:
                    seen[p + 1, ..., hidden : hidden + symbols] = logits[p].softmax(-1)
        ctx.save_for_backward(weight, out, seen, gates, states, *cells)
        ctx.free = noise is not None
        return logits

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weight, out, seen, gates, states, *cells = ctx.saved_tensors
        hidden, symbols = weight.shape[-1] // 4, out.shape[-1]
        to_gates, to_logits = torch.zeros_like(gates), grad.clone() if ctx.free else grad
        back = weight[:, : hidden + symbols if ctx.free else hidden].mT
        out_back = out.mT
        to_cell = carried = None
        for p in reversed(range(len(cells))):
            if carried is not None and ctx.free:  # what was said here was the input of the next position
                said = seen[p + 1, ..., hidden : hidden + symbols]
                to_logits[p] += _softmax_backward(carried[..., hidden:], said, -1, torch.float32)
            to_state = torch.bmm(to_logits[p], out_back)
            if carried is not None:
                to_state += carried[..., :hidden]
            to_cell = _back(to_state, to_cell, gates[p], cells[p], cells[p - 1] if p else None, to_gates[p])
            carried = torch.bmm(to_gates[p], back)
        to_start = None if carried is None else carried[..., :hidden]
        ones = states.new_ones(*states.shape[:-1], 1)
        to_bias, to_out = _over_positions(ones, to_logits), _over_positions(states, to_logits)
        return _over_positions(seen, to_gates), to_start, to_out, to_bias, None, None, None


def hear(weight: Tensor, letters: Tensor, last: int) -> Tensor:
    """Read words from a state of 0.

    Args:
        weight: ``[learners, hidden + rows, 4 hidden]``, the state's rows first.
        letters: one-hot, float32 ``[positions, learners, n, rows]``.
        last: how many positions to read.

    Returns:
        the state after each position, ``[positions, learners, n, hidden]``; gradients flow to `weight`.
    """
    states: Tensor = _Hear.apply(weight, letters, last)
    return states


def speak(
    weight: Tensor, start: Tensor, out: Tensor, bias: Tensor, letters: Tensor, noise: Tensor | None, last: int
) -> Tensor:
    """Say words, each position after given letters or after what was said itself.

    Args:
        weight: ``[learners, hidden + rows, 4 hidden]``; rows: the symbols, then whatever else `letters` shows.
        start: first state ``[learners, n, hidden]``.
        out: from state to logits, ``[learners, hidden, symbols]``.
        bias: of the logits, ``[learners, 1, symbols]``.
        letters: inputs, one-hot, float32 ``[positions, learners, n, rows]``; with `noise` only that of the first
            position counts, and the others must be 0.
        noise: what is added to the logits ``[positions, learners, n, symbols]``; the softmax of that sum is the next
            input. None: inputs are `letters`.
        last: how many positions to say.

    Returns:
        logits, noise included, ``[positions, learners, n, symbols]``; gradients flow to the first four arguments,
        through the inputs too where the learner reads what it said.
    """
    logits: Tensor = _Speak.apply(weight, start, out, bias, letters, noise, last)
    return logits
