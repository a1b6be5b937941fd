"""Reference to concepts: which objects are dealt beside which, and that general and specific ones are both learnt."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Abstraction, Board, Round
from emcomm.envs.deck import Deck
from emcomm.errors import BadInput
from emcomm.training import GumbelSoftmax, Observed, Run, Setup, Trainer, train
from emcomm.worlds import AttributeWorld, HierarchyWorld, World

# 2 x 3 x 5 values: (2 + 1)(3 + 1)(5 + 1) - 1 = 71 concepts, 30 of them objects.
WORLD = HierarchyWorld(values=(2, 3, 5))
CONTEXTS = ("any", "coarse", "fine", "mixed")


def dealt(game: Abstraction, world: World, uniform, pool: Tensor | None = None, games: int = 71 * 11):
    board = Board.of(world)
    target = torch.arange(games).remainder(len(board.meanings)).expand(2, -1)
    own = torch.ones(len(board.meanings), dtype=torch.bool) if pool is None else pool
    return board, game.deal(board, target, own.expand(2, -1), uniform(*target.shape, game.draws(world)))


def values_shared(board: Board, round: Round) -> tuple[Tensor, Tensor]:
    """How many relevant values each candidate shares with its concept, and how many there are."""
    assert round.candidates is not None
    concept = board.meanings[round.target].unsqueeze(-2)
    same = (concept == board.meanings[round.candidates]) & (concept > 0)
    return same.sum(-1), (concept > 0).sum(-1)


@pytest.mark.parametrize("context", CONTEXTS)
def test_one_candidate_falls_under_the_concept_and_all_are_objects(context, uniform):
    board, round = dealt(Abstraction(candidates=7, context=context), WORLD, uniform)
    assert round.examples is None
    assert round.candidates is not None
    assert round.candidates.shape == (2, 71 * 11, 7)
    assert (board.meanings[round.candidates] > 0).all()
    shared, relevant = values_shared(board, round)
    assert torch.equal((shared == relevant).sum(-1), torch.ones_like(round.target))
    assert torch.equal((shared == relevant).long().argmax(-1), round.answer)
    assert round.answer.flatten().bincount(minlength=7).min() > 0.7 * round.answer.numel() / 7  # places are drawn
    beside = shared[shared < relevant], relevant.expand_as(shared)[shared < relevant]
    if context == "coarse":
        assert (beside[0] == 0).all()
    if context == "fine":
        assert (beside[0] == beside[1] - 1).all()
    if context == "mixed":  # all others of a game share as many; games about three values share 0, 1 or 2 as often
        others = shared.masked_fill(shared == relevant, -1)
        most, least = others.amax(-1), shared.amin(-1)
        assert torch.equal(most, least)
        counts = most[relevant.squeeze(-1) == 3].bincount(minlength=3)
        assert counts.min() > 0.8 * counts.sum() / 3
    if context == "any":
        assert len(set(zip(*(part.tolist() for part in beside), strict=True))) == 6  # r = 1, 2, 3 share 0 .. r - 1


def test_every_object_of_a_concept_comes_up_evenly(uniform):
    board, round = dealt(Abstraction(candidates=2), WORLD, uniform, games=71 * 101)
    assert round.candidates is not None
    right = round.candidates.gather(-1, round.answer.unsqueeze(-1)).squeeze(-1)
    red = (board.meanings == torch.tensor([1, 0, 0])).all(-1).nonzero().item()
    counts = right[round.target == red].bincount(minlength=71)
    assert (counts > 0).sum() == 15  # 3 x 5 objects have the first value of the first attribute
    assert counts[counts > 0].float().mean() == pytest.approx(202 / 15)


def test_held_out_objects_stay_out_of_sight_where_others_will_do(uniform):
    board = Board.of(WORLD)
    pool = torch.arange(71) % 3 > 0
    _, round = dealt(Abstraction(candidates=5), WORLD, uniform, pool)
    assert round.candidates is not None
    right = round.answer.unsqueeze(-1)
    others = torch.ones_like(round.candidates, dtype=torch.bool).scatter(-1, right, False)
    assert pool[round.candidates[others]].all()
    target = board.meanings[round.target]
    concrete = (target > 0).all(-1)
    shown = round.candidates.gather(-1, right).squeeze(-1)
    assert torch.equal(shown[concrete], round.target[concrete])  # an object falls under itself alone
    few = torch.zeros(71, dtype=torch.bool)
    _, round = dealt(Abstraction(candidates=5), WORLD, uniform, few)  # none is known: all are taken
    assert round.candidates is not None
    assert (board.meanings[round.candidates] > 0).all()


@pytest.mark.parametrize("context", CONTEXTS)
def test_it_holds_at_the_ends_of_the_draws(context):
    game, board = Abstraction(candidates=3, context=context), Board.of(WORLD)
    for draw in (0.0, float(np.nextafter(np.float32(1), np.float32(0)))):
        draws = torch.full((1, 71, game.draws(WORLD)), draw)
        round = game.deal(board, torch.arange(71).expand(1, -1), torch.ones(1, 71, dtype=torch.bool), draws)
        shared, relevant = values_shared(board, round)
        assert torch.equal((shared == relevant).sum(-1), torch.ones(1, 71, dtype=torch.int64))
        assert (round.answer == (0 if draw == 0.0 else 2)).all()


def test_other_worlds_are_refused(everything):
    for world, concept in (
        (AttributeWorld(values=(3, 5)), "[0, 0]"),
        (HierarchyWorld(values=(3, 3), levels=(1,)), "[0, 1]"),
        (AttributeWorld(values=(7,)), "[0]"),
    ):
        board = Board.of(world)
        with pytest.raises(BadInput, match="needs an object under it and others beside it") as caught:
            Abstraction().check(board, everything(board))
        assert concept in str(caught.value)
        assert "\n" not in str(caught.value)
    for context in CONTEXTS:
        Abstraction(context=context).check(Board.of(WORLD), everything(Board.of(WORLD)))


def test_a_deck_deals_held_out_concepts():
    world = HierarchyWorld(values=(2, 3, 5), split="random", held_out=0.2)
    train_part, held_out = (Deck(Abstraction(), world, [5], part) for part in ("train", "held_out"))
    assert (train_part.targets.shape[1], held_out.targets.shape[1]) == (57, 14)  # round(0.2 x 71) = 14
    Setup(world=world, game=Abstraction(context="mixed"), channel=Channel(7, 3))


@pytest.mark.slow
def test_general_and_specific_concepts_are_both_learnt():
    setup = Setup(
        world=HierarchyWorld(values=(3, 3)),  # 15 concepts: 6 of one value, 9 of two
        game=Abstraction(candidates=4),
        channel=Channel(symbols=7, max_length=2),
        speaker=GRU(hidden=32, embedding=8),
        listener=GRU(hidden=32, embedding=8),
        estimator=GumbelSoftmax(),
        steps=1500,
        batch_size=64,
        speaker_learning_rate=5e-3,
        listener_learning_rate=5e-3,
        evaluation_rounds=20,
    )
    *_, last = (e for e in train(Trainer([Run("a", s, setup) for s in (2, 3, 5)])) if isinstance(e, Observed))
    accuracy = sorted(seen.values["accuracy"] for seen in last.observations)
    assert accuracy[1] >= 0.85  # chance is 1/4
