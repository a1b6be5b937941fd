"""`Deck`: which targets come up, how often, and what may stand beside them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emcomm.envs import Concept, Discrimination, Reconstruction
from emcomm.envs.deck import Deck
from emcomm.errors import BadInput
from emcomm.rng import generator
from emcomm.worlds import AttributeWorld

WORLD = AttributeWorld(values=(3, 5), frequencies="zipf", split="random", held_out=0.4)


def test_every_run_has_the_hold_out_of_its_seed():
    deck = Deck(Discrimination(candidates=3), WORLD, [7, 11])
    for row, seed in enumerate((7, 11)):
        train = WORLD.split(generator(seed, "split")).train
        assert deck.targets[row].tolist() == train.tolist()
        assert deck.pool[row].nonzero().flatten().tolist() == train.tolist()
    assert deck.targets.shape == (2, 9)


def test_held_out_targets_stand_among_all_meanings():
    deck = Deck(Discrimination(candidates=3), WORLD, [7], "held_out")
    assert deck.targets[0].tolist() == WORLD.split(generator(7, "split")).held_out.tolist()
    assert deck.pool.all()
    every = Deck(Discrimination(candidates=3), WORLD, [7], "all")
    assert every.targets[0].tolist() == list(range(15))
    assert every.pool.all()
    with pytest.raises(BadInput, match="nothing is held out; give the world a split"):
        Deck(Reconstruction(), AttributeWorld(values=(3, 5)), [7], "held_out")


def test_targets_come_up_by_their_frequency():
    deck = Deck(Reconstruction(), AttributeWorld(values=(3,), frequencies=[5, 3, 2]), [7])
    draws = torch.tensor([[[0.0, 0.49, 0.51, 0.79, 0.81, 0.9999999]]])  # p = .5, .3, .2: borders at .5 and .8
    assert deck.deal(draws, None).target.tolist() == [[0, 0, 1, 1, 2, 2]]


def test_agents_of_a_run_share_its_targets_and_pool():
    deck = Deck(Discrimination(candidates=3), WORLD, [7, 11])
    rng = np.random.default_rng(1)
    draws = torch.from_numpy(rng.random((2, 5, 13), dtype=np.float32))
    extra = torch.from_numpy(rng.random((2, 5, 13, deck.needed), dtype=np.float32))
    round = deck.deal(draws, extra)
    assert round.target.shape == (10, 13)
    assert round.candidates is not None
    for agent in range(10):
        assert deck.pool[agent // 5, round.candidates[agent]].all()


def test_concepts_are_targets_of_their_own():
    deck = Deck(Concept(fixed=1, held_out=0.25), AttributeWorld(values=(3, 5)), [7], "held_out")
    assert deck.targets.shape == (1, 2)  # round(0.25 * 8 concepts)
    assert deck.pool.shape == (1, 15)


def test_weights_make_targets_come_up_more_or_less_often():
    deck = Deck(Reconstruction(), AttributeWorld(values=(3,), frequencies=[5, 3, 2]), [7, 11])
    draws = torch.tensor([[[0.0, 0.49, 0.51, 0.79, 0.81, 0.9999999]]]).expand(2, -1, -1)
    deck.weigh(torch.tensor([[0.0, 1.0, 3.5], [1.0, 1.0, 1.0]], dtype=torch.float64))
    # .5 x 0, .3 x 1, .2 x 3.5 are 0, .3, .7 of 1: the border between 1 and 2 is at .3; the other run stays as it was.
    assert deck.deal(draws, None).target.tolist() == [[1, 2, 2, 2, 2, 2], [0, 0, 1, 1, 2, 2]]
    deck.weigh(torch.tensor([[0.0, 0.0, 1e-9], [0.0, 7.0, 0.0]], dtype=torch.float64))
    assert deck.deal(draws, None).target.tolist() == [[2] * 6, [1] * 6]
    deck.weigh(None)
    assert deck.deal(draws, None).target.tolist() == [[0, 0, 1, 1, 2, 2]] * 2


def test_weights_that_are_all_one_deal_the_same_bit_for_bit():
    deck, other = (Deck(Discrimination(candidates=3), WORLD, [7, 11]) for _ in "ab")
    other.weigh(torch.ones(2, 9, dtype=torch.float64))
    assert torch.equal(deck._cumulative, other._cumulative)


def test_the_deck_of_some_runs_deals_what_the_whole_deals_them():
    deck = Deck(Discrimination(candidates=3), WORLD, [7, 11, 13])
    deck.weigh(torch.arange(1, 28, dtype=torch.float64).view(3, 9))
    rng = np.random.default_rng(1)
    draws = torch.from_numpy(rng.random((3, 5, 13), dtype=np.float32))
    extra = torch.from_numpy(rng.random((3, 5, 13, deck.needed), dtype=np.float32))
    whole = deck.deal(draws, extra).each(lambda part: part.unflatten(0, (3, 5))[[2, 0]].flatten(0, 1))
    part = deck.part([2, 0])
    assert torch.equal(part.targets, deck.targets[[2, 0]])
    dealt = part.deal(draws[[2, 0]], extra[[2, 0]])
    assert torch.equal(dealt.target, whole.target)
    assert dealt.candidates is not None
    assert whole.candidates is not None
    assert torch.equal(dealt.candidates, whole.candidates)
    part.weigh(None)  # the whole keeps its weights
    assert torch.equal(deck.deal(draws, extra).target.unflatten(0, (3, 5))[[2, 0]].flatten(0, 1), whole.target)
