"""Morphemes: the inventory of (form, meaning) pairs that messages are built of, found without knowing the grammar."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.metrics.base import meanings_of
from emcomm.metrics.bias import entropy_from_counts
from emcomm.metrics.morpheme_counts import FormMeaningCounts

__all__ = ["Inventory", "Morpheme", "induce_morphemes"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_TOLERANCE = 1e-9  # bits nearer than this are equal


class Morpheme(NamedTuple):
    """A form with its meaning.

    Attributes:
        form: its symbols.
        meaning: its attribute values, as (attribute, value) pairs by attribute.
        bits: what form and meaning tell of each other over all messages, when it was found.
        uses: messages in which it was found.
    """

    form: tuple[int, ...]
    meaning: tuple[tuple[int, int], ...]
    bits: float
    uses: int


@dataclass(frozen=True)
class Inventory:
    """The morphemes of a language; what is said of them is weighted by uses, and NaN when there are none.

    Attributes:
        morphemes: in the order in which they were found.
        symbols_explained: share of all symbols that belong to a use of a morpheme, in [0, 1]; NaN without symbols.
        values_explained: share of all attribute values that belong to one, in [0, 1], attributes with one value aside;
            NaN where there are no others.
    """

    morphemes: tuple[Morpheme, ...]
    symbols_explained: float
    values_explained: float

    @property
    def mean_form_length(self) -> float:
        """Symbols in a form, at least 1."""
        return self._mean([len(morpheme.form) for morpheme in self.morphemes])

    @property
    def mean_meaning_size(self) -> float:
        """Attribute values in a meaning, at least 1."""
        return self._mean([len(morpheme.meaning) for morpheme in self.morphemes])

    @property
    def entropy(self) -> float:
        """Entropy of which morpheme is used, in bits."""
        return self._bits(np.arange(len(self.morphemes)))

    @property
    def synonymy_entropy(self) -> float:
        """Entropy of the form given the meaning, in bits; 0: one form for each meaning."""
        return max(self.entropy - self._bits(self._ids("meaning")), 0.0) if self.morphemes else np.nan

    @property
    def polysemy_entropy(self) -> float:
        """Entropy of the meaning given the form, in bits; 0: one meaning for each form."""
        return max(self.entropy - self._bits(self._ids("form")), 0.0) if self.morphemes else np.nan

    @property
    def forms_per_meaning(self) -> float:
        """Forms that share the meaning of the morpheme used, at least 1."""
        return self._mean(np.bincount(ids)[ids] if len(ids := self._ids("meaning")) else [])

    @property
    def meanings_per_form(self) -> float:
        """Meanings that share the form of the morpheme used, at least 1."""
        return self._mean(np.bincount(ids)[ids] if len(ids := self._ids("form")) else [])

    @property
    def _uses(self) -> FloatArray:
        return np.array([morpheme.uses for morpheme in self.morphemes], dtype=np.float64)

    def _ids(self, part: str) -> IntArray:
        known: dict[object, int] = {}
        return np.array([known.setdefault(getattr(m, part), len(known)) for m in self.morphemes], dtype=np.int64)

    def _mean(self, numbers: list[int] | IntArray) -> float:
        return float(self._uses @ np.asarray(numbers) / self._uses.sum()) if self.morphemes else np.nan

    def _bits(self, ids: IntArray) -> float:
        return float(entropy_from_counts(np.bincount(ids, self._uses)))


def induce_morphemes(
    language: Language,
    *,
    longest_form: int | None = None,
    largest_meaning: int | None = None,
    least_bits: float | None = None,
    most: int | None = None,
) -> Inventory:
    """Find the morphemes of a language: count, select the best pair, use it up, and count again.

    Candidates are all pairs of a form (a substring of at least two messages, or a whole message) and a meaning (a set
    of attribute values) that occur together. A pair is worth n times the mutual information, in bits, between "the form
    is left in this message" and "the meaning is left in this message", over all n messages; 0 where they avoid each
    other. The best pair becomes a morpheme: in every message that has both left, the form (where it first stands) and
    the meaning are taken away. This repeats until no pair is worth enough; what a pair is worth never rises, so that
    what happens to be left over together is no morpheme. Among equals the form used least so far comes first, then the
    longest form, then the smallest meaning, then what stands in the earliest message.

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``; every row counts once.
        longest_form: most symbols in a form; None: no limit.
        largest_meaning: most attribute values in a meaning; None: all of them, 2**attributes - 1 sets in a row.
        least_bits: what a pair must be worth. None: log2 of the number of candidate pairs, which is what it takes to
            name one of them and about what the best of so many would reach by chance; a language in which nothing is
            said twice then has no morphemes. 0: go on until nothing is left, as published.
        most: morphemes at most; None: no limit.

    Returns:
        `Inventory`; empty when all messages or all meanings are equal, or nothing is worth enough.

    Raises:
        BadInput: a corpus without meanings, limits that are no positive whole numbers, a negative or infinite
            `least_bits`, or too many candidates to hold (2**26 triples of message, form and meaning).

    Cost: O(T) to count T triples of message, form and meaning; each morpheme costs O(pairs) and the triples of the
    messages that it is used in.

    Source: Boldt & Mortensen 2025 (CSAR: count, select, ablate, repeat). Deviations: substrings that occur in one
    message are no candidates unless they are the whole message; pairs that avoid each other are never chosen; of
    several places of a form the first is taken; `least_bits` (theirs is 0).
    """
    meanings = meanings_of(language, "induce_morphemes")
    attributes = meanings.shape[1]
    longest = language.max_length if longest_form is None else whole_number("longest_form", longest_form, least=1)
    largest = attributes if largest_meaning is None else whole_number("largest_meaning", largest_meaning, least=1)
    limit = None if most is None else whole_number("most", most, least=1)
    counts = FormMeaningCounts(language, meanings, longest, min(largest, attributes))
    found = _select(counts, _least(least_bits, counts), limit)
    symbols = int(language.lengths.sum())
    return Inventory(
        tuple(found),
        symbols_explained=float(counts.symbols_used.sum() / symbols) if symbols else np.nan,
        values_explained=float(counts.values_used[:, counts.varied].mean()) if len(counts.varied) else np.nan,
    )


def _select(counts: FormMeaningCounts, least: float, limit: int | None) -> list[Morpheme]:
    """Take the best pair, as long as one is worth more than `least`, and use it up."""
    worth = _Worth(counts.language.n)
    uses = np.zeros(len(counts.form_lengths), dtype=np.int64)
    found: list[Morpheme] = []
    form, meaning = counts.pairs
    bits = np.full(len(form), np.inf)
    while len(counts.joint) and (limit is None or len(found) < limit):
        bits = np.minimum(bits, worth(counts.joint, counts.form_counts[form], counts.meaning_counts[meaning]))
        best = float(bits.max())
        if best <= max(least, _TOLERANCE):
            break
        ties = np.flatnonzero(bits >= best - _TOLERANCE)
        f, m = form[ties], meaning[ties]
        first = np.lexsort((counts.meaning_sizes[m], -counts.form_lengths[f], uses[f]))[0]
        uses[f[first]] += 1
        chosen = int(f[first]), int(m[first])
        found.append(Morpheme(counts.form(chosen[0]), counts.meaning(chosen[1]), best, counts.use_up(*chosen)))
    return found


def _least(least_bits: float | None, counts: FormMeaningCounts) -> float:
    if least_bits is None:
        return float(np.log2(max(len(counts.joint), 1)))
    if (
        isinstance(least_bits, bool)
        or not isinstance(least_bits, (int, float, np.integer, np.floating))
        or not 0 <= least_bits <= sys.float_info.max
    ):
        raise BadInput(f"least_bits must be a finite number of at least 0, or None; got {least_bits!r}")
    return float(least_bits)


class _Worth:
    """n times the mutual information of two yes-no questions about n messages, in bits, from counts."""

    def __init__(self, n: int) -> None:
        counts = np.arange(n + 1, dtype=np.float64)
        self.n = n
        self.terms = counts * np.log2(np.maximum(counts, 1.0))

    def __call__(self, both: IntArray, first: IntArray, second: IntArray) -> FloatArray:
        n, terms = self.n, self.terms
        cells = terms[both] + terms[first - both] + terms[second - both] + terms[n - first - second + both]
        margins = terms[first] + terms[n - first] + terms[second] + terms[n - second]
        return np.where(both * n > first * second, cells - margins + terms[n], 0.0)
