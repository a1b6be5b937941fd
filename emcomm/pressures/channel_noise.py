"""Psycho- and sociolinguistic: symbols get lost on the way."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from emcomm.channel import Channel, erase_symbols, replace_symbols
from emcomm.pressures.base import Moment, Pressure

__all__ = ["ChannelNoise"]


class ChannelNoise(Pressure):
    """Disturb each symbol with a probability while agents learn; EOS and lengths stay.

    Languages and accuracy are recorded without noise, so that arms with and without it are compared alike.

    Args:
        strength: chance of disturbing a symbol, in [0, 1].
        effect: ``"replace"`` (by another symbol, uniformly) or ``"erase"`` (by a mark that says a symbol is missing).

    Source: Nikolaus 2024 (a "noise" token in place of the symbol: ``"erase"``); Ueda & Washio 2021 (noisy channel).
    """

    name: ClassVar[str] = "channel_noise"
    family: ClassVar = "social"
    source: ClassVar[str] = "Nikolaus 2024; Ueda & Washio 2021"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.1, ge=0.0, le=1.0)
    effect: Literal["replace", "erase"] = "replace"

    def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
        disturb = replace_symbols if self.effect == "replace" else erase_symbols
        return disturb(symbols, moment.strength[:, None, None, None], moment.draw(*symbols.shape[1:]), channel)
