"""Learnability: speakers are replaced by newborns that must find out how to be understood."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from emcomm.pressures.base import Moment, Population, Pressure
from emcomm.pressures.turnover import Order, due

__all__ = ["SpeakerReset"]


class SpeakerReset(Pressure):
    """Replace speakers by new ones at regular intervals; listeners stay, and are what the language lives on in.

    Args:
        every: training steps between resets of a speaker.
        order: with several pairs, ``"together"`` resets all speakers every `every` steps, ``"in_turn"`` one every
            ``every // pairs`` steps, the one that has been there longest, ``"random"`` one drawn at random as often.
        reset_listener_optimiser: whether the optimisers of the run's listeners forget as well.
        strength: chance that a reset that is due takes place, in [0, 1].

    Source: the mirror image of Li & Bowling 2019, who reset listeners, every 6,000 of 300,000 steps, and both
    optimisers; orders as in Cogswell et al. 2019, who replace agents of both roles by age or at random.
    """

    name: ClassVar[str] = "speaker_reset"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Li & Bowling 2019; Cogswell et al. 2019"
    on_one_role: ClassVar[bool] = True
    every: PositiveInt = 1_500
    order: Order = "together"
    reset_listener_optimiser: bool = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def between(self, population: Population, moment: Moment) -> None:
        runs, pairs = population.shape
        which = due(self.every, self.order, pairs, moment)
        if which is not None and which.any():
            population.reset("speaker", which, f"{self.name}.weights", moment.step)
            if self.reset_listener_optimiser:
                population.forget("listener", which.any(-1, keepdim=True).expand(runs, pairs))
