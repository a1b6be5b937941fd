"""Dealing and scoring the guessing game."""

from __future__ import annotations

import math

import pytest
import torch

from emcomm import Channel, Setup
from emcomm.envs import Board, Guess
from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld

WORLD = AttributeWorld(values=(2, 3, 5))


def test_the_candidates_are_all_meanings_that_share_what_is_known():
    board = Board.of(WORLD)
    every = torch.arange(30)
    for known, left in ((0, 30), (1, 15), (2, 5)):
        game = Guess(known=known)
        dealt = game.deal(board, every, torch.ones(30, dtype=torch.bool), None)
        assert game.choices(WORLD) == (left,)
        assert dealt.candidates is not None
        assert dealt.candidates.shape == (30, left)
        own, shown = board.meanings[every][:, None, :known], board.meanings[dealt.candidates][..., :known]
        assert torch.equal(own.expand_as(shown), shown)
        assert (dealt.candidates.diff(dim=-1) > 0).all()  # each once, in order
        assert torch.equal(dealt.candidates.gather(1, dealt.answer[:, None])[:, 0], every)


def test_the_order_of_the_meanings_does_not_matter():
    mixed = ArrayWorld(meanings=[[1, 1], [0, 0], [1, 0], [0, 1]])
    dealt = Guess(known=1).deal(Board.of(mixed), torch.arange(4), torch.ones(4, dtype=torch.bool), None)
    assert dealt.candidates is not None
    assert dealt.candidates.tolist() == [[0, 2], [1, 3], [0, 2], [1, 3]]
    assert dealt.answer.tolist() == [0, 0, 1, 1]


def test_leading_dimensions_are_the_stack():
    target = torch.arange(30).flip(0).view(2, 3, 5)
    board, pool = Board.of(WORLD), torch.ones(2, 3, 30, dtype=torch.bool)
    dealt, flat = (Guess(known=1).deal(board, t, pool, None) for t in (target, target.flatten()))
    assert dealt.candidates is not None
    assert flat.candidates is not None
    assert torch.equal(dealt.candidates, flat.candidates.view(2, 3, 5, 15))
    assert torch.equal(dealt.answer, flat.answer.view(2, 3, 5))


def test_a_listener_that_does_not_know_loses_the_logarithm_of_what_is_open():
    board = Board.of(WORLD)
    dealt = Guess(known=1).deal(board, torch.arange(30), torch.ones(30, dtype=torch.bool), None)
    outcome = Guess(known=1).score(board, dealt, torch.zeros(30, 15))
    torch.testing.assert_close(outcome.loss, torch.full((30,), math.log(15)))
    torch.testing.assert_close(outcome.entropy, torch.full((30,), math.log(15)))


@pytest.mark.parametrize(
    ("world", "known", "said"),
    [
        (WORLD, 3, "known=3 leaves nothing to guess; the world has 3 attributes"),
        (ArrayWorld(meanings=[[0, 0], [0, 1], [1, 0]]), 1, "leave open from 1 to 2 meanings"),
        (AttributeWorld(values=(3, 5), split="random", held_out=0.2), 1, "without a hold-out"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(world, known: int, said: str):
    with pytest.raises(BadInput, match=said) as caught:
        Setup(world=world, game=Guess(known=known), channel=Channel(7, 1))
    assert "\n" not in str(caught.value)
