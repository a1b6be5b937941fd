"""Feed-forward agents: one symbol and no more, and what they compute, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emcomm.agents import FeedForward, Listener, Speaker
from emcomm.agents.speaking import speak
from emcomm.channel import EOS, Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Flat

AGENT, FORM = FeedForward(hidden=7, embedding=3), Flat(11)


def test_channels_of_more_than_one_symbol_are_refused_in_one_line():
    for build in (lambda: AGENT.speaker(FORM, Channel(5, 2)), lambda: AGENT.listener(FORM, Channel(5, 2), None)):
        with pytest.raises(BadInput, match="say one symbol, and the channel has max_length=2; set it to 1") as caught:
            build()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("variable", [True, False])
def test_a_speaker_is_one_hidden_layer(variable: bool):
    torch.manual_seed(1)
    speaker: Speaker = AGENT.speaker(FORM, Channel(5, 1, variable))
    weights = dict(speaker.named_parameters())
    features = torch.randn(13, 11)
    hidden = torch.relu(features @ weights["encoder.weight"].mT + weights["encoder.bias"])
    expected = hidden @ weights["out.weight"].mT + weights["out.bias"]
    torch.testing.assert_close(speaker.start(features)[1], expected)
    said = speak(speaker, features, torch.arange(13), None).symbols
    assert torch.equal(said[:, 0], expected.argmax(-1) + (not variable))


def test_a_listener_is_one_hidden_layer():
    torch.manual_seed(1)
    listener: Listener = AGENT.listener(FORM, Channel(5, 1), (2, 3))
    weights = dict(listener.named_parameters())
    features = torch.randn(13, 11)

    def answer(hidden: Tensor) -> Tensor:
        return hidden @ weights["out.weight"].mT + weights["out.bias"]

    message = torch.tensor([[1], [6], [EOS]])
    heard = weights["embedding"][message[:, 0]] @ weights["heard.weight"].mT + weights["heard.bias"]
    hidden = torch.relu(heard) * torch.tensor([[1.0], [1.0], [0.0]])  # nothing said, nothing heard
    torch.testing.assert_close(listener(message, features, None), answer(hidden))
    every = listener(message, features, None, True)
    torch.testing.assert_close(every, torch.stack([answer(torch.zeros(3, 7)), answer(hidden)], -2))
