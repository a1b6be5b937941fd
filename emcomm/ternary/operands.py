"""What enters a product: numbers in units of a scale, and the scale.

A member of a stack is computed in the same way whatever its company. Its operands are the floats themselves with scale
1 where its share is 0, codes where it is 1, and a mixture in units of the scale in between; then one product serves all
members, and each row of it is multiplied by its scales. A factor of 1 changes no bit, so share 0 equals a plain layer,
and sums of codes are exact in any order, so share 1 does not depend on batch size, threads or library. Where all shares
are 0, or all 1, the steps that would change nothing are left out.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.ternary.options import Ternary
from emcomm.ternary.quantise import activation_codes, lift, spread, straight_through, weight_codes
from emcomm.ternary.watching import notice

__all__ = ["Operand", "activation_operand", "multiply", "product", "weight_operand"]


class Operand(NamedTuple):
    """One side of a product.

    Attributes:
        values: ``[*stack, rows, in]``, in units of the scale.
        scale: ``[*stack, rows, 1]``, or one that broadcasts to it; None: 1.
    """

    values: Tensor
    scale: Tensor | None


def weight_operand(weight: Tensor, options: Ternary | None, share: Tensor | float = 1.0, gates: int = 1) -> Operand:
    """Latent weights as an operand.

    Args:
        weight: ``[*stack, out, in]``.
        options: how it is ternary; None: not at all.
        share: ``[*stack]`` or a number, in [0, 1].
        gates: see `weight_codes`.

    Returns:
        an operand whose rows are outputs; gradients flow to `weight` straight through.
    """
    if options is None or _absent(share):
        return Operand(weight, None)
    codes, scale = weight_codes(weight, options, gates)
    return _mixed(weight, codes, spread(scale, weight.shape[-2]).unsqueeze(-1), lift(share, 2))


def activation_operand(x: Tensor, options: Ternary | None, share: Tensor | float = 1.0) -> Operand:
    """Inputs as an operand.

    Args:
        x: ``[*stack, n, in]``.
        options: how they are quantised; None: not at all.
        share: ``[*stack]`` or a number, in [0, 1].

    Returns:
        an operand whose rows are samples; gradients flow to `x` straight through.
    """
    if options is None or options.activations == "none" or _absent(share):
        return Operand(x, None)
    codes, scale = activation_codes(x, options.activations, options.eps)
    notice(codes)
    return _mixed(x, codes, scale, lift(share, 2))


def _absent(share: Tensor | float) -> bool:
    return not isinstance(share, Tensor) and share == 0.0


def _mixed(raw: Tensor, codes: Tensor, scale: Tensor, share: Tensor | float) -> Operand:
    """The operand at a share, which has as many dimensions as `raw` or is one number."""
    values = straight_through(raw / scale, codes, share)
    if isinstance(share, Tensor):
        off = share == 0.0
        values, scale = torch.where(off, raw, values), torch.where(off, 1.0, scale)
    return Operand(values, scale)


def multiply(x: Operand, weight: Operand) -> Tensor:
    """Every row of `x` with every row of `weight`, scales included: ``[*stack, n, out]``."""
    out = product(x.values, weight.values.mT)
    if weight.scale is None:
        return out if x.scale is None else out * x.scale
    return out * (weight.scale.mT if x.scale is None else x.scale * weight.scale.mT)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of ``[*stack, m, k]`` and ``[*stack, k, n]`` in the precision of its operands, never in less."""
    kind = a.device.type
    full = torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else contextlib.nullcontext()
    with full:
        return torch.bmm(a, b) if a.dim() == b.dim() == 3 else torch.matmul(a, b)
