"""Forms: how wide each is, what is refused, and that every world has the one its features are in."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import WORLDS, ArrayWorld, AttributeWorld, World
from emcomm.worlds.form import Flat, Form, Graph, Image, Set


@pytest.mark.parametrize(
    ("form", "width"),
    [
        (Flat(13), 13),
        (Image(3, 5, 7), 105),
        (Graph(nodes=5, node_features=3), 40),  # 5 x 3 numbers of nodes and 5 x 5 of the adjacency matrix
        (Set(members=7, member_features=3), 21),
    ],
)
def test_a_form_knows_how_many_numbers_a_row_has(form: Form, width: int) -> None:
    assert form.width == width


@pytest.mark.parametrize("number", [0, -3, 2.0, True, "5", None])
def test_what_is_no_count_is_refused_in_one_line(number: object) -> None:
    for make, where in ((Flat, "Flat: width"), (Image, "Image: channels"), (Graph, "Graph: nodes"), (Set, "Set: mem")):
        others = (7,) * (len(dataclasses.fields(make)) - 1)
        with pytest.raises(BadInput, match=f"^{where}.* must be a whole number from 1, got ") as caught:
            make(number, *others)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)


def test_forms_are_equal_by_what_they_say_and_cannot_be_changed() -> None:
    assert Image(3, 5, 7) == Image(3, 5, 7) != Image(3, 7, 5)
    assert len({Flat(6), Flat(6), Set(2, 3), Set(3, 2)}) == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        Flat(5).width = 7  # type: ignore[misc]


def test_worlds_without_a_form_of_their_own_are_flat() -> None:
    assert AttributeWorld(values=(7, 5)).form == Flat(12)
    assert ArrayWorld(meanings=[[0], [1], [2]]).form == Flat(3)
    assert ArrayWorld(meanings=[[0], [1], [2]], features=np.ones((3, 11))).form == Flat(11)


@pytest.mark.parametrize(
    "world",
    [world() for _, world in WORLDS if not any(field.is_required() for field in world.model_fields.values())],
    ids=repr,
)
def test_a_form_fits_the_features(world: World) -> None:
    assert world.form.width == world.features().shape[1]
