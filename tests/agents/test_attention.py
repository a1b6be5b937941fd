"""Attention beside torch's own, and reading by attention worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from emcomm.agents import GRU
from emcomm.agents.attention import AttentionReading, attend
from emcomm.channel import Channel, trim
from emcomm.worlds.form import Flat


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("masked", [True, False])
def test_it_is_the_attention_of_torch(masked: bool):
    asked, keys, values = random(2, 11, 3, 5), random(2, 11, 7, 5, seed=2), random(2, 11, 7, 13, seed=3)
    allowed = random(2, 11, 3, 7, seed=4) > 0
    allowed[..., 0] = True
    given = allowed if masked else None
    expected = scaled_dot_product_attention(asked, keys, values, given)
    torch.testing.assert_close(attend(asked, keys, values, given), expected)


def test_what_is_not_allowed_may_be_anything():
    asked, keys, values = random(11, 3, 5), random(11, 7, 5, seed=2), random(11, 7, 13, seed=3)
    allowed = torch.arange(7) < 4
    before = attend(asked, keys, values, allowed)
    keys[:, 4:], values[:, 4:] = 1e20, -1e20
    assert torch.equal(attend(asked, keys, values, allowed), before)


def reading(weight: float) -> AttentionReading:
    """One that asks with the state itself, times a number."""
    module = AttentionReading(2)
    with torch.no_grad():
        module.get_parameter("ask.weight").copy_(weight * torch.eye(2))
        module.get_parameter("ask.bias").zero_()
    return module


def test_reading_by_hand():
    # Asked with (1, 0) x sqrt(2) ln 3 / 1: fits are ln 3 x the first number of a state (over the root of the width).
    # States (0, 0), (0, 8), (1, 0): weights 1 : 1 : 3, so the average is (3 / 5, 8 / 5).
    states = torch.tensor([[[0.0, 0.0], [0.0, 8.0], [1.0, 0.0]]])
    module = reading(math.sqrt(2) * math.log(3))
    torch.testing.assert_close(module(states, None, False), torch.tensor([[0.6, 1.6]]))
    # After no symbol, there is (0, 0) alone; after one, (0, 8) asks, and fits itself by far the best.
    expected = torch.tensor([[[0.0, 0.0], [0.0, 8.0], [0.6, 1.6]]])
    torch.testing.assert_close(module(states, None, True), expected, rtol=0, atol=1e-6)


def test_states_after_the_end_have_no_weight():
    # With the weight 0 all states count alike. Three messages of 0, 1 and 2 symbols; after the end the state stays.
    states = torch.tensor([[[2.0, 2], [2, 2], [2, 2]], [[2, 2], [4, 0], [4, 0]], [[2, 2], [4, 0], [9, 7]]])
    module, lengths = reading(0.0), torch.tensor([0, 1, 2])
    torch.testing.assert_close(module(states, lengths, False), torch.tensor([[2.0, 2], [3, 1], [5, 3]]))
    every = torch.tensor([[[2.0, 2], [2, 2], [2, 2]], [[2, 2], [3, 1], [3, 1]], [[2, 2], [3, 1], [5, 3]]])
    torch.testing.assert_close(module(states, lengths, True), every)


def test_attending_listeners_answer_from_an_average_of_what_the_others_read():
    channel, message = Channel(5, 4), trim(torch.tensor([[1, 2, 0, 3], [4, 4, 1, 5], [0, 1, 1, 1]]))
    torch.manual_seed(3)
    plain = GRU(hidden=7, embedding=3).listener(Flat(11), channel, (2, 3))
    torch.manual_seed(3)
    attending = GRU(hidden=7, embedding=3, reading="attention").listener(Flat(11), channel, (2, 3))
    own = dict(attending.named_parameters())
    assert all(torch.equal(own[name], part) for name, part in plain.named_parameters())
    with torch.no_grad():
        for name in ("weight", "bias"):
            own[f"attention.ask.{name}"].zero_()  # all states count alike
    features = torch.ones(3, 11)
    after_each = plain(message, features, None, True)  # answers are linear in the state, and so is their average
    for answer, points, length in zip(attending(message, features, None), after_each, (2, 4, 0), strict=True):
        torch.testing.assert_close(answer, points[: length + 1].mean(0))
