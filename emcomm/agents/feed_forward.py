"""Agents without any memory, for messages of one symbol."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import PositiveInt, SerializeAsAny
from torch import Tensor, nn

from emcomm.agents.answering import Answering, answers
from emcomm.agents.arithmetic import FLOAT, Arithmetic, Precise
from emcomm.agents.base import Listener, Speaker, Stacks
from emcomm.agents.encoders import Encoder, Linear
from emcomm.agents.functions import rows
from emcomm.agents.layers import affine
from emcomm.channel import EOS, Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Form

__all__ = ["FeedForward", "FeedForwardListener", "FeedForwardSpeaker"]


class FeedForward(Precise):
    """Feed-forward agents: one hidden layer from the meaning to the symbol, and one from the symbol to the answer.

    Args:
        hidden: width of the hidden layer.
        embedding: width of a symbol's embedding.
        encoder: how meanings are seen, by speakers and by listeners that point.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Raises:
        BadInput: the channel has messages of more than one symbol.

    Source: Lazaridou et al. 2017 (their agnostic players). Deviations: ReLU in place of the sigmoid; the speaker sees
    the meaning alone, not its distractors; the listener has a hidden layer after the symbol's embedding.
    """

    name: ClassVar[str] = "feed_forward"
    hidden: PositiveInt = 64
    embedding: PositiveInt = 16
    encoder: SerializeAsAny[Encoder] = Linear()

    def check(self, form: Form | None, channel: Channel) -> None:
        _check(channel)
        if form is not None:
            self.encoder.check(form)

    def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        _check(channel)
        arithmetic = self.arithmetic(dtype)
        encoder = self.encoder.module(form, self.hidden, arithmetic)
        return FeedForwardSpeaker(
            channel, encoder, affine(self.hidden, channel.symbols + channel.variable, arithmetic.plain)
        )

    def listener(
        self, form: Form, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        _check(channel)
        arithmetic = self.arithmetic(dtype)
        heard = affine(self.embedding, self.hidden, arithmetic)
        out = answers(form, self.hidden, sizes, self.encoder, arithmetic)
        return FeedForwardListener(channel, sizes, self.embedding, self.hidden, heard, out, arithmetic)

    def tie(self, speaker: Speaker, listener: Listener) -> None:
        """Share the encoder of meanings, if the listener has one; there is nothing else that both have."""
        assert isinstance(speaker, FeedForwardSpeaker)
        assert isinstance(listener, FeedForwardListener)
        if listener.sizes is not None:
            raise BadInput(
                "feed_forward agents that name attributes cannot be tied: they share the encoder of meanings alone, "
                "and such a listener sees none; take a game with candidates, or agents with a cell, such as GRU()"
            )
        listener.out = speaker.encoder


def _check(channel: Channel) -> None:
    if channel.max_length != 1:
        raise BadInput(
            f"feed_forward agents say one symbol, and the channel has max_length={channel.max_length}; set it to 1, or "
            "take agents that remember, such as GRU()"
        )


class FeedForwardSpeaker(Speaker):
    """Encode a meaning, and choose one symbol. There is no step after the first.

    Args:
        channel: what may be said.
        encoder: from rows of features to the hidden layer.
        out: from the hidden layer to logits.
    """

    stacks: ClassVar[Stacks] = True

    def __init__(self, channel: Channel, encoder: nn.Module, out: nn.Module) -> None:
        super().__init__()
        self.channel, self.encoder, self.out = channel, encoder, out

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = self.encoder(features).relu()
        return state, self.out(state)


class FeedForwardListener(Answering):
    """Answer from one symbol; from zeros where nothing was said.

    Args:
        channel: what may be heard.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        embedding: width of a symbol's embedding.
        width: of the hidden layer.
        heard: from embeddings to the hidden layer.
        out: what it answers with, see `answers`.
        arithmetic: what its maps compute with.
    """

    def __init__(
        self,
        channel: Channel,
        sizes: tuple[int, ...] | None,
        embedding: int,
        width: int,
        heard: nn.Module,
        out: nn.Module,
        arithmetic: Arithmetic = FLOAT,
    ) -> None:
        super().__init__(channel, sizes, width, arithmetic)
        self.embedding = nn.Parameter(torch.randn(channel.symbols + 2, embedding))  # row 0 is never read
        self.heard, self.out = heard, out

    def understand(self, message: Tensor, every: bool = False) -> Tensor:
        if message.is_floating_point():
            state = self.heard(torch.matmul(message[..., 0, 1:], self.embedding[..., 1:, :])).relu()
        else:
            symbol = message[..., 0]
            state = rows(self.heard(self.embedding).relu(), symbol)  # of the whole alphabet, then looked up
            state = state.masked_fill((symbol == EOS).unsqueeze(-1), 0.0)
        return torch.stack([torch.zeros_like(state), state], -2) if every else state
