"""Set-up objects are frozen and checked, and say in one line what is wrong."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from emcomm.config import Config
from emcomm.errors import BadInput, EmcommError, StorageError, nearest, unknown


class Kettle(Config):
    """A set-up object of this test."""

    litres: float = Field(gt=0)
    colour: Literal["red", "green"] = "red"
    cups: tuple[int, ...] = ()

    @field_validator("cups")
    @classmethod
    def _few(cls, cups: tuple[int, ...]) -> tuple[int, ...]:
        if len(cups) > 3:
            raise ValueError(f"at most 3 cups, got {len(cups)}")
        return cups


class Kitchen(Config):
    kettle: Kettle
    stools: int = Field(default=2, alias="chairs")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "Kettle: 'litres' is required"),
        ({"litres": -1.5}, "Kettle: litres: input should be greater than 0, got -1.5"),
        ({"litres": 1, "colour": "blue"}, "Kettle: colour: input should be 'red' or 'green', got 'blue'"),
        ({"litres": 1, "cups": (1, 2, 3, 4)}, "Kettle: cups: at most 3 cups, got 4"),
        (
            {"litres": 1, "color": "red"},
            "Kettle: unknown key 'color'; known: litres, colour, cups. Did you mean 'colour'?",
        ),
        (
            {"litres": "much", "cups": ("a",)},
            (
                "Kettle: litres: input should be a valid number, unable to parse string as a number, got 'much'; "
                "cups.0: input should be a valid integer, unable to parse string as an integer, got 'a'"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput) as caught:
        Kettle(**settings)
    assert str(caught.value) == sentence


def test_at_most_three_problems_are_listed():
    with pytest.raises(BadInput) as caught:
        Kettle(litres=1, cups=("a", "b", "c", "d", "e"))
    assert str(caught.value).count("got") == 3


def test_a_problem_further_in_names_its_place():
    with pytest.raises(BadInput, match="^Kitchen: kettle: Kettle: litres: input should be greater than 0, got 0$"):
        Kitchen(kettle={"litres": 0})
    with pytest.raises(BadInput, match="unknown key 'stools'; known: kettle, chairs"):
        Kitchen(kettle={"litres": 1}, stools=3)  # type: ignore[call-arg]


class Pan(Config):
    kind: Literal["pan"] = "pan"


class Wok(Config):
    kind: Literal["wok"] = "wok"
    depth: int = 9


class Stove(Config):
    """One hob, and a vessel of either kind."""

    kettle: Kettle = Kettle(litres=1)
    vessel: Annotated[Pan | Wok, Field(discriminator="kind")] = Pan()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kettle": "big"}, "Stove: kettle: must be Kettle(...), got 'big'"),
        ({"vessel": "skillet"}, "Stove: vessel: must be one of Pan(...), Wok(...); got 'skillet'"),
        ({"vessel": "wokk"}, "Stove: vessel: must be one of Pan(...), Wok(...); got 'wokk'. Did you mean 'Wok'?"),
        ({"vessel": {"depth": 3}}, "Stove: vessel: must be one of Pan(...), Wok(...); got {'depth': 3}"),
        ({"vessel": Wok}, "Stove: vessel: write Wok(...), got the class Wok"),
        ({"vessel": {"kind": "wog"}}, "Stove: vessel: unknown kind 'wog'; known: pan, wok. Did you mean 'wok'?"),
    ],
)
def test_what_is_no_set_up_object_is_told_how_to_be_one(settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput) as caught:
        Stove(**settings)
    assert str(caught.value) == sentence


def test_a_set_up_survives_being_written_and_read():
    kettle = Kettle(litres=1.5, cups=(2, 3))
    assert Kettle.model_validate(kettle.model_dump(mode="json")) == kettle
    assert Kettle.model_validate_json(kettle.model_dump_json()) == kettle


def test_a_set_up_is_frozen_and_can_be_a_key():
    kettle = Kettle(litres=1.5)
    with pytest.raises(ValidationError, match="frozen"):
        kettle.litres = 2.0  # type: ignore[misc]
    assert {kettle: 1}[Kettle(litres=1.5)] == 1


def test_the_nearest_name_is_offered_only_when_it_is_near():
    assert nearest("lenght", ["length", "width"]) == " Did you mean 'length'?"
    assert nearest("LENGTH", ["Length", "width"]) == " Did you mean 'Length'?"
    assert nearest("zzz", ["length", "width"]) == ""
    assert str(unknown("side", "lenght", ["width", "length"])) == (
        "unknown side 'lenght'; known: length, width. Did you mean 'length'?"
    )
    assert str(unknown("side", "a", [])) == "unknown side 'a'; known: none."


def test_errors_are_caught_by_their_family():
    assert issubclass(BadInput, EmcommError)
    assert issubclass(BadInput, ValueError)
    assert issubclass(StorageError, EmcommError)
    assert issubclass(StorageError, OSError)
