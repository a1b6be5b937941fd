from __future__ import annotations

import pickle
from typing import Any

import pytest

from emcomm.errors import BadInput
from emcomm.studies.pattern import Pattern


def pattern(**changes: Any) -> Pattern:
    return Pattern(**{"name": "short", "metric": "mean_length_by_token", "direction": "down", **changes})


def test_name_may_be_positional() -> None:
    positional = Pattern("short", metric="mean_length_by_token", direction="down")
    assert positional == pattern()
    assert (positional.name, positional.min_delta, positional.accuracy_floor, positional.band) == (
        "short",
        0.6,
        0.9,
        None,
    )


@pytest.mark.parametrize(("direction", "sign"), [("up", 1), ("down", -1), ("none", 0)])
def test_sign_follows_the_direction(direction: str, sign: int) -> None:
    assert pattern(direction=direction, band=0.1).sign == sign


def test_no_effect_needs_a_band() -> None:
    with pytest.raises(
        BadInput, match=r"pattern 'short' predicts no effect .* needs band=<number>.*mean_length_by_token"
    ):
        pattern(direction="none")
    assert pattern(direction="none", band=0.3).band == 0.3


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        *(("band", value) for value in (0.0, -0.1, float("inf"), float("nan"))),
        *(("min_delta", value) for value in (0.0, -0.6, 1.001, float("nan"))),
        *(("accuracy_floor", value) for value in (-0.01, 1.01, 90)),
        *(("direction", value) for value in ("sideways", "", None)),
        *(("name", value) for value in ("", "  ", 7)),
        ("metric", ""),
        ("pressures", ()),
        ("pressures", ("",)),
    ],
)
def test_bad_values_name_their_field_in_one_line(field: str, bad: object) -> None:
    with pytest.raises(BadInput, match=field) as caught:
        pattern(**{field: bad})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"), [("min_delta", 1.0), ("min_delta", 1e-9), ("accuracy_floor", 0.0), ("accuracy_floor", 1.0)]
)
def test_ends_of_the_ranges_are_allowed(field: str, value: float) -> None:
    assert getattr(pattern(**{field: value}), field) == value


@pytest.mark.parametrize("field", ["name", "metric", "direction"])
def test_required_fields(field: str) -> None:
    given = {"name": "short", "metric": "mean_length_by_token", "direction": "down"}
    del given[field]
    with pytest.raises(BadInput, match=f"'{field}' is required"):
        Pattern(**given)


def test_unknown_key_gives_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"unknown key 'min_dleta'.*Did you mean 'min_delta'\?"):
        pattern(min_dleta=0.5)


def test_which_pressures_it_is_about() -> None:
    assert pattern().predicts_for("anything")
    chosen = pattern(pressures=["lazy", "impatient"])
    assert [chosen.predicts_for(name) for name in ("lazy", "impatient", "teaching")] == [True, True, False]


def test_survives_being_written_out_and_copied() -> None:
    full = pattern(band=0.7, accuracy_floor=None, source="Rita 2020", description="Short.", pressures=("lazy",))
    assert Pattern.model_validate(full.model_dump(mode="json")) == full
    assert Pattern.model_validate_json(full.model_dump_json()) == full
    assert pickle.loads(pickle.dumps(full)) == full
    assert {full: 1}[full.model_copy()] == 1
