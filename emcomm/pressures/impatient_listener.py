"""Efficiency: a listener that wants to know as early as possible."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field

from emcomm.pressures.base import Cost, Moment, Play, Pressure

__all__ = ["ImpatientListener"]


class ImpatientListener(Pressure):
    """The listener answers after every symbol, and all its answers count.

    At strength 1 the loss of a game is the mean of the losses after symbols 1, ..., length, in place of the loss after
    the last; speaker and listener share it. Between 0 and 1 the two are mixed. An empty message has the one answer
    before any symbol.

    Losses are negative log-likelihoods (nats), whatever the set-up's reward and listener loss are; with others than the
    log-likelihood the pressure adds to them rather than replacing them.

    Args:
        strength: share of the impatient loss, in [0, 1].

    Source: Rita et al. 2020, LazImpa (impatient listener).
    """

    name: ClassVar[str] = "impatient_listener"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Rita et al. 2020"
    reads_prefixes: ClassVar[bool] = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def cost(self, play: Play, moment: Moment) -> Cost:
        loss = play.prefix_loss
        assert loss is not None, "the engine gives prefix losses to a pressure that reads_prefixes"
        symbols = torch.arange(1, loss.shape[-1], device=loss.device)
        means = torch.cat([loss[..., :1], loss[..., 1:].cumsum(-1) / symbols], -1)  # had the message ended there
        if play.ends is not None:
            mean = (play.ends * means).sum(-1)
        else:
            mean = means.gather(-1, play.length.long().unsqueeze(-1)).squeeze(-1)
        extra = moment.per_game() * (mean - play.outcome.loss)
        return Cost(speaker=extra, listener=extra)
