"""Listeners that draw their answer and learn from whether it was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from emcomm.agents.functions import sample
from emcomm.envs import Round
from emcomm.training.learner import Baseline
from emcomm.training.play import Table
from emcomm.training.setup import Setup

__all__ = ["Draw", "answer_log_prob", "answer_loss", "answered_right", "draw_answers"]

Draw = Callable[[str, tuple[int, ...], int], Tensor]
"""Uniform numbers from the runs' own streams: of a stream's name, a shape and a turn, ``[agents, *shape]``."""


def answer_log_prob(logits: Tensor, choices: Sequence[int], answer: Tensor) -> Tensor:
    """Log-probability of whole answers.

    Args:
        logits: ``[agents, n, options]`` of all parts one after the other, see `Game.options`.
        choices: options of each part, see `Game.choices`.
        answer: int64 ``[agents, n, parts]``.

    Returns:
        nats ``[agents, n]``, <= 0, differentiable.
    """
    chosen = [part.log_softmax(-1).gather(-1, answer[..., place, None]) for place, part in _parts(logits, choices)]
    return torch.cat(chosen, -1).sum(-1)


def draw_answers(logits: Tensor, choices: Sequence[int], draws: Tensor) -> Tensor:
    """Answers drawn part by part with uniform numbers ``[agents, n, parts]``: int64 ``[agents, n, parts]``."""
    return torch.stack([sample(part, draws[..., place]) for place, part in _parts(logits, choices)], -1)


def answered_right(round: Round, answer: Tensor) -> Tensor:
    """The listener's reward, float32 ``[agents, n]``: 1 where every part of the answer is right, else 0."""
    return (answer == round.answer.view_as(answer)).all(-1).float()


def answer_loss(
    table: Table, setup: Setup, round: Round, logits: Tensor, draw: Draw, baseline: Baseline | None
) -> Tensor:
    """Policy loss of listeners: minus reward less baseline, times the log-probability of the answer drawn.

    Args:
        table: what the stack plays with.
        setup: its set-up.
        round: the dealt games.
        logits: the listeners' answers in the speakers' order, see `hear`.
        draw: gives random numbers.
        baseline: running mean of each listener's reward; takes in this batch. None: nothing is subtracted.

    Returns:
        ``[runs, pairs, n]``, in the speakers' order, differentiable.

    Source: Williams 1992; Lazaridou et al. 2017, whose listeners learn so.
    """
    choices, logits = setup.game.choices(setup.world), setup.game.options(logits)
    with torch.no_grad():
        answer = draw_answers(logits, choices, draw("answers", (logits.shape[1], len(choices)), 0))
        reward = answered_right(round, answer)
        advantage = reward
        if baseline is not None:
            advantage = reward - table.to_speakers(baseline.values().flatten(0, 1))
            baseline.add(table.to_listeners(reward).unflatten(0, table.shape).unsqueeze(2))
    return -(advantage * answer_log_prob(logits, choices, answer)).unflatten(0, table.shape)


def _parts(logits: Tensor, choices: Sequence[int]) -> list[tuple[int, Tensor]]:
    return list(enumerate(logits.split(list(choices), -1)))
