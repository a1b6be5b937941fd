"""Differentiable building blocks that work on one run or on a whole stack of runs at once.

Every function treats leading dimensions as the stack: ``[n, features]`` for one run, ``[stack, n, features]`` for
many. `rows` and `categorical` have hand-written derivatives and are not for use inside `torch.vmap`.

* `linear`: matrix product and bias with one weight matrix for each member of the stack, optionally in bfloat16.
* `rows`: pick rows of a table by integer, each member of the stack from its own table.
* `categorical`: sample symbols, with their log-probabilities and entropies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

__all__ = ["add_rows", "categorical", "flat_rows", "linear", "product", "rows"]


def product(a: Tensor, b: Tensor, dtype: torch.dtype) -> Tensor:
    """Matrix product of ``[*stack, m, k]`` and ``[*stack, k, n]`` with operands rounded to `dtype`; float32 result."""
    if dtype == torch.float32:
        return torch.matmul(a, b)
    return torch.matmul(a.to(dtype), b.to(dtype)).float()


def linear(x: Tensor, weight: Tensor, bias: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Affine map with a weight matrix of its own for each member of the stack.

    Args:
        x: ``[*stack, n, inputs]``, or ``[n, inputs]`` shared by the stack.
        weight: ``[*stack, outputs, inputs]``.
        bias: ``[*stack, outputs]``.
        dtype: what the operands of the product are rounded to (float32 or bfloat16).

    Returns:
        float32 ``[*stack, n, outputs]``.
    """
    return product(x, weight.mT, dtype) + bias.unsqueeze(-2)


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
    picked: Tensor = _Rows.apply(table, index)
    return picked


class _Categorical(Function):
    """Inverse-CDF sampling, with the gradients of log-probability and entropy written by hand."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, draws: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        log_p = logits.log_softmax(-1)
        p = log_p.exp()
        cumulative = p.cumsum(-1)
        choice = (cumulative <= draws.unsqueeze(-1) * cumulative[..., -1:]).sum(-1).clamp_max_(logits.shape[-1] - 1)
        entropy = (p * log_p).sum(-1).neg_()
        ctx.mark_non_differentiable(choice)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(choice, entropy, p, log_p)
        return choice, log_p.gather(-1, choice.unsqueeze(-1)).squeeze(-1), entropy

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None]:
        choice, entropy, p, log_p = ctx.saved_tensors
        _, grad_chosen, grad_entropy = grads
        grad: Tensor | None = None
        if grad_entropy is not None:  # d entropy / d logits = -p (log p + entropy)
            grad = (log_p + entropy.unsqueeze(-1)).mul_(p).mul_(grad_entropy.unsqueeze(-1)).neg_()
        if grad_chosen is not None:  # d log p[choice] / d logits = onehot(choice) - p
            away = -p * grad_chosen.unsqueeze(-1)
            away.scatter_add_(-1, choice.unsqueeze(-1), grad_chosen.unsqueeze(-1))
            grad = away if grad is None else grad.add_(away)
        return grad, None


def categorical(logits: Tensor, draws: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sample one category for each row.

    Args:
        logits: ``[..., categories]``.
        draws: uniform numbers in [0, 1), ``[...]``.

    Returns:
        choice (int64 ``[...]``), its log-probability (``[...]``, nats, <= 0) and the distribution's entropy
        (``[...]``, nats, in [0, log categories]). Gradients of the last two flow to the logits.
    """
    sampled: tuple[Tensor, Tensor, Tensor] = _Categorical.apply(logits, draws)
    return sampled
