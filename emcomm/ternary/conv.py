"""Convolutions with ternary weights.

A convolution is computed as one matrix product for each member of the stack, over all places and samples. Kernels of
convolution libraries choose their order of summation by the number of groups, so that a run in a stack of one would
round otherwise than in a stack of three; a product does not, and it takes as long.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from emcomm.errors import BadInput
from emcomm.ternary.normalise import normalise
from emcomm.ternary.operands import Operand, activation_operand, attached, product, weight_operand
from emcomm.ternary.options import Norm, Ternary
from emcomm.ternary.quantise import check_sizes
from emcomm.ternary.quantised import Quantised

__all__ = ["TernaryConv2d", "ternary_conv2d"]


def ternary_conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    options: Ternary | None,
    share: Tensor | float = 1.0,
    stride: int = 1,
    padding: int = 0,
) -> Tensor:
    """Two-dimensional cross-correlation with ternary weights, one set of filters for each member of the stack.

    Args:
        x: ``[*stack, n, channels, height, width]``; each sample has one scale.
        weight: latent, ``[*stack, out, channels, rows, columns]``; one scale, or one for each output channel if
            ``options.per == "row"``.
        bias: ``[*stack, out]`` or None.
        options: how it is ternary; None: a plain convolution.
        share: ``[*stack]`` or a number, in [0, 1]; see `ternary_linear`.
        stride: steps between places, in both directions.
        padding: zeros around each picture.

    Returns:
        ``[*stack, n, out, places down, places across]``; gradients as in `ternary_linear`.

    Raises:
        BadInput: the filter is larger than the padded picture.

    Source: Ma et al. 2024, for filters; Li et al. 2016 for scales by channel. Deviations: as in `ternary_linear`.
    """
    operand = weight_operand(weight.flatten(-3), options, share)
    rows, columns = weight.shape[-2:]
    return _correlate(x, operand, bias, options, share, (rows, columns), stride, padding)


def _correlate(
    x: Tensor,
    weight: Operand,
    bias: Tensor | None,
    options: Ternary | None,
    share: Tensor | float,
    size: tuple[int, int],
    stride: int,
    padding: int,
) -> Tensor:
    """The same with filters as an operand, ``[*stack, out, channels rows columns]``."""
    picture = activation_operand(x.flatten(-3), options, share)
    patches = _patches(attached(picture).reshape(x.shape), size, stride, padding)
    *stack, _, _, _, n, down, across = patches.shape
    out = product(attached(weight), patches.reshape(*stack, weight.values.shape[-1], n * down * across))
    out = out.reshape(*stack, out.shape[-2], n, down, across).transpose(-4, -3)
    scale = _scale(picture.scale, weight.scale)
    if scale is not None:
        out = out * scale
    return out if bias is None else out + bias[..., None, :, None, None]


def _scale(picture: Tensor | None, weight: Tensor | None) -> Tensor | None:
    """Scales ``[*stack, n, 1]`` and ``[*stack, out, 1]`` as one that broadcasts to ``[*stack, n, out, 1, 1]``."""
    filters = None if weight is None else weight.unsqueeze(-3).unsqueeze(-1)
    if picture is None or picture.dim() == 0:
        samples = picture
    else:
        samples = picture[..., None, None]
    if samples is None or filters is None:
        return filters if samples is None else samples
    return samples * filters


def _patches(x: Tensor, size: tuple[int, int], stride: int, padding: int) -> Tensor:
    """What each filter sees: ``[*stack, channels, rows, columns, n, places down, places across]``."""
    x = pad(x, (padding,) * 4).transpose(-4, -3)
    down, across = ((length - side) // stride + 1 for length, side in zip(x.shape[-2:], size, strict=True))
    if min(down, across) < 1:
        raise BadInput(f"filter: at most {list(x.shape[-2:])}, the size of a padded picture, got {list(size)}")
    seen = [
        x[..., row : row + stride * (down - 1) + 1 : stride, column : column + stride * (across - 1) + 1 : stride]
        for row in range(size[0])
        for column in range(size[1])
    ]
    return torch.stack(seen, -4).unflatten(-4, size)


class TernaryConv2d(Quantised):
    """A two-dimensional convolution with ternary filters, for one run or a stack.

    Args:
        channels: of the pictures.
        outputs: filters.
        size: side of a filter.
        stride: steps between places.
        padding: zeros around each picture.
        bias: whether a bias is added.
        options: how it is ternary; None: a float convolution of the same architecture. Leave a first layer on raw
            pictures and a last layer float.
        norm: normalisation of each picture that comes in, over all its numbers, at every share.

    Raises:
        BadInput: too many inputs of a filter for exact sums.

    Source: see `ternary_conv2d`; first weights as in `torch.nn.Conv2d`.
    """

    trailing: ClassVar[int] = 4

    def __init__(
        self,
        channels: int,
        outputs: int,
        size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        options: Ternary | None = None,
        norm: Norm = "none",
    ) -> None:
        super().__init__(options, {"weight": 1})
        check_sizes(channels * size * size, outputs)
        bound = 1 / math.sqrt(channels * size * size)
        self.size, self.stride, self.padding = size, stride, padding
        self.norm: Norm = norm
        self.weight = nn.Parameter(torch.empty(outputs, channels, size, size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, channels, height, width]`` to ``[*stack, n, outputs, places down, places across]``."""
        if self.norm != "none":
            x = normalise(x.flatten(-3), self.norm).reshape(x.shape)
        size, weight = (self.size, self.size), self.operand("weight")
        return _correlate(x, weight, self.bias, self.options, self.share, size, self.stride, self.padding)
