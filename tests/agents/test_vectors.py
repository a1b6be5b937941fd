"""Messages of real numbers: what a speaker's logits become, and that it goes on from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS
from emcomm.agents.recurrent import RecurrentSpeaker
from emcomm.agents.vectors import Activation, speak_vectors
from emcomm.channel import Channel
from tests.agents.kinds import N, about, stack_of, uniform

CHANNEL = Channel(5, 3, variable=False)
APPLIED: dict[Activation, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "softmax": lambda logits: logits.softmax(-1),
    "identity": lambda logits: logits,
}
EVERY = pytest.mark.parametrize("activation", get_args(Activation))


@EVERY
def test_each_row_follows_from_the_row_before(
    activation: Activation, features: Tensor, speaker_of: Callable[..., RecurrentSpeaker]
):
    speaker, index = speaker_of(CHANNEL), torch.arange(13)
    said = speak_vectors(speaker, features, index, activation)
    assert said.relaxed is not None
    assert said.relaxed.shape == (13, 3, 6)
    assert (said.relaxed[..., 0] == 0).all()  # nobody says the end
    state, logits = speaker.start(features)
    for position in range(3):
        row = APPLIED[activation](logits)
        torch.testing.assert_close(said.relaxed[:, position, 1:], row)
        assert torch.equal(said.symbols[:, position], row.argmax(-1) + 1)
        # The sum of all embeddings, each times its number, in place of one of them.
        state, logits = speaker.step(state, torch.cat([torch.full((13, 1), 9.0), row], -1))
    assert (said.log_prob == 0).all()
    assert (said.entropy == 0).all()


def test_rows_that_are_one_symbol_are_that_symbol(features: Tensor, speaker_of: Callable[..., RecurrentSpeaker]):
    speaker = speaker_of(CHANNEL)
    state, _ = speaker.start(features)
    one_hot = nn.functional.one_hot(torch.full((13,), 4), 6).float()
    torch.testing.assert_close(speaker.step(state, one_hot)[1], speaker.step(state, torch.full((13,), 4))[1])


@EVERY
@pytest.mark.parametrize("kind", AGENTS.names())
def test_every_kind_of_speaker_says_the_same_alone_or_in_a_stack(kind: str, activation: Activation):
    meanings, index = uniform(3, 13, 11), about()
    stack = stack_of(kind, "speaker", variable=False)
    whole = speak_vectors(stack.stack.speaker(), meanings, index, activation)
    assert whole.relaxed is not None
    assert whole.symbols.shape == (3, N, stack.channel.max_length)
    for place, seed in enumerate((5, 7, 11)):
        own = stack_of(kind, "speaker", variable=False, seeds=(seed,))
        alone = speak_vectors(own.stack.speaker(), meanings[[place]], index[[place]], activation)
        assert alone.relaxed is not None
        assert torch.equal(alone.relaxed[0], whole.relaxed[place])
        assert torch.equal(alone.symbols[0], whole.symbols[place])


@EVERY
def test_slopes_reach_the_meaning_from_every_row(
    activation: Activation, features: Tensor, speaker_of: Callable[..., RecurrentSpeaker]
):
    speaker = speaker_of(CHANNEL)
    for position in range(3):
        said = speak_vectors(speaker, features, torch.arange(13), activation)
        assert said.relaxed is not None
        slope, _ = torch.autograd.grad(
            (said.relaxed[:, position] * uniform(6)).sum(), list(speaker.encoder.parameters())
        )
        assert (slope != 0).all()
