"""Teacher forcing: what a speaker makes of given messages, each symbol after the right ones before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from emcomm.agents.base import Speaker
from emcomm.agents.functions import policy, rows
from emcomm.channel import EOS

__all__ = ["Forced", "teacher_forced"]


class Forced(NamedTuple):
    """What a speaker makes of given messages.

    Attributes:
        log_prob: float32 ``[*stack, n]``, nats, <= 0: log-probability of the message, EOS included if it has one.
        likeliest: bool ``[*stack, n, positions]``: whether the given symbol is the most probable there; False where
            nothing is said. The most probable message is the given one if and only if this holds wherever one speaks.
        spoken: bool ``[*stack, n, positions]``: whether something is said there, EOS being said too.
        entropy: float32 ``[*stack, n]``, nats: the speaker's entropy, mean over the positions it spoke at.
        logits: float32 ``[*stack, n, positions, columns]``, what each symbol was chosen from.
        choices: int64 ``[*stack, n, positions]``, the column of each symbol; any where nothing is said.
        values: float32 ``[*stack, n, positions]``, what `watch` makes of the state in which each symbol is chosen,
            exactly 0 where nothing is said; None without it.
    """

    log_prob: Tensor
    likeliest: Tensor
    spoken: Tensor
    entropy: Tensor
    logits: Tensor
    choices: Tensor
    values: Tensor | None

    @property
    def log_probs(self) -> Tensor:
        """Log-probability of each symbol, nats, ``[*stack, n, positions]``; exactly 0 where nothing is said."""
        chosen = self.logits.log_softmax(-1).gather(-1, self.choices.unsqueeze(-1)).squeeze(-1)
        return torch.where(self.spoken, chosen, 0.0)


def teacher_forced(
    speaker: Speaker,
    features: Tensor,
    index: Tensor,
    messages: Tensor,
    watch: Callable[[Tensor], Tensor] | None = None,
) -> Forced:
    """Let a speaker say given messages.

    Args:
        speaker: a speaker for one run or, with stacked parameters, for many.
        features: float32 ``[*stack, meanings, features]``, every meaning there is.
        index: int64 ``[*stack, n]``, which meaning each message is about.
        messages: int64 ``[*stack, n, max_length]``, trimmed.
        watch: what to compute of each state on the way, ``[*stack, n]``, such as its value.

    Returns:
        `Forced`, for the positions up to the end of the longest message.

    Source: Williams & Zipser 1989.
    """
    channel = speaker.channel
    going_on = (messages != EOS).cumprod(-1).bool()
    spoken = torch.cat([torch.ones_like(going_on[..., :1]), going_on[..., :-1]], -1)
    last = channel.max_length
    if not messages.is_cuda:  # nobody speaks beyond: those steps would change nothing
        last = int(spoken.sum(-1).max())
    state, logits = speaker.start(rows(features, index))
    seen, values = [logits], [] if watch is None else [watch(state)]
    for position in range(last - 1):
        state, logits = speaker.step(state, messages[..., position])
        seen.append(logits)
        if watch is not None:
            values.append(watch(state))
    stacked, spoken = torch.stack(seen, -2), spoken[..., :last]
    choices = (messages[..., :last] - int(not channel.variable)).clamp_min(0)
    log_prob, entropy = policy(stacked, choices, spoken.to(stacked.dtype))
    likeliest = (stacked.detach().argmax(-1) == choices) & spoken
    expected = torch.where(spoken, torch.stack(values, -1), 0.0) if values else None
    return Forced(log_prob, likeliest, spoken, entropy, stacked, choices, expected)
