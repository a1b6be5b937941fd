"""An encoder of sets, to which order makes no difference."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt
from torch import Tensor, nn

from emcomm.agents.arithmetic import Arithmetic
from emcomm.agents.encoders import Encoder, Layers
from emcomm.agents.layers import affine
from emcomm.worlds.form import Form, Set

__all__ = ["SetEncoder"]


class SetEncoder(Encoder):
    """The same layers for every member, the mean over members, and one affine map.

    The order of members does not matter, but for rounding.

    Args:
        layers: widths of the affine maps of a member, ReLU after each.

    Source: Zaheer et al. 2017 (deep sets). Deviations: the mean in place of the sum, and after it one affine map.
    """

    name: ClassVar[str] = "set"
    reads: ClassVar[tuple[type, ...]] = (Set,)
    layers: tuple[PositiveInt, ...] = Field(default=(64,), min_length=1)

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        assert isinstance(form, Set)
        return _DeepSet(form, self.layers, hidden, arithmetic)


class _DeepSet(nn.Module):
    """Members apart, then together; see `SetEncoder`."""

    def __init__(self, form: Set, layers: tuple[int, ...], hidden: int, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.form = form
        self.member = Layers((form.member_features, *layers), arithmetic, last=True)
        self.out = affine(layers[-1], hidden, arithmetic)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, members member_features]`` to ``[*stack, n, hidden]``."""
        members = self.member(x.unflatten(-1, (self.form.members, self.form.member_features)))
        out: Tensor = self.out(members.mean(-2))
        return out
