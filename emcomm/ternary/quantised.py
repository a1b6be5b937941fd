"""`Quantised`, the base of layers with ternary weights, and the dial that an engine turns: the share.

A layer keeps its latent weights as ordinary parameters under ordinary names, at every share. The optimiser therefore
never loses sight of them, a stack replaces them by stacked ones, and nothing is swapped when training becomes ternary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from emcomm.errors import BadInput, unknown
from emcomm.ternary.operands import Operand, weight_operand
from emcomm.ternary.options import Ternary
from emcomm.ternary.quantise import count_groups, spread, weight_codes
from emcomm.ternary.trits import Trits

__all__ = ["Quantised", "begin_pass", "quantised", "set_share", "ternary_tensors"]


class Quantised(nn.Module):
    """Base of layers with ternary weights, for one run or a stack.

    Args:
        options: how it is ternary; None: a float layer of the same architecture.
        fused: the layer's ternary parameters by name, and how many gates are fused in each.

    Attributes:
        trailing: dimensions of a ternary parameter of one run; those before them are the stack.
        share: how far the layer is quantised, in [0, 1]: a number, or ``[*stack]``. See `set_share`.
    """

    trailing: ClassVar[int] = 2
    share: Tensor | float

    def __init__(self, options: Ternary | None, fused: dict[str, int]) -> None:
        super().__init__()
        self.options, self.fused, self.share = options, fused, 1.0
        self.fixed: set[str] = set()
        self._made: dict[str, Operand] | None = None  # in this pass; None: nobody says when one begins

    def operand(self, name: str) -> Operand:
        """One of the ternary parameters at the present share, flat: values ``[*stack, out, in]``; see `begin_pass`.

        Raises:
            BadInput: the shares are those of another stack.
        """
        if self._made is None:
            return self._operand(name)
        if name not in self._made:
            self._made[name] = self._operand(name)
        return self._made[name]

    def _operand(self, name: str) -> Operand:
        if name in self.fixed:
            codes, scales = self.get_buffer(f"{name}_codes"), self.get_buffer(f"{name}_scales")
            values = codes.to(scales.dtype).flatten(1)
            return Operand(None, values, spread(scales, len(values)).unsqueeze(-1))
        weight = self._flat(name)
        if isinstance(self.share, Tensor) and self.share.dim():
            shape, stack = self.share.shape, weight.shape[:-2]
            if len(shape) != len(stack) or any(n not in (1, m) for n, m in zip(shape, stack, strict=True)):
                raise BadInput(f"share: one number, or one for each of the stack {list(stack)}, got {list(shape)}")
        return weight_operand(weight, self.options, self.share, self.fused[name])

    def trits(self, name: str) -> Trits:
        """One of the ternary parameters as codes (int8, shaped as the parameter) and scales, whatever the share.

        Raises:
            BadInput: the layer is a float layer, or has no such ternary parameter.
        """
        options = self._options_of(name)
        if name in self.fixed:
            return Trits(self.get_buffer(f"{name}_codes"), self.get_buffer(f"{name}_scales"), options.per)
        codes, scales = weight_codes(self._flat(name), options, self.fused[name])
        return Trits(codes.reshape(getattr(self, name).shape).to(torch.int8), scales, options.per)

    def fix(self, name: str, trits: Trits) -> None:
        """Put codes in the place of a latent parameter, for good; the layer then computes at share 1 alone.

        Args:
            name: the parameter, of one run.
            trits: codes shaped as the parameter, scales ``[groups]``.

        Raises:
            BadInput: codes or scales do not fit the layer.
        """
        self.check_codes(name, trits)
        device = self._present(name).device
        setattr(self, name, None)
        self.register_buffer(f"{name}_codes", trits.codes.to(device, torch.int8))
        self.register_buffer(f"{name}_scales", trits.scales.to(device))
        self.fixed.add(name)
        self.share = 1.0

    def check_codes(self, name: str, trits: Trits) -> None:
        """Refuse codes and scales that do not fit the layer; arguments and errors as in `fix`."""
        per, shape = self._options_of(name).per, self._present(name).shape
        mine = list(shape), [count_groups(per, shape[0], self.fused[name])], per
        theirs = list(trits.codes.shape), list(trits.scales.shape), trits.per
        if mine != theirs:
            asked, got = (f"{codes} with {scales} scales per {per}" for codes, scales, per in (mine, theirs))
            raise BadInput(f"{name}: the layer takes codes {asked}, got {got}")

    def _options_of(self, name: str) -> Ternary:
        if self.options is None:
            raise BadInput(f"{name!r} belongs to a float layer: there are no codes")
        if name not in self.fused:
            raise unknown("ternary parameter", name, self.fused)
        return self.options

    def _present(self, name: str) -> Tensor:
        """A ternary parameter, or the codes in its place."""
        present: Tensor = getattr(self, f"{name}_codes" if name in self.fixed else name)
        return present

    def _flat(self, name: str) -> Tensor:
        weight: Tensor = getattr(self, name)
        return weight.flatten(weight.dim() - self.trailing + 1)


def quantised(module: nn.Module) -> dict[str, Quantised]:
    """The ternary layers of a module by name, float layers left out; the module itself, if it is one, is ``""``."""
    layers = {name: layer for name, layer in module.named_modules() if isinstance(layer, Quantised)}
    return {name: layer for name, layer in layers.items() if layer.options is not None}


def begin_pass(module: nn.Module) -> None:
    """Make codes once for many calls: from now on, the ternary layers of a module keep what they make of their weights.

    Call it whenever a pass begins, as parameters or shares may have changed since the last one. Layers of which nobody
    says when a pass begins make their codes at every call.
    """
    for layer in quantised(module).values():
        layer._made = {}


def set_share(module: nn.Module, share: Tensor | Sequence[float] | float) -> int:
    """Set how far every ternary layer of a module is quantised.

    Args:
        module: anything with `Quantised` layers, or none.
        share: in [0, 1]: one number, or one for each member of the stack, ``[*stack]``. Where all are alike the layers
            get a plain number, with which nothing is computed in vain.

    Returns:
        how many layers there were.

    Raises:
        BadInput: a share outside [0, 1], or less than 1 for a layer whose codes are fixed.
    """
    values = torch.as_tensor(share, dtype=torch.float32).detach()
    if not values.numel() or not bool(((values >= 0) & (values <= 1)).all()):
        raise BadInput(f"share: numbers in 0..1, got {values.tolist()}")
    first = float(share) if isinstance(share, (int, float)) else float(values.reshape(-1)[0])
    alike = bool((values == values.reshape(-1)[0]).all())
    layers = quantised(module)
    for name, layer in layers.items():
        if layer.fixed and not (alike and first == 1.0):
            raise BadInput(f"share: the codes of layer {name!r} are fixed, which allows 1 alone, got {values.tolist()}")
        tensors = (*layer._parameters.values(), *layer._buffers.values())
        device = next(tensor.device for tensor in tensors if tensor is not None)
        layer.share = first if alike else values.to(device)
        if layer._made:
            layer._made = {}  # of other shares
    return len(layers)


def ternary_tensors(module: nn.Module) -> dict[str, Trits]:
    """Codes and scales of every ternary parameter of a module, by the parameter's full name; see `Quantised.trits`."""
    return {
        f"{name}.{leaf}" if name else leaf: layer.trits(leaf)
        for name, layer in quantised(module).items()
        for leaf in layer.fused
    }
