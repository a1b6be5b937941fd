"""Differentiable building blocks that work on one run or on a whole stack of runs at once.

Every function treats leading dimensions as the stack: ``[n, features]`` for one run, ``[stack, n, features]`` for
many. `linear`, `rows`, `sigmoid` and `policy` have hand-written derivatives; the first three fall back to plain
formulas inside `torch.vmap`, `policy` and `sample` are for outside of it.

* `linear`: matrix product and bias with one weight matrix for each member of the stack, optionally in bfloat16.
* `rows`: pick rows of a table by integer, each member of the stack from its own table.
* `sigmoid`: the logistic function with the same bits wherever in a stack a number stands.
* `beside`: give a parameter dimensions of size 1 so that it broadcasts over samples, positions, ...
* `sample` and `policy`: choose symbols; their log-probabilities and entropies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from emcomm.ternary import in_vmap, stack_product
from emcomm.ternary import sigmoid as vmapped_sigmoid

__all__ = [
    "add_rows",
    "beside",
    "flat_rows",
    "linear",
    "policy",
    "product",
    "rows",
    "sample",
    "sigmoid",
    "sigmoid_",
]

_sigmoid_backward = torch.ops.aten.sigmoid_backward


def beside(parameter: Tensor, x: Tensor, kept: int = 1) -> Tensor:
    """Let a parameter broadcast over the samples of a stack.

    Args:
        parameter: ``[*stack, *own]``.
        x: ``[*stack, ..., *own]``, what it goes with.
        kept: how many dimensions are its own.

    Returns:
        ``[*stack, 1, ..., 1, *own]``, as many dimensions as `x` has.
    """
    own = parameter.dim() - kept
    return parameter.reshape(*parameter.shape[:own], *[1] * (x.dim() - parameter.dim()), *parameter.shape[own:])


def product(a: Tensor, b: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Matrix product of ``[*stack, m, k]`` and ``[*stack, k, n]`` with operands rounded to `dtype`; float32 result."""
    if dtype == torch.float32:
        return stack_product(a, b)
    return stack_product(a.to(dtype), b.to(dtype)).float()


_GRAIN = 32_768  # torch shares larger tensors out among its threads
_GROUP = 32  # numbers one turn of its vectorised loops takes, at most


def sigmoid_(x: Tensor) -> Tensor:
    """The logistic function in place, with the same bits wherever in a stack a number stands.

    On a CPU torch rounds the numbers left over at the end of a row, or of a thread's share, differently. Where that
    would treat the members of a stack differently, tanh is used, which treats all numbers alike but takes longer.

    Args:
        x: ``[*stack, n, width]``, contiguous or the first columns of a contiguous tensor.
    """
    width = x.numel() if x.is_contiguous() else x.shape[-1]
    threads = max(1, min(torch.get_num_threads(), -(-x.numel() // _GRAIN)))
    share = -(-x.numel() // threads)
    whole_rows = share % max(1, width) == 0 and not x.is_contiguous()
    if x.is_cuda or whole_rows or (width % _GROUP == 0 and share % _GROUP == 0):
        return x.sigmoid_()
    return x.mul_(0.5).tanh_().mul_(0.5).add_(0.5)


class _Sigmoid(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        out = sigmoid_(x.clone(memory_format=torch.contiguous_format))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return _sigmoid_backward(grad, out)


def sigmoid(x: Tensor) -> Tensor:
    """The logistic function of each number, shaped as `x`; see `sigmoid_` for why torch's own will not do."""
    if in_vmap():
        return vmapped_sigmoid(x)
    out: Tensor = _Sigmoid.apply(x)
    return out


class _Linear(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, dtype: torch.dtype) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dtype = dtype
        return product(x, weight.mT, dtype).add_(bias.unsqueeze(-2))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        to_x = product(grad, weight, ctx.dtype) if ctx.needs_input_grad[0] else None
        return to_x, product(grad.mT, x, ctx.dtype), grad.sum(-2), None


def linear(x: Tensor, weight: Tensor, bias: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Affine map with a weight matrix of its own for each member of the stack.

    Args:
        x: ``[*stack, n, inputs]``.
        weight: ``[*stack, outputs, inputs]``.
        bias: ``[*stack, outputs]``.
        dtype: what the operands of the product are rounded to (float32 or bfloat16).

    Returns:
        float32 ``[*stack, n, outputs]``.
    """
    if in_vmap():
        return product(x, weight.mT, dtype) + bias.unsqueeze(-2)
    out: Tensor = _Linear.apply(x, weight, bias, dtype)
    return out


def flat_rows(index: Tensor, table_rows: int) -> Tensor:
    """Row numbers into the flattened tables of a stack.

    Args:
        index: int64 ``[*stack, n]``, values in ``0..table_rows - 1``.
        table_rows: rows of each member's table.

    Returns:
        int64 ``[stack * n]``.
    """
    index = index.reshape(-1, index.shape[-1])
    if len(index) > 1:
        index = index + _offsets(len(index), table_rows, index.device)
    return index.reshape(-1)


@lru_cache(maxsize=64)
def _offsets(members: int, table_rows: int, device: torch.device) -> Tensor:
    return torch.arange(members, device=device).unsqueeze(-1) * table_rows


def add_rows(values: Tensor, flat: Tensor, shape: torch.Size) -> Tensor:
    """Sum `values` ``[..., width]`` into the rows `flat` of zeros shaped `shape`; deterministic on every device."""
    out = values.new_zeros(shape[:-1].numel(), shape[-1])
    values = values.reshape(-1, shape[-1])
    if out.is_cuda:  # index_add_ is not deterministic there
        return out.index_put_((flat,), values, accumulate=True).view(shape)
    return out.index_add_(0, flat, values).view(shape)


class _Rows(Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Tensor) -> Tensor:
        flat = flat_rows(index, table.shape[-2])
        ctx.save_for_backward(flat)
        ctx.table_shape = table.shape
        return table.reshape(-1, table.shape[-1]).index_select(0, flat).view(*index.shape, table.shape[-1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (flat,) = ctx.saved_tensors
        return add_rows(grad, flat, ctx.table_shape), None


def rows(table: Tensor, index: Tensor) -> Tensor:
    """Pick rows of a table.

    Args:
        table: ``[*stack, m, width]``.
        index: int64 ``[*stack, n]``.

    Returns:
        ``[*stack, n, width]``; gradients flow to the table.
    """
    if in_vmap():
        return table[index]
    picked: Tensor = _Rows.apply(table, index)
    return picked


@torch.no_grad()
def sample(logits: Tensor, draws: Tensor) -> Tensor:
    """Sample one category for each row, by inverting the cumulative distribution.

    Args:
        logits: ``[..., categories]``.
        draws: uniform numbers in [0, 1), ``[...]``.

    Returns:
        int64 ``[...]``; a category of probability 0 is never chosen.
    """
    cumulative = logits.softmax(-1).cumsum(-1)
    point = cumulative[..., -1:] * draws.unsqueeze(-1)
    return torch.searchsorted(cumulative, point, right=True).squeeze(-1).clamp_max_(logits.shape[-1] - 1)


class _Policy(Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, choices: Tensor, spoken: Tensor) -> tuple[Tensor, Tensor]:
        log_p = logits.log_softmax(-1)
        p = log_p.exp()
        share = spoken / spoken.sum(-1, keepdim=True)
        entropy = (p * log_p).sum(-1).neg_()
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(p, log_p, choices, spoken, share, entropy)
        chosen = log_p.gather(-1, choices.unsqueeze(-1)).squeeze(-1)
        # Running sums: unlike `sum`, they do not change by a bit when the stack holds more silent positions.
        return (chosen * spoken).cumsum(-1)[..., -1], (entropy * share).cumsum(-1)[..., -1]

    @staticmethod
    def backward(ctx: Any, grad_chosen: Tensor | None, grad_entropy: Tensor | None) -> tuple[Tensor, None, None]:
        p, log_p, choices, spoken, share, entropy = ctx.saved_tensors
        if grad_entropy is None:
            grad = torch.zeros_like(p)
        else:  # d entropy / d logits = -p (log p + entropy)
            grad = (log_p + entropy.unsqueeze(-1)).mul_((grad_entropy.unsqueeze(-1) * share).unsqueeze(-1))
        if grad_chosen is not None:  # d log p[choice] / d logits = onehot(choice) - p
            weight = (grad_chosen.unsqueeze(-1) * spoken).unsqueeze(-1)
            grad = grad.add_(weight).mul_(p).neg_().scatter_add_(-1, choices.unsqueeze(-1), weight)
        else:
            grad = grad.mul_(p).neg_()
        return grad, None, None


def policy(logits: Tensor, choices: Tensor, spoken: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probability and entropy of messages.

    Args:
        logits: ``[..., positions, categories]``.
        choices: int64 ``[..., positions]``, what was chosen.
        spoken: float32 ``[..., positions]``, 1 where a choice was made and 0 after the end; at least one 1 in a row.

    Returns:
        the log-probability of the choices made (``[...]``, nats, <= 0) and the mean entropy of the positions where
        they were made (``[...]``, nats, in [0, log categories]). Gradients flow to the logits of those positions only.
    """
    out: tuple[Tensor, Tensor] = _Policy.apply(logits, choices, spoken)
    return out
