"""Teacher forcing: log-probabilities by hand, and agreement with what a speaker says of itself."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from emcomm.agents import GRU, Speaker
from emcomm.agents.forcing import teacher_forced
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.worlds.form import Flat


class Countdown(Speaker):
    """After symbol s it says s - 1 with three times the weight of anything else; it begins as if after a 3."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.step(features, torch.full(features.shape[:-1], 3))

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        first = 0 if self.channel.variable else 1  # what the first column stands for
        favourite = (symbols - 1).clamp_min(first) - first
        columns = self.channel.symbols + self.channel.variable
        return state, torch.nn.functional.one_hot(favourite, columns) * math.log(3)


FEATURES = torch.zeros(1, 2)
ABOUT = torch.zeros(4, dtype=torch.int64)


def test_log_probabilities_of_messages_with_an_end() -> None:
    messages = torch.tensor([[2, 1, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0], [1, 3, 2, 1]])
    forced = teacher_forced(Countdown(Channel(3, 4)), FEATURES, ABOUT, messages)
    # Four columns of weights 3, 1, 1, 1: a favourite has 1/2, another 1/6. Favourites: 2 at first, then one less.
    assert forced.likeliest.tolist() == [
        [True, True, True, False],  # 2, 1, EOS
        [True, False, False, False],  # 2; then 1 and again 1 is expected, not 2 and EOS
        [False, False, False, False],  # 2 is expected
        [False, False, True, True],  # 2 and EOS are expected, then 2 and 1
    ]
    hits, misses = (3, 1, 0, 2), (0, 2, 1, 2)
    expected = [hit * math.log(1 / 2) + miss * math.log(1 / 6) for hit, miss in zip(hits, misses, strict=True)]
    assert forced.log_prob.tolist() == pytest.approx(expected)
    assert forced.spoken.sum(-1).tolist() == [3, 3, 1, 4]


def test_log_probabilities_of_messages_without_an_end() -> None:
    messages = torch.tensor([[2, 1], [2, 2], [3, 2], [1, 3]])
    forced = teacher_forced(Countdown(Channel(3, 2, variable=False)), FEATURES, ABOUT, messages)
    assert forced.likeliest.tolist() == [[True, True], [True, False], [False, True], [False, False]]
    # Three columns of weights 3, 1, 1: a favourite has 3/5, another 1/5.
    expected = [hit * math.log(3 / 5) + (2 - hit) * math.log(1 / 5) for hit in (2, 1, 1, 0)]
    assert forced.log_prob.tolist() == pytest.approx(expected)
    assert forced.spoken.all()


@pytest.mark.parametrize("variable", [True, False])
def test_a_message_is_likeliest_throughout_exactly_when_the_speaker_says_it(variable: bool) -> None:
    channel = Channel(3, 5, variable)
    torch.manual_seed(7)
    speaker = GRU(hidden=13, embedding=2).speaker(Flat(11), channel)
    features, index = torch.randn(17, 11) * 3, torch.arange(17)
    said = speak(speaker, features, index, torch.rand(17, 5) if variable else None)
    messages = said.symbols.clone()
    messages[::2, 0] = messages[::2, 0] % 3 + 1  # every other one is changed
    forced = teacher_forced(speaker, features, index, messages)
    greedy = speak(speaker, features, index, None).symbols
    whole = (forced.likeliest == forced.spoken).all(-1)
    assert torch.equal(whole, (greedy == messages).all(-1))
    assert 0 < int(whole.sum()) < 17
    if variable:  # what was said by chance has the log-probability that it was said with
        kept = torch.arange(1, 17, 2)
        assert forced.log_prob[kept].tolist() == pytest.approx(said.log_prob[kept].tolist(), abs=1e-5)


def test_what_comes_after_the_end_teaches_nothing() -> None:
    torch.manual_seed(7)
    speaker = GRU(hidden=7, embedding=2).speaker(Flat(2), Channel(3, 5))
    short = torch.tensor([[1, 2, 0, 0, 0]])
    about = torch.zeros(2, dtype=torch.int64)
    alone = teacher_forced(speaker, torch.ones(1, 2), about[:1], short).log_prob
    beside = teacher_forced(speaker, torch.ones(1, 2), about, torch.cat([short, torch.ones(1, 5).long()])).log_prob
    assert torch.allclose(beside[0], alone[0], atol=1e-6)
    parameters = list(speaker.parameters())
    ones = torch.autograd.grad(alone.sum(), parameters)
    others = torch.autograd.grad(beside[0], parameters)
    for one, other in zip(ones, others, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
