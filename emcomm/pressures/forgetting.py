"""Learnability: what was said earlier in a message is more likely to be forgotten."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from emcomm.channel import Channel, erase_symbols, message_lengths
from emcomm.pressures.base import Moment, Pressure

__all__ = ["Forgetting"]


class Forgetting(Pressure):
    """Let listeners forget each symbol with a chance that grows with what is said after it.

    A symbol that k others follow is heard as missing with probability ``1 - (1 - strength) ** k``; the last one never
    is. Languages and accuracy are recorded with everything heard, so that arms with and without the pressure are
    compared alike.

    Args:
        strength: chance of forgetting a symbol while the next one is heard, in [0, 1]; at 1 only the last is heard.

    Source: after Futrell et al. 2020 (lossy-context surprisal: memory as noise that erases the more, the longer ago).
    """

    name: ClassVar[str] = "forgetting"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Futrell et al. 2020"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.2, ge=0.0, le=1.0)

    def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
        position = torch.arange(symbols.shape[-1], device=symbols.device)
        following = (message_lengths(symbols).unsqueeze(-1) - 1 - position).clamp_min_(0)
        kept = (1 - moment.strength[:, None, None, None]) ** following
        return erase_symbols(symbols, 1 - kept, moment.draw(*symbols.shape[1:]), channel)
