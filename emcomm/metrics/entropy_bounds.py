"""How much a message must carry, and how much it can, when the listener already knows a part of the meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.base import meanings_of
from emcomm.metrics.bias import entropy_from_counts

__all__ = ["EntropyBounds", "entropy_bounds"]

IntArray = NDArray[np.int64]


class EntropyBounds(NamedTuple):
    """Least and greatest entropy of the messages of a speaker who is understood, in bits."""

    lower: float
    upper: float


def entropy_bounds(
    meanings: ArrayLike,
    *,
    known: Sequence[int] = (),
    asked: Sequence[int] | None = None,
    frequencies: ArrayLike | None = None,
    accuracy: float = 1.0,
) -> EntropyBounds:
    """Bounds of the message entropy in a game of partial information, where the listener sees some attributes itself.

    Whoever answers rightly has got what it did not know from the message: H(message) >= H(asked | known). And messages
    that follow from the meaning cannot be more varied than it: H(message) <= H(meaning).

    Args:
        meanings: integers ``[n, attributes]``, all that the speaker sees.
        known: numbers of the attributes that the listener sees too.
        asked: numbers of the attributes that the listener must answer; None: all of them. A class to be named may be
            given as one more attribute, as long as it follows from what the speaker sees.
        frequencies: non-negative numbers ``[n]``, scaled to sum 1; None: all equal.
        accuracy: share of answers, in (0, 1], that are right in every asked attribute. Below 1 the lower bound is
            Fano's, H(asked | known) - h(e) - e log2(answers - 1), with e = 1 - accuracy, h the binary entropy and
            answers the number of different ones.

    Returns:
        `EntropyBounds` in bits, ``0 <= lower <= upper``; the first is 0 where nothing need be said. Compare with
        `message_entropy` of a speaker without noise. Cost: O(n log n).

    Raises:
        BadInput: meanings or frequencies as `Language` refuses them, an attribute that there is not, or an accuracy
            outside (0, 1].

    Source: Kharitonov et al. 2020; for n bits of which k are known, max(0, n - k) and n. Accuracies below 1 are an
    addition, after Fano 1961.
    """
    if not isinstance(accuracy, (int, float, np.number)) or not 0 < accuracy <= 1:
        raise BadInput(f"accuracy must be in (0, 1], got {accuracy!r}")
    # The messages do not matter; `Language` checks the rest.
    n = len(np.atleast_1d(np.asarray(meanings, dtype=object)))
    silence = np.zeros((max(n, 1), 1), dtype=np.int64)
    language = Language(meanings, silence, frequencies=frequencies)
    values = meanings_of(language, "entropy_bounds")
    everything = list(range(values.shape[1]))
    seen, wanted = _attributes("known", known, everything), _attributes("asked", asked, everything)

    def bits(chosen: list[int]) -> float:
        codes = np.unique(values[:, chosen], axis=0, return_inverse=True)[1].reshape(-1)
        return float(entropy_from_counts(np.bincount(codes, weights=language.frequencies)))

    upper = bits(everything)
    lower = bits(sorted({*seen, *wanted})) - (bits(seen) if seen else 0.0)
    error = 1.0 - accuracy
    if error > 0:
        answers = len(np.unique(values[language.frequencies > 0][:, wanted], axis=0))
        lower -= float(entropy_from_counts([error, accuracy])) + error * np.log2(max(answers - 1, 1))
    return EntropyBounds(float(np.clip(lower, 0.0, upper)), upper)


def _attributes(what: str, chosen: Sequence[int] | None, everything: list[int]) -> list[int]:
    if chosen is None:
        return everything
    given = list(chosen) if isinstance(chosen, Iterable) else [chosen]
    numbers = [number for number in given if isinstance(number, (int, np.integer)) and not isinstance(number, bool)]
    allowed = {int(number) for number in numbers if number in everything}
    if not isinstance(chosen, Iterable) or len(allowed) < len(given) or (what == "asked" and not allowed):
        raise BadInput(f"{what} must be a list of different attributes out of 0..{everything[-1]}, got {chosen!r}")
    return sorted(allowed)
