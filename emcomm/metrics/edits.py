"""Edit distances between strings, in compiled code: over stripes of all pairs, and for single pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein, Indel, Levenshtein
from rapidfuzz.process import cdist, cpdist

from emcomm.errors import BadInput
from emcomm.metrics.pair_levels import Codes, PairLevels

__all__ = ["EDITS", "Edit", "edit_distances", "edit_levels"]


class Edit(NamedTuple):
    """An edit distance: the function that counts, and the most it counts for each symbol of the longest message."""

    count: Callable[..., int]
    most: int


EDITS = {
    "edit": Edit(Levenshtein.distance, 1),
    "damerau": Edit(DamerauLevenshtein.distance, 1),
    "indel": Edit(Indel.distance, 2),
}


def edit_distances(strings: list[str]) -> Codes:
    """Levenshtein distances: the fewest insertions, deletions and replacements of one symbol.

    Args:
        strings: n messages, one character a symbol.

    Returns:
        unsigned integers ``[n, n]`` in ``0..longest message``. Cost: O(n² length²) at worst, in compiled code.

    Raises:
        BadInput: something that is no string.
    """
    if not all(isinstance(string, str) for string in strings):
        raise BadInput("edit_distances takes strings, one character a symbol (`Language.strings`)")
    return edit_levels(strings, EDITS["edit"]).matrix()


def edit_levels(strings: Sequence[str], edit: Edit) -> PairLevels:
    """Return an edit distance between strings, ready to be asked for."""
    most = edit.most * max(map(len, strings), default=0)
    options: Any = {"scorer": edit.count, "dtype": np.min_scalar_type(most)}
    return PairLevels(
        n=len(strings),
        values=np.arange(most + 1, dtype=np.float64),
        block=lambda start, stop: cdist(strings[start:stop], strings[start:], **options),
        pairs=lambda i, j: cpdist([strings[k] for k in i], [strings[k] for k in j], **options),
    )
