"""Dealing and scoring the discrimination game."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.envs import Board, Discrimination, Round
from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld

N = 2003
LAST = 1 - 2**-24  # the largest number a stream can draw


def deal(game: Discrimination, world, uniform, pool: Tensor | None = None, n: int = N, seed: int = 1) -> Round:
    board = Board.of(world)
    targets = torch.arange(n) % len(board.meanings)
    if pool is None:
        pool = torch.ones(len(board.meanings), dtype=torch.bool)
    else:
        targets = pool.nonzero().flatten()[torch.arange(n) % int(pool.sum())]
    return game.deal(board, targets, pool, uniform(n, game.draws(world), seed=seed))


@pytest.mark.parametrize("distractors", ["random", "hard", 0.5])
@pytest.mark.parametrize("count", [2, 5, 15])
def test_candidates_differ_and_hold_the_target_once(distractors, count: int, unequal: AttributeWorld, uniform):
    dealt = deal(Discrimination(candidates=count, distractors=distractors), unequal, uniform)
    assert dealt.candidates is not None
    assert dealt.candidates.shape == (N, count)
    assert (dealt.candidates.sort(-1).values.diff() > 0).all()
    assert torch.equal(dealt.candidates.gather(-1, dealt.answer.unsqueeze(-1)).squeeze(-1), dealt.target)
    assert ((dealt.candidates == dealt.target.unsqueeze(-1)).sum(-1) == 1).all()
    assert torch.equal(dealt.target, torch.arange(N) % 15)


@pytest.mark.parametrize("distractors", ["random", "hard", 0.5])
def test_every_place_is_equally_likely_for_the_target(distractors, unequal: AttributeWorld, uniform):
    dealt = deal(Discrimination(candidates=5, distractors=distractors), unequal, uniform, n=20_011)
    shares = torch.bincount(dealt.answer, minlength=5) / 20_011
    assert ((shares - 0.2).abs() < 4 * (0.2 * 0.8 / 20_011) ** 0.5).all()  # standard errors


def test_every_other_meaning_is_equally_likely_as_a_distractor_at_every_place(unequal: AttributeWorld, uniform):
    n = 60_013
    board, game = Board.of(unequal), Discrimination(candidates=4)
    target = torch.full((n,), 7)
    dealt = game.deal(board, target, torch.ones(15, dtype=torch.bool), uniform(n, 16))
    assert dealt.candidates is not None
    for place in range(4):
        others = dealt.candidates[dealt.answer != place, place]
        shares = torch.bincount(others, minlength=15) / len(others)
        assert shares[7] == 0
        expected = 1 / 14
        error = (expected * (1 - expected) / len(others)) ** 0.5
        assert ((shares[torch.arange(15) != 7] - expected).abs() < 4.5 * error).all()


def test_distractors_come_from_the_pool_also_for_a_target_outside_it(unequal: AttributeWorld, uniform):
    pool = torch.zeros(15, dtype=torch.bool)
    pool[[0, 2, 3, 5, 7, 11, 13]] = True
    board, game, target = Board.of(unequal), Discrimination(candidates=5), torch.arange(N) % 15
    dealt = game.deal(board, target, pool, uniform(N, 16))
    assert dealt.candidates is not None
    others = dealt.candidates[dealt.candidates != target.unsqueeze(-1)]
    assert len(others) == 4 * N
    assert set(others.tolist()) == {0, 2, 3, 5, 7, 11, 13}


@pytest.mark.parametrize("distractors", ["random", "hard", 0.5])
def test_no_distractor_looks_like_the_target(distractors, doubles: ArrayWorld, uniform):
    # At most four meanings differ in looks from meaning 0: 1, 3, 4 and 6, of which 1 and 6 look alike.
    dealt = deal(Discrimination(candidates=5, distractors=distractors), doubles, uniform)
    looks = torch.tensor([0, 1, 0, 2, 3, 0, 1])
    assert dealt.candidates is not None
    same = looks[dealt.candidates] == looks[dealt.target].unsqueeze(-1)
    assert (same.sum(-1) == 1).all()


def test_lookalikes_are_dealt_when_asked_for(doubles: ArrayWorld, uniform):
    dealt = deal(Discrimination(candidates=7, allow_equal_features=True), doubles, uniform)
    assert dealt.candidates is not None
    assert torch.equal(dealt.candidates.sort(-1).values, torch.arange(7).expand(N, -1))


def test_hard_distractors_share_most_attributes(uniform):
    world = AttributeWorld(values=(2, 3, 5))
    board, game = Board.of(world), Discrimination(candidates=8, distractors="hard")
    dealt = deal(game, world, uniform)
    assert dealt.candidates is not None
    differ = (board.meanings[dealt.candidates] != board.meanings[dealt.target].unsqueeze(1)).sum(-1)
    # (2 - 1) + (3 - 1) + (5 - 1) = 7 meanings differ in one attribute: all of them, and nothing else.
    assert (differ.sort(-1).values == torch.tensor([0, 1, 1, 1, 1, 1, 1, 1])).all()


@pytest.mark.parametrize("share", ["hard", 0.5])
def test_no_place_tells_near_distractors_from_far_ones(share, unequal: AttributeWorld, uniform):
    """With 3 x 5 meanings and 8 candidates, 6 share an attribute with the target and one does not."""
    board, game = Board.of(unequal), Discrimination(candidates=8, distractors=share)
    dealt = game.deal(
        board, torch.full((20_011,), 7), torch.ones(15, dtype=torch.bool), uniform(20_011, game.draws(unequal))
    )
    assert dealt.candidates is not None
    differing = (board.meanings[dealt.candidates] != board.meanings[7]).sum(-1)
    for answer in range(8):
        places = differing[dealt.answer == answer]
        shares = (places == 2).double().mean(0)
        expected = (places == 2).double().mean() * 8 / 7
        others = [place for place in range(8) if place != answer]
        error = (expected * (1 - expected) / len(places)) ** 0.5
        assert shares[answer] == 0
        assert ((shares[others] - expected).abs() < 4.5 * error).all()


def test_ties_among_hard_distractors_are_broken_at_random(uniform):
    board, n = Board.of(AttributeWorld(values=(2, 3, 5))), 20_011
    game = Discrimination(candidates=2, distractors="hard")
    dealt = game.deal(board, torch.full((n,), 0), torch.ones(30, dtype=torch.bool), uniform(n, 31))
    assert dealt.candidates is not None
    shares = torch.bincount(dealt.candidates.sum(-1), minlength=30) / n  # the target is 0: the sum is the other
    near = (board.meanings != board.meanings[0]).sum(-1) == 1
    assert (shares[~near] == 0).all()
    assert ((shares[near] - 1 / 7).abs() < 4 * (1 / 7 * 6 / 7 / n) ** 0.5).all()


def test_a_share_of_the_distractors_is_hard_and_the_rest_any_others_at_any_place(uniform):
    board, n = Board.of(AttributeWorld(values=(2, 3, 5))), 40_009
    game = Discrimination(candidates=6, distractors=0.4)
    target = torch.zeros(n, dtype=torch.int64)
    dealt = game.deal(board, target, torch.ones(30, dtype=torch.bool), uniform(n, 2 * 30 + 6))
    assert dealt.candidates is not None
    near = (board.meanings != board.meanings[0]).sum(-1) == 1
    among = near[dealt.candidates]
    # .4 of 5 distractors: 2 of the 7 nearest; the other 3 are any of the 27 left, of which 5 are near.
    assert (among.sum(-1) >= 2).all()
    expected = 2 + 3 * 5 / 27
    assert abs(among.sum(-1).double().mean().item() - expected) < 4 * 0.7 / n**0.5
    shares = torch.bincount(dealt.candidates.flatten(), minlength=30) / n
    # Each near one with 2/7, else with 3 of 27; each other with 3 of 27.
    chances = torch.where(near, 2 / 7 + 5 / 7 * 3 / 27, 3 / 27)
    assert ((shares - chances).abs()[1:] < 4.5 * (chances * (1 - chances) / n).sqrt()[1:]).all()
    for place in range(6):
        there = among[dealt.answer != place, place].double()
        assert abs(there.mean().item() - expected / 5) < 4.5 * 0.5 / len(there) ** 0.5


def test_a_share_is_rounded_to_whole_distractors(uniform):
    board, everyone = Board.of(AttributeWorld(values=(2, 3, 5))), torch.ones(30, dtype=torch.bool)
    draws = uniform(N, 2 * 30 + 4)

    def near(distractors: float) -> Tensor:
        dealt = Discrimination(candidates=4, distractors=distractors).deal(board, torch.arange(N) % 30, everyone, draws)
        assert dealt.candidates is not None
        assert (dealt.candidates.sort(-1).values.diff() > 0).all()
        return ((board.meanings[dealt.candidates] != board.meanings[dealt.target].unsqueeze(1)).sum(-1) == 1).sum(-1)

    assert (near(0.99) == 3).all()  # 2.97 of 3
    assert near(0.1).double().mean() < 1  # .3 of 3: chance alone, 7 of 29 each
    assert (near(0.6) >= 2).all()  # 1.8
    assert (near(0.6) == 2).any()


def test_the_ends_of_the_share_have_names(unequal: AttributeWorld):
    for share, name, draws in ((0, "random", 15 + 1), (1.0, "hard", 15 + 5)):
        game = Discrimination(distractors=share)
        assert game == Discrimination(distractors=name)
        assert game.hardness == share
        assert game.draws(unequal) == draws
    between = Discrimination(candidates=3, distractors=0.25)
    assert between.hardness == 0.25
    assert between.draws(unequal) == 2 * 15 + 3
    assert Discrimination.model_validate_json(between.model_dump_json()) == between


def test_each_member_of_a_stack_has_its_own_pool(unequal: AttributeWorld, uniform):
    board, game = Board.of(unequal), Discrimination(candidates=3)
    pool = torch.zeros(2, 15, dtype=torch.bool)
    pool[0, :7], pool[1, 7:] = True, True
    target, draws = torch.arange(202).view(2, 101) * 7 % 15, uniform(2, 101, 16)
    dealt = game.deal(board, target, pool, draws)
    assert dealt.candidates is not None
    for member, allowed in enumerate((set(range(7)), set(range(7, 15)))):
        alone = game.deal(board, target[member], pool[member], draws[member])
        assert alone.candidates is not None
        assert torch.equal(dealt.candidates[member], alone.candidates)
        assert torch.equal(dealt.answer[member], alone.answer)
        others = dealt.candidates[member][dealt.candidates[member] != target[member].unsqueeze(-1)]
        assert set(others.tolist()) <= allowed


def test_one_game_does_not_touch_another(unequal: AttributeWorld, uniform, everything):
    board, game = Board.of(unequal), Discrimination(candidates=3)
    target, draws = torch.arange(31) % 15, uniform(31, 16)
    one = game.deal(board, target, everything(board), draws)
    other_target, other_draws = target.clone(), draws.clone()
    other_target[7], other_draws[7] = 14, uniform(16, seed=2)
    two = game.deal(board, other_target, everything(board), other_draws)
    rows = torch.arange(31) != 7
    assert one.candidates is not None
    assert two.candidates is not None
    assert torch.equal(one.candidates[rows], two.candidates[rows])
    assert torch.equal(one.answer[rows], two.answer[rows])
    logits = uniform(31, 3, seed=3)
    spoilt = logits.clone()
    spoilt[7] = torch.nan
    for before, after in zip(game.score(board, one, logits), game.score(board, two, spoilt), strict=True):
        assert torch.equal(before[rows], after[rows])


def test_extreme_draws_deal_proper_games(unequal: AttributeWorld, everything):
    board, game = Board.of(unequal), Discrimination(candidates=5)
    for draw in (0.0, LAST):
        dealt = game.deal(board, torch.arange(15), everything(board), torch.full((15, 16), draw))
        assert dealt.candidates is not None
        assert (dealt.candidates.sort(-1).values.diff() > 0).all()
        assert (dealt.answer == (4 if draw else 0)).all()


def test_scores_are_those_of_the_right_candidate(unequal: AttributeWorld):
    board = Board.of(unequal)
    dealt = Round(torch.tensor([4, 9]), torch.tensor([[4, 1, 2], [3, 8, 9]]), torch.tensor([0, 2]))
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]).log_softmax(-1) + 5  # a constant changes nothing
    loss, correct, entropy = Discrimination(candidates=3).score(board, dealt, logits)
    # Game 0: e^2 + e + 1 = 11.107, so the answers have probabilities .66524, .24473, .09003.
    p = [0.66524096, 0.24472847, 0.09003057]
    assert loss.tolist() == pytest.approx([-math.log(p[0]), math.log(3)], rel=1e-5)
    assert entropy.tolist() == pytest.approx([-sum(q * math.log(q) for q in p), math.log(3)], rel=1e-5)
    assert correct.tolist() == [True, False]  # of three equal answers the first counts as the most probable


def test_as_many_draws_as_meanings_and_one_for_the_place(unequal: AttributeWorld):
    assert Discrimination().draws(unequal) == 16
    assert Discrimination().sizes(unequal) is None


def test_too_many_candidates_are_refused_in_one_line(unequal: AttributeWorld, doubles: ArrayWorld, everything):
    for world, most in ((unequal, 15), (doubles, 5)):
        board = Board.of(world)
        Discrimination(candidates=most).check(board, everything(board))
        with pytest.raises(BadInput, match=f"{most + 1} candidates asked for, but at most {most} are") as caught:
            Discrimination(candidates=most + 1).check(board, everything(board))
        assert "\n" not in str(caught.value)
    board = Board.of(doubles)
    Discrimination(candidates=7, allow_equal_features=True).check(board, everything(board))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"candidates": 1}, "candidates: .*greater than or equal to 2, got 1"),
        ({"distractors": "easy"}, "distractors: .*in .0, 1., 'random' or 'hard', got 'easy'"),
        ({"distractors": 1.5}, "distractors: .*'random' or 'hard', got 1.5"),
        ({"distractors": math.nan}, "distractors: .*'random' or 'hard', got nan"),
        ({"distractors": True}, "distractors: .*'random' or 'hard', got True"),
        ({"candidate": 3}, "unknown key 'candidate'; .*Did you mean 'candidates'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        Discrimination(**settings)
    assert "\n" not in str(caught.value)
