"""Communicative success: begin with a few meanings, and let the others come in one after the other."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field, PositiveInt

from emcomm.pressures.base import Moment, Population, Pressure

__all__ = ["Curriculum"]


class Curriculum(Pressure):
    """Let the share of training meanings in play grow linearly from the first step on.

    The most frequent meanings come first; among equally frequent ones the order is random, drawn once a run. Games,
    batches and updates are as many as without; distractors are drawn from all training meanings throughout.

    Args:
        first: share of the training meanings in play at the first step, in (0, 1]; at least one meaning.
        until: training steps after which all are in play.
        strength: how much rarer the others are until then, in [0, 1]: a meaning that is not in play yet comes up with
            ``1 - strength`` times its weight, at 1 never.

    Source: Elman 1993 (starting small); Bengio et al. 2009 (easy examples first). What comes first there is simple;
    here it is frequent.
    """

    name: ClassVar[str] = "curriculum"
    family: ClassVar = "success"
    source: ClassVar[str] = "Elman 1993; Bengio et al. 2009"
    from_the_start: ClassVar[bool] = True
    chooses_meanings: ClassVar[bool] = True
    first: float = Field(default=0.25, gt=0.0, le=1.0)
    until: PositiveInt = 1_000
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def between(self, population: Population, moment: Moment) -> None:
        if moment.step >= self.until:
            return
        _, frequencies = population.training
        meanings = frequencies.shape[-1]
        share = self.first + (1.0 - self.first) * moment.step / self.until
        shuffled = moment.always(meanings).argsort(-1)
        order = shuffled.gather(-1, frequencies.gather(-1, shuffled).argsort(dim=-1, descending=True, stable=True))
        waiting = torch.ones_like(frequencies)
        waiting.scatter_(-1, order[:, : max(1, round(share * meanings))], 0.0)
        population.weigh(1.0 - waiting * moment.strength.double()[:, None])
