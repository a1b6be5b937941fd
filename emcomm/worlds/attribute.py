"""`AttributeWorld`: every combination of the values of some attributes."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, StrictInt

from emcomm.errors import BadInput
from emcomm.worlds.base import World

__all__ = ["AttributeWorld"]

MOST_MEANINGS = 5_000_000


def _read_values(value: Any) -> Any:
    if isinstance(value, int | np.integer):
        raise BadInput(f"one attribute is written ({value},), got {value}")
    if isinstance(value, np.ndarray | list | tuple):
        return tuple(int(size) if isinstance(size, np.integer) else size for size in value)
    return value


class AttributeWorld(World):
    """Every combination of the values of some attributes, in lexicographic order: the last attribute varies fastest.

    One attribute is the one-hot world: meaning k is value k, and its features are the k-th unit vector.

    Args:
        values: how many values each attribute has, each at least 2, e.g. ``(8, 4)`` for 8 colours and 4 shapes.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: no attributes, an attribute with fewer than 2 values, more than 5 million combinations, or what
            `World` refuses.

    Source: Kottur et al. 2017 (objects as attribute values), Chaabouni et al. 2019 (one attribute, ``"zipf"``).
    """

    name: ClassVar[str] = "attribute"

    values: Annotated[tuple[Annotated[StrictInt, Field(ge=2)], ...], BeforeValidator(_read_values), Field(min_length=1)]

    def sizes(self) -> tuple[int, ...]:
        """Return how many values each attribute has."""
        return self.values

    def build_meanings(self) -> NDArray[np.int64]:
        """Return every combination: int64 ``[product of values, attributes]``."""
        n = math.prod(self.values)
        if n > MOST_MEANINGS:
            raise BadInput(f"values={self.values} make {n} meanings, at most {MOST_MEANINGS} are allowed")
        return np.stack(np.unravel_index(np.arange(n), self.values), axis=1).astype(np.int64)
