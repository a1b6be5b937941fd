"""Actor-critic: agents learn from rewards less what their value heads expected; one update a batch.

Shapes are ``agents, n`` games and ``positions`` of a message, unless it says ``runs, pairs, n``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.agents.forcing import Forced, teacher_forced
from emcomm.agents.speaking import speak
from emcomm.envs import Round
from emcomm.pressures import Play
from emcomm.training.anchor import Anchor
from emcomm.training.critic import over_positions, value_loss
from emcomm.training.estimators import PPO, ActorCritic
from emcomm.training.learner import Lesson, costs_of, lesson_of, summed
from emcomm.training.play import Arrived, Table, arrive, hear
from emcomm.training.policy_gradient import Draw, answer_log_prob, answered_right, draw_answers
from emcomm.training.setup import Setup

__all__ = ["Answers", "Attempt", "Batch", "Taken", "actor_critic_lesson", "attempt", "say", "take", "teach"]

Surrogate = Callable[[Tensor, Tensor, Tensor], Tensor]
"""The policy loss of choices: of log-probabilities now and when chosen, and of advantages."""


@dataclass(frozen=True)
class Batch:
    """A batch of games to learn from.

    Attributes:
        setup: the stack's set-up.
        table: what it plays with.
        round: the dealt games.
        entropy_weights: the speaker's and the listener's, each ``[runs]``.
        anchor: what the speaker is kept near to, or None.
        draw: gives random numbers.
    """

    setup: Setup
    table: Table
    round: Round
    entropy_weights: tuple[Tensor, Tensor]
    anchor: Anchor | None
    draw: Draw


class Attempt(NamedTuple):
    """What agents, as they are now, make of messages; differentiable.

    Attributes:
        forced: the speaker's side, with values.
        play: the games, ``[runs, pairs, n]``.
        logits: the listener's answers ``[agents, n, answers]``, in the speakers' order.
        expected: the listener's values ``[agents, n]``, in the speakers' order; None where it has no critic.
    """

    forced: Forced
    play: Play
    logits: Tensor
    expected: Tensor | None

    @property
    def values(self) -> Tensor:
        """The speaker's values, ``[agents, n, positions]``."""
        assert self.forced.values is not None
        return self.forced.values


class Answers(NamedTuple):
    """The answers that listeners drew, in the speakers' order.

    Attributes:
        answer: int64 ``[agents, n, parts]``.
        log_prob: ``[agents, n]``, of the answer when it was drawn.
        reward: ``[agents, n]``, 1 for a right answer, else 0.
        advantage: ``[agents, n]``.
    """

    answer: Tensor
    log_prob: Tensor
    reward: Tensor
    advantage: Tensor


class Taken(NamedTuple):
    """What was done in a batch and what came of it; nothing of it is differentiable.

    Attributes:
        symbols: int64 ``[agents, n, max_length]``, the messages said.
        arrived: what reached the listeners.
        log_probs: ``[agents, n, positions]`` of each symbol when it was said; 0 after the end.
        reward: ``[agents, n]``, the speaker's, less what pressures charged it.
        advantage: ``[agents, n, positions]``, 0 after the end.
        answers: the listeners' part where they learn by policy gradient, else None.
    """

    symbols: Tensor
    arrived: Arrived
    log_probs: Tensor
    reward: Tensor
    advantage: Tensor
    answers: Answers | None


def say(batch: Batch) -> Tensor:
    """Draw the messages of a batch: int64 ``[agents, n, max_length]``."""
    table, channel = batch.table, batch.setup.channel
    draws = batch.draw("symbols", (batch.round.target.shape[1], channel.max_length), 0)
    with torch.no_grad():
        return speak(table.speaker, *table.sight(batch.round), draws).symbols


def attempt(batch: Batch, estimator: ActorCritic | PPO, round: Round, symbols: Tensor, arrived: Arrived) -> Attempt:
    """Let the agents, as they are now, say given messages and hear what arrived of them."""
    table, head_only = batch.table, estimator.value_reaches == "head"

    def value(state: Tensor) -> Tensor:
        return table.speaker.value(state.detach() if head_only else state)

    forced = teacher_forced(table.speaker, *table.sight(round), symbols, value)
    play, logits = hear(table, round, Utterance(symbols, forced.log_prob, forced.entropy), arrived)
    expected = None
    if batch.setup.listener_loss == "policy_gradient":
        expected = table.to_speakers(table.listener.value(table.to_listeners(arrived.message), head_only))
    return Attempt(forced, play, logits, expected)


@torch.no_grad()
def take(batch: Batch, estimator: ActorCritic | PPO, now: Attempt, symbols: Tensor, arrived: Arrived) -> Taken:
    """Draw the listeners' answers, and weigh up what was done against what was expected."""
    setup, round = batch.setup, batch.round
    terms = torch.stack(costs_of(setup, estimator.reward, now.play, batch.table.acting).terms, 2)
    reward = -summed(terms).flatten(0, 1)
    advantage = torch.where(now.forced.spoken, reward.unsqueeze(-1) - now.values, 0.0)
    answers = None
    if now.expected is not None:
        choices, logits = setup.game.choices(setup.world), setup.game.options(now.logits)
        answer = draw_answers(logits, choices, batch.draw("answers", (logits.shape[1], len(choices)), 0))
        right = answered_right(round, answer)
        answers = Answers(answer, answer_log_prob(logits, choices, answer), right, right - now.expected)
    return Taken(symbols, arrived, now.forced.log_probs, reward, advantage, answers)


def teach(
    batch: Batch, estimator: ActorCritic | PPO, now: Attempt, round: Round, taken: Taken, surrogate: Surrogate
) -> Lesson:
    """The lesson of what was done, for the agents as they are now.

    Args:
        batch: where it happened.
        estimator: weights of the value losses.
        now: what the agents make of it now.
        round: the games, all of the batch or some.
        taken: what was done in them.
        surrogate: the policy loss of each choice.
    """
    setup, table, forced = batch.setup, batch.table, now.forced
    positions = forced.spoken.shape[-1]
    choices = surrogate(forced.log_probs, taken.log_probs[..., :positions], taken.advantage[..., :positions])
    policy = over_positions(torch.where(forced.spoken, choices, 0.0))
    policy = policy + estimator.value_weight * value_loss(now.values, taken.reward, forced.spoken)
    answers = None
    if taken.answers is not None and now.expected is not None:
        answer, before, reward, advantage = taken.answers
        log_prob = answer_log_prob(setup.game.options(now.logits), setup.game.choices(setup.world), answer)
        missed = now.expected - reward
        answers = surrogate(log_prob, before, advantage) + estimator.value_weight * (missed * missed)
        answers = answers.unflatten(0, table.shape)
    costs = costs_of(setup, estimator.reward, now.play, table.acting, answers)
    entropy = forced.entropy.unflatten(0, table.shape)
    speaker = policy.unflatten(0, table.shape) - batch.entropy_weights[0][:, None, None] * entropy
    for each in costs.direct:
        speaker = speaker + each
    if batch.anchor is not None:
        speaker = speaker + batch.anchor.cost(table, round, taken.symbols, forced)
    listener = costs.listener - batch.entropy_weights[1][:, None, None] * now.play.outcome.entropy
    return lesson_of(speaker + listener, -taken.reward.unflatten(0, table.shape), costs.reported, entropy)


def actor_critic_lesson(batch: Batch, estimator: ActorCritic) -> Lesson:
    """Play a batch, and the lesson of it; see `ActorCritic`."""
    symbols = say(batch)
    arrived = arrive(batch.table, symbols)
    now = attempt(batch, estimator, batch.round, symbols, arrived)
    taken = take(batch, estimator, now, symbols, arrived)
    return teach(batch, estimator, now, batch.round, taken, _weighted)


def _weighted(log_prob: Tensor, _: Tensor, advantage: Tensor) -> Tensor:
    return -(advantage * log_prob)
