"""Proximal policy optimisation: several clipped updates on each batch; see `PPO`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from emcomm.envs import Round
from emcomm.training.actor_critic import Batch, Taken, attempt, say, take, teach
from emcomm.training.critic import over_positions
from emcomm.training.estimators import PPO
from emcomm.training.learner import Lesson
from emcomm.training.play import Arrived, Table, arrive

__all__ = ["clipped", "normalised", "proximal_lessons"]

TINY = 1e-8


def proximal_lessons(batch: Batch, estimator: PPO) -> Iterator[Lesson]:
    """Play a batch, and one lesson after the other of it; the agents are updated in between.

    What a lesson says of rewards, losses and entropy is about the whole batch as it was played.
    """
    table, round = batch.table, batch.round
    symbols = say(batch)

    def surrogate(log_prob: Tensor, before: Tensor, advantage: Tensor) -> Tensor:
        return clipped(log_prob, before, advantage, estimator.clip)

    with torch.no_grad():
        arrived = arrive(table, symbols)
        first = attempt(batch, estimator, round, symbols, arrived)
        taken = take(batch, estimator, first, symbols, arrived)
        played = teach(batch, estimator, first, round, taken, surrogate)
        if estimator.normalise:
            taken = _normalised(taken, first.forced.spoken)
    for epoch in range(estimator.epochs):
        for some, done in _parts(batch, estimator.minibatches, epoch, taken):
            now = attempt(batch, estimator, some, done.symbols, done.arrived)
            yield played._replace(total=teach(batch, estimator, now, some, done, surrogate).total)


def clipped(log_prob: Tensor, before: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """Minus the clipped objective of choices: ``-min(r A, clip(r, 1 - clip, 1 + clip) A)`` with r the ratio of chances.

    Where the ratio has left the interval in the direction that the advantage asks for, there is no gradient.

    Args:
        log_prob: of choices now, nats, differentiable.
        before: of the same choices when they were made, shaped alike.
        advantage: shaped alike.
        clip: in (0, 1).

    Source: Schulman et al. 2017, equation 7.
    """
    ratio = (log_prob - before).exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)


def normalised(advantage: Tensor, counted: Tensor) -> Tensor:
    """Shift and scale each agent's advantages to mean 0 and standard deviation 1 over its own batch.

    Args:
        advantage: ``[agents, n, positions]``.
        counted: bool, shaped alike: which of them there are; at least one for each agent.

    Returns:
        shaped alike, 0 where nothing is counted; all 0 for an agent whose advantages are all equal.
    """
    count = counted.sum((-1, -2))
    mean = over_positions(torch.where(counted, advantage, 0.0)).sum(-1) / count
    centred = torch.where(counted, advantage - mean[:, None, None], 0.0)
    deviation = (over_positions(centred * centred).sum(-1) / count).sqrt()
    return centred / (deviation + TINY)[:, None, None]


def _normalised(taken: Taken, spoken: Tensor) -> Taken:
    answers = taken.answers
    if answers is not None:
        advantage = answers.advantage.unsqueeze(-1)
        answers = answers._replace(advantage=normalised(advantage, torch.ones_like(advantage).bool()).squeeze(-1))
    return taken._replace(advantage=normalised(taken.advantage, spoken), answers=answers)


def _parts(batch: Batch, count: int, epoch: int, taken: Taken) -> Iterator[tuple[Round, Taken]]:
    """The games of a batch in `count` parts, in an order of each agent's own for each epoch; whole if there is one."""
    if count == 1:
        yield batch.round, taken
        return
    order = batch.draw("minibatches", (batch.round.target.shape[1],), epoch).argsort(dim=-1, stable=True)
    for games in order.tensor_split(count, -1):
        yield batch.round.each(partial(_picked, games=games)), _some(batch.table, taken, games)


def _some(table: Table, taken: Taken, games: Tensor) -> Taken:
    """What was done in some games, int64 ``[agents, games]`` in the speakers' order."""
    symbols, (message, keep), log_probs, reward, advantage, answers = taken
    kept = None if keep is None else _picked(keep, table.to_listeners(games))
    arrived = Arrived(_picked(message, games), kept)
    picked = None if answers is None else type(answers)(*(_picked(part, games) for part in answers))
    log_probs, reward, advantage = (_picked(part, games) for part in (log_probs, reward, advantage))
    return Taken(_picked(symbols, games), arrived, log_probs, reward, advantage, picked)


def _picked(part: Tensor, games: Tensor) -> Tensor:
    """Rows of each agent, ``[agents, n, ...]`` to ``[agents, games, ...]``."""
    return part[torch.arange(len(games), device=games.device).unsqueeze(-1), games]
