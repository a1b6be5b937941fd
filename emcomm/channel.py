"""`Channel`, the shape of what may be said, and the one end-of-sequence convention of the whole project.

A message is a row of integers ``[..., max_length]``: ``0`` is end-of-sequence (EOS), symbols are ``1..symbols``. After
the first 0 everything is 0, and nobody ever sees it. Length counts the symbols before EOS. With ``variable=False``
there is no EOS and every message has `max_length` symbols. ``symbols + 1`` stands for an erased symbol; only a noisy
channel writes it and only listeners read it.
"""

from __future__ import annotations

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from emcomm.config import Config

__all__ = ["EOS", "Channel", "erase_symbols", "message_lengths", "replace_symbols", "trim"]

EOS = 0


class Channel(Config):
    """The alphabet and length limit of messages.

    Args:
        symbols: number of symbols a speaker can choose from, EOS not counted (``1..symbols``).
        max_length: most symbols in a message, EOS not counted.
        variable: whether a speaker may stop early by saying EOS.
    """

    symbols: PositiveInt = Field(ge=2)
    max_length: PositiveInt
    variable: bool = True

    def __init__(self, symbols: int, max_length: int, variable: bool = True) -> None:
        super().__init__(symbols=symbols, max_length=max_length, variable=variable)

    @property
    def erased(self) -> int:
        """The integer a listener reads in place of an erased symbol."""
        return self.symbols + 1

    @property
    def capacity(self) -> int:
        """How many different messages exist (the empty one included when lengths vary)."""
        if not self.variable:
            return self.symbols**self.max_length
        return sum(self.symbols**length for length in range(self.max_length + 1))


def message_lengths(symbols: Tensor) -> Tensor:
    """Count the symbols before EOS.

    Args:
        symbols: integer messages ``[..., max_length]``, raw or trimmed.

    Returns:
        int64 ``[...]`` in ``0..max_length``.
    """
    return (symbols != EOS).to(torch.int64).cumprod(-1).sum(-1)


def trim(symbols: Tensor) -> Tensor:
    """Set everything after the first EOS to 0; shape and dtype are kept."""
    return symbols * (symbols != EOS).cumprod(-1).to(symbols.dtype)


def replace_symbols(symbols: Tensor, probability: Tensor, draws: Tensor, channel: Channel) -> Tensor:
    """Replace each symbol, with a probability, by another symbol chosen uniformly; EOS and lengths stay.

    Args:
        symbols: int64 messages ``[..., max_length]``.
        probability: chance of replacement in [0, 1], broadcastable to `symbols`.
        draws: uniform numbers in [0, 1), shaped like `symbols`. One draw decides both whether and by what.
        channel: gives the alphabet.

    Returns:
        int64 messages shaped like `symbols`; a replaced symbol never equals the original.
    """
    hit = (draws < probability) & (symbols != EOS)
    offset = (draws / probability.clamp_min(torch.finfo(draws.dtype).tiny) * (channel.symbols - 1)).long()
    offset = offset.clamp(0, channel.symbols - 2)
    other = (symbols - 1 + 1 + offset) % channel.symbols + 1
    return torch.where(hit, other, symbols)


def erase_symbols(symbols: Tensor, probability: Tensor, draws: Tensor, channel: Channel) -> Tensor:
    """Replace each symbol, with a probability, by `Channel.erased`; arguments as in `replace_symbols`."""
    hit = (draws < probability) & (symbols != EOS)
    return torch.where(hit, torch.full_like(symbols, channel.erased), symbols)
