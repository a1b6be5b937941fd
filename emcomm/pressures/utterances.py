"""What pressures count in messages: where a speaker still speaks, how open its choices are, how common what it says.

All numbers are of one agent's own batch: nothing passes between runs or pairs. Symbols after EOS count nowhere.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.channel import EOS

__all__ = ["choices", "message_entropy", "surprisal"]


def choices(said: Utterance) -> Tensor:
    """At which positions the speaker chose something: a symbol, or EOS where lengths vary.

    Returns:
        float32 ``[runs, pairs, n, max_length]``, 1 or 0; for relaxed messages the share of the message that gets so
        far, in [0, 1] and differentiable.
    """
    return _reached((said.symbols != EOS).float() if said.relaxed is None else 1 - said.relaxed[..., EOS])


def message_entropy(said: Utterance) -> Tensor:
    """The entropies of a speaker's choices summed over a message, nats ``[runs, pairs, n]``, differentiable.

    By the chain rule their expectation over messages is the entropy of the message given the meaning. For relaxed
    messages the choices counted are those of the hard message, the largest entry of each row.
    """
    return said.entropy * _reached((said.symbols != EOS).float()).sum(-1)


def surprisal(said: Utterance, *, by_position: bool, eos: bool) -> Tensor:
    """How surprising each message is to somebody who knows only how often its speaker uses each symbol.

    The frequencies are those of the speaker's own batch, the message itself included, so that what is said never has
    probability 0; no gradient flows through them. For relaxed messages, which give every symbol a share, one count
    more is spread evenly over all symbols.

    Args:
        said: messages ``[runs, pairs, n, max_length]``.
        by_position: whether each position has frequencies of its own.
        eos: whether saying EOS counts as a symbol.

    Returns:
        nats ``[runs, pairs, n]``, >= 0, summed over the message; differentiable where messages are relaxed.
    """
    if said.relaxed is None:
        return _surprisal(said.symbols, choices(said), by_position, eos)
    share = choices(said).unsqueeze(-1) * said.relaxed
    share = share if eos else share[..., EOS + 1 :]
    counts = share.detach().sum(-3, keepdim=True)
    counts = counts if by_position else counts.sum(-2, keepdim=True)
    smoothed = (counts + 1 / counts.shape[-1]) / (counts.sum(-1, keepdim=True) + 1)
    return -(share * smoothed.log()).sum((-1, -2))


def _surprisal(symbols: Tensor, chosen: Tensor, by_position: bool, eos: bool) -> Tensor:
    """`surprisal` of sampled messages."""
    counted = chosen if eos else chosen * (symbols != EOS)
    symbols_there, counted_there = symbols.mT, counted.mT  # runs, pairs, max_length, n
    counts = counted.new_zeros(*symbols_there.shape[:-1], int(symbols.max()) + 1)
    counts.scatter_add_(-1, symbols_there, counted_there)
    if not by_position:
        counts = counts.sum(-2, keepdim=True).expand_as(counts)
    share = counts.gather(-1, symbols_there) / counts.sum(-1, keepdim=True)
    return -torch.where(counted_there > 0, share, 1.0).log().sum(-2)


def _reached(going_on: Tensor) -> Tensor:
    """From the share that goes on after each position, the share that gets to each."""
    return torch.cat([torch.ones_like(going_on[..., :1]), going_on[..., :-1].cumprod(-1)], -1)
