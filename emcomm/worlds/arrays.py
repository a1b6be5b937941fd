"""`ArrayWorld`: the user's own meanings, and, if wanted, the user's own features."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from emcomm.errors import BadInput
from emcomm.worlds.base import World

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


class ArrayWorld(World):
    """The user's own meanings, in the order given.

    Args:
        meanings: integers from 0, ``[n, attributes]``, every row once; lists, tuples or an array.
        features: what agents see, finite numbers ``[n, features]``; without them, the one-hot codes of the attributes.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: meanings that are not integers, are negative or occur twice, features that do not fit them, or what
            `World` refuses.

    Source: none; the data is the user's.
    """

    name: ClassVar[str] = "array"

    # Kept under other names than they are given by, as `meanings` and `features` are what one asks a world for.
    rows: Annotated[tuple[tuple[int, ...], ...], BeforeValidator(_read_meanings)] = Field(alias="meanings")
    own_features: Annotated[tuple[tuple[float, ...], ...] | None, BeforeValidator(_read_features)] = Field(
        default=None, alias="features"
    )

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
