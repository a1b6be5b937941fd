"""What enters a product: numbers in units of a scale, and the scale.

A member of a stack is computed in the same way whatever its company. Its operands are the floats themselves with scale
1 where its share is 0, codes where it is 1, and a mixture in units of the scale in between; then one product serves all
members, and each row of it is multiplied by its scales. A factor of 1 changes no bit, so share 0 equals a plain layer,
and sums of codes are exact in any order, so share 1 does not depend on batch size, threads or library. Where all shares
are 0, or all 1, the steps that would change nothing are left out.
"""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from emcomm.ternary.options import Ternary
from emcomm.ternary.quantise import activation_codes, activation_scale, blend, lift, rounded, spread, weight_codes
from emcomm.ternary.stacking import in_vmap, stack_product
from emcomm.ternary.watching import notice

__all__ = ["Operand", "activation_operand", "attached", "multiply", "product", "weight_operand"]


class Operand(NamedTuple):
    """One side of a product.

    Attributes:
        latent: ``[*stack, rows, in]``, what gradients flow to; None: nothing does.
        values: ``[*stack, rows, in]``, in units of the scale; detached, unless they are the latent numbers themselves.
        scale: ``[*stack, rows, 1]``, or one that broadcasts to it; None: 1.
    """

    latent: Tensor | None
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
        an operand whose rows are outputs.
    """
    if options is None or _absent(share):
        return Operand(weight, weight, None)
    codes, scale = weight_codes(weight, options, gates)
    scale, share, raw = spread(scale, weight.shape[-2]).unsqueeze(-1), lift(share, 2), weight.detach()
    if isinstance(share, Tensor):
        off = share == 0.0
        values = torch.where(off, raw, blend(raw / scale, codes, share))
        return Operand(weight, values, torch.where(off, 1.0, scale))
    return Operand(weight, codes if share == 1.0 else blend(raw / scale, codes, share), scale)


def activation_operand(x: Tensor, options: Ternary | None, share: Tensor | float = 1.0) -> Operand:
    """Inputs as an operand.

    Args:
        x: ``[*stack, n, in]``.
        options: how they are quantised; None: not at all.
        share: ``[*stack]`` or a number, in [0, 1].

    Returns:
        an operand whose rows are samples.
    """
    if options is None or options.activations == "none" or _absent(share):
        return Operand(x, x, None)
    notice(lambda: activation_codes(x, options.activations, options.eps)[0])
    share, raw = lift(share, 2), x.detach()
    scale = activation_scale(raw, options.activations, options.eps)
    if isinstance(share, Tensor):
        scale = torch.where(share == 0.0, 1.0, scale)  # so that these are mixtures of themselves alone
    latent = raw / scale
    if not isinstance(share, Tensor) and share == 1.0:
        return Operand(x, rounded(latent), scale)
    return Operand(x, blend(latent, rounded(latent.clone()), share), scale)


def _absent(share: Tensor | float) -> bool:
    return not isinstance(share, Tensor) and share == 0.0


class _Attach(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(latent: Tensor, values: Tensor, scale: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[2])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return grad / ctx.saved_tensors[0], None, None


def attached(operand: Operand) -> Tensor:
    """The values of an operand, with gradients that flow to the latent numbers straight through."""
    if operand.latent is None or operand.scale is None:
        return operand.values
    values: Tensor = _Attach.apply(*operand)
    return values


class _Multiply(Function):
    """`multiply` by hand: what goes to one side is multiplied by what the other's codes stand for."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None,
        x_values: Tensor, x_scale: Tensor | None, w_values: Tensor, w_scale: Tensor | None,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(x_values, x_scale, w_values, w_scale)
        out, scale = product(x_values, w_values.mT), _both(x_scale, w_scale)
        out = out if scale is None else out.mul_(scale)
        return out if bias is None else out.add_(bias.unsqueeze(-2))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, x_scale, weight, w_scale = ctx.saved_tensors
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            to_x = product(grad, weight if w_scale is None else weight * w_scale)
        if ctx.needs_input_grad[2]:
            to_bias = grad.sum(-2)
        if ctx.needs_input_grad[1]:
            by_row = x_scale is not None and x_scale.dim() > 1 and x_scale.shape[-2] > 1
            if by_row and x.shape[-1] <= grad.shape[-1]:
                x = x * x_scale
            elif by_row:
                grad = grad * x_scale
            # in the order in which torch derives a product, so that share 0 has the bits of a plain map
            to_weight = product(grad.mT, x) if x.dim() == 2 else product(x.mT, grad).mT
            if x_scale is not None and not by_row:
                to_weight = to_weight.mul_(x_scale)
        return to_x, to_weight, to_bias, None, None, None, None


def multiply(x: Operand, weight: Operand, bias: Tensor | None = None) -> Tensor:
    """Every row of `x` with every row of `weight`, scales included, plus a bias ``[*stack, out]``.

    Returns:
        ``[*stack, n, out]``; gradients flow straight through to both sides' latent numbers, and to the bias.
    """
    if in_vmap():  # hand-written derivatives do not go through these
        out, scale = product(attached(x), attached(weight).mT), _both(x.scale, weight.scale)
        out = out if scale is None else out * scale
        return out if bias is None else out + bias.unsqueeze(-2)
    made: Tensor = _Multiply.apply(x.latent, weight.latent, bias, *x[1:], *weight[1:])
    return made


def _both(x: Tensor | None, weight: Tensor | None) -> Tensor | None:
    """The scale of a product of sides with these scales."""
    if x is None or weight is None:
        return x if weight is None else weight.mT
    return x * weight.mT


def product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of ``[*stack, m, k]`` and ``[*stack, k, n]`` in the precision of its operands, never in less."""
    kind = a.device.type
    full = torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else contextlib.nullcontext()
    with full:
        return stack_product(a, b)
