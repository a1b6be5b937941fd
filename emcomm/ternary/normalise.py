"""Functions between products that give a number the same bits wherever in a stack it stands."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import layer_norm

from emcomm.ternary.options import Norm

__all__ = ["normalise", "sigmoid"]

_sigmoid_backward = torch.ops.aten.sigmoid_backward


def normalise(x: Tensor, norm: Norm, eps: float = 1e-5) -> Tensor:
    """Normalise each feature vector by itself; there are no parameters.

    Args:
        x: ``[..., features]``.
        norm: ``"layer"``: mean 0, variance 1; ``"rms"``: mean square 1; ``"none"``: as it is.
        eps: what is added to the variance or mean square; a vector of zeros stays one.

    Returns:
        shaped as `x`.

    Source: Ba et al. 2016; Zhang & Sennrich 2019. Deviation: no gain, no bias.
    """
    if norm == "layer":
        return layer_norm(x, (x.shape[-1],), eps=eps)
    if norm == "rms":
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps)
    return x


class _Sigmoid(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.neg().exp_().add_(1.0).reciprocal_()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return _sigmoid_backward(grad, out)


def sigmoid(x: Tensor) -> Tensor:
    """The logistic function, shaped as `x`.

    On a CPU, torch's own rounds the numbers left over at the end of a tensor differently, so that a member of a stack
    would depend on how many there are; ``1 / (1 + exp(-x))`` does not.
    """
    out: Tensor = _Sigmoid.apply(x)
    return out
