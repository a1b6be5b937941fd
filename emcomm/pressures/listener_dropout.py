"""Learnability: listeners that cannot rely on any one number in their heads."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.pressures.base import Moment, Pressure, S

__all__ = ["ListenerDropout"]


class ListenerDropout(Pressure):
    """In training, set numbers of the state that a listener answers from to 0 at random, and scale up the others.

    Each game has a mask of its own, which holds for all prefixes of its message. Lessons apart from games, languages
    and accuracy are without.

    Args:
        strength: chance that a number is dropped, in [0, 1); the others are divided by ``1 - strength``.

    Raises:
        BadInput: the set-up's listeners do not say what they answer from, see `emcomm.agents.Listener`.

    Source: Rita et al. 2022 (NeurIPS), where it is one control of listeners that overfit;
    Srivastava et al. 2014 (dropout, here of the last state only, and scaled in training rather than afterwards).
    """

    name: ClassVar[str] = "listener_dropout"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Rita et al. 2022 (NeurIPS); Srivastava et al. 2014"
    strength: float = Field(default=0.2, ge=0.0, lt=1.0)

    def shape(self, setup: S) -> S:
        game, agent = setup.game, setup.listener  # type: ignore[attr-defined]
        world, channel = setup.world, setup.channel  # type: ignore[attr-defined]
        with torch.random.fork_rng(devices=[]):  # its weights are drawn and thrown away
            width = agent.listener(world.form, channel, game.sizes(world)).width
        if not width:
            raise BadInput(
                "the pressure 'listener_dropout' needs listeners with a width, whose forward() takes keep, "
                f"got {agent.name!r}"
            )
        return setup

    def attend(self, shape: tuple[int, int, int], moment: Moment) -> Tensor:
        chance = moment.strength[:, None, None, None]
        return (moment.draw(*shape) >= chance).float() / (1 - chance)
