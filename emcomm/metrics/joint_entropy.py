"""Entropies of meanings, of messages and of the two together, over and over for rearranged rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.base import Undefined, meanings_of
from emcomm.metrics.bias import Bias, entropy_from_counts, row_weights

__all__ = ["Attribute", "Bits", "bits_scorer", "meaning_codes"]

IntArray = NDArray[np.int64]
Attribute = int | Literal["mean"] | None


class Bits(NamedTuple):
    """Entropies in bits: of the meaning (or one attribute of it), of the message, and of the two together."""

    meaning: float
    message: float
    joint: float

    @property
    def shared(self) -> float:
        """Mutual information in bits, at least 0; exactly the smaller entropy where it follows from the larger."""
        less, more = sorted((self.meaning, self.message))
        return max(less - (self.joint - more), 0.0)


def meaning_codes(language: Language, name: str, attribute: Attribute) -> list[IntArray]:
    """Return what messages are compared with: a number for each row, equal for equal meanings.

    Args:
        language: n meanings.
        name: the metric that asks, for the error.
        attribute: None: whole meanings; a number: that attribute alone; ``"mean"``: each attribute in turn.

    Returns:
        int64 ``[n]``, numbered from 0; as many as there are attributes for ``"mean"``, else one.

    Raises:
        BadInput: a corpus without meanings, or no such attribute.
    """
    meanings = meanings_of(language, name)
    if attribute is None:
        return [np.unique(meanings, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)]
    columns = meanings.shape[1]
    if isinstance(attribute, str) and attribute == "mean":
        chosen = list(range(columns))
    elif isinstance(attribute, (int, np.integer)) and not isinstance(attribute, bool) and 0 <= attribute < columns:
        chosen = [int(attribute)]
    else:
        raise BadInput(f"attribute must be None, 'mean' or a number in 0..{columns - 1}, got {attribute!r}")
    return [np.unique(meanings[:, column], return_inverse=True)[1].astype(np.int64) for column in chosen]


def bits_scorer(
    language: Language, name: str, attribute: Attribute, weighted: bool, bias: Bias
) -> Callable[[IntArray, IntArray], list[Bits]]:
    """Return ``bits(meaning_rows, message_rows) -> [Bits, ...]``, one for each of `meaning_codes`.

    What does not vary has an entropy of 0, also by corrections that estimate more. It raises `Undefined` where all
    frequencies are 0. Cost of a call: O(n log n) for each of `meaning_codes`.
    """
    meanings, messages = meaning_codes(language, name, attribute), language.message_ids
    weights, width = row_weights(language, weighted, bias), int(language.message_ids.max()) + 1

    def bits(meaning_rows: IntArray, message_rows: IntArray) -> list[Bits]:
        used, spoken = weights[meaning_rows], messages[message_rows]
        if not used.any():
            raise Undefined("all frequencies are 0")

        def entropy(codes: IntArray) -> float:
            masses = np.bincount(codes, weights=used)
            masses = np.sort(masses[masses > 0])  # so that variables that follow from each other have the same sum
            return float(entropy_from_counts(masses, bias)) if len(masses) > 1 else 0.0

        message = entropy(spoken)
        together = [codes[meaning_rows] for codes in meanings]
        pairs = [np.unique(codes * width + spoken, return_inverse=True)[1] for codes in together]
        return [Bits(entropy(codes), message, entropy(pair)) for codes, pair in zip(together, pairs, strict=True)]

    return bits
