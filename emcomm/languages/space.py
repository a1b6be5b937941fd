"""What a generated language talks about, and symbols for it; shared by every generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.rng import generator
from emcomm.worlds import World

__all__ = [
    "Meanings",
    "Space",
    "alphabet",
    "closed_up",
    "distinct_messages",
    "room_for",
    "space_of",
    "stream",
    "symbol_names",
]

Meanings = World | Sequence[int] | ArrayLike
IntArray = NDArray[np.int64]
MOST_CELLS = 100_000_000  # numbers in the messages, or in the meanings, of the largest language that is made
_SMALL = 1 << 40  # alphabets of messages up to here are numbered; in larger ones, doublets are drawn again


@dataclass(frozen=True, eq=False)
class Space:
    """What is talked about.

    Attributes:
        meanings: int64 ``[n, attributes]``, attribute a in ``0..sizes[a] - 1``.
        sizes: how many values each attribute has.
        frequencies: float64 ``[n]``, or None: all equal.
    """

    meanings: IntArray
    sizes: tuple[int, ...]
    frequencies: NDArray[np.float64] | None = None

    def language(self, messages: ArrayLike, symbols: int, *, variable: bool = False, copies: int = 1) -> Language:
        """Return the language of these messages ``[n * copies, max_length]``, the copies of a meaning side by side."""
        frequencies = None if self.frequencies is None else np.repeat(self.frequencies, copies)
        return Language(
            np.repeat(self.meanings, copies, axis=0),
            messages,
            frequencies=frequencies,
            symbols=symbols,
            variable=variable,
            sizes=self.sizes,
        )


def space_of(meanings: Meanings, *, least: int = 1) -> Space:
    """Read attribute sizes, an array of meanings, or a world.

    Args:
        meanings: sizes such as ``(5, 7)``: every combination of values, the last attribute varying fastest; integers
            from 0, ``[n, attributes]``; or a `World`, with its frequencies.
        least: how many attributes there must be.

    Raises:
        BadInput: none of the three, too many meanings, or too few attributes.
    """
    if isinstance(meanings, World):
        space = Space(meanings.meanings(), meanings.sizes(), meanings.probabilities())
    else:
        space = _from_numbers(meanings)
    if len(space.sizes) < least:
        raise BadInput(f"this language needs at least {least} attributes, got {len(space.sizes)}")
    return space


def _from_numbers(meanings: ArrayLike) -> Space:
    asked = "give attribute sizes such as (5, 7), meanings as integers [n, attributes], or a world"
    try:
        array = np.asarray(meanings)
    except ValueError:
        raise BadInput(f"{asked}; got rows of different lengths") from None
    if array.ndim not in (1, 2) or 0 in array.shape or array.dtype.kind not in "iu":
        raise BadInput(f"{asked}; got {array.dtype} of shape {list(array.shape)}")
    if array.min() < (1 if array.ndim == 1 else 0):
        raise BadInput(f"{asked}; sizes are at least 1 and values at least 0, got {array.min()}")
    if array.max() >= MOST_CELLS:
        raise BadInput(f"{asked}; sizes and values are below {MOST_CELLS}, got {array.max()}")
    if array.ndim == 2:
        return Space(array.astype(np.int64), tuple((array.max(axis=0) + 1).tolist()))
    sizes = tuple(array.tolist())
    n = math.prod(sizes)
    room_for(n, len(sizes))
    return Space(np.stack(np.unravel_index(np.arange(n), sizes), axis=1).astype(np.int64), sizes)


def room_for(rows: int, columns: int) -> None:
    """Refuse tables with more than 100 million cells.

    Raises:
        BadInput: there are more.
    """
    if rows * columns > MOST_CELLS:
        raise BadInput(f"{rows} rows of {columns} make {rows * columns} numbers, at most {MOST_CELLS} are allowed")


def alphabet(symbols: int) -> int:
    """Return the size of an alphabet, or refuse it.

    Raises:
        BadInput: no integer from 1 to 100 million.
    """
    symbols = whole_number("symbols", symbols, least=1)
    if symbols > MOST_CELLS:
        raise BadInput(f"symbols must be at most {MOST_CELLS}, got {symbols}")
    return symbols


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of one decision of a generated language.

    Raises:
        BadInput: the seed is no integer of at least 0.
    """
    return generator(whole_number("seed", seed, least=0), f"languages.{name}")


def symbol_names(sizes: Sequence[int], seed: int, *, shared: bool = False) -> tuple[list[IntArray], int]:
    """Draw a symbol for each value of each attribute; equal sizes and seeds give equal names in every language.

    Args:
        sizes: how many values each attribute has.
        seed: the same seed gives the same names.
        shared: all attributes draw on one alphabet; otherwise each has symbols of its own.

    Returns:
        for each attribute, int64 ``[size]``, its symbols; and the size of the alphabet.
    """
    room_for(sum(sizes), 1)
    rng = stream(seed, "symbols")
    first = [1] * len(sizes) if shared else np.cumsum([1, *sizes[:-1]]).tolist()
    if shared:
        names = [rng.permutation(max(sizes))[:size] + 1 for size in sizes]
    else:
        names = [rng.permutation(size) + start for size, start in zip(sizes, first, strict=True)]
    return names, max(sizes) if shared else sum(sizes)


def distinct_messages(rng: np.random.Generator, n: int, symbols: int, length: int) -> IntArray:
    """Draw n different messages of one length, every set of n being equally likely: int64 ``[n, length]``.

    Raises:
        BadInput: there are fewer than n messages.
    """
    room_for(n, length)
    total = symbols ** min(length, 64)  # all there are, or more than enough
    if total < n:
        raise BadInput(f"{symbols} symbols make {total} messages of length {length}, {n} different ones are needed")
    if total < _SMALL:
        numbers = rng.choice(total, n, replace=False)
        return numbers[:, None] // symbols ** np.arange(length)[::-1] % symbols + 1
    messages = rng.integers(1, symbols + 1, (n, length))
    while len(again := _repeated(messages)):
        messages[again] = rng.integers(1, symbols + 1, (len(again), length))
    return messages


def _repeated(messages: IntArray) -> IntArray:
    """Return the rows that say what a row before them says; whole rows are compared, as sorting columns is slow."""
    first: dict[bytes, int] = {}
    places = np.array([first.setdefault(message.tobytes(), row) for row, message in enumerate(messages)])
    return np.flatnonzero(places < np.arange(len(messages)))


def closed_up(symbols: IntArray) -> IntArray:
    """Move what is said to the left, in its order, and silence (0) to the end: int64 ``[n, length]``."""
    return np.take_along_axis(symbols, np.argsort(symbols == 0, axis=1, kind="stable"), axis=1)
