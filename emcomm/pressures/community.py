"""Psycho- and sociolinguistic: a community in which partners change."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from emcomm.pressures.base import Moment, Pressure, S, changed
from emcomm.pressures.ring import in_a_ring

__all__ = ["Community"]


class Community(Pressure):
    """Put `size` speakers and `size` listeners in one community and draw new pairs each step.

    Every agent plays one batch a step whatever the size, so that all sizes give an agent the same number of updates.
    Tied agents sit down in a ring in random order, and each talks to the next: to any other with equal chance.

    Args:
        size: agents of each role.
        strength: chance that a step draws new partners rather than keeping speaker i with listener i, in [0, 1].
            At 0 there is no community: the group has the base set-up's number of pairs.

    Source: Rita et al. 2022 (N speakers and N listeners, random pair a step); Raviv et al. 2019 (groups of humans).
    """

    name: ClassVar[str] = "community"
    family: ClassVar = "social"
    source: ClassVar[str] = "Rita et al. 2022; Raviv et al. 2019"
    size: int = Field(default=4, ge=2)
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        return changed(setup, pairs=self.size)

    def partners(self, moment: Moment, pairs: int) -> Tensor:
        drawn = moment.draw(pairs).argsort(-1)
        usual = torch.arange(pairs, device=drawn.device).expand_as(drawn)
        if moment.tied:
            drawn, usual = in_a_ring(drawn), in_a_ring(usual)
        mixed = moment.draw(1) < moment.strength[:, None]
        return torch.where(mixed, drawn, usual)
