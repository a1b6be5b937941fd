"""Compositional languages with variation: several symbols for a value, several values for a symbol, any order."""

from __future__ import annotations

import itertools
import math

import numpy as np

from emcomm.language import Language, whole_number
from emcomm.languages.composed import composed
from emcomm.languages.space import Meanings, room_for, space_of, stream, symbol_names

__all__ = ["free_order", "homonymous", "synonymous"]


def synonymous(meanings: Meanings, *, synonyms: int = 2, copies: int | None = None, seed: int = 0) -> Language:
    """A compositional language in which every value has several symbols, used equally often.

    Known, with s synonyms and ``copies=None``: H(symbol given value) = H(message given meaning) = log2 s, message
    entropy = entropy of the meanings + log2 s, and nothing is ambiguous (H(meaning given message) = 0). Positional
    disentanglement is the mean over attributes of ``log2 size / (log2 size + log2 s)``.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        synonyms: symbols for each value.
        copies: rows for each meaning, in which symbols are drawn at random, each attribute by itself; None: as many
            rows as synonyms, in which every value of the meaning is said once by each of its symbols.
        seed: draws the symbols, and which of them meet.

    Returns:
        n * copies messages of one length, the number of attributes; rows of one meaning are side by side.

    Raises:
        BadInput: no such meanings, synonyms, copies or seed.

    Source: none; the variation that Conklin & Smith 2023 measure.
    """
    space, synonyms = space_of(meanings), whole_number("synonyms", synonyms, least=1)
    rows = synonyms if copies is None else whole_number("copies", copies, least=1)
    n, attributes = space.meanings.shape
    room_for(n * rows, attributes)
    names, symbols = symbol_names([size * synonyms for size in space.sizes], seed)
    rng = stream(seed, "synonymous")
    if copies is None:
        chosen = (rng.integers(synonyms, size=(n, 1, attributes)) + np.arange(rows)[:, None]) % synonyms
    else:
        chosen = rng.integers(synonyms, size=(n, rows, attributes))
    values = (space.meanings[:, None] * synonyms + chosen).reshape(-1, attributes)
    messages = np.stack([name[column] for name, column in zip(names, values.T, strict=True)], axis=1)
    return space.language(messages, symbols, copies=rows)


def homonymous(meanings: Meanings, *, homonyms: int = 2, seed: int = 0) -> Language:
    """A compositional language in which several values of an attribute share a symbol.

    Known, where h homonyms divide the sizes: H(value given symbol) = log2 h, H(meaning given message) = log2 h for each
    attribute, and every meaning has one message; ``size / h`` symbols for each attribute. Positional and bag-of-symbols
    disentanglement stay 1. Where they do not divide a size, one symbol of it has fewer values.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        homonyms: values for each symbol.
        seed: draws which values share a symbol.

    Returns:
        n messages of one length, the number of attributes.

    Raises:
        BadInput: no such meanings, homonyms or seed.

    Source: none; the ambiguity that Conklin & Smith 2023 measure.
    """
    space, homonyms = space_of(meanings), whole_number("homonyms", homonyms, least=1)
    homonyms = min(homonyms, max(space.sizes))  # from there on, all values share one symbol
    names, symbols = symbol_names([-(-size // homonyms) for size in space.sizes], seed)
    rng = stream(seed, "homonymous")
    groups = [rng.permutation(size) // homonyms for size in space.sizes]
    columns = zip(names, groups, space.meanings.T, strict=True)
    return space.language(np.stack([name[group[values]] for name, group, values in columns], axis=1), symbols)


def free_order(meanings: Meanings, *, copies: int | None = None, seed: int = 0) -> Language:
    """A compositional language, each attribute with symbols of its own, whose positions come in any order.

    Known, with A attributes and ``copies=None``: H(message given meaning) = log2 A!, nothing is ambiguous, and
    bag-of-symbols disentanglement is 1; every attribute stands equally often on every position, so that positional
    disentanglement is 0 with attributes of one size.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        copies: rows for each meaning, each in an order drawn at random; None: one row for each of the A! orders.
        seed: draws the symbols and orders.

    Returns:
        n * copies messages of one length, the number of attributes; rows of one meaning are side by side.

    Raises:
        BadInput: no such meanings, copies or seed, or too many orders.

    Source: none; the word-order freedom that Conklin & Smith 2023 measure.
    """
    space = space_of(meanings)
    n, attributes = space.meanings.shape
    rows = math.factorial(attributes) if copies is None else whole_number("copies", copies, least=1)
    room_for(n * rows, attributes)
    messages, symbols = composed(space, seed)
    if copies is None:
        orders = np.tile(list(itertools.permutations(range(attributes))), (n, 1))
    else:
        orders = np.argsort(stream(seed, "order").random((n * rows, attributes)), axis=1)
    said = np.take_along_axis(np.repeat(messages, rows, axis=0), orders, axis=1)
    return space.language(said, symbols, copies=rows)
