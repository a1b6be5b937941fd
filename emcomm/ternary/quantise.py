"""Latent weights and activations as integers, and the straight-through estimate.

Everything takes leading stack dimensions, ``[*stack, ...]``, and no statistic goes beyond one member of the stack. No
branch looks at a number in a tensor, so `torch.vmap` gives the same as a stack.

A *share* lambda in [0, 1] says how far a member is quantised. In units of its scale, a latent number u with the code q
enters products as ``u + lambda (q - u)``, and gradients pass as if it were u.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.ternary.options import Activations, Per, Ternary

__all__ = [
    "EXACT_INPUTS",
    "LEVELS",
    "UnfitSizes",
    "activation_codes",
    "activation_scale",
    "blend",
    "check_sizes",
    "count_groups",
    "lift",
    "rounded",
    "spread",
    "straight_through",
    "weight_codes",
]

LEVELS = 127
"""The largest code of an activation."""

EXACT_INPUTS = 2**24 // LEVELS
"""Most terms a float32 sum of codes can have and be exact, whatever the order: 132,104."""

_THRESHOLD = 0.7


class UnfitSizes(BadInput):
    """A layer's sizes are none that a ternary layer can have."""


def weight_codes(weight: Tensor, options: Ternary, gates: int = 1) -> tuple[Tensor, Tensor]:
    """Ternary codes of latent weights, and what they are multiples of.

    Args:
        weight: ``[*stack, out, in]``.
        options: which measure, over which blocks.
        gates: how many gates are fused along `out`, each with a scale of its own if ``options.per == "gate"``.

    Returns:
        codes, shaped and typed as `weight`, each -1, 0 or 1; and scales ``[*stack, groups]`` > 0, one for each block of
        ``out / groups`` rows. Both are detached. Measures are summed in float64 and rounded once. A weight that is not
        finite makes the outputs of its block NaN.

    Raises:
        BadInput: `out` is not a multiple of `gates`, or there are more than `EXACT_INPUTS` inputs.

    Source: see `Ternary`.
    """
    outputs, inputs = weight.shape[-2:]
    check_sizes(inputs, outputs, gates)
    groups = count_groups(options.per, outputs, gates)
    blocks = weight.detach().reshape(*weight.shape[:-2], groups, outputs // groups * inputs)
    size = blocks.abs()
    if options.scale == "twn":
        threshold = (_THRESHOLD * size.mean(-1, keepdim=True, dtype=torch.float64)).to(size.dtype)
        kept = (size > threshold).to(size.dtype)
        total = (size * kept).sum(-1, dtype=torch.float64) / kept.sum(-1, dtype=torch.float64).clamp_min(1.0)
        scale = total.to(size.dtype)
        codes = blocks.sign() * kept * (scale >= options.eps).unsqueeze(-1)
        return codes.reshape(weight.shape), scale.clamp_min(options.eps)
    if options.scale == "absmedian":
        scale = size.median(-1).values
    else:
        scale = size.mean(-1, dtype=torch.float64).to(size.dtype)
    scale = scale.clamp_min(options.eps)
    codes = (blocks / scale.unsqueeze(-1)).round_().clamp(-1.0, 1.0)
    return codes.reshape(weight.shape), scale


def count_groups(per: Per, outputs: int, gates: int = 1) -> int:
    """How many blocks of rows have a scale of their own."""
    return {"tensor": 1, "gate": gates, "row": outputs}[per]


def activation_codes(x: Tensor, mode: Activations, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Integer codes of activations, and what they are multiples of.

    Args:
        x: ``[..., features]``.
        mode: ``"token"``, ``"unit"`` or ``"none"``; see `Ternary`.
        eps: least size that the largest feature of a vector is taken to have.

    Returns:
        codes shaped as `x`, whole numbers in -127..127 (`x` itself if the mode is "none"); and the scale, ``[..., 1]``
        for tokens and a single number otherwise. Both are detached.

    Source: Ma et al. 2024. Deviations: symmetric codes; the fixed unit of states.
    """
    x = x.detach()
    scale = activation_scale(x, mode, eps)
    return (x if mode == "none" else rounded(x / scale)), scale


def activation_scale(x: Tensor, mode: Activations, eps: float = 1e-5) -> Tensor:
    """What the codes of activations are multiples of; see `activation_codes`."""
    if mode == "none":
        return x.new_ones(())
    if mode == "unit":
        return x.new_full((), 1 / LEVELS)
    largest = torch.maximum(x.amax(-1, keepdim=True), x.amin(-1, keepdim=True).neg())
    return largest.clamp_min(eps) / LEVELS


def rounded(units: Tensor) -> Tensor:
    """Activations in units of their scale as codes, halves to even; `units` are written over."""
    return units.round_().clamp(-LEVELS, LEVELS)


def straight_through(latent: Tensor, codes: Tensor, share: Tensor | float) -> Tensor:
    """Codes in the forward pass, as far as the share says, and the latent numbers in the backward pass.

    Args:
        latent: in units of the scale, ``[...]``.
        codes: shaped as `latent`, detached.
        share: in [0, 1], a number or a tensor that broadcasts to `latent`.

    Returns:
        ``latent + share (codes - latent)``: exactly `latent` at 0, exactly `codes` at 1. The gradient to `latent` is
        that of the result, also where codes are clamped; `share` gets none.

    Source: Bengio et al. 2013 (straight-through); the share is the phase-in of Nielsen et al. 2025.
    """
    values = codes if not isinstance(share, Tensor) and share == 1.0 else blend(latent.detach(), codes, share)
    return values + (latent - latent.detach())  # what is added is 0


def blend(latent: Tensor, codes: Tensor, share: Tensor | float) -> Tensor:
    """``latent + share (codes - latent)``, as a sum that is exact at 0 and 1; arguments as in `straight_through`."""
    share = torch.as_tensor(share, dtype=latent.dtype, device=latent.device).detach()
    return codes * share + latent * (1.0 - share)


def lift(share: Tensor | float, dims: int) -> Tensor | float:
    """Shares ``[*stack]`` with `dims` dimensions of size 1 behind them; a plain number stays as it is."""
    return share.reshape(share.shape + (1,) * dims) if isinstance(share, Tensor) else share


def spread(scale: Tensor, outputs: int) -> Tensor:
    """Scales of blocks of rows, ``[*stack, groups]``, as scales of rows, ``[*stack, outputs]``."""
    groups = scale.shape[-1]
    return scale.unsqueeze(-1).expand(*scale.shape, outputs // groups).reshape(*scale.shape[:-1], outputs)


def check_sizes(inputs: int, outputs: int, gates: int = 1) -> None:
    """Refuse a layer so wide that sums of its codes would not be exact, or whose gates would differ in size.

    Raises:
        UnfitSizes: more inputs than `EXACT_INPUTS`, or outputs that are no multiple of `gates`.
    """
    if inputs > EXACT_INPUTS:
        raise UnfitSizes(f"inputs: at most {EXACT_INPUTS} codes can be summed exactly in float32, got {inputs}")
    if gates < 1 or outputs % gates:
        raise UnfitSizes(f"gates: {outputs} outputs cannot be split into {gates} gates of one size")
