"""Branching entropy: how open it is, after some symbols, which symbol comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emcomm.language import Language, whole_number
from emcomm.metrics.substrings import Level, substring_levels

__all__ = ["Branching", "branching_entropies", "conditional_entropies"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Branching(NamedTuple):
    """What may follow the contexts of one length, at every place where a context that occurs twice or more stands.

    Attributes:
        length: symbols in each context. The empty context stands before every symbol.
        rows: int64 ``[places]``, the message.
        starts: int64 ``[places]``, the context's first position.
        bits: float64 ``[places]``, branching entropy of the context.
        before: float64 ``[places]``, that of the context without its last symbol; NaN for the empty context.
    """

    length: int
    rows: IntArray
    starts: IntArray
    bits: FloatArray
    before: FloatArray


def branching_entropies(language: Language, longest: int | None = None) -> Iterator[Branching]:
    """Yield, for contexts of 0, 1, 2, ... symbols, h(s) = - sum over symbols a of p(a | s) log2 p(a | s), in bits.

    p(a | s) is the number of places of s followed by a over the number of places of s, so that the share of places at
    the end of a message belongs to no symbol and adds nothing. A context that occurs once has h = 0 and is left out.

    Args:
        language: n messages ``[n, max_length]``; every row counts once.
        longest: greatest length of a context; None: no limit.

    Yields:
        `Branching` of one length; 0 <= h <= log2(symbols). Nothing when all messages are empty.

    Raises:
        BadInput: `longest` is not an integer of at least 0; when the first is asked for.

    Cost: O(symbols in all messages) for each length.

    Source: Ueda, Ishii & Miyao 2023, after Harris 1955 and Tanaka-Ishii 2005.
    """
    limit = None if longest is None else whole_number("longest", longest, least=0)
    level, before = None, np.full(1, np.nan)
    for longer in substring_levels(language, None if limit is None else limit + 1):
        if level is None:
            bits = _entropies(np.full(1, len(longer.rows)), longer)
            everywhere = np.zeros(len(longer.rows), dtype=np.int64)
            yield Branching(0, longer.rows, longer.starts, bits[everywhere], before[everywhere])
        else:
            bits = _entropies(level.counts, longer)
            yield _branching(level, bits, before)
        level, before = longer, bits
    if level is not None and (limit is None or level.length <= limit):
        yield _branching(level, np.zeros(len(level.counts)), before)  # nothing that occurs twice goes on


def _entropies(totals: IntArray, followed: Level) -> FloatArray:
    """Branching entropy of contexts that occur `totals` times, from the substrings one symbol longer."""
    shares = followed.counts / totals[followed.parents]
    bits = -shares * np.log2(shares)
    return np.bincount(followed.parents, bits, minlength=len(totals)).astype(np.float64)


def _branching(level: Level, bits: FloatArray, before: FloatArray) -> Branching:
    again = level.counts[level.ids] > 1
    ids = level.ids[again]
    return Branching(level.length, level.rows[again], level.starts[again], bits[ids], before[level.parents[ids]])


def conditional_entropies(language: Language, longest: int | None = None) -> FloatArray:
    """Entropy of the next symbol given the n symbols before it: H(n), the mean of h(s) over all places of n symbols.

    Args:
        language: n messages ``[n, max_length]``; every row counts once, meanings are not needed.
        longest: greatest n; None: the length of the longest message.

    Returns:
        float64 ``[longest + 1]``, in bits, of contexts of 0, 1, 2, ... symbols; NaN where no message is that long.

    Raises:
        BadInput: `longest` is not an integer of at least 0.

    Cost: O(symbols in all messages) for each length.

    Source: Ueda, Ishii & Miyao 2023. As in their code a context at the end of a message counts, with nothing after it.
    """
    limit = int(language.lengths.max()) if longest is None else whole_number("longest", longest, least=0)
    places = np.maximum(language.lengths - np.arange(limit + 1)[:, None] + 1, 0).sum(axis=1)
    places[0] = language.lengths.sum()
    sums = np.zeros(limit + 1)
    for branching in branching_entropies(language, limit):
        sums[branching.length] = branching.bits.sum()
    return np.divide(sums, places, out=np.full(limit + 1, np.nan), where=places > 0)
