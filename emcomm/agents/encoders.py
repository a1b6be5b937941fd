"""Encoders: from what an agent sees of a meaning, one row of numbers, to the numbers it works with.

An encoder is a set-up object that builds a plain module ``[*stack, n, row] -> [*stack, n, hidden]``. What the row is, a
row without structure, an image, a graph or a set, is said by the world's form. Encoders of one's own are plug-ins like
any other: derive from `Encoder`, set a `name`, say which forms it `reads`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import PositiveInt
from torch import Tensor, nn

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.layers import affine
from emcomm.errors import BadInput
from emcomm.registry import Plugin, Registry
from emcomm.worlds.form import Flat, Form, Graph, Image, Set

__all__ = ["ENCODERS", "MLP", "Encoder", "Layers", "Linear"]

ENCODERS: Registry[type[Encoder]] = Registry("encoders", "encoder")


class Encoder(Plugin):
    """Base of encoders.

    Attributes:
        reads: the forms it can read.
    """

    registry: ClassVar[Registry[Any]] = ENCODERS
    reads: ClassVar[tuple[type, ...]] = (Flat, Image, Graph, Set)

    def check(self, form: Form) -> None:
        """Raise `BadInput` if it does not read meanings of this form."""
        if not isinstance(form, self.reads):
            allowed = " or ".join(form.__name__ for form in self.reads)
            raise BadInput(f"the encoder {self.name!r} reads {allowed} meanings, got {form!r}")

    def module(self, form: Form, hidden: int, arithmetic: Arithmetic = FLOAT) -> nn.Module:
        """Build an untrained encoder.

        Args:
            form: what a row is.
            hidden: how many numbers come out.
            arithmetic: what its maps compute with.

        Returns:
            a module from float32 ``[*stack, n, form.width]`` to float32 ``[*stack, n, hidden]``; it keeps nothing
            between calls.

        Raises:
            BadInput: it does not read this form.
        """
        self.check(form)
        return self.build(form, hidden, arithmetic)

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        """Build the module for a form that it reads; arguments as in `module`."""
        raise TypeError(f"{type(self).__name__} does not define build()")


class Linear(Encoder):
    """One affine map of the row, whatever its form. Its product is in float32 in any case.

    Source: Chaabouni et al. 2020 (EGG ``compo_vs_generalization``).
    """

    name: ClassVar[str] = "linear"

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        return affine(form.width, hidden, arithmetic.exact)


class MLP(Encoder):
    """Affine maps of the row with ReLU in between, whatever its form.

    Args:
        layers: widths in between; without any it is one affine map.

    Source: Rumelhart et al. 1986; ReLU after Nair & Hinton 2010.
    """

    name: ClassVar[str] = "mlp"
    layers: tuple[PositiveInt, ...] = (64,)

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        return Layers((form.width, *self.layers, hidden), arithmetic)


class Layers(nn.Module):
    """Affine maps with ReLU in between.

    Args:
        widths: of the input, in between, and of the output; at least two.
        arithmetic: what its maps compute with.
        last: whether ReLU follows the last map as well.
    """

    def __init__(self, widths: Sequence[int], arithmetic: Arithmetic = FLOAT, last: bool = False) -> None:
        super().__init__()
        self.last = last
        self.maps = nn.ModuleList(affine(inputs, outputs, arithmetic) for inputs, outputs in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, ..., inputs]`` to ``[*stack, n, ..., outputs]``."""
        for place, layer in enumerate(self.maps):
            x = layer(x)
            if self.last or place + 1 < len(self.maps):
                x = x.relu()
        return x
