"""Languages of unequal frequencies: short messages for frequent meanings, and what blind chance makes of length."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.language import Language, whole_number
from emcomm.languages.space import IntArray, Meanings, Space, alphabet, room_for, space_of, stream

__all__ = ["monkey_typing", "zipfian"]

Lengths = Literal["abbreviated", "shuffled", "reversed"]


def zipfian(
    meanings: Meanings,
    *,
    exponent: float | None = 1.0,
    symbols: int = 5,
    lengths: Lengths = "abbreviated",
    tokens: int | None = None,
    seed: int = 0,
) -> Language:
    """Zipfian frequencies, and the shortest messages there are, the shortest of them for the most frequent meaning.

    The k-th meaning has the frequency rank k: p(k) is proportional to ``1 / k**exponent``. Messages are the n shortest
    over the alphabet, from the empty one on; which of one length goes where is drawn.

    Known: as many messages as meanings, whose frequencies follow Zipf's law with that exponent. The mean length by type
    is that of the optimal code; by token too when abbreviated, so that no permutation of the messages is shorter in
    use. Reversed, none is longer, and the correlation of length with rank has the opposite sign and the same size.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        exponent: Zipf's exponent, at least 0 (0: all equally frequent); None: a world's own frequencies.
        symbols: size of the alphabet, EOS not counted.
        lengths: ``"abbreviated"``; ``"shuffled"``: the same messages, dealt at random; ``"reversed"``: the longest for
            the most frequent.
        tokens: None: one row a meaning, with its frequency; a number: so many rows, whose meanings are drawn by
            frequency (a corpus).
        seed: draws the messages, and the corpus.

    Returns:
        n messages, or `tokens` of them.

    Raises:
        BadInput: no such meanings, exponent, alphabet, lengths, tokens or seed.

    Source: Zipf 1949; Chaabouni et al. 2019 and Rita et al. 2020 (the optimal code).
    """
    space, symbols = space_of(meanings), alphabet(symbols)
    if lengths not in ("abbreviated", "shuffled", "reversed"):
        raise unknown("lengths", str(lengths), ("abbreviated", "shuffled", "reversed"))
    n = len(space.meanings)
    weights = _weights(space, exponent)
    rng = stream(seed, "zipfian")
    shortest = _shortest(n, symbols)
    size = np.count_nonzero(shortest, axis=1)
    shortest = shortest[np.lexsort((rng.random(n), size))]  # any order within one length
    dealt = np.empty(n, dtype=np.int64)
    dealt[np.argsort(-weights, kind="stable")] = np.arange(n)[:: -1 if lengths == "reversed" else 1]
    messages = shortest[rng.permutation(n) if lengths == "shuffled" else dealt]
    if tokens is None:
        return Space(space.meanings, space.sizes, weights).language(messages, symbols, variable=True)
    room_for(tokens := whole_number("tokens", tokens, least=1), messages.shape[1])
    spoken = rng.choice(n, tokens, p=weights)
    return Space(space.meanings[spoken], space.sizes).language(messages[spoken], symbols, variable=True)


def _weights(space: Space, exponent: float | None) -> NDArray[np.float64]:
    n = len(space.meanings)
    if exponent is None:
        return np.full(n, 1 / n) if space.frequencies is None else space.frequencies
    if not isinstance(exponent, (int, float, np.number)) or not 0 <= exponent < np.inf:
        raise BadInput(f"exponent must be a number of at least 0, or None, got {exponent!r}")
    weights = np.arange(1, n + 1, dtype=np.float64) ** -float(exponent)
    return weights / weights.sum()


def _shortest(n: int, symbols: int) -> IntArray:
    """Return the n shortest messages, the empty one first: int64 ``[n, longest]``."""
    lengths: list[int] = []
    while len(lengths) < n:
        longest = lengths[-1] + 1 if lengths else 0
        lengths += [longest] * min(symbols**longest, n - len(lengths))
    width = max(lengths[-1], 1)
    room_for(n, width)
    size = np.array(lengths)
    number = np.arange(n) - np.searchsorted(size, size)  # of the messages of its length, from 0
    places = size[:, None] - 1 - np.arange(width)  # the last symbol varies fastest
    return np.where(places >= 0, number[:, None] // symbols ** np.maximum(places, 0) % symbols + 1, 0)


def monkey_typing(
    tokens: int, *, symbols: int = 5, stop: float = 0.2, max_length: int = 100, seed: int = 0
) -> Language:
    """A corpus without meanings, typed blindly: at each step the message ends with probability `stop`.

    Known, where few messages reach `max_length`: mean length ``(1 - stop) / stop`` expected; with at least two symbols,
    p(rank) falls as a power, in steps of one length, with Zipf's exponent ``1 - ln(1 - stop) / ln(symbols)``: shorter
    messages are more frequent though nobody economises.

    Args:
        tokens: number of messages.
        symbols: size of the alphabet; all symbols are equally likely.
        stop: probability of the end at each step, in (0, 1).
        max_length: longer messages are cut.
        seed: draws everything.

    Returns:
        `tokens` messages of 0 to `max_length` symbols.

    Raises:
        BadInput: impossible numbers.

    Source: Miller 1957.
    """
    tokens, symbols = whole_number("tokens", tokens, least=1), alphabet(symbols)
    max_length = whole_number("max_length", max_length, least=1)
    if not isinstance(stop, (int, float, np.number)) or not 0 < stop < 1:
        raise BadInput(f"stop must be a probability in (0, 1), got {stop!r}")
    room_for(tokens, max_length)
    rng = stream(seed, "monkey_typing")
    ends = rng.geometric(stop, tokens) - 1
    messages = rng.integers(1, symbols + 1, (tokens, max_length)) * (np.arange(max_length) < ends[:, None])
    return Language(None, messages, symbols=symbols)
