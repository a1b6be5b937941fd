"""The loop that turns any `Speaker` into messages: sampled, greedy or relaxed.

Symbols that would follow the end of a message are 0; they add nothing to its log-probability or entropy.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from emcomm.agents.base import Speaker, Utterance
from emcomm.agents.functions import policy, rows, sample
from emcomm.channel import EOS
from emcomm.ternary import watched

__all__ = ["begin", "speak", "speak_relaxed"]


def speak(speaker: Speaker, features: Tensor, index: Tensor, draws: Tensor | None) -> Utterance:
    """Say one message about each of a batch of meanings.

    Args:
        speaker: a speaker for one run or, with stacked parameters, for many.
        features: float32 ``[*stack, meanings, features]``, every meaning there is.
        index: int64 ``[*stack, n]``, which meaning each message is about.
        draws: uniform numbers in [0, 1) ``[*stack, n, max_length]`` to sample with; None says the most probable
            symbol each time.

    Returns:
        an `Utterance` of n messages.
    """
    channel = speaker.channel
    state, logits = begin(speaker, features, index)
    alive = torch.ones_like(index, dtype=torch.bool)
    choices, seen, spoken = [], [], []
    for position in range(channel.max_length):
        choice = logits.argmax(-1) if draws is None else sample(logits, draws[..., position])
        spoken.append(alive)
        seen.append(logits)
        choices.append(choice)
        if channel.variable:
            alive = alive & (choice != EOS)
        early = channel.variable and not alive.is_cuda and not watched()
        if position + 1 == channel.max_length or (early and not alive.any()):
            break
        state, logits = speaker.step(state, choice + (not channel.variable))
    chosen, turns = torch.stack(choices, -1), torch.stack(spoken, -1)
    log_prob, entropy = policy(torch.stack(seen, -2), chosen, turns.float())
    symbols = (chosen + (not channel.variable)) * turns
    return Utterance(pad(symbols, (0, channel.max_length - len(choices))), log_prob, entropy)


def speak_relaxed(
    speaker: Speaker, features: Tensor, index: Tensor, draws: Tensor, temperature: Tensor, hard: bool
) -> Utterance:
    """Say relaxed messages through which gradients flow.

    Args:
        speaker: as in `speak`.
        features: as in `speak`.
        index: as in `speak`.
        draws: uniform numbers in [0, 1) ``[*stack, n, max_length, logits]``.
        temperature: ``[*stack]``, > 0; small is close to one-hot.
        hard: straight-through: rows are one-hot on the way forward and soft on the way back.

    Returns:
        an `Utterance` with `relaxed` rows; its symbols are the largest entry of each row.

    Source: Jang et al. 2017; Maddison et al. 2017 (Gumbel-Softmax, straight-through variant).
    """
    channel = speaker.channel
    state, logits = begin(speaker, features, index)
    tau = temperature.reshape(*temperature.shape, 1, 1)
    tiny = torch.finfo(draws.dtype).tiny
    relaxed, entropies = [], []
    for position in range(channel.max_length):
        gumbel = -(-draws[..., position, :].clamp_min(tiny).log()).clamp_min(tiny).log()
        soft = ((logits + gumbel) / tau).softmax(-1)
        log_p = logits.log_softmax(-1)
        entropies.append(-(log_p.exp() * log_p).sum(-1))
        if hard:
            one_hot = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
            soft = one_hot + (soft - soft.detach())
        if not channel.variable:
            soft = torch.cat([torch.zeros_like(soft[..., :1]), soft], -1)
        relaxed.append(soft)
        if position + 1 < channel.max_length:
            state, logits = speaker.step(state, soft)
    rows_ = torch.stack(relaxed, -2)
    symbols = rows_.argmax(-1)
    before = (symbols != 0).long().cumprod(-1)
    spoken = torch.cat([torch.ones_like(before[..., :1]), before[..., :-1]], -1)
    entropy = (torch.stack(entropies, -1) * spoken).sum(-1) / spoken.sum(-1)
    return Utterance(symbols * before, logits.new_zeros(index.shape), entropy, rows_)


def begin(speaker: Speaker, features: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """First state and logits of every game; meanings that many games share are looked at once."""
    if features.shape[-2] <= index.shape[-1]:
        state, logits = speaker.start(features)
        picked = rows(state.reshape(*features.shape[:-1], -1), index)
        return picked.view(*index.shape, *state.shape[index.dim() :]), rows(logits, index)
    return speaker.start(rows(features, index))
