"""What holds for every listener: an answer follows from its own message up to the end; prefixes, dropout."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emcomm.agents import Listener
from emcomm.channel import EOS, message_lengths, trim
from tests.agents.kinds import BOTH, EVERY, LISTENING, N, messages, pointing, stack_of


@pytest.fixture(scope="module")
def board(features: Tensor) -> Tensor:
    """The thirteen meanings for each of three agents: ``[3, 13, 11]``."""
    return features.expand(3, -1, -1)


@EVERY
@pytest.mark.parametrize("role", LISTENING)
@BOTH
def test_an_answer_depends_on_its_own_message_alone(kind: str, role: str, variable: bool, board: Tensor):
    stack = stack_of(kind, role, variable)
    message = trim(messages(stack.channel, 3, N))
    other = message.clone()
    other[1, 4] = torch.where(other[1, 4] == 5, 1, 5)
    for prefixes in (False, True):
        one, two = (stack.hear(each, board, pointing(role), prefixes)[0] for each in (message, other))
        rest = torch.ones(3, N, dtype=torch.bool)
        rest[1, 4] = False
        assert torch.equal(one[rest], two[rest])
        assert not torch.equal(one[1, 4], two[1, 4])


@EVERY
@pytest.mark.parametrize("role", LISTENING)
def test_nothing_after_the_end_is_heard_or_learnt_from(kind: str, role: str, board: Tensor):
    stack = stack_of(kind, role)
    raw = messages(stack.channel, 3, N)
    assert torch.equal(raw, trim(raw)) == (stack.channel.max_length == 1)
    for prefixes in (False, True):
        one, slopes = stack.hear(raw, board, pointing(role), prefixes)
        other, same = stack.hear(trim(raw), board, pointing(role), prefixes)
        assert all(torch.equal(*pair) for pair in zip([one, *slopes], [other, *same], strict=True))


@EVERY
@BOTH
def test_later_symbols_change_later_answers_only(kind: str, variable: bool, board: Tensor):
    stack = stack_of(kind, "naming", variable)
    message, longest = trim(messages(stack.channel, 3, N)), stack.channel.max_length
    before, _ = stack.hear(message, board, None, True)
    for position in range(1, longest):
        other = message.clone()
        other[..., position:] = torch.where(other[..., position:] != EOS, other[..., position:] % 5 + 1, EOS)
        after, _ = stack.hear(other, board, None, True)
        assert torch.equal(before[:, :, : position + 1], after[:, :, : position + 1])
        assert not torch.equal(before[:, :, position + 1], after[:, :, position + 1])
    lengths = message_lengths(message)
    for run in range(3):
        for sample in range(N):
            end = int(lengths[run, sample])
            whole = before[run, sample, end].expand(longest + 1 - end, -1)
            torch.testing.assert_close(before[run, sample, end:], whole, rtol=0, atol=1e-6)  # the last is made apart


@EVERY
@pytest.mark.parametrize("role", LISTENING)
@BOTH
def test_answers_to_prefixes_are_answers_to_shorter_messages(kind: str, role: str, variable: bool, board: Tensor):
    stack = stack_of(kind, role, variable)
    message, longest = trim(messages(stack.channel, 3, N)), stack.channel.max_length
    every, _ = stack.hear(message, board, pointing(role), True)
    assert every.shape == (3, N, longest + 1, 3 if role == "pointing" else 5)
    torch.testing.assert_close(every[:, :, -1], stack.hear(message, board, pointing(role))[0])
    for said in range(0 if variable else 1, longest):
        shorter = message[..., :said]
        if variable:
            shorter = torch.nn.functional.pad(shorter, (0, longest - said))
        torch.testing.assert_close(every[:, :, said], stack.hear(shorter, board, pointing(role))[0])


@EVERY
@pytest.mark.parametrize("role", LISTENING)
@BOTH
def test_relaxed_messages_that_are_one_hot_are_heard_like_symbols(kind, role, variable: bool, board: Tensor):
    stack = stack_of(kind, role, variable)
    message = messages(stack.channel, 3, N)
    rows = one_hot(message, stack.channel.erased + 1).float()
    soft, _ = stack.hear(rows, board, pointing(role), True)
    hard, _ = stack.hear(trim(message), board, pointing(role), True)
    points = torch.arange(stack.channel.max_length + 1)
    within = points <= message_lengths(message).unsqueeze(-1)  # beyond the end the game counts no answer
    torch.testing.assert_close(soft[within], hard[within], rtol=1e-4, atol=1e-5)
    if not variable:
        torch.testing.assert_close(stack.hear(rows, board, pointing(role))[0], hard[:, :, -1], rtol=1e-4, atol=1e-5)


@EVERY
@pytest.mark.parametrize("role", LISTENING)
@pytest.mark.parametrize("prefixes", [True, False])
def test_listeners_answer_from_what_they_keep(kind: str, role: str, prefixes: bool, board: Tensor):
    stack = stack_of(kind, role)
    module, message = stack.stack.module, trim(messages(stack.channel, 3, N))
    assert isinstance(module, Listener)
    assert module.width > 0
    plain, _ = stack.hear(message, board, pointing(role), prefixes)
    ones = torch.ones(3, N, module.width)
    assert torch.equal(stack.hear(message, board, pointing(role), prefixes, ones)[0], plain)
    nothing, _ = stack.hear(message, board, pointing(role), prefixes, torch.zeros_like(ones))
    assert (nothing.flatten(1, -2) == nothing.flatten(1, -2)[:, :1]).all()  # every message is answered alike
    ones[1, 4, ::2] = 0
    some, _ = stack.hear(message, board, pointing(role), prefixes, ones)
    differs = (some != plain).flatten(2).any(-1)
    assert not differs[[0, 2]].any()
    assert not differs[1, torch.arange(N) != 4].any()
    assert differs[1, 4] == (message[1, 4, 0] != EOS or "transformer" in kind)


@EVERY
def test_erased_symbols_are_heard_as_such(kind: str, board: Tensor):
    stack = stack_of(kind, "naming")
    first = torch.tensor([2, stack.channel.erased, EOS, 1])
    message = torch.nn.functional.pad(first.unsqueeze(-1), (0, stack.channel.max_length - 1)).expand(3, -1, -1)
    answers, _ = stack.hear(message, board, None)
    assert all(len(each.unique(dim=0)) == 4 for each in answers)
