"""Products with the same bits in a stack of one and in a larger one, and whether somebody else does the stacking."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["in_vmap", "stack_product"]


def in_vmap() -> bool:
    """Whether a transform of `torch.func` is at work, which hand-written derivatives do not go through."""
    return torch._C._are_functorch_transforms_active()


def stack_product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of ``[*stack, m, k]`` and ``[*stack, k, n]``: ``[*stack, m, n]``.

    A product with one column is taken from one with two: of a stack of one, torch would sum it in another order.
    """
    if b.shape[-1] == 1 and (a.dim() == b.dim() == 3 or in_vmap()):
        return stack_product(a, b.expand(*b.shape[:-1], 2))[..., :1]
    return torch.bmm(a, b) if a.dim() == b.dim() == 3 else torch.matmul(a, b)
