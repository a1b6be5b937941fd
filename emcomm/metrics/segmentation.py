"""Segmentation: where a message falls into words, by the rise of branching entropy (Harris's articulation scheme)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.metrics.base import metric
from emcomm.metrics.branching import branching_entropies
from emcomm.metrics.topography import topographic_similarity

__all__ = ["Segmentation", "harris_segmentation", "segment_boundaries", "segment_vocabulary"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_TOLERANCE = 1e-9  # a rise by exactly the threshold, in another order of summing, is no rise by more
_SOURCE = "Ueda, Ishii & Miyao 2023, after Harris 1955; boundaries at the end of a message are not counted"


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A language with its messages cut into segments.

    Attributes:
        language: the language, n messages ``[n, max_length]``.
        boundaries: bool ``[n, max_length - 1]``; column j says whether there is a boundary between the symbols j and
            j + 1 of the message.
    """

    language: Language
    boundaries: BoolArray

    @property
    def mean_boundaries(self) -> float:
        """Boundaries inside a message, mean over all messages; in ``0..max_length - 1``."""
        return float(self.boundaries.sum() / self.language.n)

    @property
    def vocabulary_size(self) -> int:
        """Number of different segments."""
        return len(self.vocabulary)

    @property
    def vocabulary(self) -> tuple[tuple[int, ...], ...]:
        """The different segments, each a tuple of symbols, in the order in which they first occur."""
        return self._cut[0]

    @property
    def words(self) -> IntArray:
        """Every message as segments: int64 ``[n, most segments]``, 1 is the first of `vocabulary`; padded with 0."""
        return self._cut[1]

    @cached_property
    def segments(self) -> list[tuple[tuple[int, ...], ...]]:
        """The segments of every message, from left to right; none in an empty message."""
        names = ((), *self.vocabulary)
        return [tuple(names[word] for word in row if word) for row in self.words.tolist()]

    @cached_property
    def word_language(self) -> Language:
        """The language with segments for symbols; every metric can be asked of it."""
        language = self.language
        return Language(
            language.meanings,
            self.words,
            frequencies=language.frequencies,
            speaker=language.speaker,
            step=language.step,
            symbols=max(self.vocabulary_size, 1),
            sizes=language.sizes,
        )

    @cached_property
    def symbol_topographic_similarity(self) -> float:
        """Topographic similarity (its default) of the language; NaN where undefined. Worked out when first asked for.

        Raises:
            BadInput: a corpus without meanings.
        """
        return topographic_similarity(self.language)

    @cached_property
    def word_topographic_similarity(self) -> float:
        """Topographic similarity (its default) with segments for symbols; NaN where undefined.

        Raises:
            BadInput: a corpus without meanings.
        """
        return topographic_similarity(self.word_language)

    @cached_property
    def _cut(self) -> tuple[tuple[tuple[int, ...], ...], IntArray]:
        """Vocabulary and words."""
        language = self.language
        begins = language.messages > 0
        begins[:, 1:] &= self.boundaries
        rows, starts = np.nonzero(begins)
        last = np.append(rows[1:] != rows[:-1], True)[: len(rows)]
        ends = np.where(last, language.lengths[rows], np.append(starts[1:], 0)[: len(rows)])
        strings = language.strings
        cells = zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)
        pieces = np.array([strings[row][start:end] for row, start, end in cells], dtype=object)
        ids = pd.factorize(pieces)[0]
        counts = np.bincount(rows, minlength=language.n)
        words = np.zeros((language.n, max(1, int(counts.max()))), dtype=np.int64)
        words[rows, np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]] = ids + 1
        first = np.unique(ids, return_index=True)[1]
        named = zip(rows[first].tolist(), starts[first].tolist(), ends[first].tolist(), strict=True)
        return tuple(tuple(language.messages[row, start:end].tolist()) for row, start, end in named), words


def harris_segmentation(language: Language, threshold: float = 0.5, window: int | None = None) -> Segmentation:
    """Cut messages where what comes next becomes more open: where branching entropy rises by more than a threshold.

    For every substring s of two or more symbols that ends inside a message, there is a boundary after s if
    h(s) - h(s without its last symbol) > threshold, with h the branching entropy in bits (`branching_entropies`). A
    boundary needs one such substring, of whatever length.

    Args:
        language: n messages ``[n, max_length]``; every row counts once. Meanings are needed for topographic
            similarity only.
        threshold: bits, at least 0.
        window: longest substring looked at, in symbols, at least 2; None: up to the whole message.

    Returns:
        `Segmentation` with `boundaries`, `segments`, `vocabulary`, `words`, `mean_boundaries`, `vocabulary_size`,
        `symbol_topographic_similarity` and `word_topographic_similarity`. Messages of one symbol or none have no
        boundary. What random boundaries would give is told by `random_boundary_control`.

    Raises:
        BadInput: a threshold below 0 or not finite, a window below 2.

    Cost: O(n max_length) for each length of substring that still occurs twice.

    Source: Ueda, Ishii & Miyao 2023, after Harris 1955. Their code also tests for boundaries at the very end of a
    message, which separate nothing; here there are none. A rise of exactly the threshold, up to rounding, is none.
    """
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float, np.integer, np.floating)):
        raise BadInput(f"threshold must be a number of bits, at least 0; got {threshold!r}")
    if not 0 <= threshold <= sys.float_info.max:
        raise BadInput(f"threshold must be a finite number of bits, at least 0; got {threshold}")
    limit = None if window is None else whole_number("window", window, least=2)
    boundaries = np.zeros((language.n, language.max_length - 1), dtype=bool)
    for context in branching_entropies(language, limit):
        if context.length < 2:
            continue
        ends = context.starts + context.length
        cut = (context.bits - context.before > threshold + _TOLERANCE) & (ends < language.lengths[context.rows])
        boundaries[context.rows[cut], ends[cut] - 1] = True
    boundaries.flags.writeable = False
    return Segmentation(language, boundaries)


@metric(
    definition=(
        "Boundaries inside a message, mean over messages: places where the branching entropy of some substring that "
        "ends there is more than 0.5 bits above that of the substring without its last symbol."
    ),
    unit="boundaries a message",
    range=(0.0, np.inf),
    direction="higher: messages fall into more segments",
    source=_SOURCE,
    needs_meanings=False,
    null="either",
    null_model="between",
    interval=False,
    variants={"threshold_0.25": {"threshold": 0.25}, "threshold_1": {"threshold": 1.0}},
)
def segment_boundaries(language: Language, *, threshold: float = 0.5) -> float:
    """Mean number of boundaries inside a message (`harris_segmentation`).

    Args:
        language: n messages; meanings are not needed.
        threshold: bits by which branching entropy must rise.

    Returns:
        a number in ``0..max_length - 1``. There is no interval: messages drawn twice would change every substring's
        count.

    Raises:
        BadInput: a threshold below 0 or not finite.

    Cost: as `harris_segmentation`.

    Source: Ueda, Ishii & Miyao 2023.
    """
    return harris_segmentation(language, threshold).mean_boundaries


@metric(
    definition=(
        "Number of different segments that messages fall into when cut where the branching entropy of some substring "
        "rises by more than 0.5 bits with its last symbol."
    ),
    unit="segments",
    range=(0.0, np.inf),
    direction="higher: fewer segments are used again",
    source=_SOURCE,
    needs_meanings=False,
    null="less",
    null_model="between",
    interval=False,
    variants={"threshold_0.25": {"threshold": 0.25}, "threshold_1": {"threshold": 1.0}},
)
def segment_vocabulary(language: Language, *, threshold: float = 0.5) -> float:
    """Number of different segments (`harris_segmentation`).

    Args:
        language: n messages; meanings are not needed.
        threshold: bits by which branching entropy must rise.

    Returns:
        a whole number, 0 when every message is empty. There is no interval: a vocabulary grows with the corpus.

    Raises:
        BadInput: a threshold below 0 or not finite.

    Cost: as `harris_segmentation`.

    Source: Ueda, Ishii & Miyao 2023.
    """
    return float(harris_segmentation(language, threshold).vocabulary_size)
