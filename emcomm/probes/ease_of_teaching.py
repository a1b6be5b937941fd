"""Ease of teaching: how fast fresh listeners learn a frozen language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveInt
from torch import Tensor

from emcomm.envs import Outcome
from emcomm.envs.deck import Deck
from emcomm.memory import keep_freed_memory
from emcomm.probes.base import Probe
from emcomm.probes.lessons import MOST_LEARNERS, stacks
from emcomm.probes.pupils import Pupils
from emcomm.training import Observation, Setup
from emcomm.training.learner import task_loss
from emcomm.training.streams import Streams

__all__ = ["EaseOfTeaching"]

MOST_LISTENERS = MOST_LEARNERS


class EaseOfTeaching(Probe):
    """Mean accuracy of fresh listeners while they learn a frozen language: the area under the teaching curve.

    Every batch is scored before the update it causes. Listeners see the training meanings of the run, by frequency, and
    learn as the base set-up's listeners do: by its loss, rate and entropy weight.

    Args:
        listeners: fresh listeners for each speaker.
        steps: updates each of them gets.
        batch_size: games an update.

    Source: Li & Bowling 2019, section 4.1 (30 listeners, 1,000 iterations, batches of 100).
    """

    name: ClassVar[str] = "ease_of_teaching"
    definition: ClassVar[str] = (
        "mean accuracy of fresh listeners over their first updates on the frozen language, "
        "each batch scored before its update"
    )
    unit: ClassVar[str] = "share of games won"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    source: ClassVar[str] = "Li & Bowling 2019"

    listeners: PositiveInt = 5
    steps: PositiveInt = 200
    batch_size: PositiveInt = 100

    def measure(self, observations: Sequence[Observation], base: Setup, device: str = "cpu") -> list[float]:
        return [float(curve.mean()) for curve in self.curves(observations, base, device)]

    def curves(
        self, observations: Sequence[Observation], base: Setup, device: str = "cpu"
    ) -> list[NDArray[np.float64]]:
        """The teaching curve of every language, float64 ``[steps]`` in [0, 1]: mean over listeners and speakers."""
        keep_freed_memory()
        curves: list[NDArray[np.float64]] = [np.empty(0)] * len(observations)
        setups = [seen.run.setup for seen in observations]
        shapes = [f"{own.world.model_dump_json()} {own.channel.model_dump_json()} {own.pairs}" for own in setups]
        for places in stacks(shapes, [self.listeners * own.pairs for own in setups], MOST_LISTENERS):
            class_ = _Class(self, [observations[place] for place in places], base, device)
            for place, curve in zip(places, class_.teach(), strict=True):
                curves[place] = curve
        return curves


class _Class:
    """Fresh listeners of several languages of one world and channel, taught together."""

    def __init__(self, probe: EaseOfTeaching, observations: Sequence[Observation], base: Setup, device: str) -> None:
        own = observations[0].run.setup
        self.probe, self.base = probe, base
        self.streams = Streams([seen.run.seed for seen in observations], device)
        self.deck = Deck(base.game, own.world, self.streams.seeds, device=device)
        sizes, form = base.game.sizes(own.world), own.world.form
        self.pupils = Pupils(
            base.game,
            self.deck.board,
            lambda: base.listener.listener(form, own.channel, sizes, base.products),
            self.streams.seeds,
            probe.listeners * own.pairs,
            base.listener_learning_rate,
            self._loss,
            device,
        )
        self.pupils.stack.quantise([seen.run.setup.quantisation.final for seen in observations])
        spoken = torch.from_numpy(np.stack([seen.messages for seen in observations])).to(device)
        self.messages = spoken.repeat_interleave(probe.listeners, 1).flatten(0, 1)  # pupils, meanings, max_length

    def _loss(self, outcome: Outcome) -> Tensor:
        return task_loss(self.base, outcome) - self.base.listener_entropy * outcome.entropy

    def teach(self) -> NDArray[np.float64]:
        """Teach; returns the share of games won at each step, float64 ``[languages, steps]``."""
        won = [self._lesson(step) for step in range(self.probe.steps)]
        return torch.stack(won, -1).cpu().numpy()

    def _lesson(self, step: int) -> Tensor:
        games, needed = (self.pupils.each, self.probe.batch_size), self.deck.needed
        draws = self.streams.uniform("probe.meanings", step, games)
        extra = self.streams.uniform("probe.game", step, (*games, needed)) if needed else None
        round = self.deck.deal(draws, extra)
        message = self.messages.gather(1, round.target.unsqueeze(-1).expand(-1, -1, self.messages.shape[-1]))
        return self.pupils.lesson(message, round).double().flatten(1).mean(-1)
