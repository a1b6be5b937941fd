"""Look at a stack between steps: greedy messages about every meaning, and how well they are understood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.agents.speaking import speak
from emcomm.agents.vectors import speak_vectors
from emcomm.envs import Round
from emcomm.ternary import watching
from emcomm.training.continuous import Continuous, as_heard
from emcomm.training.play import understood
from emcomm.training.quantising import code_health, finish_shares, share_values
from emcomm.training.run import Run
from emcomm.training.streams import Streams
from emcomm.training.trainer import Trainer

__all__ = ["Observation", "greedy_messages", "observe"]

MOST_DRAWS = 1 << 24
"""Random numbers held at once when games are dealt for an evaluation."""


@dataclass(frozen=True)
class Observation:
    """One run at one step.

    Attributes:
        run: which run.
        step: after how many training steps.
        messages: int64 ``[pairs, meanings, max_length]``, each speaker's most probable message about everything games
            can be about, see `Game.meanings`; where it sees examples, about those of the first evaluation game.
        values: numbers by name; see `observe`.
        record: whether a language snapshot is due.
    """

    run: Run
    step: int
    messages: NDArray[np.int64]
    values: dict[str, float]
    record: bool


@torch.no_grad()
def observe(trainer: Trainer, record: bool) -> list[Observation]:
    """Evaluate every run of the stack, without pressures: no noise, no impatience.

    Values: ``accuracy`` (share of games won on training meanings, weighted by frequency), ``accuracy_held_out`` (the
    same on held-out meanings, with distractors from all meanings; NaN without a hold-out), ``loss`` and
    ``loss_held_out`` (mean negative log-probability of the right answer in the same games, nats), all over every
    speaker with every listener of the run, but no tied agent with itself; and of the last training batch:
    ``speaker_cost``, ``listener_loss`` (nats) and ``speaker_entropy`` (nats), NaN before the first. Where speakers see
    examples, each game has its own, and a message of its own. Of ternary agents also how far they are quantised in
    training at this step, ``quantised_share``, and signs of health, see `code_health`.
    """
    finish_shares(trainer.stacks.values(), trainer.runs)
    ternary = any(stack.ternary for stack in trainer.stacks.values())
    with watching(ternary) as speaking:
        said = _greedy(trainer)
    messages = said.symbols
    with watching(ternary) as listening:
        trained, held_out = _won(trainer, said)
    weights = torch.from_numpy(trainer.setup.game.probabilities(trainer.setup.world)).to(trainer.device)
    known = torch.zeros(len(trainer.runs), len(weights), dtype=torch.bool, device=trainer.device)
    known.scatter_(1, trainer.deck.targets, True)
    means = {}
    for place, name in enumerate(("accuracy", "loss")):
        means[name] = _weighted_mean(trained[place], weights * known)
        means[f"{name}_held_out"] = _weighted_mean(held_out[place], weights * ~known)
    if ternary:
        means["quantised_share"] = torch.tensor(share_values(trainer.runs, trainer.step), dtype=torch.float64)
        for stack in trainer.stacks.values():
            means |= code_health(stack, {"speaker": speaking, "listener": listening})
    spoken = messages.unflatten(0, trainer.shape).cpu().numpy()
    observations = []
    for place, run in enumerate(trainer.runs):
        values = {name: float(mean[place]) for name, mean in means.items()}
        for name in ("speaker_cost", "listener_loss", "speaker_entropy"):
            lesson = trainer.last_lesson
            values[name] = float("nan") if lesson is None else float(getattr(lesson, name)[place])
        observations.append(Observation(run, trainer.step, spoken[place], values, record))
    return observations


def greedy_messages(trainer: Trainer) -> Tensor:
    """Each speaker's most probable message about everything games can be about: int64 ``[agents, n, max_length]``.

    Examples are those of the first evaluation game about each, dealt as in training. Where agents send real numbers, a
    symbol is the largest of its row.
    """
    return _greedy(trainer).symbols


def _greedy(trainer: Trainer) -> Utterance:
    """What each speaker says about everything if nothing is left to chance; see `greedy_messages`."""
    setup = trainer.setup
    if setup.game.sets:
        first = _deal(trainer, trainer.pool, 0)
        return _said(trainer, first.target, first.examples)
    every = torch.arange(len(setup.game.meanings(setup.world)), device=trainer.device)
    return _said(trainer, every.expand(len(trainer.runs) * trainer.pairs, -1), None)


def _said(trainer: Trainer, target: Tensor, examples: Tensor | None) -> Utterance:
    setup = trainer.setup
    sight, speaker = setup.game.sight(trainer.board, target, examples), trainer.table().speaker
    if isinstance(setup.estimator, Continuous):
        return speak_vectors(speaker, *sight, setup.estimator.activation)
    return speak(speaker, *sight, None)


def _won(trainer: Trainer, said: Utterance) -> tuple[Tensor, Tensor]:
    """How games about each meaning go, with distractors from training and from everywhere.

    The same games are dealt at every evaluation of a run; what is `said` serves in all that show no examples.

    Returns:
        for each of the two ``[2, runs, meanings]``: the share of games won, and the mean loss.
    """
    setup, pairs = trainer.setup, trainer.pairs
    drawn = setup.game.draws(setup.world) > 0
    rounds = setup.evaluation_rounds if drawn else 1
    pools = [trainer.pool]
    if drawn and not trainer.pool.all():
        pools.append(torch.ones_like(trainer.pool))
    shape = (len(pools), 2, len(trainer.runs), said.symbols.shape[1])
    went = torch.zeros(shape, dtype=torch.float64, device=trainer.device)
    table, shifts = trainer.table(), range(int(setup.tied), pairs)
    for number, pool in enumerate(pools):
        for turn in range(rounds):
            dealt = _deal(trainer, pool, turn)
            now = said if dealt.examples is None else _said(trainer, dealt.target, dealt.examples)
            message = now.symbols if now.relaxed is None else as_heard(now.relaxed)
            for shift in shifts:
                partners = (torch.arange(pairs, device=trainer.device) + shift) % pairs
                paired = replace(table, partners=partners.expand(trainer.shape) if pairs > 1 else None)
                outcome = understood(paired, message, dealt)
                went[number] += torch.stack([outcome.correct.double().mean(1), outcome.loss.double().mean(1)])
    went /= rounds * len(shifts)
    return went[0], went[-1]


def _deal(trainer: Trainer, pool: Tensor, turn: int) -> Round:
    """Deal one game about every meaning for every agent; chunks of runs keep the random numbers few."""
    setup, pairs = trainer.setup, trainer.pairs
    meanings = len(setup.game.meanings(setup.world))
    needed = setup.game.draws(setup.world)
    chunk = max(1, MOST_DRAWS // (meanings * max(1, needed)))
    dealt: list[Round] = []
    for start in range(0, len(trainer.runs), chunk):
        runs = trainer.runs[start : start + chunk]
        target = torch.arange(meanings, device=trainer.device).expand(len(runs), -1)
        streams = Streams([run.seed for run in runs], trainer.device)
        draws = streams.uniform("evaluation", turn, (meanings, needed)) if needed else None
        dealt.append(setup.game.deal(trainer.board, target, pool[start : start + chunk], draws))
    pointing = [part.candidates for part in dealt if part.candidates is not None]
    shown = [part.examples for part in dealt if part.examples is not None]
    whole = Round(
        torch.cat([part.target for part in dealt]),
        torch.cat(pointing) if pointing else None,
        torch.cat([part.answer for part in dealt]),
        torch.cat(shown) if shown else None,
    )
    return whole.each(lambda part: part.repeat_interleave(pairs, 0))


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over the last dimension, NaN where there is no weight."""
    return (values * weights).sum(-1) / weights.sum(-1)
