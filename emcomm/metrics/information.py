"""Information: how much messages tell about meanings, in bits, as a share, and beyond what chance would tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.bias import Bias
from emcomm.metrics.joint_entropy import Attribute, Bits, bits_scorer

__all__ = ["conditional_message_entropy", "mutual_information", "normalised_mutual_information", "normaliser_of"]

IntArray = NDArray[np.int64]
Normaliser = Literal["arithmetic", "geometric", "min", "max", "joint"]
_VARIANTS = {
    "by_type": {"weighted": False},
    "miller_madow": {"weighted": False, "bias": "miller_madow"},
    "per_attribute": {"attribute": "mean"},
}
_ABOUT = (
    "Whole messages against whole meanings, each meaning weighted by its frequency; variant per_attribute: against one "
    "attribute at a time, mean over attributes."
)


def normaliser_of(normaliser: str) -> Callable[[Bits], float]:
    """Return what mutual information is divided by: a function of the entropies.

    Raises:
        BadInput: unknown normaliser.
    """
    known: dict[str, Callable[[Bits], float]] = {
        "arithmetic": lambda bits: (bits.meaning + bits.message) / 2,
        "geometric": lambda bits: float(np.sqrt(bits.meaning * bits.message)),
        "min": lambda bits: min(bits.meaning, bits.message),
        "max": lambda bits: max(bits.meaning, bits.message),
        "joint": lambda bits: bits.joint,
    }
    if normaliser not in tuple(known):
        raise unknown("normaliser", normaliser, known)
    return known[normaliser]


def _mutual(language: Language, attribute: Attribute = None, weighted: bool = True, bias: Bias = "none") -> Scorer:
    bits = bits_scorer(language, "mutual_information", attribute, weighted, bias)
    return lambda meaning_rows, message_rows: float(np.mean([b.shared for b in bits(meaning_rows, message_rows)]))


def _normalised(
    language: Language,
    attribute: Attribute = None,
    normaliser: Normaliser = "arithmetic",
    weighted: bool = True,
    bias: Bias = "none",
) -> Scorer:
    bits = bits_scorer(language, "normalised_mutual_information", attribute, weighted, bias)
    divisor = normaliser_of(normaliser)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        shares = [min(b.shared / divisor(b), 1.0) for b in bits(meaning_rows, message_rows) if divisor(b) > 0]
        if not shares:
            raise Undefined("neither meanings nor messages vary enough to share anything")
        return float(np.mean(shares))

    return score


def _conditional(language: Language, attribute: Attribute = None, weighted: bool = True, bias: Bias = "none") -> Scorer:
    bits = bits_scorer(language, "conditional_message_entropy", attribute, weighted, bias)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        return float(np.mean([max(b.joint - b.meaning, 0.0) for b in bits(meaning_rows, message_rows)]))

    return score


@metric(
    definition=f"Mutual information of messages and meanings, H(meaning) + H(message) - H(both). {_ABOUT}",
    unit="bits",
    range=(0.0, np.inf),
    direction="higher: messages tell more about meanings; at most the entropy of either",
    source="Kharitonov et al. 2020; Mu & Goodman 2021",
    null="greater",
    variants=_VARIANTS,
    prepare=_mutual,
)
def mutual_information(
    language: Language, *, attribute: Attribute = None, weighted: bool = True, bias: Bias = "none"
) -> float:
    """Mutual information of messages and meanings, I = H(meaning) + H(message) - H(both), in bits.

    Args:
        language: n meanings ``[n, attributes]``, their messages and frequencies. A meaning may have several rows. Where
            no two rows share a meaning, the message follows from it and I = `message_entropy`.
        attribute: None: whole meanings; a number: that attribute alone; ``"mean"``: each in turn, averaged.
        weighted: weight rows by frequency (tokens); False counts every row once (types).
        bias: correction of the three entropies for the rows being a small sample, see `entropy_from_counts`; an
            estimate below 0 is given as 0.

    Returns:
        a number in ``0..min(H(meaning), H(message))`` (corrected estimates may be larger), higher where messages tell
        more about meanings. NaN never. Cost: O(n log n) for each attribute.

    Raises:
        BadInput: a corpus without meanings, no such attribute, an unknown correction, or one together with unequal
            frequencies.

    Source: Kharitonov et al. 2020; Mu & Goodman 2021.
    """
    return evaluate(_mutual, language, attribute=attribute, weighted=weighted, bias=bias)


@metric(
    definition=(
        f"Mutual information of messages and meanings as a share of the mean of their two entropies. {_ABOUT} There, "
        "attributes are left out where neither they nor the messages vary."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction="higher: messages and meanings follow more from each other; 1 when each gives the other",
    source="Kobrock et al. 2024; Ohmer et al. 2022",
    null="greater",
    variants=_VARIANTS | {"joint": {"normaliser": "joint"}},
    prepare=_normalised,
)
def normalised_mutual_information(
    language: Language,
    *,
    attribute: Attribute = None,
    normaliser: Normaliser = "arithmetic",
    weighted: bool = True,
    bias: Bias = "none",
) -> float:
    """Mutual information of messages and meanings divided by a mean of their entropies (NMI), a pure number.

    Args:
        language: n meanings ``[n, attributes]``, their messages and frequencies; a meaning may have several rows.
        attribute: None: whole meanings; a number: that attribute alone; ``"mean"``: each in turn, averaged.
        normaliser: ``"arithmetic"`` or ``"geometric"`` mean, ``"min"`` or ``"max"`` of H(meaning) and H(message), or
            ``"joint"``, H(both).
        weighted: weight rows by frequency (tokens); False counts every row once (types).
        bias: correction of the entropies for the rows being a small sample, see `entropy_from_counts`.

    Returns:
        a number in [0, 1], higher where messages and meanings follow more from each other; NaN when the normaliser is 0
        (for ``"mean"``: of every attribute). Cost: O(n log n) for each attribute.

    Raises:
        BadInput: as `mutual_information`, or an unknown normaliser.

    Source: Kobrock et al. 2024 and Ohmer et al. 2022 ("arithmetic" and "joint"); the others after Vinh, Epps &
    Bailey 2010. Large inventories score high by chance; `adjusted_mutual_information` takes that off.
    """
    options = {"attribute": attribute, "normaliser": normaliser, "weighted": weighted, "bias": bias}
    return evaluate(_normalised, language, **options)


@metric(
    definition=f"Entropy of the message given the meaning, H(both) - H(meaning). {_ABOUT}",
    unit="bits",
    range=(0.0, np.inf),
    direction="higher: more ways to say the same; 0 when the meaning gives the message",
    source="language entropy of Mu & Goodman 2021",
    null="less",
    variants=_VARIANTS,
    prepare=_conditional,
)
def conditional_message_entropy(
    language: Language, *, attribute: Attribute = None, weighted: bool = True, bias: Bias = "none"
) -> float:
    """Entropy of the message given the meaning, H(message | meaning) = H(both) - H(meaning), in bits.

    Args:
        language: n meanings ``[n, attributes]``, their messages and frequencies; a meaning may have several rows.
        attribute: None: whole meanings; a number: that attribute alone; ``"mean"``: each in turn, averaged.
        weighted: weight rows by frequency (tokens); False counts every row once (types).
        bias: correction of the two entropies for the rows being a small sample, see `entropy_from_counts`.

    Returns:
        a number in ``0..H(message)``, higher with more ways to say the same; 0 where no two rows share a meaning. NaN
        never. Cost: O(n log n) for each attribute.

    Raises:
        BadInput: as `mutual_information`.

    Source: Mu & Goodman 2021, H(M | c). They average over concepts shown equally often; here meanings count by
    frequency.
    """
    return evaluate(_conditional, language, attribute=attribute, weighted=weighted, bias=bias)
