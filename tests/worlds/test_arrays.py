"""ArrayWorld: the user's own meanings and features, and what form these are in."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from emcomm.agents import Linear, SetEncoder
from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld
from emcomm.worlds.form import Flat, Form, Graph, Image, Set

MEANINGS = [[0, 4], [2, 0], [1, 1], [2, 4], [0, 3]]


@pytest.mark.parametrize("meanings", [MEANINGS, tuple(map(tuple, MEANINGS)), np.array(MEANINGS, dtype=np.uint8)])
def test_meanings_keep_their_order(meanings: object) -> None:
    world = ArrayWorld(meanings=meanings)
    assert world.meanings().tolist() == MEANINGS
    assert world.meanings().dtype == np.int64
    assert world == ArrayWorld(meanings=MEANINGS)


def test_sizes_and_features_follow_from_the_largest_values() -> None:
    world = ArrayWorld(meanings=MEANINGS)
    assert world.sizes() == (3, 5)
    # [2, 0]: (0, 0, 1) and (1, 0, 0, 0, 0).
    assert world.features()[1].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_own_features_replace_the_one_hot_codes() -> None:
    features = np.random.default_rng(11).normal(size=(5, 7)).astype(np.float32)
    world = ArrayWorld(meanings=MEANINGS, features=features)
    assert world.features().dtype == np.float32
    assert (world.features() == features).all()
    assert world.sizes() == (3, 5)


def test_a_grid_given_as_an_array_is_the_attribute_world() -> None:
    grid = AttributeWorld(values=(5, 3), frequencies="zipf")
    world = ArrayWorld(meanings=grid.meanings(), frequencies="zipf")
    assert (world.features() == grid.features()).all()
    assert (world.probabilities() == grid.probabilities()).all()
    assert world.sizes() == grid.sizes()


def test_zipf_follows_the_order_given() -> None:
    world = ArrayWorld(meanings=MEANINGS[:3], frequencies="zipf")
    # 1, 1/2, 1/3 sum to 11/6.
    assert world.probabilities() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "'meanings' is required"),
        ({"meanings": [[0, 1], [1, 0.5]]}, r"meanings: must be integers from 0, got 0\.0"),
        ({"meanings": np.array([[0.0], [2.0]])}, r"meanings: must be integers from 0, got 0\.0"),
        ({"meanings": [[0, 1], [1, -1]]}, "meanings: must be integers from 0, got -1"),
        ({"meanings": [[True], [False]]}, "meanings: must be integers from 0, got True"),
        ({"meanings": [["red"], ["blue"]]}, "meanings: must be integers from 0, got 'red'"),
        ({"meanings": [[0], [None]]}, "meanings: must be integers from 0, got None"),
        ({"meanings": [[0], [2**70]]}, f"meanings: must be integers from 0, got {2**70}"),
        ({"meanings": [[0, 1], [1]]}, "meanings: must be a table, and its rows have different lengths"),
        ({"meanings": [0, 1, 2]}, r"meanings: must be a table .*, got shape \(3,\)"),
        ({"meanings": []}, r"meanings: must be a table .*, got shape \(0,\)"),
        ({"meanings": [[1, 2], [0, 2], [1, 2]]}, r"every meaning is given once, got \[1, 2\] 2 times"),
        ({"meanings": [[3, 2]]}, "at least 2 meanings, this one has 1"),
        ({"meanings": [[0], [10**9]]}, "2000000002 feature numbers.*count the values of each attribute 0, 1, 2"),
        ({"meanings": MEANINGS, "frequencies": [1, 2, 3]}, "frequencies has 3 weights, and there are 5 meanings"),
        ({"meanings": MEANINGS, "features": [[1.0]]}, "features has 1 rows, and there are 5 meanings"),
        ({"meanings": [[0], [1]], "features": [[1], [float("inf")]]}, "features: must be finite numbers .*, got inf"),
        ({"meanings": [[0], [1]], "features": [[1], [1e39]]}, "features: must be finite numbers in float32, got inf"),
        ({"meanings": [[0], [1]], "features": [["a"], ["b"]]}, "features: must be numbers, got 'a'"),
        ({"meanings": [[0], [1]], "features": [1, 2]}, r"features: must be a table .*, got shape \(2,\)"),
        # three values are one-hot codes of 3 numbers, an image of 3 x 5 x 7 takes 105, a graph 3 (2 + 3) = 15
        (
            {"meanings": [[0], [1], [2]], "form": Image(3, 5, 7)},
            r"form: Image\(.*\) takes 105 .*, got one-hot codes of 3$",
        ),
        (
            {"meanings": [[0], [7]], "features": [[1] * 13] * 2, "form": Graph(3, 2)},
            r"form: Graph\(nodes=3, node_features=2\) takes 15 numbers, got features of 13$",
        ),
        ({"meanings": MEANINGS, "form": "image"}, "form: must be Flat, Image, Graph or Set .*, got 'image'"),
        ({"meanings": MEANINGS, "form": {"nodes": 3}}, "form: must be Flat, Image, Graph or Set .*, got"),
        ({"meanings": MEANINGS, "form": {"width": 0}}, "form: Flat: width must be a whole number from 1, got 0"),
    ],
)
def test_bad_arrays_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        ArrayWorld(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", [Flat(30), Image(2, 3, 5), Graph(nodes=5, node_features=1), Set(3, 10)], ids=repr)
def test_features_have_the_form_that_was_given(form: Form) -> None:
    # 2 x 3 x 5 = 5 (1 + 5) = 3 x 10 = 30 numbers
    features = np.arange(150).reshape(5, 30)
    world = ArrayWorld(meanings=MEANINGS, features=features, form=form)
    assert world.form == form
    assert (world.features() == features).all()
    written = json.loads(json.dumps(world.model_dump(mode="json")))
    for back in (ArrayWorld.model_validate(written), pickle.loads(pickle.dumps(world)), ArrayWorld(**dict(world))):
        assert back == world
        assert back.form == form
        assert hash(back) == hash(world)
    assert world != ArrayWorld(meanings=MEANINGS, features=features)


def test_encoders_read_the_form_that_was_given() -> None:
    features = np.arange(30).reshape(5, 6)
    loose = ArrayWorld(meanings=MEANINGS, features=features)
    asked = ArrayWorld(meanings=MEANINGS, features=features, form=Set(members=3, member_features=2))
    for world in (loose, asked):
        Linear().module(world.form, 7)
    SetEncoder().module(asked.form, 7)
    with pytest.raises(BadInput, match="reads Set meanings, got Flat"):
        SetEncoder().module(loose.form, 7)


def test_one_hot_codes_may_have_a_form() -> None:
    # two attributes of three values each: codes [2 members, 3 numbers]
    world = ArrayWorld(meanings=[[0, 1], [2, 2], [1, 0]], form=Set(members=2, member_features=3))
    assert world.form == Set(2, 3)
    assert world.features()[1].reshape(2, 3).tolist() == [[0, 0, 1], [0, 0, 1]]
