"""Adjusted mutual information: what messages tell about meanings beyond what any such messages would tell by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from emcomm.errors import BadInput, shown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.bias import entropy_from_counts
from emcomm.metrics.information import Normaliser, normaliser_of
from emcomm.metrics.joint_entropy import Attribute, bits_scorer, meaning_codes

__all__ = ["adjusted_mutual_information", "expected_mutual_information"]

IntArray = NDArray[np.int64]
_TOLERANCE = 1e-12  # bits; smaller differences of entropies are rounding


def expected_mutual_information(first: ArrayLike, second: ArrayLike) -> float:
    """Mean, over all ways to deal the values of one variable to those of another, of their mutual information, in bits.

    Args:
        first: int64 ``[values]``, how often each value of the one was seen, each at least 1.
        second: int64 ``[values]``, the same for the other, with the same sum N.

    Returns:
        a number of at least 0, at most the smaller entropy. Cost: at most O(N) for each pair of different counts, of
        which there are at most 2 N.

    Raises:
        BadInput: counts that are no whole numbers of at least 1, or two different sums.

    Source: Vinh, Epps & Bailey 2010, with equal pairs of counts summed once.
    """
    first, second = _counts(first), _counts(second)
    total = int(first.sum())
    if int(second.sum()) != total:
        raise BadInput(f"both variables need as many observations; got {total} and {int(second.sum())}")
    for counts, other in ((first, second), (second, first)):
        if len(counts) == total:  # it gives the other variable away however it is dealt
            return float(entropy_from_counts(np.sort(other)))
    (a, a_times), (b, b_times) = (np.unique(counts, return_counts=True) for counts in (first, second))
    a, b = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
    times = np.outer(a_times, b_times).ravel()
    low, high = np.maximum(1, a + b - total), np.minimum(a, b)
    # Every overlap n in low..high of every pair (a, b), one after the other.
    sizes = high - low + 1
    pair = np.repeat(np.arange(len(a)), sizes)
    n = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + low[pair]
    a, b = a[pair], b[pair]
    ways = gammaln(a + 1) + gammaln(b + 1) + gammaln(total - a + 1) + gammaln(total - b + 1) - gammaln(total + 1)
    ways -= gammaln(n + 1) + gammaln(a - n + 1) + gammaln(b - n + 1) + gammaln(total - a - b + n + 1)
    return float(np.sum(times[pair] * np.exp(ways) * n / total * np.log2(total * n / (a * b))))


def _counts(values: ArrayLike) -> IntArray:
    given = np.asarray(values)
    if given.ndim != 1 or not len(given) or given.dtype.kind not in "iu" or given.min() < 1:
        raise BadInput(f"counts must be whole numbers of at least 1, [values]; got {shown(values)}")
    return given.astype(np.int64)


def _adjusted(language: Language, attribute: Attribute = "mean", normaliser: Normaliser = "arithmetic") -> Scorer:
    name = "adjusted_mutual_information"
    meanings, messages = meaning_codes(language, name, attribute), language.message_ids
    bits, divisor = bits_scorer(language, name, attribute, False, "none"), normaliser_of(normaliser)
    expected = _Remembered()

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        said, shares = np.bincount(messages[message_rows]), []
        for codes, found in zip(meanings, bits(meaning_rows, message_rows), strict=True):
            chance = expected(np.bincount(codes[meaning_rows]), said)
            room = divisor(found) - chance
            if room > _TOLERANCE:
                gain = found.shared - chance
                shares.append(gain / room if abs(gain) > _TOLERANCE else 0.0)
        if not shares:
            raise Undefined("any messages like these would tell as much")
        return min(float(np.mean(shares)), 1.0)

    return score


class _Remembered:
    """`expected_mutual_information`, not computed again for the counts of the last call: permuting rows keeps them."""

    def __init__(self) -> None:
        self._values: dict[tuple[bytes, bytes], float] = {}

    def __call__(self, first: IntArray, second: IntArray) -> float:
        sides = [np.sort(counts[counts > 0]) for counts in (first, second)]
        key = (sides[0].tobytes(), sides[1].tobytes())
        if key not in self._values:
            if len(self._values) >= 16:  # a few attributes; draws with replacement hardly ever repeat
                self._values.clear()
            self._values[key] = expected_mutual_information(*sides)
        return self._values[key]


@metric(
    definition=(
        "Mutual information of whole messages and an attribute, less its mean over all ways to deal these messages to "
        "these rows, as a share of the most it could be more than that; mean over the attributes of which messages "
        "could tell more than chance. Rows count equally."
    ),
    unit="none",
    range=(-np.inf, 1.0),
    direction="higher: messages tell more about attributes than chance; 0 is expected of a random language",
    source="Vinh, Epps & Bailey 2010; Mu & Goodman 2021",
    null="greater",
    prepare=_adjusted,
)
def adjusted_mutual_information(
    language: Language, *, attribute: Attribute = "mean", normaliser: Normaliser = "arithmetic"
) -> float:
    """Mutual information adjusted for chance (AMI), (I - E[I]) / (mean of H(attribute) and H(message) - E[I]).

    E[I] is the exact mean over all n! ways to deal the messages to the rows.

    Args:
        language: n meanings ``[n, attributes]`` and their messages; every row counts once, whatever its frequency.
        attribute: ``"mean"``: each attribute in turn, averaged over those with a value; a number: that attribute alone;
            None: whole meanings, of which several rows should have the same: where no two do, every dealing is as good
            and the value is 0.
        normaliser: ``"arithmetic"`` or ``"geometric"`` mean, ``"min"`` or ``"max"`` of the entropies, or ``"joint"``.

    Returns:
        a number of at most 1, higher where messages tell more about attributes than chance; 1 when each gives the
        other, 0 expected of random messages, below 0 for less. NaN where chance leaves no room: the normaliser equals
        E[I], for example when nothing varies or no two rows share a meaning or a message. Cost: that of
        `expected_mutual_information`, mostly O(n).

    Raises:
        BadInput: a corpus without meanings, no such attribute, or an unknown normaliser.

    Source: Vinh, Epps & Bailey 2010, AMI_sum for "arithmetic", which is what Mu & Goodman 2021 report. Deviation: NaN
    where common implementations say 1 because both sides are trivial.
    """
    return evaluate(_adjusted, language, attribute=attribute, normaliser=normaliser)
