"""Messages of real numbers in place of symbols, said by the speakers that there are."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from emcomm.agents.base import Speaker, Utterance
from emcomm.agents.speaking import begin

__all__ = ["Activation", "speak_vectors"]

Activation: TypeAlias = Literal["tanh", "softmax", "identity"]


def speak_vectors(speaker: Speaker, features: Tensor, index: Tensor, activation: Activation) -> Utterance:
    """Say one message of real numbers about each of a batch of meanings: a row for each position, nothing by chance.

    A row is what the speaker's logits become by the activation. The speaker goes on from the row that it said, as it
    goes on from a symbol: where it would look up a symbol's embedding, it takes the sum of all embeddings, each times
    its number.

    Args:
        speaker: a speaker for one run or, with stacked parameters, for many; its channel has one length.
        features: float32 ``[*stack, meanings, features]``, every meaning there is.
        index: int64 ``[*stack, n]``, which meaning each message is about.
        activation: ``"tanh"`` (numbers in (-1, 1)), ``"softmax"`` (numbers in (0, 1) that sum to 1) or ``"identity"``.

    Returns:
        an `Utterance` whose `relaxed` rows are the message, with a first column of zeros for EOS. Its symbols are the
        place of the largest number of each row, counted from 1: a discretisation that nobody hears. There is no choice:
        log-probability and entropy are 0.

    Source: after EGG's continuous communication (Kharitonov et al. 2019: the last layer's output is the message).
    """
    channel = speaker.channel
    state, logits = begin(speaker, features, index)
    said, largest = [], []
    for position in range(channel.max_length):
        row = logits
        if activation != "identity":
            row = logits.tanh() if activation == "tanh" else logits.softmax(-1)
        row = torch.cat([torch.zeros_like(row[..., :1]), row], -1)
        said.append(row)
        largest.append(logits.argmax(-1) + 1)
        if position + 1 < channel.max_length:
            state, logits = speaker.step(state, row)
    nothing = logits.new_zeros(index.shape)
    return Utterance(torch.stack(largest, -1), nothing, nothing, torch.stack(said, -2))
