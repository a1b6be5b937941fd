"""Scores of learners of a given language, as for people: how near to what was taught, and how near to each other.

Words are strings, or messages as integers; both are compared by edit distance divided by the longer one's length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from emcomm.errors import BadInput
from emcomm.language import Language

__all__ = [
    "Words",
    "convergence_by_item",
    "convergence_score",
    "normalised_distances",
    "pairs_of",
    "production_accuracy",
    "production_similarities",
    "production_similarity",
    "spelled",
    "strings_of",
]

FloatArray = NDArray[np.float64]
Words = str | Sequence[str] | Language | NDArray[np.integer[Any]] | Sequence[Sequence[int]]


def normalised_distances(first: Sequence[str], second: Sequence[str]) -> FloatArray:
    """Levenshtein distance of the k-th word of one list to the k-th of another, divided by the longer word's length.

    Args:
        first: n words, one character a symbol.
        second: n words.

    Returns:
        float64 ``[n]`` in ``0..1``; two empty words are 0 apart. Cost: O(n) distances.
    """
    return cpdist(first, second, scorer=Levenshtein.normalized_distance, dtype=np.float64)


def pairs_of(words: NDArray[np.object_]) -> Iterator[tuple[int, FloatArray]]:
    """Go through all pairs i < j of learners (or speakers), the partners of one i at a time.

    Args:
        words: strings ``[learners, items]``.

    Yields:
        i, and float64 ``[learners - 1 - i, items]``: the normalised distances of i's words to those of each j > i.
    """
    learners, items = words.shape
    for i in range(learners - 1):
        later = words[i + 1 :]
        own = np.broadcast_to(words[i], later.shape)
        yield i, normalised_distances(own.ravel().tolist(), later.ravel().tolist()).reshape(-1, items)


def strings_of(batches: Iterable[Words] | NDArray[np.integer[Any]], what: str) -> NDArray[np.object_]:
    """Return several learners' words as strings that may be compared with each other.

    Args:
        batches: for each learner the words for the same items in the same order: strings, a `Language`, or integers
            ``[items, max_length]`` with 0 = EOS. One bare string is one word.
        what: what to call them in an error.

    Returns:
        strings ``[learners, items]``; an empty message is an empty string.

    Raises:
        BadInput: no words, words that are neither strings nor messages, or learners with different numbers of words.
    """
    if isinstance(batches, str) or not isinstance(batches, Iterable):
        raise BadInput(f"{what} must be a sequence with each learner's words, got {batches!r}")
    rows = [[batch] if isinstance(batch, str) else _listed(batch) for batch in batches]
    if not rows:
        raise BadInput(f"{what} must be those of at least one learner, got none")
    table = [_words(row) for row in rows] if all(map(_words, rows)) else _messages(rows, what)
    sizes = {len(row) for row in table}
    if len(sizes) > 1:
        raise BadInput(f"{what} must name the same items for everybody, got {min(sizes)} and {max(sizes)} words")
    return np.array(table, dtype=object).reshape(len(table), -1)


def _listed(batch: Any) -> Any:
    """Return what can be gone through only once as a list."""
    return list(batch) if isinstance(batch, Iterator) else batch


def _words(row: Any) -> list[str]:
    """Return a row of strings as a list; anything else gives an empty one."""
    words = list(row) if isinstance(row, Iterable) else []
    return words if all(isinstance(word, str) for word in words) else []


def _messages(rows: Sequence[Any], what: str) -> list[list[str]]:
    try:
        languages = [row if isinstance(row, Language) else Language(None, row) for row in rows]
    except BadInput as error:
        raise BadInput(f"{what} must be strings, or messages as integers: {error}") from None
    return spelled(languages)


def spelled(languages: Sequence[Language]) -> list[list[str]]:
    """Return the messages of each language as strings in one alphabet: a symbol is the same character in all."""
    width = max(language.max_length for language in languages)
    padded = [np.pad(language.messages, ((0, 0), (0, width - language.max_length))) for language in languages]
    strings, ends = Language(None, np.concatenate(padded)).strings, np.cumsum([language.n for language in languages])
    return [strings[end - language.n : end] for end, language in zip(ends.tolist(), languages, strict=True)]


def production_similarities(produced: Words, taught: Words) -> FloatArray:
    """1 - normalised Levenshtein distance of each word to the one that was taught: float64 ``[items]`` in ``0..1``.

    Args and errors as in `production_similarity`, which is the mean.

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024.
    """
    said, right = strings_of([produced, taught], "words produced and words taught")
    return 1.0 - normalised_distances(said.tolist(), right.tolist())


def production_similarity(produced: Words, taught: Words) -> float:
    """How near a learner's words are to those that were taught.

    The mean over items of 1 - (Levenshtein distance / length of the longer word). Range 0..1, no unit; higher: nearer.
    Always defined; two empty words are equal (1). Cost: one edit distance an item.

    Args:
        produced: the learner's words: strings, a `Language`, or integers ``[items, max_length]``, 0 = EOS.
        taught: the taught words for the same items in the same order.

    Raises:
        BadInput: no words, different numbers of words, or neither strings nor messages.

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024. No deviation.
    """
    return float(production_similarities(produced, taught).mean())


def production_accuracy(produced: Words, taught: Words) -> float:
    """Share of the items for which exactly the taught word was produced (binary accuracy), in 0..1; higher: more.

    Args and errors as in `production_similarity`.

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024. No deviation.
    """
    said, right = strings_of([produced, taught], "words produced and words taught")
    return float(np.mean(said == right))


def convergence_by_item(productions: Iterable[Words] | NDArray[np.integer[Any]]) -> FloatArray:
    """1 - mean normalised Levenshtein distance between two learners' words, for each item.

    Args:
        productions: as in `convergence_score`.

    Returns:
        float64 ``[items]`` in ``0..1``; all NaN with one learner.

    Source: as `convergence_score`.
    """
    words = strings_of(productions, "the learners' words")
    learners, items = words.shape
    if learners < 2:
        return np.full(items, np.nan)
    total = np.zeros(items)
    for _, distances in pairs_of(words):
        total += distances.sum(axis=0)
    return 1.0 - total / (learners * (learners - 1) / 2)


def convergence_score(productions: Iterable[Words] | NDArray[np.integer[Any]]) -> float:
    """How much learners of one language agree on the words for new items, whatever those words are.

    The mean over items of 1 - the mean, over pairs of two learners, of the normalised Levenshtein distance (divided by
    the longer word's length) of their words. Range 0..1, no unit; higher: more agreement. NaN with one learner. Cost:
    one edit distance for each item and pair of learners.

    Args:
        productions: for each learner the words for the same items in the same order: strings, a `Language`, or
            integers ``[items, max_length]``, 0 = EOS. An array ``[learners, items, max_length]`` will do; bare strings
            are several learners' words for one item.

    Raises:
        BadInput: no words, different numbers of words, or neither strings nor messages.

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024. They report each item's score; this is the
    mean over items, `convergence_by_item` gives the scores. The default of the latter's code leaves out the final
    "1 -", which their analysis and this add.
    """
    return float(convergence_by_item(productions).mean())
