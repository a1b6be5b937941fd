"""What holds for every world: writing and reading, equality, and arrays that belong to the caller."""

from __future__ import annotations

import copy
import json
import pickle
from typing import ClassVar

import numpy as np
import pytest

from emcomm.config import Config
from emcomm.errors import BadInput
from emcomm.worlds import WORLDS, ArrayWorld, AttributeWorld, World

EXAMPLES = [
    AttributeWorld(values=(7, 3)),
    AttributeWorld(values=(13,), frequencies="zipf", zipf_exponent=1.3),
    AttributeWorld(values=(3,), frequencies=[2, 0.3, 5], split="random", held_out=0.4),
    AttributeWorld(values=(5, 3), split="compositional", held_out=0.2),
    ArrayWorld(meanings=[[0, 2], [1, 0], [4, 1]], frequencies="zipf"),
    ArrayWorld(meanings=[[0], [2]], features=np.array([[0.1, 0.7, -3], [1e-8, 2, 1]]), split="random", held_out=0.5),
]
# ... and every other world that can be made without arguments.
EXAMPLES += [world() for _, world in WORLDS if not any(field.is_required() for field in world.model_fields.values())]


class Holder(Config):
    world: World


@pytest.mark.parametrize("world", EXAMPLES, ids=repr)
def test_a_world_survives_being_written_as_json(world: World) -> None:
    written = json.loads(json.dumps(Holder(world=world).model_dump(mode="json")))
    back = Holder.model_validate(written).world
    assert back == world
    assert type(back) is type(world)
    for ours, theirs in zip(arrays(world), arrays(back), strict=True):
        assert (ours == theirs).all()
    assert type(world).model_validate_json(world.model_dump_json()) == world


@pytest.mark.parametrize("world", EXAMPLES, ids=repr)
def test_a_world_keeps_its_contract(world: World) -> None:
    meanings, features, probabilities, train, held_out = arrays(world)
    n, sizes = len(meanings), world.sizes()
    assert [array.dtype for array in arrays(world)] == [np.int64, np.float32, np.float64, np.int64, np.int64]
    assert len(np.unique(meanings, axis=0)) == len(features) == len(probabilities) == n >= 2
    assert meanings.shape[1] == len(sizes)
    assert (meanings >= 0).all()
    assert (meanings < sizes).all()
    assert np.isfinite(features).all()
    assert (probabilities > 0).all()
    assert probabilities.sum() == pytest.approx(1)
    assert sorted([*train, *held_out]) == list(range(n))
    assert len(held_out) == round(world.held_out * n)


@pytest.mark.parametrize("world", EXAMPLES, ids=repr)
def test_a_world_survives_pickling_and_copying(world: World) -> None:
    for twin in (pickle.loads(pickle.dumps(world)), copy.deepcopy(world)):
        assert twin == world
        assert hash(twin) == hash(world)


def arrays(world: World) -> list[np.ndarray]:
    split = world.split(np.random.default_rng(5))
    return [world.meanings(), world.features(), world.probabilities(), split.train, split.held_out]


def test_settings_are_written_under_the_names_they_are_given_by() -> None:
    written = AttributeWorld(values=(5, 3), split="compositional", held_out=0.2).model_dump(mode="json")
    assert written == {
        "kind": "attribute",
        "values": [5, 3],
        "frequencies": "uniform",
        "zipf_exponent": 1.0,
        "split": "compositional",
        "held_out": 0.2,
    }
    assert {"meanings", "features"} <= set(ArrayWorld(meanings=[[0], [1]]).model_dump())


def test_a_changed_world_is_made_from_its_settings() -> None:
    world = AttributeWorld(values=(5, 3), frequencies="zipf")
    changed = AttributeWorld(**{**dict(world), "split": "random", "held_out": 0.2})
    assert changed == AttributeWorld(values=(5, 3), frequencies="zipf", split="random", held_out=0.2)
    own = ArrayWorld(meanings=[[0], [1]], features=[[0.5], [3]])
    assert ArrayWorld(**dict(own)) == own


def test_a_world_shows_how_it_was_asked_for() -> None:
    shown = repr(AttributeWorld(values=(5, 3), split="random", held_out=0.2))
    assert shown.startswith("AttributeWorld(")
    assert "split='random'" in shown
    assert "values=(5, 3)" in shown


@pytest.mark.parametrize("name", ["meanings", "features", "probabilities"])
def test_changing_a_returned_array_changes_no_world(name: str) -> None:
    world = AttributeWorld(values=(5, 2))
    ask = getattr(world, name)
    before = ask().copy()
    ask()[:] = 0
    assert (ask() == before).all()


def test_worlds_that_differ_are_not_mixed_up() -> None:
    assert AttributeWorld(values=(5, 2)) != AttributeWorld(values=(2, 5))
    assert AttributeWorld(values=(5, 2)).features().shape == AttributeWorld(values=(2, 5)).features().shape
    assert (AttributeWorld(values=(5, 2)).meanings() != AttributeWorld(values=(2, 5)).meanings()).any()
    plain = ArrayWorld(meanings=[[0], [1]])
    own = ArrayWorld(meanings=[[0], [1]], features=[[0.5, 0.5, 3], [1, 2, 3]])
    assert plain.features().shape == (2, 2)
    assert own.features().shape == (2, 3)


def test_a_world_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        EXAMPLES[0].held_out = 0.3  # type: ignore[misc]


def test_both_worlds_are_known_by_name() -> None:
    assert WORLDS.get("attribute") is AttributeWorld
    assert WORLDS.get("array") is ArrayWorld
    with pytest.raises(BadInput, match="unknown world 'atribute'.*Did you mean 'attribute'"):
        Holder(world={"kind": "atribute", "values": [3]})


def test_a_new_world_needs_its_meanings_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WORLDS, "_known", dict(WORLDS._known))

    class Diagonal(World):
        """Meanings along a diagonal."""

        name: ClassVar[str] = "diagonal"
        length: int = 3

        def build_meanings(self) -> np.ndarray:
            return np.repeat(np.arange(self.length), 2).reshape(-1, 2)

    world = Diagonal(length=5, frequencies="zipf", split="random", held_out=0.4)
    assert world.sizes() == (5, 5)
    assert world.features()[3].tolist() == [0, 0, 0, 1, 0] * 2
    assert world.probabilities()[0] == pytest.approx(60 / 137)  # H_5 = 137/60
    assert len(world.split(np.random.default_rng(2)).held_out) == 2
    assert Holder.model_validate({"world": {"kind": "diagonal", "length": 2}}).world == Diagonal(length=2)
