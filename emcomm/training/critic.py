"""Value heads: who has one, where it is added, and what it learns.

A critic is an affine map from what an agent knows to the reward it expects. It is a head, and always of full precision.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from emcomm.agents import Listener, Speaker
from emcomm.agents.layers import Affine
from emcomm.errors import BadInput
from emcomm.training.estimators import PPO, ActorCritic
from emcomm.training.setup import Setup
from emcomm.worlds.form import Form

__all__ = ["add_critics", "over_positions", "value_loss"]


def add_critics(setup: Setup, speaker: nn.Module, listener: nn.Module) -> None:
    """Give the agents of a set-up the value heads that its estimator needs; they are made last, so no weight changes.

    Args:
        setup: whose estimator decides.
        speaker: for one run; it gets a critic under `ActorCritic` and `PPO`.
        listener: for one run; it gets one there if it learns by policy gradient.

    Raises:
        BadInput: a critic cannot read what the agent knows.
    """
    if not isinstance(setup.estimator, ActorCritic | PPO):
        return
    assert isinstance(speaker, Speaker)
    assert isinstance(listener, Listener)
    with torch.no_grad():
        speaker.critic = Affine(_speaker_width(speaker, setup.game.form(setup.world)), 1)
        if setup.listener_loss == "policy_gradient":
            listener.critic = Affine(_listener_width(listener, setup), 1)


def _speaker_width(speaker: Speaker, form: Form) -> int:
    """How many numbers the summary of a speaker's state has."""
    state, _ = speaker.start(torch.zeros(1, form.width))
    shapes = [list(speaker.summary(state).shape)]
    if speaker.channel.max_length > 1:
        state, _ = speaker.step(state, torch.ones(1, dtype=torch.int64))
        shapes.append(list(speaker.summary(state).shape))
    if len(shapes[0]) < 2 or shapes[0] != shapes[-1]:
        raise BadInput(
            f"a critic reads a row of numbers, as many after every symbol, and the states of "
            f"{type(speaker).__name__} have the shapes {', '.join(map(str, shapes))} for one meaning; "
            f"define summary(state) -> [n, width]"
        )
    return math.prod(shapes[0][1:])


def _listener_width(listener: Listener, setup: Setup) -> int:
    """How many numbers a listener understands a message as."""
    understand = getattr(listener, "understand", None)
    if understand is None:
        raise BadInput(
            f"{type(listener).__name__} has no understand(message) -> [n, numbers], which a critic of listeners reads; "
            f"define it, or set listener_loss='log_likelihood' or 'success', or estimator Reinforce()"
        )
    width: int = understand(torch.ones(1, setup.channel.max_length, dtype=torch.int64)).shape[-1]
    return width


def over_positions(numbers: Tensor) -> Tensor:
    """Sum over the last dimension, with the same bits whoever in the stack goes on speaking: ``[...]``, contiguous."""
    return numbers.cumsum(-1)[..., -1].contiguous()


def value_loss(values: Tensor, reward: Tensor, spoken: Tensor) -> Tensor:
    """Squared difference of values and reward, mean over the positions of a message.

    Args:
        values: ``[..., n, positions]``.
        reward: ``[..., n]``.
        spoken: bool ``[..., n, positions]``, at least one in a row.

    Returns:
        ``[..., n]``, >= 0, in squared units of the reward.
    """
    missed = torch.where(spoken, values - reward.unsqueeze(-1), 0.0)
    return over_positions(missed * missed) / spoken.sum(-1)
