"""Signs that ternary training goes well or not, one number for each member of the stack.

A tensor that is nearly all zeros, or has hardly any, has lost what makes it ternary; weights that never change their
code do not learn, and weights that always do learn nothing either.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.ternary.quantise import LEVELS

__all__ = ["flip_rate", "saturation", "zero_share"]


def zero_share(codes: Tensor, stack: int = 0) -> Tensor:
    """Share of the weights whose code is 0.

    Args:
        codes: ``[*stack, ...]``.
        stack: how many leading dimensions are the stack.

    Returns:
        float32 ``[*stack]`` in [0, 1]; NaN for an empty tensor. Uniform latent weights give 1/4 with "absmean",
        Gaussian ones 0.31 ("absmean") and 0.42 ("twn"); below 0.05 or above 0.9 something is wrong.

    Source: none.
    """
    return _mean(codes == 0, stack)


def flip_rate(before: Tensor, after: Tensor, stack: int = 0) -> Tensor:
    """Share of the weights whose code differs between two moments.

    Args:
        before: codes ``[*stack, ...]``.
        after: codes shaped as `before`.
        stack: how many leading dimensions are the stack.

    Returns:
        float32 ``[*stack]`` in [0, 1], higher: more changes; NaN for an empty tensor.

    Raises:
        BadInput: the shapes differ.

    Source: none.
    """
    if before.shape != after.shape:
        raise BadInput(f"codes: two tensors of one shape, got {list(before.shape)} and {list(after.shape)}")
    return _mean(before != after, stack)


def saturation(codes: Tensor, stack: int = 0) -> Tensor:
    """Share of the activations whose code is as large as codes get.

    Args:
        codes: of activations, ``[*stack, ...]``.
        stack: how many leading dimensions are the stack.

    Returns:
        float32 ``[*stack]`` in [0, 1]; NaN for an empty tensor. Codes by token have one in each vector that is not
        zero, so ``1 / features`` is the least there; with a fixed unit it is the share of numbers near or beyond 1.

    Source: none.
    """
    return _mean(codes.abs() >= LEVELS, stack)


def _mean(hits: Tensor, stack: int) -> Tensor:
    return hits.reshape(*hits.shape[:stack], hits.shape[stack:].numel()).to(torch.float32).mean(-1)
