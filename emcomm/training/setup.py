"""`Setup`, everything one run is made of, with every default in one place."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SerializeAsAny, model_validator

from emcomm.agents import Agent
from emcomm.agents.gru import GRU
from emcomm.agents.packing import check_layers
from emcomm.channel import Channel
from emcomm.config import Config
from emcomm.envs import Board, Game
from emcomm.errors import BadInput
from emcomm.rng import generator
from emcomm.ternary import Schedule
from emcomm.training.continuous import Continuous
from emcomm.training.estimators import PPO, ActorCritic
from emcomm.training.tying import check_tied
from emcomm.worlds import World
from emcomm.worlds.form import Form

__all__ = ["PER_RUN", "Estimator", "GumbelSoftmax", "Reinforce", "Setup"]

PER_RUN = (
    *("speaker_learning_rate", "listener_learning_rate", "speaker_entropy", "listener_entropy"),
    *("speaker_anchor", "quantisation"),
)
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


Estimator = Annotated[Reinforce | GumbelSoftmax | ActorCritic | PPO | Continuous, Field(discriminator="kind")]


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
            the probability of the right answer, the exact expectation of REINFORCE with reward 1 for success); or
            ``"policy_gradient"``: it draws its answer, part by part, and learns from the reward 1 if the whole answer
            is right, else 0. What is subtracted from that is a running mean (none with ``Reinforce(baseline="none")``),
            or the value head's prediction under `ActorCritic` and `PPO`. Lessons apart from the games then minimise
            ``"success"``, its expectation.
        steps: training steps; each agent is updated once a step, or ``epochs * minibatches`` times under `PPO`.
        batch_size: games a pair plays in a step.
        speaker_learning_rate: Adam's, for speakers.
        listener_learning_rate: Adam's, for listeners.
        speaker_entropy: weight of the speaker's entropy bonus (per nat, mean over positions).
        listener_entropy: weight of the listener's entropy bonus (per nat).
        speaker_anchor: weight of KL(speaker || moving average of the speaker), nats, mean over the positions of what
            was said; 0 does without. The average starts at the first weights and follows every update of the speaker,
            lessons included; a newborn's average is the newborn.
        anchor_decay: share of the average that an update leaves as it was, in [0, 1).
        pairs: speakers, and listeners, of a run; speaker i stays with listener i unless a pressure draws partners.
        tied: whether speaker i and listener i are one agent that shares parameters, see `emcomm.training.tying`.
        evaluate_every: steps between evaluations; None means a twentieth of `steps`.
        record_every: steps between language snapshots; None means a fifth of `steps`.
        evaluation_rounds: games a meaning is evaluated in, where games are drawn.
        stop_accuracy: a run whose accuracy reaches this at an evaluation stops; None plays all steps.
        matmul: precision of matrix products; states, sums and updates are float32.
        quantisation: how far ternary agents are quantised at which step; without effect on float ones. They are always
            evaluated as they will be after training.
    """

    world: SerializeAsAny[World]
    game: SerializeAsAny[Game]
    channel: Channel
    speaker: SerializeAsAny[Agent] = GRU()
    listener: SerializeAsAny[Agent] = GRU()
    estimator: Estimator = Reinforce()
    listener_loss: Literal["log_likelihood", "success", "policy_gradient"] = "log_likelihood"
    steps: PositiveInt = 10_000
    batch_size: PositiveInt = 128
    speaker_learning_rate: PositiveFloat = 1e-3
    listener_learning_rate: PositiveFloat = 1e-3
    speaker_entropy: NonNegativeFloat = 0.1
    listener_entropy: NonNegativeFloat = 0.0
    speaker_anchor: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    anchor_decay: float = Field(default=0.99, ge=0.0, lt=1.0)
    pairs: PositiveInt = 1
    tied: bool = False
    evaluate_every: PositiveInt | None = None
    record_every: PositiveInt | None = None
    evaluation_rounds: PositiveInt = 4
    stop_accuracy: float | None = Field(default=None, gt=0.0, le=1.0)
    matmul: Literal["float32", "bfloat16"] = "float32"
    quantisation: Schedule = Schedule()

    @model_validator(mode="after")
    def _playable(self) -> Setup:
        sizes, form = self.game.sizes(self.world), self.world.form
        seen = self.game.form(self.world)
        self._check_agent("speaker", seen)
        self._check_agent("listener", None if sizes is not None else form)
        if isinstance(self.estimator, GumbelSoftmax | Continuous) and self.listener_loss == "policy_gradient":
            raise BadInput(
                f"listener_loss='policy_gradient' needs rewards, and with the estimator {self.estimator.kind!r} the "
                "speaker learns from the gradient of the listener's loss; set listener_loss to 'log_likelihood' or "
                "'success'"
            )
        if isinstance(self.estimator, Continuous) and self.speaker_anchor:
            raise BadInput(
                f"speaker_anchor={self.speaker_anchor:g} holds a speaker's probabilities of symbols, and with the "
                "estimator 'continuous' there are none; set it to 0"
            )
        if isinstance(self.estimator, PPO) and self.estimator.minibatches > self.batch_size:
            raise BadInput(
                f"estimator.minibatches must be at most batch_size={self.batch_size}, got {self.estimator.minibatches}"
            )
        if self.tied:
            rates = self.speaker_learning_rate, self.listener_learning_rate
            check_tied(self.speaker, self.listener, rates, self.game, self.pairs)
        if isinstance(self.estimator, Continuous):
            self.estimator.check(self.channel)
        board = Board.of(self.world)
        pool = torch.zeros(len(board.meanings), dtype=torch.bool)
        pool[torch.from_numpy(self.world.split(generator(0, "split")).train)] = True
        self.game.check(board, pool)
        check_layers(self.speaker, "speaker", seen, self.channel, None)
        check_layers(self.listener, "listener", form, self.channel, sizes)
        return self

    def _check_agent(self, role: Literal["speaker", "listener"], form: Form | None) -> None:
        try:
            getattr(self, role).check(form, self.channel)
        except BadInput as error:
            raise BadInput(f"{role}: {error}") from None

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
