"""Learnability: a listener that remembers the end of a message only."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from emcomm.channel import EOS, Channel, message_lengths
from emcomm.pressures.base import Moment, Pressure

__all__ = ["MemoryWindow"]


class MemoryWindow(Pressure):
    """Let listeners hear the last symbols of a message only; in place of each earlier one they hear that it is missing.

    The window counts back from the end of the message, so that everything said stays in its place and the listener
    still knows how much was said. Languages and accuracy are recorded with everything heard, so that arms with and
    without the pressure are compared alike.

    Args:
        symbols: how many symbols at the end are heard.
        strength: chance, for each message, that the window applies, in [0, 1].

    Source: after Cornish et al. 2017 (limits of sequence memory). Deviation: their limit is that of human learners who
    recall strings; a window that keeps the end is the simplest such limit.
    """

    name: ClassVar[str] = "memory_window"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Cornish et al. 2017"
    on_symbols: ClassVar[bool] = True
    symbols: PositiveInt = 2
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
        applies = moment.draw(*symbols.shape[1:-1]) < moment.per_game()
        position = torch.arange(symbols.shape[-1], device=symbols.device)
        early = position < message_lengths(symbols).unsqueeze(-1) - self.symbols
        lost = early & applies.unsqueeze(-1) & (symbols != EOS)
        return torch.where(lost, torch.full_like(symbols, channel.erased), symbols)
