"""Learnability: listeners whose weights fade unless they are used."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.pressures.base import Moment, Population, Pressure

__all__ = ["ListenerDecay"]


class ListenerDecay(Pressure):
    """Multiply all weights of each listener by ``1 - strength`` before each step, apart from the gradient.

    Args:
        strength: share of each weight that is lost in a step, in [0, 1). AdamW calls it learning rate x weight decay.

    Source: Rita et al. 2022 (NeurIPS), where it is one control of listeners that overfit;
    Loshchilov & Hutter 2019 (decoupled from the gradient). Deviation: the first step does without, as nothing has been
    learnt by then.
    """

    name: ClassVar[str] = "listener_decay"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Rita et al. 2022 (NeurIPS); Loshchilov & Hutter 2019"
    on_one_role: ClassVar[bool] = True
    strength: float = Field(default=1e-3, ge=0.0, lt=1.0)

    def between(self, population: Population, moment: Moment) -> None:
        population.shrink("listener", (1 - moment.strength)[:, None].expand(population.shape))
