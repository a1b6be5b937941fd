"""Topographic similarity: do similar meanings have similar messages?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from emcomm.errors import unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric
from emcomm.metrics.correlation import Correlation, table_correlation

__all__ = ["edit_distances", "hamming_distances", "topographic_similarity"]

MeaningDistance = Literal["hamming", "cosine"]
MessageDistance = Literal["edit", "normalised_edit", "mean_normalised_edit"]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_BLOCK = 1 << 20  # pairs counted at once

# Options as published; the default is that of Ueda et al. 2023.
_VARIANTS = {
    "chaabouni_2020": {"meaning_distance": "cosine", "message_distance": "normalised_edit"},
    "egg": {"message_distance": "mean_normalised_edit"},
    "li_bowling_2019": {"meaning_distance": "cosine", "include_self_pairs": True},
    "pearson": {"correlation": "pearson"},
    "ren_2020": {"correlation": "pearson", "include_self_pairs": True},
    "rita_2022": {"message_distance": "normalised_edit"},
}


def hamming_distances(meanings: IntArray) -> NDArray[np.unsignedinteger]:
    """Count the attributes in which two meanings differ.

    Args:
        meanings: int64 ``[n, attributes]``.

    Returns:
        unsigned integers ``[n, n]`` in ``0..attributes``.
    """
    n, attributes = meanings.shape
    distances = np.zeros((n, n), dtype=np.min_scalar_type(attributes))
    for values in meanings.T:
        distances += values[:, None] != values
    return distances


def edit_distances(strings: list[str]) -> NDArray[np.unsignedinteger]:
    """Levenshtein distances: the fewest insertions, deletions and replacements of one symbol.

    Args:
        strings: n messages, one character a symbol.

    Returns:
        unsigned integers ``[n, n]`` in ``0..longest message``.
    """
    dtype = np.min_scalar_type(max(map(len, strings)))
    return cdist(strings, strings, scorer=Levenshtein.distance, dtype=dtype)


def _scorer(
    language: Language,
    meaning_distance: MeaningDistance = "hamming",
    message_distance: MessageDistance = "edit",
    correlation: Correlation = "spearman",
    include_self_pairs: bool = False,
) -> Scorer:
    if correlation not in ("spearman", "pearson"):
        raise unknown("correlation", correlation, ("spearman", "pearson"))
    meanings = meanings_of(language, "topographic_similarity")
    meaning_values, meaning_codes = _meaning_levels(meanings, meaning_distance)
    message_values, message_codes = _message_levels(language, message_distance)
    # A meaning paired with itself gets a level of its own, dropped when counting. In a resample this is also where the
    # pairs of one meaning drawn twice fall.
    own = len(meaning_values)
    meaning_codes[np.diag_indices(language.n)] = own

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        table = _count_pairs(meaning_codes, message_codes, meaning_rows, message_rows, (own + 1, len(message_values)))[
            :own
        ]
        if include_self_pairs:
            table[0, 0] += len(meaning_rows)
        _check_varied(table)
        return table_correlation(table, meaning_values, message_values, correlation)

    return score


def _meaning_levels(meanings: IntArray, distance: str) -> tuple[FloatArray, NDArray[np.unsignedinteger]]:
    """Return the values a distance can take, ascending, and codes ``[n, n]`` into them."""
    if distance not in ("hamming", "cosine"):
        raise unknown("meaning distance", distance, ("hamming", "cosine"))
    attributes = meanings.shape[1]
    codes = hamming_distances(meanings).astype(np.min_scalar_type(attributes + 1))
    # The one-hots of two meanings have the cosine (equal attributes) / attributes; the distance is 1 minus that.
    return np.arange(attributes + 1) / (attributes if distance == "cosine" else 1), codes


def _message_levels(language: Language, distance: str) -> tuple[FloatArray, NDArray[np.unsignedinteger]]:
    edits = edit_distances(language.strings)
    if distance == "edit":
        return np.arange(int(edits.max()) + 1, dtype=np.float64), edits
    first, second = language.lengths[:, None], language.lengths
    if distance == "normalised_edit":
        size = np.maximum(first, second).astype(np.float64)
    elif distance == "mean_normalised_edit":
        size = (first + second) / 2
    else:
        raise unknown("message distance", distance, ("edit", "normalised_edit", "mean_normalised_edit"))
    values, codes = np.unique(edits / np.maximum(size, 0.5), return_inverse=True)  # two empty messages: 0 / 0.5 = 0
    return values, codes.reshape(edits.shape).astype(np.min_scalar_type(len(values)))


def _count_pairs(
    meaning_codes: NDArray[np.unsignedinteger],
    message_codes: NDArray[np.unsignedinteger],
    meaning_rows: IntArray,
    message_rows: IntArray,
    shape: tuple[int, int],
) -> IntArray:
    """Count all ordered pairs of rows by their two distance codes: int64 `shape`. Each unordered pair counts twice."""
    n, cells = len(meaning_rows), shape[0] * shape[1]
    table = np.zeros(cells, dtype=np.int64)
    for start in range(0, n, step := max(1, _BLOCK // n)):
        block = slice(start, start + step)
        joint = meaning_codes[meaning_rows[block]].take(meaning_rows, axis=1).astype(np.int64)
        joint *= shape[1]
        joint += message_codes[message_rows[block]].take(message_rows, axis=1)
        table += np.bincount(joint.ravel(), minlength=cells)
    return table.reshape(shape)


def _check_varied(table: IntArray) -> None:
    if not table.any():
        raise Undefined("there are no two meanings to compare")
    if np.count_nonzero(table.sum(1)) < 2:
        raise Undefined("all meanings are equally far apart")
    if np.count_nonzero(table.sum(0)) < 2:
        raise Undefined("all messages are equally far apart")


@metric(
    definition=(
        "Correlation, over all pairs of two meanings, between the number of attributes in which the meanings differ "
        "and the edit distance (insertions, deletions, replacements of symbols, nothing after EOS) of their messages. "
        "By default Spearman's, ties averaged; raw distances; no meaning is paired with itself; pairs count equally."
    ),
    unit="none",
    range=(-1.0, 1.0),
    direction="higher: similar meanings have more similar messages; 0 is expected of a random language",
    source="Brighton & Kirby 2006; distances and pairs of the default as in Ueda, Ishii & Miyao 2023",
    null="greater",
    variants=_VARIANTS,
    prepare=_scorer,
)
def topographic_similarity(
    language: Language,
    *,
    meaning_distance: MeaningDistance = "hamming",
    message_distance: MessageDistance = "edit",
    correlation: Correlation = "spearman",
    include_self_pairs: bool = False,
) -> float:
    """Correlation between the distances of meanings and the distances of their messages, over all pairs i < j.

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.
        meaning_distance: ``"hamming"``: number of differing attributes; ``"cosine"``: 1 - cosine of concatenated
            one-hots, which is Hamming / attributes and so gives the same correlation.
        message_distance: ``"edit"``: Levenshtein; ``"normalised_edit"``: divided by the longer message's length;
            ``"mean_normalised_edit"``: divided by the mean of the two lengths. Two empty messages are 0 apart.
        correlation: ``"spearman"`` (ties averaged) or ``"pearson"``.
        include_self_pairs: also pair every meaning with itself (and count both orders), as some published code does.
            It adds n pairs at distance (0, 0), so that random languages score above 0. For comparison only.

    Returns:
        a number in [-1, 1]; NaN when all meanings, or all messages, are equally far apart.

    Raises:
        BadInput: unknown option, or a corpus without meanings.

    Source: Brighton & Kirby 2006. The default is that of Ueda, Ishii & Miyao 2023, but NaN where their code says 0.
    Variants known to `measure`: "chaabouni_2020" (their code divides by the first message's length, which is the same
    at fixed length), "egg" (that toolkit's analysis code, but trimmed after EOS), "li_bowling_2019", "ren_2020",
    "rita_2022" (all pairs in place of 1,000 drawn ones) and "pearson".
    """
    return evaluate(
        _scorer,
        language,
        meaning_distance=meaning_distance,
        message_distance=message_distance,
        correlation=correlation,
        include_self_pairs=include_self_pairs,
    )
