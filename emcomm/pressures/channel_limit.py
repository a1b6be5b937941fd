"""Efficiency: fewer symbols, or shorter messages, than speakers would like."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["ChannelLimit"]


class ChannelLimit(Pressure):
    """Narrow the channel: fewer symbols to choose from, fewer symbols in a message. It never widens.

    Languages are recorded with the channel they have. There may be fewer messages left than meanings; then no language
    is without ambiguity.

    Args:
        symbols: symbols to choose from at strength 1, EOS not counted; None leaves them.
        max_length: most symbols in a message at strength 1, EOS not counted; None leaves it. Without either limit, both
            are halved (rounded up).
        strength: share of the way from the set-up's channel to the limits, in [0, 1]; numbers are rounded.

    Raises:
        BadInput: the set-up's channel is narrower than a limit.

    Source: Chaabouni et al. 2019 (alphabets of 5 to 1000 symbols, lengths from 2 to 30); Resnick et al. 2020
    (bandwidth).
    """

    name: ClassVar[str] = "channel_limit"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Chaabouni et al. 2019; Resnick et al. 2020"
    symbols: int | None = Field(default=None, ge=2)
    max_length: int | None = Field(default=None, ge=1)
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        channel = setup.channel  # type: ignore[attr-defined]
        limits = {"symbols": self.symbols, "max_length": self.max_length}
        if self.symbols is None and self.max_length is None:
            limits = {"symbols": max(2, (channel.symbols + 1) // 2), "max_length": (channel.max_length + 1) // 2}
        narrowed = {}
        for name, limit in limits.items():
            wide = getattr(channel, name)
            if limit is not None and limit > wide:
                raise BadInput(
                    f"the pressure 'channel_limit' never widens a channel: {name} may be at most the set-up's {wide}, "
                    f"got {limit}"
                )
            if limit is not None:
                narrowed[name] = round(wide + self.strength * (limit - wide))
        return changed(setup, channel=type(channel)(**{**dict(channel), **narrowed}))
