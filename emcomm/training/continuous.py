"""Agents that send real numbers instead of symbols: the control condition for discreteness."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.agents.vectors import Activation, speak_vectors
from emcomm.channel import Channel
from emcomm.config import Config
from emcomm.envs import Outcome, Round
from emcomm.errors import BadInput
from emcomm.pressures import Play
from emcomm.training.play import Played, Table, understood

__all__ = ["Continuous", "as_heard", "play_continuous"]


class Continuous(Config):
    """Messages are real numbers, and the speaker learns from the listener's gradient through them.

    At each position the speaker sends a row of as many numbers as the channel has symbols; speaker and listener are the
    same modules as with symbols. A listener takes the sum of all symbols' embeddings, each times its number, which is a
    linear map of the row. Games are evaluated with these messages too, without noise. The recorded language has the
    place of the largest number of each row for a symbol: a discretisation that no listener has heard, so that metrics
    of the language may say less than accuracy. Entropy and log-probability of what is said are 0, and `speaker_entropy`
    changes nothing.

    Args:
        activation: from the speaker's logits to numbers: ``"tanh"`` (in (-1, 1)), ``"softmax"`` (in (0, 1), of sum 1)
            or ``"identity"``.
        noise: standard deviation of normal noise that is added to each number on the way to the listener in training,
            >= 0. The speaker goes on from what it said, not from what is heard.

    Source: Kharitonov et al. 2019 (EGG's continuous communication: the last layer's output is the message, and both
    learn from one loss), used as the control for discrete words by Chaabouni et al. 2021; noise in training only as in
    Foerster et al. 2016. Deviations: messages are sequences of rows rather than one; the default is bounded, so that
    noise cannot be shouted down.
    """

    kind: Literal["continuous"] = "continuous"
    activation: Activation = "tanh"
    noise: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)

    def check(self, channel: Channel) -> None:
        """Refuse a channel with an end-of-sequence symbol.

        Raises:
            BadInput: lengths vary.
        """
        if channel.variable:
            raise BadInput(
                "with the estimator 'continuous' there is no symbol to end a message with: the channel needs "
                "variable=False, got variable=True"
            )


def play_continuous(table: Table, round: Round, activation: Activation, noise: Tensor | None) -> Played:
    """Play with messages of real numbers.

    Args:
        table: rules, agents, pressures.
        round: the dealt games.
        activation: from logits to numbers, see `Continuous`.
        noise: added to what is said, ``[agents, n, max_length, symbols]``; None: nothing.
    """
    said = speak_vectors(table.speaker, *table.sight(round), activation)
    assert said.relaxed is not None
    message = as_heard(said.relaxed)
    if noise is not None:
        message = message + torch.nn.functional.pad(noise, (1, 1))
    outcome = understood(table, message, round, table.prefixes)
    spoken = Utterance(*(part.unflatten(0, table.shape) for part in said if part is not None))
    length = torch.full_like(spoken.log_prob, float(table.channel.max_length))
    if not table.prefixes:
        return Played(said, Play(length, outcome, None, None, spoken))
    return Played(said, Play(length, Outcome(*(part[..., -1] for part in outcome)), outcome.loss, None, spoken))


def as_heard(rows: Tensor) -> Tensor:
    """Rows that are said, ``[..., symbols + 1]``, as listeners read them, ``[..., symbols + 2]``: nothing is erased."""
    return torch.cat([rows, torch.zeros_like(rows[..., :1])], -1)
