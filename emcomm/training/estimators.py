"""Estimators whose agents learn from rewards with a critic: actor-critic and proximal policy optimisation.

The two that need none, `Reinforce` and `GumbelSoftmax`, stand in `emcomm.training.setup`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt

from emcomm.config import Config

__all__ = ["PPO", "ActorCritic"]


class _Critical(Config):
    """What both have in common.

    Args:
        reward: as in `Reinforce`: ``"log_likelihood"`` (nats), ``"success"`` or ``"accuracy"``. What pressures charge
            the speaker is subtracted from it.
        value_weight: weight of the value loss, the squared difference of reward and value (mean over the positions of
            a message).
        value_reaches: what the value loss changes: ``"head"``, the value head alone, so that what is said follows from
            the policy gradient and not from what helps to predict rewards, whatever their units; or ``"agent"``, the
            whole agent.
    """

    reward: Literal["log_likelihood", "success", "accuracy"] = "log_likelihood"
    value_weight: float = Field(default=0.5, ge=0.0, allow_inf_nan=False)
    value_reaches: Literal["head", "agent"] = "head"


class ActorCritic(_Critical):
    """The speaker learns from rewards less a value: one that it predicts from its own state before every symbol.

    With the reward R of a game, the value V(s_t) before symbol t and the advantage A_t = R - V(s_t), the loss of a
    message is ``-sum_t A_t log p(m_t | s_t) + value_weight mean_t (R - V(s_t))^2``. A listener that learns by policy
    gradient has a value of its own, of the message it has read.

    Args:
        reward: as in `Reinforce`: ``"log_likelihood"`` (nats), ``"success"`` or ``"accuracy"``. What pressures charge
            the speaker is subtracted from it.
        value_weight: weight of the value loss, >= 0.
        value_reaches: what the value loss changes: ``"head"``, the value head alone, so that what is said follows from
            the policy gradient and not from what helps to predict rewards, whatever their units; or ``"agent"``, the
            whole agent.

    Source: Williams 1992; Sutton & Barto 2018, section 13.5. Deviations: the return of every position is the reward of
    the whole game (no discount, no bootstrapping), as a message is one episode with its reward at the end; the critic
    is a head on the actor.
    """

    kind: Literal["actor_critic"] = "actor_critic"


class PPO(_Critical):
    """As `ActorCritic`, with several clipped updates on each batch.

    With the ratio r_t of the probability of symbol t now and when it was said, the loss of a message is
    ``-sum_t min(r_t A_t, clip(r_t, 1 - clip, 1 + clip) A_t) + value_weight mean_t (R - V(s_t))^2``. Both agents make
    ``epochs * minibatches`` updates a step; a listener that learns by policy gradient has a ratio for its whole answer,
    and any other minimises its loss at the same messages anew.

    Args:
        reward: as in `ActorCritic`.
        clip: how far ratios may leave 1 before they stop counting, in (0, 1).
        epochs: how often the games of a batch are gone through.
        minibatches: parts of a batch, in another order each epoch; each is an update. At most `Setup.batch_size`.
        normalise: whether advantages are shifted and scaled to mean 0 and standard deviation 1, for each agent over its
            own batch.
        value_weight: as in `ActorCritic`.
        value_reaches: as in `ActorCritic`.

    Source: Schulman et al. 2017. Deviations: rewards at the end and values as in `ActorCritic` (no generalised
    advantage estimation); values are not clipped; gradients are not either.
    """

    kind: Literal["ppo"] = "ppo"
    clip: float = Field(default=0.2, gt=0.0, lt=1.0)
    epochs: PositiveInt = 4
    minibatches: PositiveInt = 1
    normalise: bool = True
