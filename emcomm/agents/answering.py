"""How listeners answer from what they have understood: name every attribute, or point at a candidate."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.base import Listener, Stacks
from emcomm.agents.encoders import Encoder
from emcomm.agents.functions import product
from emcomm.agents.layers import affine
from emcomm.channel import Channel
from emcomm.worlds.form import Form

__all__ = ["Answering", "answers"]


def answers(
    form: Form, hidden: int, sizes: tuple[int, ...] | None, encoder: Encoder, arithmetic: Arithmetic = FLOAT
) -> nn.Module:
    """Make what an `Answering` listener answers with.

    Args:
        form: what a row of features is.
        hidden: how many numbers it answers from.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        encoder: how it sees candidates.
        arithmetic: what its maps compute with.

    Returns:
        a map from states to the values of all attributes, or from rows of features to what states are compared with.
    """
    return encoder.module(form, hidden, arithmetic) if sizes is None else affine(hidden, sum(sizes), arithmetic.plain)


class Answering(Listener):
    """Base of listeners that sum a message up in a state: attributes are read off it, candidates compared with it.

    A candidate's score is the dot product of the state and of what the encoder makes of the candidate.

    Args:
        channel: what may be heard.
        sizes: values of each attribute if it names attributes; None if it points at candidates.
        width: how many numbers it answers from.
        arithmetic: what its maps compute with.

    Attributes:
        out: from `answers`; a subclass sets it.
    """

    stacks: ClassVar[Stacks] = True
    out: nn.Module

    def __init__(self, channel: Channel, sizes: tuple[int, ...] | None, width: int, arithmetic: Arithmetic) -> None:
        super().__init__()
        self.channel, self.sizes, self.width = channel, sizes, width
        self.dtype = arithmetic.products

    def forward(
        self,
        message: Tensor,
        features: Tensor,
        candidates: Tensor | None,
        prefixes: bool = False,
        keep: Tensor | None = None,
    ) -> Tensor:
        understood = self.understand(message, prefixes)
        if not prefixes:
            return self.answer(understood, features, candidates, keep)
        # The whole message is answered apart, so that who asks for prefixes changes no bit of it.
        early = self.answer_each(understood[..., :-1, :], features, candidates, keep)
        whole = self.answer(understood[..., -1, :], features, candidates, keep)
        return torch.cat([early, whole.unsqueeze(-2)], -2)

    def understand(self, message: Tensor, every: bool = False) -> Tensor:
        """Sum up a message.

        Args:
            message: as in `Listener.forward`.
            every: also sum up its first 0, 1, ..., max_length symbols.

        Returns:
            a state ``[*stack, n, width]``, or ``[*stack, n, max_length + 1, width]`` of which the last has the same
            bits as without `every`.
        """
        raise TypeError(f"{type(self).__name__} does not define understand()")

    def answer(self, state: Tensor, features: Tensor, candidates: Tensor | None, keep: Tensor | None) -> Tensor:
        """Answer from states ``[*stack, n, width]``; the rest and the result as in `Listener.forward`."""
        return self._logits(state if keep is None else state * keep, features, candidates)

    def answer_each(self, states: Tensor, features: Tensor, candidates: Tensor | None, keep: Tensor | None) -> Tensor:
        """Answer at several points from states ``[*stack, n, points, width]``: ``[*stack, n, points, answers]``."""
        if keep is not None:
            states = states * keep.unsqueeze(-2)
        points = states.shape[-2]
        if candidates is not None:
            candidates = candidates.repeat_interleave(points, -2)
        return self._logits(states.flatten(-3, -2), features, candidates).unflatten(-2, (-1, points))

    def _logits(self, state: Tensor, features: Tensor, candidates: Tensor | None) -> Tensor:
        if self.sizes is not None:
            logits: Tensor = self.out(state)
            return logits
        assert candidates is not None, "a pointing listener needs candidates"
        return product(state, self.out(features).mT, self.dtype).gather(-1, candidates)
