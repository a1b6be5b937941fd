"""From games to gradients: the speaker's and the listener's loss, and the baselines.

The loss of a stack is the sum over agents of each agent's mean over its games, so that no agent's gradient depends on
how many others there are or on how they fare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.envs import Outcome
from emcomm.pressures import Play
from emcomm.training.play import Acting, Played
from emcomm.training.setup import Reinforce, Setup

__all__ = [
    "Baseline",
    "Costs",
    "Lesson",
    "costs_of",
    "lesson_of",
    "reinforce_lesson",
    "relaxed_lesson",
    "summed",
    "task_loss",
]


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


class Costs(NamedTuple):
    """What a batch of games costs, each ``[runs, pairs, n]``.

    Attributes:
        listener: what the listener minimises, differentiable.
        reported: the same as it is reported: with the task loss even where the answer's policy loss stands in for it.
        terms: the terms of the speaker's cost, without gradient: minus the reward, then one for each pressure.
        direct: what is added to the speaker's loss as it is.
    """

    listener: Tensor
    reported: Tensor
    terms: list[Tensor]
    direct: list[Tensor]


class Baseline:
    """The running mean of each term of an agent's cost or reward, for every agent.

    Args:
        runs: runs in the stack.
        pairs: agents of the role in each.
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
    answers: Tensor | None = None,
    anchored: Tensor | None = None,
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
        answers: ``[runs, pairs, n]``, policy loss of a listener that draws its answer.
        anchored: ``[runs, pairs, n]``, what it costs the speaker to leave its average, see `emcomm.training.anchor`.
    """
    said, play = played
    costs = costs_of(setup, estimator.reward, play, acting, answers)
    terms = torch.stack(costs.terms, 2)  # runs, pairs, terms, n
    if estimator.baseline == "mean":
        advantage = terms - baseline.values().unsqueeze(-1)
        baseline.add(terms)
    elif estimator.baseline == "greedy":
        assert greedy is not None
        advantage = terms - torch.stack(costs_of(setup, estimator.reward, greedy().play, acting).terms, 2)
    else:
        advantage = terms
    log_prob = said.log_prob.view_as(play.length)
    entropy = said.entropy.view_as(play.length)
    policy = summed(advantage) * log_prob
    speaker = policy - entropy_weights[0][:, None, None] * entropy
    for each in costs.direct:
        speaker = speaker + each
    if anchored is not None:
        speaker = speaker + anchored
    listener = costs.listener - entropy_weights[1][:, None, None] * play.outcome.entropy
    return lesson_of(speaker + listener, summed(terms), costs.reported, entropy)


def relaxed_lesson(
    setup: Setup,
    played: Played,
    acting: list[Acting],
    entropy_weights: tuple[Tensor, Tensor],
    anchored: Tensor | None = None,
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
    total = loss + direct - bonus
    return lesson_of(total if anchored is None else total + anchored, loss, loss, entropy)


def costs_of(setup: Setup, reward: str, play: Play, acting: Sequence[Acting], answers: Tensor | None = None) -> Costs:
    """The costs of a batch.

    Args:
        setup: the stack's set-up.
        reward: which, see `Reinforce`.
        play: the batch.
        acting: the pressures that act.
        answers: ``[runs, pairs, n]``, the policy loss that stands in for the listener's task loss; None: nothing does.
    """
    task = task_loss(setup, play.outcome)
    listener = task if answers is None else answers
    terms = [_reward_cost(reward, play)]
    direct = []
    for each in acting:
        cost = each.pressure.cost(play, each.moment)
        if cost is not None and cost.listener is not None:
            listener = listener + cost.listener
        if cost is not None and cost.policy is not None:
            direct.append(cost.policy)
        own = None if cost is None else cost.speaker
        terms.append(torch.zeros_like(terms[0]) if own is None else own.detach())
    return Costs(listener, listener if answers is None else listener - answers + task, terms, direct)


def summed(terms: Tensor) -> Tensor:
    """Sum of terms ``[runs, pairs, terms, n]``, one after the other: terms of 0, of other runs, change no bit."""
    return terms.cumsum(2)[:, :, -1]


def task_loss(setup: Setup, outcome: Outcome) -> Tensor:
    """What a listener minimises in each game, shaped like the outcome; see `Setup.listener_loss`.

    Where it learns by policy gradient this is the expectation of minus its reward, as with ``"success"``.
    """
    return outcome.loss if setup.listener_loss == "log_likelihood" else -(-outcome.loss).exp()


def _reward_cost(reward: str, play: Play) -> Tensor:
    """Minus the reward of each game, ``[runs, pairs, n]``."""
    loss = play.outcome.loss.detach()
    if reward == "log_likelihood":
        return loss
    return -(-loss).exp() if reward == "success" else -play.outcome.correct.to(loss.dtype)


def lesson_of(loss: Tensor, cost: Tensor, listener_loss: Tensor, entropy: Tensor) -> Lesson:
    """A lesson of the loss of each game and of what is reported of it, each ``[runs, pairs, n]``."""
    # Laid out alike, as a mean is summed in another order where numbers lie apart, as after longer messages of others.
    means = (part.detach().contiguous().mean((-1, -2)) for part in (cost, listener_loss, entropy))
    return Lesson(loss.mean(-1).sum(), *means)
