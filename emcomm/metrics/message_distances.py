"""How far apart two messages are, nothing after EOS counted; and by what lengths that is divided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import unknown
from emcomm.language import Language
from emcomm.metrics.edits import EDITS, edit_levels
from emcomm.metrics.pair_levels import Codes, PairLevels, differing, differing_pairs

__all__ = [
    "MESSAGE_DISTANCES",
    "NORMALISATIONS",
    "MessageDistance",
    "Normalisation",
    "message_levels",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
MessageDistance = Literal["edit", "damerau", "indel", "hamming"]
Normalisation = Literal["longer", "mean"]


MESSAGE_DISTANCES = (*EDITS, "hamming")
NORMALISATIONS: tuple[Normalisation, ...] = ("longer", "mean")


def message_levels(language: Language, distance: str, normalise: str | None) -> PairLevels:
    """Return a distance between messages, ready to be asked for.

    Args:
        language: n messages.
        distance: one of `MESSAGE_DISTANCES`: ``"edit"``, Levenshtein; ``"damerau"``, which counts an exchange of
            neighbours as one edit; ``"indel"``, insertions and deletions only; ``"hamming"``, the number of positions
            that differ, the end and what follows it being one value.
        normalise: None: as counted; ``"longer"``: divided by the length of the longer message; ``"mean"``: by the mean
            of both lengths. Two empty messages are 0 apart.

    Raises:
        BadInput: no such distance or normalisation.
    """
    if not isinstance(distance, str) or distance not in MESSAGE_DISTANCES:
        raise unknown("message distance", distance, MESSAGE_DISTANCES)
    if normalise is not None and (not isinstance(normalise, str) or normalise not in NORMALISATIONS):
        raise unknown("normalisation", normalise, (*NORMALISATIONS, "None"))
    levels = _hamming(language) if distance == "hamming" else edit_levels(language.strings, EDITS[distance])
    return levels if normalise is None else _normalised(levels, language.lengths, normalise)


def _hamming(language: Language) -> PairLevels:
    messages = language.messages[:, : max(1, int(language.lengths.max()))]
    symbols = np.unique(messages, return_inverse=True)[1].reshape(messages.shape)
    narrow = symbols.astype(np.min_scalar_type(int(symbols.max())))
    columns = np.ascontiguousarray(narrow.T)
    return PairLevels(
        n=language.n,
        values=np.arange(len(columns) + 1, dtype=np.float64),
        block=lambda start, stop: differing(columns, start, stop),
        pairs=lambda i, j: differing_pairs(narrow, i, j),
    )


def _normalised(levels: PairLevels, lengths: IntArray, normalise: str) -> PairLevels:
    """Divide a distance by a function of both lengths; the quotients of all counts and sizes become its levels."""
    longest = int(lengths.max())
    sizes = np.arange(longest + 1) if normalise == "longer" else np.arange(2 * longest + 1) / 2
    values, table = np.unique(levels.values[:, None] / np.maximum(sizes, 0.5), return_inverse=True)
    codes = table.reshape(-1).astype(np.min_scalar_type(len(values)))  # one code for each count and size
    small = lengths.astype(np.min_scalar_type(2 * longest))
    joined: Callable[..., Any] = np.maximum if normalise == "longer" else np.add

    def look_up(counts: Codes, first: NDArray[Any], second: NDArray[Any]) -> Codes:
        places = counts.astype(np.intp) * len(sizes)
        places += joined(first, second)
        return codes.take(places)

    return PairLevels(
        n=levels.n,
        values=values,
        block=lambda start, stop: look_up(levels.block(start, stop), small[start:stop, None], small[start:]),
        pairs=lambda i, j: look_up(levels.pairs(i, j), small[i], small[j]),
    )
