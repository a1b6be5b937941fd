"""Learnability: speakers learn from time to time to say what one of them says."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.pressures.base import Moment, Population, Pressure, S
from emcomm.pressures.lessons import with_lessons
from emcomm.pressures.population import Talk
from emcomm.pressures.turnover import due

__all__ = ["Imitation"]


class Imitation(Pressure):
    """At intervals, let the speakers of a group learn to say what their teacher says.

    Every speaker says messages about training meanings drawn by their frequency, and its own listener answers. One
    speaker of each run teaches: the others learn to say all of its messages, understood or not, by cross-entropy.

    Args:
        every: steps of games between lessons.
        steps: updates in a lesson.
        messages: messages that the teacher says.
        teacher: ``"best"`` or ``"worst"``, the speaker that was understood most or least often (the first of equals);
            ``"random"``, any of them; ``"self"``, each speaker learns from those of its own messages that were
            understood, which works with one pair too.
        counted: whether updates count as training steps: `shape` then leaves as many rounds of `every` steps as
            ``steps // (every + updates)``, so that no agent has more updates than without the pressure.
        strength: chance that a pupil attends a lesson that is due, in [0, 1].

    Raises:
        BadInput: there is one pair and the teacher would be another; or `counted` updates leave no room for one round.

    Source: Chaabouni et al. 2022 (imitation among speakers, the best as teacher, in a population that mixes).
    Deviations: the best is judged by its own listener and by the share understood in one talk; ``"worst"``,
    ``"random"`` and ``"self"`` are controls.
    """

    name: ClassVar[str] = "imitation"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Chaabouni et al. 2022"
    on_symbols: ClassVar[bool] = True
    every: PositiveInt = 500
    steps: PositiveInt = 50
    messages: PositiveInt = 100
    teacher: Literal["best", "worst", "random", "self"] = "best"
    counted: bool = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        if self.teacher != "self" and setup.pairs == 1:  # type: ignore[attr-defined]
            raise BadInput(
                f"the pressure 'imitation' with teacher {self.teacher!r} needs 2 or more pairs, got 1; "
                "teacher='self' works with one"
            )
        return with_lessons(setup, self.name, self.every, self.steps) if self.counted else setup

    def between(self, population: Population, moment: Moment) -> None:
        _, pairs = population.shape
        which = due(self.every, "together", pairs, moment)
        if which is None or not which.any():
            return
        talk = population.talk(self.messages, self.name, moment.step)
        if self.teacher == "self":
            talk = talk._replace(weight=talk.weight * talk.understood)
        else:
            chosen = self._chosen(talk, moment)
            which = which & (torch.arange(pairs, device=which.device) != chosen)
            everyone = chosen.expand(-1, pairs)
            target, messages, understood, weight = (_of(part, everyone) for part in talk[:4])
            shown = None if talk.shown is None else _of(talk.shown, everyone)
            talk = Talk(target, messages, understood, weight, shown)
        population.imitate(which, talk, self.steps, self.name, moment.step)

    def _chosen(self, talk: Talk, moment: Moment) -> Tensor:
        """The teacher of each run, int64 ``[runs, 1]``."""
        if self.teacher == "random":
            pairs = talk.weight.shape[1]
            return (moment.draw(1) * pairs).long().clamp_max_(pairs - 1)
        share = talk.understood.float().mean(-1)
        return (share if self.teacher == "best" else -share).argmax(-1, keepdim=True)


def _of(part: Tensor, agents: Tensor) -> Tensor:
    """What some agents ``[runs, pupils]`` contributed to a part of a talk, ``[runs, pairs, n, ...]``."""
    runs = torch.arange(len(part), device=part.device).unsqueeze(-1)
    return part[runs, agents]
