"""Efficiency: a speaker that is paid for keeping its choices open."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, PositiveInt, model_validator

from emcomm.errors import BadInput
from emcomm.pressures.base import Cost, Moment, Play, Pressure

__all__ = ["EntropyBonus"]


class EntropyBonus(Pressure):
    """Reward the speaker for the entropy of its choices, always or less and less.

    A bonus, not a charge: the higher the weight, the longer the speaker tries other symbols. It adds to the weight
    that the set-up has (`speaker_entropy`), which counts the same entropy and stays as it is. `Regularity` is the
    opposite.

    Args:
        strength: the weight at the first step; at 1, a nat of entropy is worth a unit of the reward. The entropy is
            the mean over the positions at which the speaker chooses.
        until: the weight falls linearly over so many steps; None: it stays.
        final: share of the weight that is left from then on, in [0, 1]; needs `until`.

    Raises:
        BadInput: a `final` weight without a time until it is reached.

    Source: Chaabouni et al. 2019 (a fixed weight); Ueda & Washio 2021 (a weight that decays). Here the decay is
    linear, with an end that is set; theirs is not reproduced.
    """

    name: ClassVar[str] = "entropy_bonus"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Chaabouni et al. 2019; Ueda & Washio 2021"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.1, ge=0.0, allow_inf_nan=False)
    until: PositiveInt | None = None
    final: float = Field(default=0.0, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.final and self.until is None:
            raise BadInput(f"final={self.final} needs until=, the steps after which it is reached, got None")
        return self

    def cost(self, play: Play, moment: Moment) -> Cost:
        assert play.said is not None, "the engine gives what was said"
        passed = 0.0 if self.until is None else min(1.0, moment.step / self.until)
        left = 1.0 - passed * (1.0 - self.final)
        return Cost(policy=-left * moment.per_game() * play.said.entropy)
