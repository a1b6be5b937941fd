"""Labels for the messages of a language whose words are known: which constituent, or marker, stands where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, shown
from emcomm.language import Language
from emcomm.metrics.base import meanings_of

__all__ = ["utterance_labels"]


def utterance_labels(
    language: Language,
    words: Sequence[Sequence[int]],
    *,
    markers: Mapping[int, str] | None = None,
    roles: str = "SVO",
) -> NDArray[np.str_]:
    """Spell out every message by the roles of its words, e.g. ``"SOmV"``: subject, object, marker, verb.

    Args:
        language: n meanings ``[n, attributes]`` with values from 0, and messages ``[n, max_length]``.
        words: for each attribute, the symbol of each of its values; attributes may share words.
        markers: symbol of each marker, and the small letter it is written as.
        roles: a capital for each attribute.

    Returns:
        n labels as `emcomm.metrics.word_order` reads them. Empty: the message holds a symbol that is neither a marker
        nor a word of its meaning, or not every constituent exactly once, or one word has two roles in the meaning.

    Raises:
        BadInput: a corpus without meanings; not one list of words and one letter an attribute; values without a word;
            a word that is a marker too, or not a symbol.

    Cost: O(n x max_length x attributes).

    Source: the kinds of utterances that Lian, Bisazza & Verhoef 2023 count.
    """
    meanings, markers = meanings_of(language, "utterance_labels"), _markers(markers)
    _check(meanings.min(axis=0).tolist(), meanings.max(axis=0).tolist(), words, markers, roles)
    expected = np.stack([np.asarray(w)[values] for w, values in zip(words, meanings.T, strict=True)], axis=1)
    found = language.messages[:, :, None] == expected[:, None, :]
    letters = np.where(found.any(axis=2), np.array(list(roles))[found.argmax(axis=2)], "")
    for symbol, letter in markers.items():
        letters[language.messages == symbol] = letter
    # Every constituent is there once, and each as a word of its own.
    readable = (found.sum(axis=1) == 1).all(axis=1) & (found.sum(axis=2) <= 1).all(axis=1)
    readable &= ((letters != "") == (language.messages > 0)).all(axis=1)
    labels: NDArray[np.str_] = np.ascontiguousarray(letters).view(f"<U{language.max_length}")[:, 0]
    return np.where(readable, labels, "")


def _check(
    least: list[int], most: list[int], words: Sequence[Sequence[int]], markers: Mapping[int, str], roles: str
) -> None:
    known = len(words) if isinstance(words, Sequence | np.ndarray) else shown(words)
    if not isinstance(roles, str) or not known == len(roles) == len(most):
        told = f"got {known} and {shown(roles)}"
        raise BadInput(f"there must be a list of words and a capital for each of the {len(most)} attributes; {told}")
    if not (roles.isalpha() and roles.isupper() and len(set(roles)) == len(roles)):
        raise BadInput(f"roles must be different capitals, got {roles!r}")
    for role, low, high, own in zip(roles, least, most, words, strict=True):
        if np.ndim(own) != 1 or np.asarray(own).dtype.kind not in "iu":
            raise BadInput(f"{role} needs a list of symbols, one a value, got {shown(own)}")
        if low < 0 or high >= len(own):
            raise BadInput(
                f"{role} has {len(own)} words, for the values 0..{len(own) - 1}; got {low if low < 0 else high}"
            )
    symbols = [symbol for own in words for symbol in own]
    for symbol in (*symbols, *markers):
        if symbol < 1:
            raise BadInput(f"words and markers are symbols 1, 2, ...; got {symbol}")
    both = set(symbols) & set(markers)
    if both:
        raise BadInput(f"the symbol {min(both)} cannot be a word and a marker")


def _markers(markers: Mapping[int, str] | None) -> dict[int, str]:
    if not isinstance(markers, Mapping | None):
        raise BadInput(f"markers must map a symbol to a small letter, got {shown(markers)}")
    for symbol, letter in (markers or {}).items():
        if not isinstance(symbol, (int, np.integer)):
            raise BadInput(f"words and markers are symbols 1, 2, ...; got {symbol!r}")
        if not (isinstance(letter, str) and len(letter) == 1 and letter.isalpha() and letter.islower()):
            raise BadInput(f"a marker is written as one small letter, got {letter!r}")
    return dict(markers or {})
