"""Reading: nothing after the end of a message counts, prefixes are shorter messages, short cuts change nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emcomm.channel import EOS, Channel, message_lengths, trim

VARIABLE, FIXED = Channel(5, 4), Channel(5, 4, variable=False)
BOTH = pytest.mark.parametrize("channel", [VARIABLE, FIXED], ids=["variable", "fixed"])


def messages(channel: Channel, n: int = 31, seed: int = 1) -> Tensor:
    """Raw messages, erased symbols included; what follows the end is noise."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(0 if channel.variable else 1, channel.erased + 1, (n, channel.max_length), generator=rng)


def pointing(n: int = 31, seed: int = 2) -> Tensor:
    """Three candidates among 13 meanings for each game."""
    return torch.rand(n, 13, generator=torch.Generator().manual_seed(seed)).argsort(-1)[:, :3]


def test_nothing_after_the_end_is_read(listener_of, features: Tensor):
    listener, raw = listener_of(VARIABLE), messages(VARIABLE)
    assert not torch.equal(raw, trim(raw))
    for prefixes in (False, True):
        assert torch.equal(listener(raw, features, None, prefixes), listener(trim(raw), features, None, prefixes))


def test_nothing_after_the_end_gets_a_gradient(listener_of, features: Tensor):
    listener = listener_of(VARIABLE)
    message = torch.tensor([[2, 3, EOS, EOS], [2, EOS, EOS, EOS], [EOS] * 4])
    (slope,) = torch.autograd.grad(listener(message, features, None).sum(), listener.cell.embedding)
    assert (slope[[0, 1, 4, 5, 6]] == 0).all()  # only symbols 2 and 3 were said
    assert (slope[[2, 3]] != 0).any(-1).all()


def test_an_empty_message_leaves_the_listener_as_it_was(listener_of, features: Tensor):
    listener = listener_of(VARIABLE)
    logits = listener(torch.zeros(3, 4, dtype=torch.int64), features, None)
    assert torch.equal(logits, listener.out.bias.expand(3, -1))  # its state is zero


@BOTH
@pytest.mark.parametrize("sizes", [(2, 3), None], ids=["naming", "pointing"])
def test_answers_to_prefixes_are_answers_to_shorter_messages(channel, sizes, listener_of, features: Tensor):
    listener, message = listener_of(channel, sizes), trim(messages(channel))
    candidates = pointing() if sizes is None else None
    every = listener(message, features, candidates, True)
    assert every.shape == (31, 5, 3 if sizes is None else 5)
    torch.testing.assert_close(every[:, -1], listener(message, features, candidates))
    for said in range(1, 5):
        shorter = message[:, :said]
        if channel.variable:
            shorter = torch.nn.functional.pad(shorter, (0, 4 - said))
        torch.testing.assert_close(every[:, said], listener(shorter, features, candidates))
    silence = listener_of(VARIABLE, sizes)(torch.zeros_like(message), features, candidates)
    torch.testing.assert_close(every[:, 0], silence)


@BOTH
def test_later_symbols_do_not_change_earlier_answers(channel: Channel, listener_of, features: Tensor):
    listener, message = listener_of(channel), trim(messages(channel))
    before = listener(message, features, None, True)
    for position in range(1, 4):
        other = message.clone()
        other[:, position:] = torch.where(other[:, position:] != EOS, other[:, position:] % 5 + 1, EOS)
        after = listener(other, features, None, True)
        assert torch.equal(before[:, : position + 1], after[:, : position + 1])
        assert not torch.equal(before[:, position + 1 :], after[:, position + 1 :])


def test_prefixes_after_the_end_repeat_the_last_answer(listener_of, features: Tensor):
    message = trim(messages(VARIABLE))
    every = listener_of(VARIABLE)(message, features, None, True)
    for answers, length in zip(every, message_lengths(message).tolist(), strict=True):
        assert torch.equal(answers[length:], answers[length].expand(5 - length, -1))


def test_looking_pairs_up_is_reading_them(listener_of, features: Tensor):
    # 5 symbols, two special rows: from 49 messages on, all pairs of symbols are read once and looked up.
    listener, message = listener_of(FIXED), messages(FIXED, 53)
    weight = torch.rand(53, 5, generator=torch.Generator().manual_seed(4))

    def outcome(*parts: slice) -> list[Tensor]:
        logits = torch.cat([listener(message[part], features, None) for part in parts])
        return [logits, *torch.autograd.grad((logits * weight).sum(), list(listener.parameters()))]

    for one, other in zip(outcome(slice(None)), outcome(slice(0, 23), slice(23, 53)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@BOTH
def test_neighbours_do_not_matter(channel: Channel, listener_of, features: Tensor):
    listener, message = listener_of(channel), trim(messages(channel, 53))
    other = message.clone()
    other[7] = torch.tensor([5, 5, 5, 5])
    for prefixes in (False, True):
        one, two = (listener(each, features, None, prefixes) for each in (message, other))
        rows = torch.arange(53) != 7
        assert torch.equal(one[rows], two[rows])
        assert not torch.equal(one[7], two[7])


def test_a_listener_of_short_messages_does_not_depend_on_how_long_others_are(listener_of, stacked, features: Tensor):
    members = [listener_of(VARIABLE, seed=seed) for seed in (0, 1)]
    whole, board = stacked(listener_of(VARIABLE), *members), features.expand(2, -1, -1)
    short = torch.tensor([[2, 0, 0, 0], [0, 0, 0, 0], [4, 1, 0, 0]])
    long = torch.tensor([[1, 2, 3, 4], [5, 4, 3, 2], [1, 1, 1, 1]])
    found = []
    for other in (short, long):
        logits = whole(torch.stack([short, other]), board, None)
        slopes = torch.autograd.grad(logits.square().sum(), list(whole.parameters()))
        found.append([logits[0], *(slope[0] for slope in slopes)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_pointing_listener_answers_with_the_candidates_it_is_shown(listener_of, features: Tensor):
    listener, message, candidates = listener_of(VARIABLE, None), trim(messages(VARIABLE)), pointing()
    logits = listener(message, features, candidates)
    every = listener(message, features, torch.arange(13).expand(31, -1))
    assert torch.equal(logits, every.gather(-1, candidates))
    # An unused meaning may look like anything.
    unseen = features.clone()
    unseen[12] = torch.nan
    kept = (candidates != 12).all(-1)
    assert torch.equal(listener(message, unseen, candidates)[kept], logits[kept])


def test_an_erased_symbol_is_heard_as_such(listener_of, features: Tensor):
    listener = listener_of(VARIABLE)
    said = torch.tensor([[2, 3, EOS, EOS], [2, VARIABLE.erased, EOS, EOS], [2, EOS, EOS, EOS]])
    assert len(listener(said, features, None).unique(dim=0)) == 3


@BOTH
@pytest.mark.parametrize("sizes", [(2, 3), None], ids=["naming", "pointing"])
def test_relaxed_messages_that_are_one_hot_read_like_symbols(channel, sizes, listener_of, features: Tensor):
    listener, message = listener_of(channel, sizes), messages(channel)
    candidates = pointing() if sizes is None else None
    rows = torch.nn.functional.one_hot(message, channel.erased + 1).float()
    soft = listener(rows, features, candidates, True)
    hard = listener(trim(message), features, candidates, True)
    for place, length in enumerate(message_lengths(message).tolist()):  # beyond the end the game counts no answer
        torch.testing.assert_close(soft[place, : length + 1], hard[place, : length + 1])


@pytest.mark.parametrize("prefixes", [False, True])
@pytest.mark.parametrize("sizes", [(2, 3), None], ids=["naming", "pointing"])
@BOTH
def test_a_stack_listens_like_its_members(channel, sizes, prefixes, listener_of, stacked, features: Tensor):
    members = [listener_of(channel, sizes, seed) for seed in (0, 1)]
    whole = stacked(listener_of(channel, sizes), *members)
    message = torch.stack([trim(messages(channel, 53, seed)) for seed in (1, 2)])
    candidates = torch.stack([pointing(53, seed) for seed in (3, 4)]) if sizes is None else None
    logits = whole(message, features.expand(2, -1, -1), candidates, prefixes)
    for place, member in enumerate(members):
        shown = None if candidates is None else candidates[place]
        torch.testing.assert_close(logits[place], member(message[place], features, shown, prefixes))
