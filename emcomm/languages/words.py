"""Languages made of known words of several symbols: what segmentation and morpheme induction should find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.languages.space import Meanings, alphabet, closed_up, distinct_messages, room_for, space_of, stream

__all__ = ["Lexicon", "concatenated", "lexicon"]

Lexicon = Sequence[Sequence[Sequence[int]]]


def lexicon(
    meanings: Meanings, *, symbols: int, lengths: tuple[int, int] = (2, 4), seed: int = 0
) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Draw a word for each value of each attribute, all words being different.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        symbols: size of the alphabet that words are spelled in.
        lengths: shortest and longest word, in symbols; all lengths between are equally frequent (up to one word).
        seed: draws the words.

    Returns:
        for each attribute, for each value, its word: ``lexicon[attribute][value]`` is a tuple of symbols.

    Raises:
        BadInput: no such meanings, alphabet, lengths or seed, or too few words of one length.

    Source: none.
    """
    sizes, symbols = space_of(meanings).sizes, alphabet(symbols)
    try:
        low, high = lengths
    except (TypeError, ValueError):
        raise BadInput(f"lengths must be the shortest and the longest word, got {lengths!r}") from None
    low, high = whole_number("the shortest word", low, least=1), whole_number("the longest word", high, least=1)
    if low > high:
        raise BadInput(f"the shortest word must not be longer than the longest, got {lengths!r}")
    room_for(sum(sizes), high)
    rng, total = stream(seed, "lexicon"), sum(sizes)
    counts = np.bincount(np.arange(total) % (high - low + 1), minlength=high - low + 1)
    drawn = [
        tuple(word)
        for length, count in enumerate(counts.tolist(), start=low)
        for word in distinct_messages(rng, count, symbols, length).tolist()
    ]
    shuffled = iter([drawn[place] for place in rng.permutation(total)])
    return tuple(tuple(next(shuffled) for _ in range(size)) for size in sizes)


def concatenated(meanings: Meanings, words: Lexicon, *, symbols: int | None = None) -> Language:
    """Say each meaning by the words of its values, one after the other in the order of the attributes.

    Known: the words and their boundaries, one fewer than attributes in each message. With words of one length, no two
    meanings share a message; with several lengths they may ("ab c" and "a bc").

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        words: ``words[attribute][value]``, a word of at least one symbol; see `lexicon`.
        symbols: size of the alphabet; None: the largest symbol in use.

    Returns:
        n messages.

    Raises:
        BadInput: no such meanings, or words that do not fit them.

    Source: none.
    """
    space = space_of(meanings)
    try:
        spelled = [[list(word) for word in row] for row in words]
        letters = {letter for row in spelled for word in row for letter in word}
    except TypeError:
        raise BadInput("words must be words[attribute][value], each a list of symbols") from None
    if len(spelled) != len(space.sizes) or any(len(row) < size for row, size in zip(spelled, space.sizes, strict=True)):
        known = ", ".join(str(len(row)) for row in spelled) or "none"
        raise BadInput(f"meanings of the sizes {', '.join(map(str, space.sizes))} need as many words, got {known}")
    for letter in letters:
        alphabet(whole_number("a symbol of a word", letter, least=1))
    if any(not word for row in spelled for word in row):
        raise BadInput("a word has at least one symbol, got an empty one")
    longest = [max(map(len, row)) for row in spelled]
    room_for(len(space.meanings), sum(longest))
    tables = [
        np.array([word + [0] * (length - len(word)) for word in row])
        for row, length in zip(spelled, longest, strict=True)
    ]
    columns = [table[values] for table, values in zip(tables, space.meanings.T, strict=True)]
    return space.language(
        closed_up(np.concatenate(columns, axis=1)), max(letters) if symbols is None else symbols, variable=True
    )
