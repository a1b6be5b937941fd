"""Agents that attend to everything said so far instead of keeping a state."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import PositiveInt, SerializeAsAny, model_validator
from torch import Tensor, nn

from emcomm.agents.answering import Answering, answers
from emcomm.agents.arithmetic import FLOAT, Arithmetic, Precise
from emcomm.agents.base import Listener, Speaker, Stacks
from emcomm.agents.encoders import Encoder, Linear
from emcomm.agents.functions import beside, rows
from emcomm.agents.layers import affine
from emcomm.agents.transformer_block import Block, Norm
from emcomm.channel import Channel, message_lengths
from emcomm.errors import BadInput
from emcomm.ternary import begin_pass
from emcomm.worlds.form import Form

__all__ = ["Transformer", "TransformerListener", "TransformerSpeaker"]


class Transformer(Precise):
    """Transformers with causal attention: each position sees those before it.

    Args:
        hidden: width of a position.
        layers: blocks.
        heads: parts of the width that attend apart; they divide it.
        encoder: how meanings are seen, by speakers and by listeners that point.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Raises:
        BadInput: the heads do not divide the width.

    Source: Vaswani et al. 2017, with the normalisation before each part (Xiong et al. 2020) and learned positions
    (Radford et al. 2018); as agents in EGG (Kharitonov et al. 2019). Deviations: the speaker's meaning is the position
    before the first symbol, no attention of another kind leads to it; no dropout; embeddings and positions begin small.
    """

    name: ClassVar[str] = "transformer"
    hidden: PositiveInt = 64
    layers: PositiveInt = 1
    heads: PositiveInt = 4
    encoder: SerializeAsAny[Encoder] = Linear()

    @model_validator(mode="after")
    def _divisible(self) -> Transformer:
        if self.hidden % self.heads:
            raise BadInput(f"heads must divide hidden={self.hidden}, got heads={self.heads}")
        return self

    def check(self, form: Form | None, channel: Channel) -> None:
        if form is not None:
            self.encoder.check(form)

    def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        return TransformerSpeaker(form, channel, self, self.arithmetic(dtype))

    def listener(
        self, form: Form, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        return TransformerListener(form, channel, sizes, self, self.arithmetic(dtype))

    def tie(self, speaker: Speaker, listener: Listener) -> None:
        """Share embeddings, positions and blocks and, where the listener sees meanings too, their encoder."""
        assert isinstance(speaker, TransformerSpeaker)
        assert isinstance(listener, TransformerListener)
        speaker.body = listener.body  # with a row for "erased" and a position that no speaker needs
        if listener.sizes is None:
            listener.out = speaker.encoder


class _Body(nn.Module):
    """Embeddings, positions and blocks, which speaker and listener have in common."""

    def __init__(self, alphabet: int, positions: int, agent: Transformer, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(alphabet, agent.hidden) / agent.hidden**0.5)
        self.positions = nn.Parameter(torch.randn(positions, agent.hidden) / agent.hidden**0.5)
        self.blocks = nn.ModuleList(Block(agent.hidden, agent.heads, arithmetic) for _ in range(agent.layers))
        self.norm = Norm(agent.hidden)

    def embed(self, symbols: Tensor) -> Tensor:
        """Embeddings of int64 ``[*stack, n]`` or relaxed ``[*stack, n, alphabet]``, whose mass on EOS is not read."""
        if symbols.is_floating_point():
            return torch.matmul(symbols[..., 1:], self.embedding[..., 1 : symbols.shape[-1], :])
        return rows(self.embedding, symbols)

    def place(self, x: Tensor, first: int) -> Tensor:
        """Add to ``[*stack, n, positions, hidden]`` what says where each is, counted from `first`."""
        return x + beside(self.positions[..., first : first + x.shape[-2], :], x, 2)


class TransformerSpeaker(Speaker):
    """Say one symbol a step, each attending to the meaning and to all symbols before it.

    The state is what is remembered of them, the keys and values of every block: ``[*stack, n, said + 1, layers 2
    hidden]``. A step costs as much for each symbol said as the attention to it; none is computed again.

    Args:
        form: what a row of features is.
        channel: what may be said.
        agent: sizes.
        arithmetic: what its maps compute with.
    """

    stacks: ClassVar[Stacks] = True

    def __init__(self, form: Form, channel: Channel, agent: Transformer, arithmetic: Arithmetic = FLOAT) -> None:
        super().__init__()
        self.channel = channel
        self.encoder = agent.encoder.module(form, agent.hidden, arithmetic)
        self.body = _Body(channel.symbols + 1, channel.max_length, agent, arithmetic)
        self.out = affine(agent.hidden, channel.symbols + channel.variable, arithmetic.plain)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        if self.stacks is True:  # else this is one of many that take turns
            begin_pass(self.body)
        return self._say(self.encoder(features), None)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        return self._say(self.body.embed(symbols), state)

    def summary(self, state: Tensor) -> Tensor:
        """What is remembered of the meaning and of the last symbol: ``[*stack, n, 2 layers 2 hidden]``."""
        return torch.cat([state[..., 0, :], state[..., -1, :]], -1)

    def _say(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Take in one position more, ``[*stack, n, hidden]``."""
        before = 0 if state is None else state.shape[-2]
        x = self.body.place(x.unsqueeze(-2), before)
        pasts = [None] * len(self.body.blocks) if state is None else state.chunk(len(self.body.blocks), -1)
        remembered = []
        for block, past in zip(self.body.blocks, pasts, strict=True):
            x, new = block(x, None, past)
            remembered.append(new)
        memory = torch.cat(remembered, -1)
        return memory if state is None else torch.cat([state, memory], -2), self.out(self.body.norm(x.squeeze(-2)))


class TransformerListener(Answering):
    """Read a message with causal attention, and answer from the last symbol's position.

    A position sees nothing after it, so that prefixes cost no more than whole messages. Position 0 stands before the
    first symbol. What comes after the end of a message lies after the position that is answered from.

    Args:
        form: what a row of features is.
        channel: what may be heard.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        agent: sizes.
        arithmetic: what its maps compute with.
    """

    def __init__(
        self,
        form: Form,
        channel: Channel,
        sizes: tuple[int, ...] | None,
        agent: Transformer,
        arithmetic: Arithmetic = FLOAT,
    ) -> None:
        super().__init__(channel, sizes, agent.hidden, arithmetic)
        # Row 0 stands before the first symbol; the last is "erased".
        self.body = _Body(channel.symbols + 2, channel.max_length + 1, agent, arithmetic)
        self.out = answers(form, agent.hidden, sizes, agent.encoder, arithmetic)

    def understand(self, message: Tensor, every: bool = False) -> Tensor:
        x, ends = self._embedded(message)
        place = torch.arange(x.shape[-2], device=x.device)
        earlier = place <= place.unsqueeze(-1)
        *blocks, last = self.body.blocks
        for block in blocks:
            x, _ = block(x, earlier)
        whole, _ = last(x, place <= ends[..., None, None], at=ends)
        if not every:
            return self.body.norm(whole.squeeze(-2))
        x, _ = last(x, earlier)
        until = torch.minimum(place, ends.unsqueeze(-1)).unsqueeze(-1).expand(x.shape)  # after the end, the end
        early = x.gather(-2, until)[..., :-1, :]
        return torch.cat([self.body.norm(early), self.body.norm(whole)], -2)

    def _embedded(self, message: Tensor) -> tuple[Tensor, Tensor]:
        """Positions ``[*stack, n, positions + 1, hidden]``, and the last that counts, int64 ``[*stack, n]``."""
        if message.is_floating_point():
            every, heard = message.shape[-2], self.body.embed(message.flatten(-3, -2))
            ends = torch.full(message.shape[:-2], every, device=message.device)
        else:
            every, heard = message.shape[-1], self.body.embed(message.flatten(-2))
            ends = torch.full_like(message[..., 0], every)
            if self.channel.variable:
                ends = message_lengths(message)
        heard = heard.unflatten(-2, (-1, every))
        begin = beside(self.body.embedding[..., 0, :], heard).expand_as(heard[..., :1, :])
        return self.body.place(torch.cat([begin, heard], -2), 0), ends
