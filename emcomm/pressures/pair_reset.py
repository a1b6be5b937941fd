"""Learnability: a speaker and a listener leave together, and two newborns join the others."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from emcomm.pressures.base import Moment, Population, Pressure
from emcomm.pressures.turnover import Order, due

__all__ = ["PairReset"]


class PairReset(Pressure):
    """Replace speaker i and listener i by new ones at regular intervals.

    In a group that mixes (`Community`) newborns learn from those who stay. Where a pair keeps to itself, or all are
    replaced together, a reset leaves nothing of the language: training begins again, which is what shows how much of
    another reset's effect is transmission.

    Args:
        every: training steps between resets of a pair.
        order: with several pairs, ``"in_turn"`` resets one every ``every // pairs`` steps, the one that has been there
            longest, ``"random"`` one drawn at random as often, ``"together"`` all of them every `every` steps.
        strength: chance that a reset that is due takes place, in [0, 1].

    Source: Cogswell et al. 2019 (agents of both roles replaced by age or at random, in a population that mixes; there
    the two that leave need not be partners); Chaabouni et al. 2022 (resets every 51,000 steps); Li & Bowling 2019
    (gradual against sudden turnover, of listeners).
    """

    name: ClassVar[str] = "pair_reset"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Cogswell et al. 2019; Chaabouni et al. 2022; Li & Bowling 2019"
    every: PositiveInt = 1_500
    order: Order = "in_turn"
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def between(self, population: Population, moment: Moment) -> None:
        _, pairs = population.shape
        which = due(self.every, self.order, pairs, moment)
        if which is not None and which.any():
            population.reset("speaker", which, f"{self.name}.speaker", moment.step)
            population.reset("listener", which, f"{self.name}.listener", moment.step)
