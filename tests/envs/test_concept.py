"""The concept game: which concepts there are, what is dealt, and what counts as right."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emcomm.envs import Board, Concept, Discrimination
from emcomm.errors import BadInput
from emcomm.worlds import AttributeWorld
from emcomm.worlds.form import Set


def dealt(game: Concept, world: AttributeWorld, targets: list[int], uniform, pool=None):
    board = Board.of(world)
    target = torch.tensor(targets).repeat(7, 1)
    pool = torch.ones(len(board.meanings), dtype=torch.bool) if pool is None else pool
    draws = uniform(*target.shape, game.draws(world))
    return board, game.deal(board, target, pool.expand(7, -1), draws)


def belongs(meanings: torch.Tensor, concept: np.ndarray) -> torch.Tensor:
    """Row by row: every attribute is free (0) or has the concept's value (v + 1)."""
    wanted = torch.tensor(concept)
    return ((wanted == 0) | (meanings == wanted - 1)).all(-1)


def test_concepts_fix_the_values_of_some_attributes():
    world = AttributeWorld(values=(3, 5))
    assert len(Concept().meanings(world)) == 4 * 6 - 1  # each attribute free or fixed, but not all free
    one = Concept(fixed=1).meanings(world).tolist()
    assert one == [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [1, 0], [2, 0], [3, 0]]
    assert len(Concept(fixed=2).meanings(world)) == 15  # one meaning each: a reference game
    assert Concept().probabilities(world).tolist() == [1 / 23] * 23


def test_half_of_the_examples_belong_and_the_listener_judges_meanings_of_its_own(unequal, uniform):
    game = Concept(examples=6, candidates=4)
    concepts = game.meanings(unequal)
    board, round = dealt(game, unequal, [0, 5, 11, 22], uniform)
    assert round.examples is not None
    assert round.candidates is not None
    assert (round.examples.shape, round.candidates.shape) == ((7, 4, 6), (7, 4, 4))
    for column, place in enumerate([0, 5, 11, 22]):
        inside = belongs(board.meanings[round.examples[:, column]], concepts[place])
        assert inside.tolist() == [[True] * 3 + [False] * 3] * 7
        judged = belongs(board.meanings[round.candidates[:, column]], concepts[place])
        assert torch.equal(judged.long(), round.answer[:, column])
        assert judged.sum(-1).tolist() == [2] * 7
    assert len({tuple(row) for row in round.answer.flatten(0, 1).tolist()}) > 1  # the order is drawn


def test_a_set_reference_game_judges_the_speakers_examples(unequal, uniform):
    game = Concept(mode="set_reference", examples=4, candidates=4)
    _, round = dealt(game, unequal, [3, 8], uniform)
    assert round.examples is not None
    assert round.candidates is not None
    assert torch.equal(round.examples.sort(-1).values, round.candidates.sort(-1).values)
    _, other = dealt(Concept(examples=4, candidates=4), unequal, [3, 8], uniform)
    assert other.candidates is not None
    assert not torch.equal(round.candidates, other.candidates)


def test_meanings_come_from_the_pool_alone(unequal, uniform):
    game = Concept(fixed=1, examples=10, candidates=10)
    pool = torch.arange(15) % 2 == 0
    _, round = dealt(game, unequal, [0, 6], uniform, pool)
    assert round.examples is not None
    assert pool[round.examples].all()
    assert len(round.examples.unique()) > 4


def test_every_member_comes_up_even_at_the_ends_of_the_draws(unequal):
    game, board = Concept(fixed=1, examples=2, candidates=2), Board.of(unequal)
    for draw in (0.0, float(np.nextafter(np.float32(1), np.float32(0)))):
        draws = torch.full((1, 8, game.draws(unequal)), draw)
        round = game.deal(board, torch.arange(8).view(1, 8), torch.ones(1, 15, dtype=torch.bool), draws)
        assert round.examples is not None
        for place, concept in enumerate(game.meanings(unequal)):
            assert belongs(board.meanings[round.examples[0, place]], concept).tolist() == [True, False]


def test_a_game_is_won_when_every_candidate_is_judged_right(unequal, uniform):
    game = Concept(examples=2, candidates=4)
    board, round = dealt(game, unequal, [7], uniform)
    sure = torch.nn.functional.one_hot(round.answer, 2).float().flatten(-2) * 50
    loss, correct, entropy = game.score(board, round, sure)
    assert correct.all()
    assert loss.max() < 1e-6
    torch.testing.assert_close(game.score(board, round, sure * 0).loss, torch.full((7, 1), 4 * np.log(2)).float())
    wrong = sure.clone()
    wrong[..., :2] = wrong[..., :2].flip(-1)
    assert not game.score(board, round, wrong).correct.any()
    assert entropy.max() < 1e-6


def test_concepts_can_be_held_out(unequal):
    game = Concept(held_out=0.3)
    split = game.split(unequal, np.random.default_rng(5))
    assert (len(split.train), len(split.held_out)) == (16, 7)  # round(0.3 * 23) = 7
    assert sorted([*split.train, *split.held_out]) == list(range(23))


def test_what_cannot_be_played_is_refused(unequal, everything):
    board = Board.of(unequal)
    with pytest.raises(BadInput, match="judges the speaker's 6 examples; got 4 candidates"):
        Concept(mode="set_reference", examples=6, candidates=4).check(board, everything(board))
    with pytest.raises(BadInput, match="concept .0, 1. .* has no example or no counter-example among the 12 meanings"):
        Concept().check(board, board.meanings[:, 1] != 0)
    with pytest.raises(BadInput, match="cannot fix 3 attributes of a world that has 2"):
        Concept(fixed=3).meanings(unequal)
    with pytest.raises(BadInput, match="multiple of 2"):
        Concept(examples=5)


def test_a_speaker_of_a_study_sees_each_example_with_a_label(unequal, uniform):
    game = Concept(examples=4, candidates=2)
    board, round = dealt(game, unequal, [3, 8, 13], uniform)
    assert round.examples is not None
    assert game.form(unequal) == Set(members=4, member_features=9)  # 3 + 5 one-hot numbers, and the label
    sight = game.sight(board, round.target, round.examples)
    assert sight.row.tolist() == [[0, 1, 2]] * 7  # each game has its own
    assert sight.features.shape == (7, 3, 36)
    members = sight.features.unflatten(-1, (4, 9))
    assert torch.equal(members[..., :8], board.features[round.examples])
    assert (members[..., 8] == torch.tensor([1.0, 1.0, 0.0, 0.0])).all()
    other = Discrimination(candidates=2)
    table = other.sight(board, round.target, None)
    assert torch.equal(table.row, round.target)
    assert torch.equal(table.features, board.features.expand(7, -1, -1))
    assert other.form(unequal) == unequal.form


def test_one_number_a_candidate_is_the_log_odds_that_it_belongs(unequal, uniform):
    game = Concept(examples=2, candidates=4)
    board, round = dealt(game, unequal, [7, 11], uniform)
    logits = uniform(7, 2, 4) * 4 - 2
    outcome = game.score(board, round, logits)
    yes = logits.sigmoid()
    right = torch.where(round.answer == 1, yes, 1 - yes)
    torch.testing.assert_close(outcome.loss, -right.log().sum(-1))
    assert torch.equal(outcome.correct, ((logits > 0) == (round.answer == 1)).all(-1))
    torch.testing.assert_close(outcome.entropy, -(yes * yes.log() + (1 - yes) * (1 - yes).log()).sum(-1))
    both = game.options(logits)
    assert both.shape == (7, 2, 8)
    assert torch.equal(both, game.options(both))
    for one, other in zip(outcome, game.score(board, round, both), strict=True):
        assert torch.equal(one, other)
