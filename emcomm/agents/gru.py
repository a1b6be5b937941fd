"""Speaker and listener built around a gated recurrent unit."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from emcomm.agents.base import Agent, Listener, Speaker
from emcomm.agents.cell import GRUCell
from emcomm.agents.functions import linear, product, rows
from emcomm.channel import EOS, Channel, message_lengths, trim

__all__ = ["GRU", "GRUListener", "GRUSpeaker"]


class GRU(Agent):
    """Recurrent agents with one gated unit.

    Args:
        hidden: width of the recurrent state.
        embedding: width of a symbol's embedding.

    Source: the architecture of Chaabouni et al. 2020 (EGG ``compo_vs_generalization``), one layer.
    """

    name: ClassVar[str] = "gru"
    hidden: PositiveInt = 64
    embedding: PositiveInt = 16

    def speaker(self, features: int, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        return GRUSpeaker(features, channel, hidden=self.hidden, embedding=self.embedding, dtype=dtype)

    def listener(
        self, features: int, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        return GRUListener(features, channel, sizes, hidden=self.hidden, embedding=self.embedding, dtype=dtype)


class GRUSpeaker(Speaker):
    """Encode a meaning as the first state of a GRU and say one symbol a step.

    Args:
        features: width of a meaning.
        channel: what may be said.
        hidden: width of the state.
        embedding: width of a symbol's embedding.
        dtype: precision of matrix products.
    """

    stacks: ClassVar[bool] = True

    def __init__(
        self,
        features: int,
        channel: Channel,
        *,
        hidden: int = 64,
        embedding: int = 16,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.channel, self.dtype = channel, dtype
        self.encoder = nn.Linear(features, hidden)
        self.cell = GRUCell(channel.symbols + 1, embedding, hidden, dtype)  # row 0 stands for "nothing said yet"
        self.out = nn.Linear(hidden, channel.symbols + channel.variable)
        self._table: Tensor | None = None

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        self._table = self.cell.table()
        state = linear(features, self.encoder.weight, self.encoder.bias)
        begin = self._table[..., :1, :].expand(*state.shape[:-1], 3 * self.cell.hidden)
        return self._logits(self.cell(begin, None, state))

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        assert self._table is not None, "start() comes before step()"
        if symbols.is_floating_point():
            inputs = torch.matmul(symbols[..., 1:], self._table[..., 1:, :])
            return self._logits(self.cell(inputs, None, state))
        return self._logits(self.cell(self._table, symbols, state))

    def _logits(self, state: Tensor) -> tuple[Tensor, Tensor]:
        return state, linear(state, self.out.weight, self.out.bias, self.dtype)


class GRUListener(Listener):
    """Read a message with a GRU; name every attribute, or point at the candidate whose embedding fits best.

    Args:
        features: width of a meaning.
        channel: what may be heard.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        hidden: width of the state.
        embedding: width of a symbol's embedding.
        dtype: precision of matrix products.
    """

    stacks: ClassVar[bool] = True

    def __init__(
        self,
        features: int,
        channel: Channel,
        sizes: tuple[int, ...] | None,
        *,
        hidden: int = 64,
        embedding: int = 16,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.channel, self.sizes, self.dtype, self.width = channel, sizes, dtype, hidden
        self.cell = GRUCell(channel.symbols + 2, embedding, hidden, dtype)  # row 0 is never read; the last is "erased"
        self.out = nn.Linear(features, hidden) if sizes is None else nn.Linear(hidden, sum(sizes))

    def forward(
        self,
        message: Tensor,
        features: Tensor,
        candidates: Tensor | None,
        prefixes: bool = False,
        keep: Tensor | None = None,
    ) -> Tensor:
        relaxed = message.is_floating_point()
        states = self._read_relaxed(message) if relaxed else self._read(message, prefixes)
        if not prefixes:
            return self._answer(states[-1] if keep is None else states[-1] * keep, features, candidates)
        state = torch.stack(states, -2)
        if keep is not None:
            state = state * keep.unsqueeze(-2)
        flat = state.reshape(*state.shape[:-3], -1, state.shape[-1])
        if candidates is not None:
            candidates = candidates.repeat_interleave(state.shape[-2], -2)
        return self._answer(flat, features, candidates).view(*state.shape[:-1], -1)

    def _read(self, message: Tensor, prefixes: bool) -> list[Tensor]:
        """States after 0, 1, ... symbols; a message that ended keeps its state. Only the last unless `prefixes`."""
        if self.channel.variable:
            message = trim(message)
        table = self.cell.table()
        alphabet, hidden, samples = table.shape[-2], self.cell.hidden, message.shape[-2]
        nothing = table.new_zeros(*table.shape[:-1], hidden)
        states = [nothing.new_zeros(*message.shape[:-1], hidden)] if prefixes or self.channel.variable else []
        variable = self.channel.variable
        # After one symbol there are only as many states as symbols: compute those, then look them up.
        by_symbol = self.cell(table, None, nothing)
        done = 1
        if not variable and not prefixes and message.shape[-1] > 1 and alphabet**2 <= samples:
            inputs = table.unsqueeze(-3).expand(*table.shape[:-2], alphabet, alphabet, 3 * hidden)
            before = by_symbol.unsqueeze(-2).expand(*table.shape[:-2], alphabet, alphabet, hidden)
            by_pair = self.cell(inputs.flatten(-3, -2), None, before.flatten(-3, -2))
            states.append(rows(by_pair, message[..., 0] * alphabet + message[..., 1]))
            done = 2
        else:
            first = rows(by_symbol, message[..., 0])
            if variable:  # an empty message leaves the listener in its initial state
                first = first.masked_fill((message[..., 0] == EOS).unsqueeze(-1), 0.0)
            states.append(first)
        last = message.shape[-1]
        if variable and not message.is_cuda:
            last = max(1, int(message_lengths(message).max()))  # nobody speaks beyond: those steps would change nothing
        for position in range(done, last):
            symbols = message[..., position]
            states.append(self.cell(table, symbols, states[-1], symbols == EOS if variable else None))
        if prefixes:
            states += [states[-1]] * (message.shape[-1] - last)
        return states

    def _read_relaxed(self, message: Tensor) -> list[Tensor]:
        """States after 0, 1, ... symbols of a relaxed message; the mass on EOS is not read."""
        table = self.cell.table()
        states = [table.new_zeros(*message.shape[:-2], self.cell.hidden)]
        for position in range(message.shape[-2]):
            inputs = torch.matmul(message[..., position, 1:], table[..., 1:, :])
            states.append(self.cell(inputs, None, states[-1]))
        return states

    def _answer(self, state: Tensor, features: Tensor, candidates: Tensor | None) -> Tensor:
        if self.sizes is not None:
            return linear(state, self.out.weight, self.out.bias, self.dtype)
        assert candidates is not None, "a pointing listener needs candidates"
        meanings = linear(features, self.out.weight, self.out.bias)
        return product(state, meanings.mT, self.dtype).gather(-1, candidates)
