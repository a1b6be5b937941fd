"""`ArrayWorld`: the user's own meanings, and, if wanted, the user's own features, in a form of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from emcomm.errors import BadInput, shown
from emcomm.worlds.base import World
from emcomm.worlds.form import Form

__all__ = ["ArrayWorld"]


def _table(value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise BadInput("must be a table, and its rows have different lengths") from None
    if array.ndim != 2 or 0 in array.shape:
        raise BadInput(f"must be a table [meanings, columns] with at least one of each, got shape {array.shape}")
    return array


def _read_meanings(value: Any) -> Any:
    array = _table(value)
    if array.dtype.kind not in "iu":
        cells = array.ravel().tolist()
        wrong = [cell for cell in cells if type(cell) is not int] or [max(cells)]
        raise BadInput(f"must be integers from 0, got {wrong[0]!r}")
    if array.min() < 0:
        raise BadInput(f"must be integers from 0, got {array.min()}")
    rows, counts = np.unique(array, axis=0, return_counts=True)
    if counts.max() > 1:
        twice = rows[counts.argmax()].tolist()
        raise BadInput(
            f"every meaning is given once, got {twice} {counts.max()} times; how often it occurs is frequencies"
        )
    return tuple(map(tuple, array.tolist()))


def _read_features(value: Any) -> Any:
    if value is None:
        return None
    array = _table(value)
    if array.dtype.kind not in "iufb":
        raise BadInput(f"must be numbers, got {array.ravel().tolist()[0]!r}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise BadInput(f"must be finite numbers in float32, got {array[~np.isfinite(array)][0]}")
    return tuple(map(tuple, array.tolist()))


def _read_form(value: Any) -> Any:
    """A form; or, as it is written in files, the settings of one, which tell by their names which."""
    if value is None or isinstance(value, Form):
        return value
    if isinstance(value, Mapping):
        for form in get_args(Form):
            if set(value) == {field.name for field in fields(form)}:
                return form(**value)
    raise BadInput(f"must be Flat, Image, Graph or Set of emcomm.worlds.form, got {shown(value)}")


class ArrayWorld(World):
    """The user's own meanings, in the order given.

    Args:
        meanings: integers from 0, ``[n, attributes]``, every row once; lists, tuples or an array.
        features: what agents see, finite numbers ``[n, features]``; without them, the one-hot codes of the attributes.
        form: how a row of features is to be read, as wide as they are: `emcomm.worlds.form.Image`, `Graph`, `Set` or
            `Flat`. Without it they are `Flat`. What the numbers are is taken on trust.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: meanings that are not integers, are negative or occur twice, features that do not fit them, a form of
            another width than the features, or what `World` refuses.

    Source: none; the data is the user's.
    """

    name: ClassVar[str] = "array"

    # Kept under other names than they are given by, as `meanings` and `features` are what one asks a world for.
    rows: Annotated[tuple[tuple[int, ...], ...], BeforeValidator(_read_meanings)] = Field(alias="meanings")
    own_features: Annotated[tuple[tuple[float, ...], ...] | None, BeforeValidator(_read_features)] = Field(
        default=None, alias="features"
    )
    own_form: Annotated[Form | None, BeforeValidator(_read_form)] = Field(default=None, alias="form")

    @property
    def form(self) -> Form:
        """The form that was given, else `Flat`."""
        return super().form if self.own_form is None else self.own_form

    def build_meanings(self) -> NDArray[np.int64]:
        """Return the given meanings; features that do not fit them are refused."""
        if self.own_features is not None and len(self.own_features) != len(self.rows):
            raise BadInput(
                f"features has {len(self.own_features)} rows, and there are {len(self.rows)} meanings; give one each"
            )
        return np.array(self.rows, dtype=np.int64)

    def build_features(self) -> NDArray[np.float32]:
        """Return the given features, or one-hot codes."""
        if self.own_features is None:
            return super().build_features()
        return np.array(self.own_features, dtype=np.float32)

    @model_validator(mode="after")
    def _fits_form(self) -> Self:
        width = sum(self.sizes()) if self.own_features is None else len(self.own_features[0])
        if self.own_form is not None and self.own_form.width != width:
            what = "one-hot codes" if self.own_features is None else "features"
            raise BadInput(f"form: {self.own_form} takes {self.own_form.width} numbers, got {what} of {width}")
        return self
