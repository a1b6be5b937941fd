"""Learnability: speakers meet listeners that know only their language, not their past."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from emcomm.pressures.base import Moment, Population, Pressure, S
from emcomm.pressures.lessons import with_lessons
from emcomm.pressures.turnover import due

__all__ = ["ListenerRetraining"]


class ListenerRetraining(Pressure):
    """At intervals, let listeners practise with speakers that stand still, so that the two do not drift along together.

    Args:
        every: steps of games between lessons.
        updates: updates of the listener in a lesson, each on a batch of games with its own speaker. For a newborn,
            few stop it early, and many bring it near the best listener for the language as it is.
        fresh: whether a newborn takes the listener's place first. False: the same listener goes on, as a control with
            equal updates.
        counted: whether updates count as training steps: `shape` then leaves as many rounds of `every` steps as
            ``steps // (every + updates)``, so that no agent has more updates than without the pressure.
        strength: chance that a listener that is due is retrained, in [0, 1].

    Raises:
        BadInput: `counted` updates leave no room for one round.

    Source: Rita et al. 2022 (NeurIPS), who split the loss into ambiguity and co-adaptation,
    ``H(X | M) + E_m KL(speaker(x | m) || listener(x | m))``, and control the latter by listeners that are trained
    again for the speaker of the moment or stopped early. Deviation: at intervals rather than at every step.
    """

    name: ClassVar[str] = "listener_retraining"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Rita et al. 2022 (NeurIPS)"
    on_symbols: ClassVar[bool] = True
    on_one_role: ClassVar[bool] = True
    every: PositiveInt = 500
    updates: PositiveInt = 200
    fresh: bool = True
    counted: bool = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        return with_lessons(setup, self.name, self.every, self.updates) if self.counted else setup

    def between(self, population: Population, moment: Moment) -> None:
        which = due(self.every, "together", population.shape[1], moment)
        if which is not None and which.any():
            if self.fresh:
                population.reset("listener", which, f"{self.name}.weights", moment.step)
            population.practise(which, self.updates, self.name, moment.step)
