"""`Setup`, everything one run is made of, with every default in one place."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SerializeAsAny, model_validator

from emcomm.agents import Agent, Encoder
from emcomm.agents.gru import GRU
from emcomm.channel import Channel
from emcomm.config import Config
from emcomm.envs import Board, Game
from emcomm.rng import generator
from emcomm.worlds import World

__all__ = ["PER_RUN", "Estimator", "GumbelSoftmax", "Reinforce", "Setup"]

PER_RUN = ("speaker_learning_rate", "listener_learning_rate", "speaker_entropy", "listener_entropy")
"""Fields of `Setup` that may differ between the runs of one stack."""

MATMUL = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Reinforce(Config):
    """The speaker learns from rewards: policy gradient on sampled messages.

    Args:
        reward: ``"log_likelihood"`` (of the right answer, nats), ``"success"`` (its probability) or ``"accuracy"``
            (1 if the most probable answer is right, else 0).
        baseline: what is subtracted from the reward, for each term of the cost apart: ``"none"``; ``"mean"``, the
            running mean of past batches; ``"greedy"``, what the most probable message would have got in the same game.
        baseline_decay: decay of the running mean per step, in [0, 1).

    Source: Williams 1992; baselines as in Chaabouni et al. 2019 (mean) and Rennie et al. 2017 (greedy roll-out).
    """

    kind: Literal["reinforce"] = "reinforce"
    reward: Literal["log_likelihood", "success", "accuracy"] = "log_likelihood"
    baseline: Literal["none", "mean", "greedy"] = "mean"
    baseline_decay: float = Field(default=0.99, ge=0.0, lt=1.0)


class GumbelSoftmax(Config):
    """The speaker learns from the listener's gradient through relaxed symbols.

    Args:
        temperature: of the softmax at the first step, > 0.
        final_temperature: at the last step; the schedule is exponential. None keeps `temperature`.
        straight_through: one-hot on the way forward, soft on the way back.

    Source: Jang et al. 2017; Maddison et al. 2017; Havrylov & Titov 2017 (straight-through messages).
    """

    kind: Literal["gumbel_softmax"] = "gumbel_softmax"
    temperature: PositiveFloat = 1.0
    final_temperature: PositiveFloat | None = None
    straight_through: bool = True

    def temperature_at(self, step: int, steps: int) -> float:
        """The temperature of training step `step` of `steps`."""
        if self.final_temperature is None:
            return self.temperature
        share = min(1.0, step / max(1, steps - 1))
        return float(self.temperature * (self.final_temperature / self.temperature) ** share)


Estimator = Annotated[Reinforce | GumbelSoftmax, Field(discriminator="kind")]


class Setup(Config):
    """One run before any pressure acts.

    Args:
        world: what there is to talk about.
        game: what speaker and listener play.
        channel: what can be said.
        speaker: architecture of speakers.
        listener: architecture of listeners.
        estimator: how gradients reach the speaker.
        listener_loss: what a listener minimises: ``"log_likelihood"`` (cross-entropy, nats) or ``"success"`` (minus
            the probability of the right answer, the exact expectation of REINFORCE with reward 1 for success).
        steps: training steps; each agent is updated once a step.
        batch_size: games a pair plays in a step.
        speaker_learning_rate: Adam's, for speakers.
        listener_learning_rate: Adam's, for listeners.
        speaker_entropy: weight of the speaker's entropy bonus (per nat, mean over positions).
        listener_entropy: weight of the listener's entropy bonus (per nat).
        pairs: speakers, and listeners, of a run; speaker i stays with listener i unless a pressure draws partners.
        evaluate_every: steps between evaluations; None means a twentieth of `steps`.
        record_every: steps between language snapshots; None means a fifth of `steps`.
        evaluation_rounds: games a meaning is evaluated in, where games are drawn.
        stop_accuracy: a run whose accuracy reaches this at an evaluation stops; None plays all steps.
        matmul: precision of matrix products; states, sums and updates are float32.
    """

    world: SerializeAsAny[World]
    game: SerializeAsAny[Game]
    channel: Channel
    speaker: SerializeAsAny[Agent] = GRU()
    listener: SerializeAsAny[Agent] = GRU()
    estimator: Estimator = Reinforce()
    listener_loss: Literal["log_likelihood", "success"] = "log_likelihood"
    steps: PositiveInt = 10_000
    batch_size: PositiveInt = 128
    speaker_learning_rate: PositiveFloat = 1e-3
    listener_learning_rate: PositiveFloat = 1e-3
    speaker_entropy: NonNegativeFloat = 0.1
    listener_entropy: NonNegativeFloat = 0.0
    pairs: PositiveInt = 1
    evaluate_every: PositiveInt | None = None
    record_every: PositiveInt | None = None
    evaluation_rounds: PositiveInt = 4
    stop_accuracy: float | None = Field(default=None, gt=0.0, le=1.0)
    matmul: Literal["float32", "bfloat16"] = "float32"

    @model_validator(mode="after")
    def _playable(self) -> Setup:
        board = Board.of(self.world)
        pool = torch.zeros(len(board.meanings), dtype=torch.bool)
        pool[torch.from_numpy(self.world.split(generator(0, "split")).train)] = True
        self.game.check(board, pool)
        for encoder in (value for _, value in self.speaker if isinstance(value, Encoder)):
            encoder.check(self.game.form(self.world))
        return self

    @property
    def evaluation_interval(self) -> int:
        """Steps between evaluations."""
        return self.evaluate_every or max(1, self.steps // 20)

    @property
    def record_interval(self) -> int:
        """Steps between language snapshots."""
        return self.record_every or max(1, self.steps // 5)

    @property
    def products(self) -> torch.dtype:
        """The dtype that operands of matrix products are rounded to."""
        return MATMUL[self.matmul]
