"""A convolutional encoder of images."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import unfold

from emcomm.agents.arithmetic import Arithmetic
from emcomm.agents.encoders import Encoder
from emcomm.agents.layers import affine
from emcomm.ternary import TernaryConv2d
from emcomm.worlds.form import Form, Image

__all__ = ["CNN"]


class CNN(Encoder):
    """Convolutions of 3 x 3 pixels at every second one, ReLU after each, then one affine map of all that is left.

    Each halves the height and the breadth (rounded up). A pass costs, for each image, 9 products for every pixel, input
    channel and output channel of each convolution.

    Of a ternary encoder the first convolution, which sees the pixels, is a float one.

    Args:
        channels: channels after each convolution.

    Source: LeCun et al. 1989; strides in place of pooling after Springenberg et al. 2015.
    """

    name: ClassVar[str] = "cnn"
    reads: ClassVar[tuple[type, ...]] = (Image,)
    channels: tuple[PositiveInt, ...] = Field(default=(16, 32), min_length=1)

    def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
        assert isinstance(form, Image)
        return _Convolutions(form, self.channels, hidden, arithmetic)


class _Convolutions(nn.Module):
    """Convolutions one after the other, then an affine map; see `CNN`."""

    def __init__(self, form: Image, channels: tuple[int, ...], hidden: int, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.form = form
        widths = zip((form.channels, *channels[:-1]), channels, strict=True)
        self.convolutions = nn.ModuleList(
            _convolution(inputs, outputs, arithmetic if place else arithmetic.plain)
            for place, (inputs, outputs) in enumerate(widths)
        )
        height, breadth = form.height, form.breadth
        for _ in channels:
            height, breadth = -(-height // 2), -(-breadth // 2)
        self.out = affine(channels[-1] * height * breadth, hidden, arithmetic)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, channels height breadth]`` to ``[*stack, n, hidden]``."""
        x = x.unflatten(-1, (self.form.channels, self.form.height, self.form.breadth))
        for convolution in self.convolutions:
            x = convolution(x).relu()
        out: Tensor = self.out(x.flatten(-3))
        return out


def _convolution(inputs: int, outputs: int, arithmetic: Arithmetic) -> nn.Module:
    if arithmetic.recipe is None:
        return _Convolution(inputs, outputs, arithmetic)
    options, norm = arithmetic.of_maps, arithmetic.recipe.norm
    return TernaryConv2d(inputs, outputs, 3, stride=2, padding=1, options=options, norm=norm)


class _Convolution(nn.Module):
    """A convolution of 3 x 3 pixels at every second one, as an affine map of patches.

    A grouped convolution with a group for each run takes two thirds of the time on a CPU, but there a run's numbers
    change in their last bits with how many runs there are.
    """

    def __init__(self, inputs: int, outputs: int, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.map = affine(9 * inputs, outputs, arithmetic)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, inputs, height, breadth]`` to ``[*stack, n, outputs, height / 2, breadth / 2]``."""
        height, breadth = (-(-size // 2) for size in x.shape[-2:])
        patches = unfold(x.reshape(-1, *x.shape[-3:]), 3, padding=1, stride=2)  # images, 9 inputs, places
        patches = patches.mT.reshape(*x.shape[:-3], height * breadth, 9 * x.shape[-3])
        out: Tensor = self.map(patches)
        return out.mT.unflatten(-1, (height, breadth))
