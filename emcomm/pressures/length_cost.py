"""Efficiency: every symbol costs the speaker something."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from emcomm.pressures.base import Cost, Moment, Play, Pressure

__all__ = ["LengthCost"]


class LengthCost(Pressure):
    """Charge the speaker for each symbol before EOS.

    Args:
        strength: cost of a symbol, in units of the reward (nats where the reward is the log-likelihood).
        schedule: ``"constant"``, or ``"accuracy"``: the cost is multiplied by ``accuracy ** exponent``, the batch
            accuracy of the pair, and so sets in when communication succeeds.
        exponent: steepness of the schedule, > 0.

    Source: Chaabouni et al. 2019 (constant); Rita et al. 2020, LazImpa (``accuracy**45 / 10``, which is strength 0.1;
    their length counts EOS, which adds a constant to every message that has one).
    """

    name: ClassVar[str] = "length_cost"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Chaabouni et al. 2019; Rita et al. 2020"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.1, ge=0.0, allow_inf_nan=False)
    schedule: Literal["constant", "accuracy"] = "constant"
    exponent: float = Field(default=45.0, gt=0.0)

    def cost(self, play: Play, moment: Moment) -> Cost:
        price = moment.per_game()
        if self.schedule == "accuracy":
            price = price * play.outcome.correct.float().mean(-1, keepdim=True) ** self.exponent
        return Cost(speaker=price * play.length)
