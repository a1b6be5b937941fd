"""What holds for every speaker: what it says follows from the meaning and from what it said before the end alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emcomm.channel import EOS
from tests.agents.kinds import BOTH, EVERY, N, about, stack_of, uniform


@pytest.fixture(scope="module")
def board(features: Tensor) -> Tensor:
    """The thirteen meanings for each of three agents: ``[3, 13, 11]``."""
    return features.expand(3, -1, -1)


@EVERY
@BOTH
def test_what_is_said_about_a_meaning_depends_on_that_meaning_alone(kind: str, variable: bool, board: Tensor):
    stack, index = stack_of(kind, "speaker", variable), about()
    draws, other, meaning = uniform(3, N, stack.channel.max_length), board.clone(), int(index[1, 0])
    other[1, meaning] *= -10
    for rows in (index, index[:, :7]):  # with fewer games than meanings, first states are not looked up
        one, two = (stack.say(features, rows, draws[:, : rows.shape[1]])[0] for features in (board, other))
        concerned = torch.zeros(rows.shape, dtype=torch.bool)
        concerned[1] = rows[1] == meaning
        for before, after in zip(one, two, strict=True):
            assert torch.equal(before[~concerned], after[~concerned])
        assert not torch.equal(one[1][concerned], two[1][concerned])


@EVERY
def test_what_would_have_been_said_after_the_end_changes_nothing(kind: str, board: Tensor):
    stack, index = stack_of(kind, "speaker"), about()
    draws = uniform(3, N, stack.channel.max_length)
    (symbols, *numbers), slopes = stack.say(board, index, draws)
    spoken = torch.cat([torch.ones_like(symbols[..., :1]), symbols.ne(EOS).long().cumprod(-1)[..., :-1]], -1).bool()
    assert spoken.all() == (stack.channel.max_length == 1)
    other = torch.where(spoken, draws, 1 - draws)
    (again, *others), same = stack.say(board, index, other)
    assert all(torch.equal(*pair) for pair in zip([symbols, *numbers, *slopes], [again, *others, *same], strict=True))


@EVERY
@BOTH
def test_relaxed_symbols_that_are_one_hot_are_said_like_symbols(kind: str, variable: bool, board: Tensor):
    stack = stack_of(kind, "speaker", variable)
    state, logits = stack.stack.speaker().start(board)
    assert logits.shape == (3, 13, 5 + variable)
    if stack.channel.max_length == 1:
        return
    for position in range(3):
        symbols = (torch.arange(13) + position) % 5 + 1
        rows = one_hot(symbols, 6).float().expand(3, -1, -1)
        _, soft = stack.stack.speaker().step(state, rows)
        state, hard = stack.stack.speaker().step(state, symbols.expand(3, -1))
        torch.testing.assert_close(soft, hard, rtol=1e-4, atol=1e-5)
        assert state.shape[:2] == (3, 13)
    assert not torch.allclose(logits, hard)
