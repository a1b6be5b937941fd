"""What every game has in common: boards, rounds, names."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from pydantic import TypeAdapter

import emcomm.envs
from emcomm.envs import GAMES, Board, Discrimination, Game, Reconstruction, Round
from emcomm.envs.base import choice_outcome
from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld, HierarchyWorld, World

OWN_WORLDS: dict[str, World] = {"abstraction": HierarchyWorld(values=(2, 5))}
"""Worlds for the games that are not for every world."""


def test_a_board_is_the_world_as_tensors(unequal: AttributeWorld):
    board = Board.of(unequal)
    assert board.sizes == (3, 5)
    assert board.meanings.dtype == torch.int64
    assert board.meanings.tolist() == unequal.meanings().tolist()
    assert board.features.dtype == torch.float32
    assert board.features.tolist() == unequal.features().tolist()
    assert len(board.looks.unique()) == 15


def test_meanings_of_equal_features_have_equal_looks(doubles: ArrayWorld):
    looks = Board.of(doubles).looks
    assert looks.shape == (7,)
    assert (looks[:, None] == looks).tolist() == [[a == b for b in "abacdab"] for a in "abacdab"]


def test_a_change_of_a_round_reaches_every_tensor():
    pointing = Round(torch.arange(3), torch.arange(6).view(3, 2), torch.arange(3)).each(lambda part: part[1:])
    assert pointing.candidates is not None
    assert [part.tolist() for part in (pointing.target, pointing.candidates, pointing.answer)] == [
        [1, 2],
        [[2, 3], [4, 5]],
        [1, 2],
    ]
    naming = Round(torch.arange(3), None, torch.arange(6).view(3, 2)).each(lambda part: part[1:])
    assert naming.candidates is None
    assert naming.answer.tolist() == [[2, 3], [4, 5]]


def test_a_sure_answer_has_no_loss_and_no_entropy():
    loss, correct, entropy = choice_outcome(torch.tensor([[0.0, 200.0, 0.0]]), torch.tensor([1]))
    assert (loss.item(), correct.item(), entropy.item()) == (0.0, True, 0.0)


def test_games_are_found_by_name():
    assert GAMES.get("discrimination") is Discrimination
    assert GAMES.get("reconstruction") is Reconstruction
    assert {"Discrimination", "Reconstruction"} <= set(emcomm.envs.__all__)
    with pytest.raises(BadInput, match="unknown game 'discriminate'.*Did you mean 'discrimination'"):
        GAMES.get("discriminate")
    with pytest.raises(
        AttributeError,
        match="emcomm.envs has no 'Chess'; games: abstraction, concept, discrimination, guess, reconstruction",
    ):
        emcomm.envs.Chess  # noqa: B018 - looking is the point


@pytest.mark.parametrize("name", GAMES.names())
def test_every_game_keeps_the_contract(name: str, unequal: World, uniform, everything):
    unequal = OWN_WORLDS.get(name, unequal)
    game, board = GAMES.get(name)(), Board.of(unequal)
    assert TypeAdapter(Game).validate_python(game.model_dump(mode="json")) == game
    assert "Source:" in (type(game).__doc__ or "")
    game.check(board, everything(board))
    needed, target = game.draws(unequal), torch.arange(2 * 3 * 11).view(2, 3, 11) % 15
    draws = uniform(2, 3, 11, needed) if needed else None
    dealt = game.deal(board, target, everything(board).expand(2, 3, -1), draws)
    choices = game.choices(unequal)
    assert choices == game.sizes(unequal) if dealt.candidates is None else game.sizes(unequal) is None
    assert ((dealt.answer.view(2, 3, 11, -1) < torch.tensor(choices)) & (dealt.answer.view(2, 3, 11, -1) >= 0)).all()
    assert len(game.meanings(unequal)) == len(game.probabilities(unequal))
    assert game.probabilities(unequal).sum() == pytest.approx(1.0)
    answers = sum(choices)
    loss, correct, entropy = game.score(board, dealt, uniform(2, 3, 11, answers, seed=2))
    assert loss.shape == correct.shape == entropy.shape == (2, 3, 11)
    assert (loss >= 0).all()
    assert (entropy >= 0).all()
    assert correct.dtype == torch.bool


def test_rules_that_were_not_written_say_so(unequal: AttributeWorld, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(GAMES, "_known", dict(GAMES._known))

    class Nothing(Game):
        name: ClassVar[str] = "nothing"

    game, board, index = Nothing(), Board.of(unequal), torch.arange(3)
    assert game.draws(unequal) == 0
    for call in (
        lambda: game.sizes(unequal),
        lambda: game.choices(unequal),
        lambda: game.deal(board, index, torch.ones(15, dtype=torch.bool), None),
        lambda: game.score(board, Round(index, None, index), torch.zeros(3, 8)),
    ):
        with pytest.raises(TypeError, match="Nothing does not define"):
            call()
