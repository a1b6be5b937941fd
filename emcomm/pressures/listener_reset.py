"""Learnability: listeners are replaced by newborns that must learn the language again."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from emcomm.pressures.base import Moment, Population, Pressure
from emcomm.pressures.turnover import due

__all__ = ["ListenerReset"]


class ListenerReset(Pressure):
    """Replace every listener by a new one at regular intervals.

    Args:
        every: training steps between resets.
        staggered: with several pairs, reset one listener every ``every / pairs`` steps, in turn, rather than all at
            once.
        reset_speaker_optimiser: whether the speaker's optimiser forgets as well, as in the source.
        strength: chance that a reset that is due takes place, in [0, 1].

    Source: Li & Bowling 2019 (every 6,000 of 300,000 steps; both optimisers are reset).
    """

    name: ClassVar[str] = "listener_reset"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Li & Bowling 2019"
    on_one_role: ClassVar[bool] = True
    every: PositiveInt = 1_500
    staggered: bool = False
    reset_speaker_optimiser: bool = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def between(self, population: Population, moment: Moment) -> None:
        runs, pairs = population.shape
        which = due(self.every, "in_turn" if self.staggered else "together", pairs, moment)
        if which is not None and which.any():
            population.reset("listener", which, f"{self.name}.weights", moment.step)
            if self.reset_speaker_optimiser:
                population.forget("speaker", which.any(-1, keepdim=True).expand(runs, pairs))
