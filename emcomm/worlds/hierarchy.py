"""`HierarchyWorld`: concepts more and less abstract, each attribute with one of its values or irrelevant."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt

from emcomm.errors import BadInput
from emcomm.worlds.attribute import MOST_MEANINGS
from emcomm.worlds.base import MOST_CELLS, World

__all__ = ["HierarchyWorld"]


class HierarchyWorld(World):
    """Concepts of all levels of abstraction: each attribute has one of its values, or is irrelevant to the concept.

    "red" has a colour and nothing else, "red and round" is more concrete. At least one attribute is relevant. As an
    integer, 0 is irrelevant and v + 1 stands for value v; concepts come in lexicographic order of these integers.
    Features are one-hot codes, with a column for "irrelevant" before those of the values of each attribute.

    With attributes of v values there are (v + 1) x ... - 1 concepts, of which the product of all v are fully concrete:
    124 for ``(4, 4, 4)``, 3124 for ``(4,) * 5``. Features take 4 bytes x concepts x the sum of all v + 1.

    Args:
        values: how many values each attribute has, each at least 2.
        levels: which levels of abstraction to keep, as numbers of relevant attributes: ``(1, 3)`` keeps concepts of
            one attribute and of three. None keeps all.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: no attributes, an attribute with fewer than 2 values, levels that are not there, more than 5 million
            concepts, or what `World` refuses.

    Source: Ohmer et al. 2022 (``(4, 4, 4)`` among others), who show the speaker an object together with which of its
    attributes are relevant; here it sees the concept itself, so that objects of one concept are one meaning.
    """

    name: ClassVar[str] = "hierarchy"

    values: Annotated[tuple[Annotated[StrictInt, Field(ge=2)], ...], Field(min_length=1)] = (4, 4, 4)
    levels: Annotated[tuple[StrictInt, ...], Field(min_length=1)] | None = None

    def sizes(self) -> tuple[int, ...]:
        """Return one more than how many values each attribute has, as 0 stands for "irrelevant"."""
        return tuple(size + 1 for size in self.values)

    def level(self) -> NDArray[np.int64]:
        """Return how concrete each concept is: its number of relevant attributes, int64 ``[n]``, from 1."""
        return (self.meanings() > 0).sum(axis=1).astype(np.int64)

    def covers(self) -> NDArray[np.bool_]:
        """Return which concepts are more general than, or equal to, which others.

        Concept i covers concept j if j has every value that i has, so that whatever falls under j falls under i.

        Returns:
            bool ``[n, n]``, true at ``[i, j]`` where i covers j; true on the diagonal.

        Raises:
            BadInput: more than 22360 concepts.

        Cost: O(n^2 x attributes), n^2 bytes a table and three tables.
        """
        meanings = self.meanings()
        n = len(meanings)
        if n * n > MOST_CELLS:
            raise BadInput(
                f"a table of which concept covers which needs at most {math.isqrt(MOST_CELLS)} concepts, this world "
                f"has {n}; keep fewer levels"
            )
        out = np.ones((n, n), dtype=bool)
        for column in meanings.T:
            out &= (column == 0)[:, None] | (column[:, None] == column)
        return out

    def build_meanings(self) -> NDArray[np.int64]:
        """Return every concept of the levels that are kept: int64 ``[n, attributes]``."""
        attributes = len(self.values)
        every = range(1, attributes + 1)
        levels = every if self.levels is None else self.levels
        if not set(levels) <= set(every) or len(set(levels)) < len(levels):
            raise BadInput(f"levels must be different numbers from 1 to {attributes}, got {self.levels}")
        sizes = self.sizes()
        n = math.prod(sizes)
        if n > MOST_MEANINGS:
            raise BadInput(f"values={self.values} make {n - 1} concepts, at most {MOST_MEANINGS - 1} are allowed")
        table = np.stack(np.unravel_index(np.arange(n), sizes), axis=1).astype(np.int64)
        return table[np.isin((table > 0).sum(axis=1), levels)]
