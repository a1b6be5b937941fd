"""Who is replaced or taught, and when: all agents at once, one after the other, or one drawn at random."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from emcomm.pressures.base import Moment

__all__ = ["Order", "due"]

Order: TypeAlias = Literal["together", "in_turn", "random"]


def due(every: int, order: Order, pairs: int, moment: Moment) -> Tensor | None:
    """Whose turn it is at a step.

    Args:
        every: steps in which as many agents are due as there are pairs.
        order: ``"together"``: all of them at multiples of `every`; ``"in_turn"``: one every ``every // pairs`` steps,
            the one that has been there longest; ``"random"``: one every ``every // pairs`` steps, each as likely as any
            other. With one pair all three are the same.
        pairs: agents of a role in each run.
        moment: its strength is the chance that an agent that is due is replaced.

    Returns:
        bool ``[runs, pairs]``; None at a step at which nobody is due.
    """
    interval = every if order == "together" else max(1, every // pairs)
    if moment.step % interval:
        return None
    everybody = torch.arange(pairs, device=moment.strength.device)
    happens = moment.draw(pairs) < moment.strength[:, None]
    if order == "in_turn":
        happens = happens & (everybody == moment.step // interval % pairs)
    elif order == "random":
        happens = happens & (everybody == (moment.draw(1) * pairs).long().clamp_max_(pairs - 1))
    return happens
