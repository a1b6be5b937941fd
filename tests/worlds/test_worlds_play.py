"""Every world that can be made without arguments is played with: three steps of two games, as a set-up and a stack."""

from __future__ import annotations

import pytest

from emcomm.envs import Board, Discrimination, Game, Reconstruction
from emcomm.worlds import WORLDS, ColourWorld, GraphWorld, HierarchyWorld, ImageWorld, World
from tests.training.small import advanced, equal_weights, small_run

MADE = [world() for _, world in WORLDS if not any(field.is_required() for field in world.model_fields.values())]
SPLIT = [
    ImageWorld(shapes=3, colours=5, pixels=8, split="compositional", held_out=0.2),
    GraphWorld(graphs=19, nodes=3, split="random", held_out=0.3),
    HierarchyWorld(values=(5, 3), frequencies="zipf", split="compositional", held_out=0.2),
    ColourWorld(hues=7, lightnesses=3, frequencies="zipf", split="compositional", held_out=0.3),
]


@pytest.mark.parametrize("game", [Discrimination(candidates=3), Reconstruction()], ids=lambda game: game.name)
@pytest.mark.parametrize("world", [*MADE, *SPLIT], ids=repr)
def test_agents_learn_about_it(world: World, game: Game) -> None:
    before, after = (advanced(steps, small_run(world=world, game=game)) for steps in (0, 3))
    for old, new in ((before.speakers, after.speakers), (before.listeners, after.listeners)):
        assert not equal_weights(old.agent(0, 0), new.agent(0, 0))
        assert all(weights.isfinite().all() for weights in new.agent(0, 0).values())
    assert after.broken_at.tolist() == [-1]


@pytest.mark.parametrize("world", [*MADE, *SPLIT], ids=repr)
def test_no_two_meanings_look_the_same(world: World) -> None:
    board = Board.of(world)
    assert len(board.looks.unique()) == len(world.meanings())
