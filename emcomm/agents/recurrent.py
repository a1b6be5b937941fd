"""Speaker and listener around a recurrent cell, whichever it is."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import PositiveInt, SerializeAsAny
from torch import Tensor, nn

from emcomm.agents.answering import Answering, answers
from emcomm.agents.arithmetic import FLOAT, Arithmetic, Precise
from emcomm.agents.attention import AttentionReading, Reading
from emcomm.agents.base import Listener, Speaker, Stacks
from emcomm.agents.cell import Cell
from emcomm.agents.encoders import Encoder, Linear
from emcomm.agents.functions import rows
from emcomm.agents.layers import CellKind, affine, recurrent_cell
from emcomm.channel import EOS, Channel, message_lengths, trim
from emcomm.ternary import TernaryCell, in_vmap, watched
from emcomm.worlds.form import Form

__all__ = ["Recurrent", "RecurrentListener", "RecurrentSpeaker"]


class Recurrent(Precise):
    """Base of agents with one recurrent layer; a concrete one names its cell.

    Args:
        hidden: width of the recurrent state.
        embedding: width of a symbol's embedding.
        encoder: how meanings are seen, by speakers and by listeners that point.
        reading: what listeners answer from: ``"last"``, the last state, or ``"attention"``, an average of all states.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.
    """

    cell: ClassVar[CellKind]
    hidden: PositiveInt = 64
    embedding: PositiveInt = 16
    encoder: SerializeAsAny[Encoder] = Linear()
    reading: Reading = "last"

    def check(self, form: Form | None, channel: Channel) -> None:
        if form is not None:
            self.encoder.check(form)

    def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        arithmetic = self.arithmetic(dtype)
        encoder = self.encoder.module(form, self.hidden, arithmetic)
        # Row 0 stands for "nothing said yet".
        cell = recurrent_cell(self.cell, channel.symbols + 1, self.embedding, self.hidden, arithmetic)
        return RecurrentSpeaker(channel, encoder, cell, self.saying(channel.symbols + channel.variable, arithmetic))

    def saying(self, columns: int, arithmetic: Arithmetic) -> nn.Module:
        """Build what turns a speaker's outputs ``[*stack, n, hidden]`` into logits ``[*stack, n, columns]``."""
        return affine(self.hidden, columns, arithmetic.plain)

    def listener(
        self, form: Form, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        arithmetic = self.arithmetic(dtype)
        # Row 0 is never read; the last is "erased".
        cell = recurrent_cell(self.cell, channel.symbols + 2, self.embedding, self.hidden, arithmetic)
        out = answers(form, self.hidden, sizes, self.encoder, arithmetic)
        attention = AttentionReading(self.hidden, arithmetic) if self.reading == "attention" else None
        return RecurrentListener(channel, sizes, cell, out, attention, arithmetic)

    def tie(self, speaker: Speaker, listener: Listener) -> None:
        """Share the cell with its embeddings and, where the listener sees meanings too, their encoder."""
        assert isinstance(speaker, RecurrentSpeaker)
        assert isinstance(listener, RecurrentListener)
        speaker.cell = listener.cell  # it has one row more, for "erased", which no speaker says
        if listener.sizes is None:
            listener.out = speaker.encoder


class RecurrentSpeaker(Speaker):
    """Encode a meaning as the first state of a cell and say one symbol a step.

    Args:
        channel: what may be said.
        encoder: from rows of features to first outputs of the cell.
        cell: reads what was said.
        out: from the cell's outputs to logits.
    """

    stacks: ClassVar[Stacks] = True

    def __init__(self, channel: Channel, encoder: nn.Module, cell: Cell | TernaryCell, out: nn.Module) -> None:
        super().__init__()
        self.channel, self.encoder, self.cell, self.out = channel, encoder, cell, out
        self._table: Tensor | None = None

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        table = self.cell.table()
        if self.stacks is True:  # else this is one of many that take turns
            self._table = table
        state = self.cell.begin(self.encoder(features))
        begin = table[..., :1, :].expand(*state.shape[:-1], table.shape[-1])
        return self._logits(self.cell(begin, None, state))

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        table = self._table if self.stacks is True else self.cell.table()
        assert table is not None, "start() comes before step()"
        if symbols.is_floating_point():
            inputs = torch.matmul(symbols[..., 1:], table[..., 1 : symbols.shape[-1], :])
            return self._logits(self.cell(inputs, None, state))
        return self._logits(self.cell(table, symbols, state))

    def _logits(self, state: Tensor) -> tuple[Tensor, Tensor]:
        return state, self.out(self.cell.output(state))


class RecurrentListener(Answering):
    """Read a message with a cell; name every attribute, or point at the candidate whose encoding fits best.

    Args:
        channel: what may be heard.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        cell: reads messages.
        out: what it answers with, see `answers`.
        attention: sums up all states; None: the last state is answered from.
        arithmetic: what its maps compute with.
    """

    def __init__(
        self,
        channel: Channel,
        sizes: tuple[int, ...] | None,
        cell: Cell | TernaryCell,
        out: nn.Module,
        attention: AttentionReading | None = None,
        arithmetic: Arithmetic = FLOAT,
    ) -> None:
        super().__init__(channel, sizes, cell.hidden, arithmetic)
        self.cell, self.out, self.attention = cell, out, attention

    def understand(self, message: Tensor, every: bool = False) -> Tensor:
        relaxed = message.is_floating_point()
        needed = every or self.attention is not None
        states = self._read_relaxed(message) if relaxed else self._read(message, needed)
        if not needed:
            return self.cell.output(states[-1])
        outputs = self.cell.output(torch.stack(states, -2))
        if self.attention is None:
            return outputs
        lengths = message_lengths(message) if self.channel.variable and not relaxed else None
        whole = self.attention(outputs, lengths, False)
        if not every:
            return whole
        return torch.cat([self.attention(outputs, lengths, True)[..., :-1, :], whole.unsqueeze(-2)], -2)

    def _read(self, message: Tensor, every: bool) -> list[Tensor]:
        """States after 0, 1, ... symbols; a message that ended keeps its state. Only the last unless `every`."""
        variable = self.channel.variable
        if variable:
            message = trim(message)
        table = self.cell.table()
        alphabet, width, samples = table.shape[-2], self.cell.parts * self.cell.hidden, message.shape[-2]
        nothing = table.new_zeros(*table.shape[:-1], width)
        states = [nothing.new_zeros(*message.shape[:-1], width)] if every or variable else []
        # After one symbol there are only as many states as symbols: compute those, then look them up.
        by_symbol = self.cell(table, None, nothing)
        done = 1
        if not variable and message.shape[-1] > 1 and alphabet**2 <= samples:
            inputs = table.unsqueeze(-3).expand(*table.shape[:-2], alphabet, alphabet, table.shape[-1])
            before = by_symbol.unsqueeze(-2).expand(*table.shape[:-2], alphabet, alphabet, width)
            by_pair = self.cell(inputs.flatten(-3, -2), None, before.flatten(-3, -2))
            states += [rows(by_symbol, message[..., 0])] if every else []
            states.append(rows(by_pair, message[..., 0] * alphabet + message[..., 1]))
            done = 2
        else:
            first = rows(by_symbol, message[..., 0])
            if variable:  # an empty message leaves the listener in its initial state
                first = first.masked_fill((message[..., 0] == EOS).unsqueeze(-1), 0.0)
            states.append(first)
        last = message.shape[-1]
        if variable and not message.is_cuda and not in_vmap() and not watched():
            last = max(1, int(message_lengths(message).max()))  # nobody speaks beyond: those steps would change nothing
        for position in range(done, last):
            symbols = message[..., position]
            states.append(self.cell(table, symbols, states[-1], symbols == EOS if variable else None))
        if every:
            states += [states[-1]] * (message.shape[-1] - last)
        return states

    def _read_relaxed(self, message: Tensor) -> list[Tensor]:
        """States after 0, 1, ... symbols of a relaxed message; the mass on EOS is not read."""
        table = self.cell.table()
        states = [table.new_zeros(*message.shape[:-2], self.cell.parts * self.cell.hidden)]
        for position in range(message.shape[-2]):
            inputs = torch.matmul(message[..., position, 1:], table[..., 1:, :])
            states.append(self.cell(inputs, None, states[-1]))
        return states
