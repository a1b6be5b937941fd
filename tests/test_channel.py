"""What may be said, where a message ends, and what noise does to it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from emcomm.channel import EOS, Channel, erase_symbols, message_lengths, replace_symbols, trim
from emcomm.errors import BadInput

LAST = 1 - 2**-24  # the largest number a stream can draw
fixed = settings(deadline=None, derandomize=True, database=None, max_examples=53)

RAW = torch.tensor([[3, 1, 0, 5, 2], [0, 4, 4, 0, 1], [2, 5, 1, 1, 3], [1, 0, 0, 0, 0]])


def test_length_counts_the_symbols_before_the_end():
    assert message_lengths(RAW).tolist() == [2, 0, 5, 1]
    assert message_lengths(RAW).dtype == torch.int64
    assert message_lengths(RAW.view(2, 2, 5)).tolist() == [[2, 0], [5, 1]]


def test_trimming_clears_what_follows_the_end():
    expected = [[3, 1, 0, 0, 0], [0, 0, 0, 0, 0], [2, 5, 1, 1, 3], [1, 0, 0, 0, 0]]
    assert trim(RAW).tolist() == expected
    assert trim(RAW.to(torch.int32)).dtype == torch.int32


@fixed
@given(st.lists(st.lists(st.integers(0, 4), min_size=7, max_size=7), min_size=1, max_size=11))
def test_trimming_twice_is_trimming_once_and_keeps_lengths(messages: list[list[int]]):
    raw = torch.tensor(messages)
    once = trim(raw)
    assert torch.equal(once, trim(once))
    assert torch.equal(message_lengths(once), message_lengths(raw))
    assert torch.equal((once != EOS).sum(-1), message_lengths(raw))


@pytest.mark.parametrize(
    ("channel", "capacity"),
    [
        (Channel(3, 2, variable=False), 9),  # 3 x 3
        (Channel(3, 2), 13),  # 1 empty message, 3 of one symbol, 9 of two
        (Channel(2, 1), 3),
        (Channel(symbols=100, max_length=30, variable=False), 100**30),
    ],
)
def test_capacity_counts_the_different_messages(channel: Channel, capacity: int):
    assert channel.capacity == capacity


def test_capacity_is_what_counting_finds():
    every = torch.cartesian_prod(*[torch.arange(4)] * 3)
    assert Channel(3, 3).capacity == len(trim(every).unique(dim=0))


def test_the_erased_mark_is_no_symbol():
    assert Channel(7, 2).erased == 8


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"symbols": 1, "max_length": 3}, "symbols"),
        ({"symbols": 0, "max_length": 3}, "symbols"),
        ({"symbols": 3, "max_length": 0}, "max_length"),
        ({"symbols": 3, "max_length": -2}, "max_length"),
        ({"symbols": 3.5, "max_length": 2}, "symbols"),
        ({"symbols": "many", "max_length": 2}, "symbols"),
    ],
)
def test_impossible_channels_are_refused_in_one_line(settings: dict[str, Any], field: str):
    with pytest.raises(BadInput, match=f"Channel: {field}: .*got {settings[field]!r}") as caught:
        Channel(**settings)
    assert "\n" not in str(caught.value)


def test_a_channel_survives_being_written_and_read():
    channel = Channel(7, 2, variable=False)
    assert Channel.model_validate(channel.model_dump(mode="json")) == channel
    assert eval(repr(channel)) == channel  # noqa: S307 - a representation is code


@pytest.fixture
def said() -> Tensor:
    """Messages of 5 symbols in 4 positions: ``[2, 1009, 4]``, trimmed."""
    return trim(torch.randint(0, 6, (2, 1009, 4), generator=torch.Generator().manual_seed(1)))


@pytest.fixture
def draws() -> Tensor:
    return torch.rand(2, 1009, 4, generator=torch.Generator().manual_seed(2))


CHANNEL = Channel(5, 4)
BOTH = pytest.mark.parametrize("disturb", [replace_symbols, erase_symbols])


@BOTH
def test_noise_keeps_ends_and_lengths(disturb, said: Tensor, draws: Tensor):
    heard = disturb(said, torch.tensor(0.3), draws, CHANNEL)
    assert heard.dtype == torch.int64
    assert torch.equal(heard == EOS, said == EOS)
    assert torch.equal(message_lengths(heard), message_lengths(said))


@BOTH
@pytest.mark.parametrize("rate", [0.1, 0.7])
def test_noise_hits_at_its_rate(disturb, rate: float, said: Tensor, draws: Tensor):
    heard = disturb(said, torch.tensor(rate), draws, CHANNEL)
    spoken = said != EOS
    n = int(spoken.sum())
    hit = int((heard != said).sum())
    assert abs(hit - rate * n) < 4 * (n * rate * (1 - rate)) ** 0.5  # standard errors


@BOTH
def test_no_noise_changes_nothing_and_full_noise_changes_everything(disturb, said: Tensor, draws: Tensor):
    assert torch.equal(disturb(said, torch.tensor(0.0), draws, CHANNEL), said)
    heard = disturb(said, torch.tensor(1.0), draws, CHANNEL)
    assert (heard != said)[said != EOS].all()


@BOTH
def test_each_run_has_its_own_rate(disturb, said: Tensor, draws: Tensor):
    heard = disturb(said, torch.tensor([0.0, 1.0]).view(2, 1, 1), draws, CHANNEL)
    assert torch.equal(heard[0], said[0])
    assert not (heard[1] == said[1])[said[1] != EOS].any()


def test_an_erased_symbol_becomes_the_mark(said: Tensor, draws: Tensor):
    heard = erase_symbols(said, torch.tensor(0.4), draws, CHANNEL)
    assert (heard[heard != said] == 6).all()


@pytest.mark.parametrize("rate", [0.05, 1.0])
def test_a_replaced_symbol_is_any_other_one_equally_often(rate: float):
    for symbol in range(1, 6):
        grid = (torch.arange(40_000) + 0.5) / 40_000
        heard = replace_symbols(torch.full((40_000,), symbol), torch.tensor(rate), grid, CHANNEL)
        shares = torch.bincount(heard, minlength=7) / 40_000
        expected = torch.full((7,), rate / 4)  # the alphabet is 1..5: nothing becomes an end or a mark
        expected[[0, 6]] = 0
        expected[symbol] = 1 - rate
        torch.testing.assert_close(shares, expected, rtol=0, atol=2 / 40_000)


@pytest.mark.parametrize("draw", [0.0, LAST])
@pytest.mark.parametrize("rate", [1e-38, 1e-7, 0.5, 1.0])
def test_extreme_draws_stay_within_the_alphabet(draw: float, rate: float):
    said = torch.tensor([1, 2, 3, 4, 5, EOS])
    heard = replace_symbols(said, torch.tensor(rate), torch.full((6,), draw), CHANNEL)
    assert heard[-1] == EOS
    assert ((heard[:-1] >= 1) & (heard[:-1] <= 5)).all()
