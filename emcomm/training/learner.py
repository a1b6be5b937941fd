"""From games to gradients: the speaker's and the listener's loss, and the baselines.

The loss of a stack is the sum over agents of each agent's mean over its games, so that no agent's gradient depends on
how many others there are or on how they fare.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.envs import Outcome
from emcomm.pressures import Play
from emcomm.training.play import Acting, Played
from emcomm.training.setup import Reinforce, Setup

__all__ = ["Baseline", "Lesson", "reinforce_lesson", "relaxed_lesson", "task_loss"]


class Lesson(NamedTuple):
    """What a batch teaches.

    Attributes:
        total: scalar to differentiate.
        speaker_cost: ``[runs]``, mean cost of a game to the speaker, all terms, without entropy bonus.
        listener_loss: ``[runs]``, mean loss of the listener, without entropy bonus.
        speaker_entropy: ``[runs]``, nats.
    """

    total: Tensor
    speaker_cost: Tensor
    listener_loss: Tensor
    speaker_entropy: Tensor


class Baseline:
    """The running mean of each term of the speaker's cost, for every agent.

    Args:
        runs: runs in the stack.
        pairs: speakers in each.
        terms: terms of the cost.
        decay: of the running mean.
        device: where it lives.
    """

    def __init__(self, runs: int, pairs: int, terms: int, decay: float, device: torch.device) -> None:
        self.decay = decay
        self.sums = torch.zeros(runs, pairs, terms, device=device)
        self.steps = 0

    def values(self) -> Tensor:
        """``[runs, pairs, terms]``: weighted mean of all batches so far, 0 before the first."""
        return self.sums / (1 - self.decay**self.steps) if self.steps else self.sums

    def add(self, costs: Tensor) -> None:
        """Take in the costs of a batch, ``[runs, pairs, terms, n]``."""
        self.sums = self.sums * self.decay + (1 - self.decay) * costs.mean(-1)
        self.steps += 1


def reinforce_lesson(
    setup: Setup,
    estimator: Reinforce,
    played: Played,
    acting: list[Acting],
    entropy_weights: tuple[Tensor, Tensor],
    baseline: Baseline,
    greedy: Callable[[], Played] | None,
) -> Lesson:
    """The lesson of a batch with sampled messages.

    Args:
        setup: the stack's set-up.
        estimator: reward and baseline.
        played: the batch.
        acting: the pressures that act.
        entropy_weights: the speaker's and the listener's, each ``[runs]``.
        baseline: running means; takes in this batch.
        greedy: plays the same games with the most probable messages, for the greedy baseline.
    """
    said, play = played
    listener_loss, costs, direct = _costs(setup, estimator, play, acting)
    terms = torch.stack(costs, 2)  # runs, pairs, terms, n
    if estimator.baseline == "mean":
        advantage = terms - baseline.values().unsqueeze(-1)
        baseline.add(terms)
    elif estimator.baseline == "greedy":
        assert greedy is not None
        advantage = terms - torch.stack(_costs(setup, estimator, greedy().play, acting)[1], 2)
    else:
        advantage = terms
    log_prob = said.log_prob.view_as(play.length)
    entropy = said.entropy.view_as(play.length)
    policy = (advantage * log_prob.unsqueeze(2)).sum(2)
    speaker = policy - entropy_weights[0][:, None, None] * entropy
    for each in direct:
        speaker = speaker + each
    listener = listener_loss - entropy_weights[1][:, None, None] * play.outcome.entropy
    return _lesson(speaker + listener, terms.sum(2), listener_loss, entropy)


def relaxed_lesson(
    setup: Setup, played: Played, acting: list[Acting], entropy_weights: tuple[Tensor, Tensor]
) -> Lesson:
    """The lesson of a batch with relaxed messages: one loss for both, arguments as in `reinforce_lesson`."""
    said, play = played
    loss = task_loss(setup, play.outcome)
    direct = torch.zeros_like(loss)
    for each in acting:
        cost = each.pressure.cost(play, each.moment)
        if cost is not None:
            shared = cost.listener if cost.listener is not None else cost.speaker
            loss = loss if shared is None else loss + shared
            direct = direct if cost.policy is None else direct + cost.policy
    entropy = said.entropy.view_as(loss)
    bonus = entropy_weights[0][:, None, None] * entropy + entropy_weights[1][:, None, None] * play.outcome.entropy
    return _lesson(loss + direct - bonus, loss, loss, entropy)


def _costs(
    setup: Setup, estimator: Reinforce, play: Play, acting: list[Acting]
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The costs of a batch, each ``[runs, pairs, n]``.

    Returns:
        the listener's loss; the terms of the speaker's cost, without gradient; and what is added to the speaker's loss.
    """
    listener = task_loss(setup, play.outcome)
    terms = [_reward_cost(estimator, play)]
    direct = []
    for each in acting:
        cost = each.pressure.cost(play, each.moment)
        if cost is not None and cost.listener is not None:
            listener = listener + cost.listener
        if cost is not None and cost.policy is not None:
            direct.append(cost.policy)
        own = None if cost is None else cost.speaker
        terms.append(torch.zeros_like(terms[0]) if own is None else own.detach())
    return listener, terms, direct


def task_loss(setup: Setup, outcome: Outcome) -> Tensor:
    """What a listener minimises in each game, shaped like the outcome; see `Setup.listener_loss`."""
    return outcome.loss if setup.listener_loss == "log_likelihood" else -(-outcome.loss).exp()


def _reward_cost(estimator: Reinforce, play: Play) -> Tensor:
    """Minus the reward of each game, ``[runs, pairs, n]``."""
    loss = play.outcome.loss.detach()
    if estimator.reward == "log_likelihood":
        return loss
    return -(-loss).exp() if estimator.reward == "success" else -play.outcome.correct.to(loss.dtype)


def _lesson(loss: Tensor, cost: Tensor, listener_loss: Tensor, entropy: Tensor) -> Lesson:
    means = (part.detach().mean((-1, -2)) for part in (cost, listener_loss, entropy))
    return Lesson(loss.mean(-1).sum(), *means)
