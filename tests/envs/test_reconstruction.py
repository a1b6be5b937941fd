"""Scoring the reconstruction game."""

from __future__ import annotations

import math

import pytest
import torch

from emcomm.envs import Board, Reconstruction
from emcomm.worlds import AttributeWorld


def test_the_answer_is_the_meaning(unequal: AttributeWorld):
    board, target = Board.of(unequal), torch.tensor([[0, 14, 7], [5, 5, 2]])
    dealt = Reconstruction().deal(board, target, torch.ones(2, 15, dtype=torch.bool), None)
    assert dealt.candidates is None
    assert torch.equal(dealt.target, target)
    # Meaning k of 3 x 5 is (k // 5, k % 5).
    assert dealt.answer.tolist() == [[[0, 0], [2, 4], [1, 2]], [[1, 0], [1, 0], [0, 2]]]


def test_losses_of_attributes_with_unequal_sizes_by_hand(unequal: AttributeWorld):
    board, game = Board.of(unequal), Reconstruction()
    dealt = game.deal(board, torch.tensor([7, 7, 7]), torch.ones(15, dtype=torch.bool), None)  # (1, 2)
    first = torch.tensor([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1]])
    second = torch.tensor([[0.1, 0.1, 0.6, 0.1, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1], [0.3, 0.1, 0.2, 0.2, 0.2]])
    logits = torch.cat([first.log() + 3, second.log() - 2], -1)  # constants change nothing
    loss, correct, entropy = game.score(board, dealt, logits)
    # The probability of the whole meaning: .7 x .6, .3 x .6, .7 x .2.
    assert loss.tolist() == pytest.approx([-math.log(0.42), -math.log(0.18), -math.log(0.14)], rel=1e-5)
    assert correct.tolist() == [True, False, False]  # game 1 is wrong about the first, game 2 about the second
    for found, parts in zip(entropy.tolist(), zip(first.tolist(), second.tolist(), strict=True), strict=True):
        assert found == pytest.approx(-sum(p * math.log(p) for part in parts for p in part), rel=1e-5)


@pytest.mark.parametrize("values", [(3, 5), (5, 5), (7,), (2, 3, 2)])
def test_it_scores_any_leading_dimensions_like_single_games(values: tuple[int, ...]):
    board, game = Board.of(AttributeWorld(values=values)), Reconstruction()
    rng = torch.Generator().manual_seed(1)
    target = torch.randint(len(board.meanings), (2, 3, 11), generator=rng)
    logits = torch.randn(2, 3, 11, sum(values), generator=rng)
    pool = torch.ones(len(board.meanings), dtype=torch.bool)
    whole = game.score(board, game.deal(board, target, pool, None), logits)
    assert [part.shape for part in whole] == [(2, 3, 11)] * 3
    for place in ((0, 0, 0), (1, 2, 10), (0, 1, 7)):
        alone = game.score(board, game.deal(board, target[place].view(1), pool, None), logits[place].view(1, -1))
        for one, other in zip(whole, alone, strict=True):
            torch.testing.assert_close(one[place], other[0])
        starts, loss = 0, 0.0
        for attribute, size in enumerate(values):
            part = logits[place][starts : starts + size].log_softmax(-1)
            loss -= float(part[board.meanings[target[place], attribute]])
            starts += size
        assert whole.loss[place].item() == pytest.approx(loss, rel=1e-5)


def test_one_game_does_not_touch_another(unequal: AttributeWorld):
    board, game = Board.of(unequal), Reconstruction()
    rng = torch.Generator().manual_seed(1)
    dealt = game.deal(board, torch.arange(15), torch.ones(15, dtype=torch.bool), None)
    logits = torch.randn(15, 8, generator=rng).requires_grad_()
    spoilt = logits.detach().clone()
    spoilt[4] = torch.nan
    rows = torch.arange(15) != 4
    for before, after in zip(game.score(board, dealt, logits), game.score(board, dealt, spoilt), strict=True):
        assert torch.equal(before[rows], after[rows])
    (slope,) = torch.autograd.grad(game.score(board, dealt, logits).loss[4], logits)
    assert (slope[rows] == 0).all()
    assert (slope[4] != 0).all()


def test_it_names_every_attribute_and_draws_nothing(unequal: AttributeWorld):
    assert Reconstruction().sizes(unequal) == (3, 5)
    assert Reconstruction().draws(unequal) == 0
