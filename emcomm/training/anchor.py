"""Anchors: what it costs a speaker to leave the moving average of its own weights."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.agents import Speaker
from emcomm.agents.forcing import Forced, teacher_forced
from emcomm.envs import Round
from emcomm.training.critic import over_positions
from emcomm.training.play import Table

__all__ = ["Anchor", "divergence"]


class Anchor(NamedTuple):
    """A stack of speakers with averaged weights, and how much it costs to differ from them.

    Attributes:
        speaker: the average, see `AgentStack.averaged`.
        weights: float32 ``[runs]``, see `Setup.speaker_anchor`.
    """

    speaker: Speaker
    weights: Tensor

    def cost(self, table: Table, round: Round, messages: Tensor, forced: Forced | None = None) -> Tensor:
        """Weighted divergence of the speaker from its average at what it said, ``[runs, pairs, n]``.

        Args:
            table: what the stack plays with.
            round: the dealt games.
            messages: int64 ``[agents, n, max_length]``, what was said.
            forced: what the speaker makes of these messages, differentiable; None: it is computed here.

        Source: after Chaabouni et al. 2022, who keep speakers near an exponential moving average of themselves.
        Deviations: the mean over positions is taken, as for the entropy bonus; which of the two directions of KL they
        take is not verified.
        """
        own = teacher_forced(table.speaker, *table.sight(round), messages) if forced is None else forced
        with torch.no_grad():
            average = teacher_forced(self.speaker, *table.sight(round), messages)
        distance = divergence(own.logits, average.logits, own.spoken).unflatten(0, table.shape)
        return self.weights[:, None, None] * distance


def divergence(logits: Tensor, average: Tensor, spoken: Tensor) -> Tensor:
    """KL divergence of what a speaker would say from what its average would, exactly, mean over positions spoken.

    The direction is KL(speaker || average), the sum over symbols of ``p log(p / q)`` with p the speaker's and q the
    average's probability: it is dear to say what the average never would, and cheap to give up one of its habits.

    Args:
        logits: ``[..., positions, columns]``, differentiable.
        average: ``[..., positions, columns]``.
        spoken: bool ``[..., positions]``, at least one in a row; positions after the end count exactly nothing.

    Returns:
        ``[...]``, nats, >= 0, and 0 where both are the same.
    """
    log_p, log_q = logits.log_softmax(-1), average.log_softmax(-1)
    each = (log_p.exp() * (log_p - log_q)).sum(-1)
    return over_positions(torch.where(spoken, each, 0.0)) / spoken.sum(-1)
