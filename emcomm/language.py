"""`Language`: which message goes with which meaning, and how often; the one thing that every metric looks at.

Messages are integers ``[n, max_length]`` in the project's one convention: ``0`` is end-of-sequence (EOS), symbols are
``1..symbols``, everything after the first 0 is 0. A corpus whose meanings are unknown is a language too: its
`meanings` are None.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput
from emcomm.language_files import arguments, chosen_rows, cut_short, read_table, write_table

__all__ = ["Language", "whole_number"]

IntArray = NDArray[np.int64]
_LARGEST = 2**63 - 1
_SURROGATES = 0xD800  # first code point that is not a character; symbols from here on are renumbered for `strings`


class Language:
    """Meanings, the message for each, and how frequent each is. Arrays are read-only.

    Args:
        meanings: integers ``[n, attributes]``, or None for a corpus without meanings.
        messages: integers ``[n, max_length]``, 0 = EOS. What follows the first 0 of a row is set to 0.
        frequencies: non-negative numbers ``[n]`` with a positive sum, scaled to sum 1; None: all equal.
        speaker: who speaks (a number or a name), if that is known.
        step: training step at which the language was recorded, if that is known.
        symbols: size of the alphabet, EOS not counted, if that is known.
        variable: whether messages may end early. False: there is no EOS and every position holds a symbol.
        sizes: number of values of each attribute, if that is known.

    Raises:
        BadInput: anything else; the message says what is expected and what was got.
    """

    def __init__(
        self,
        meanings: ArrayLike | None,
        messages: ArrayLike,
        *,
        frequencies: ArrayLike | None = None,
        speaker: int | str | None = None,
        step: int | None = None,
        symbols: int | None = None,
        variable: bool = True,
        sizes: Sequence[int] | None = None,
    ) -> None:
        if not isinstance(variable, (bool, np.bool_)):
            raise BadInput(f"variable must be True or False, got {variable!r}")
        self.variable = bool(variable)
        self.symbols = None if symbols is None else whole_number("symbols", symbols, least=1)
        self.step = None if step is None else whole_number("step", step, least=0)
        self.speaker = _speaker(speaker)
        self.messages = _messages(messages, self.symbols, self.variable)
        self.meanings = None if meanings is None else _integers("meanings", meanings, "attributes")
        if self.meanings is not None and len(self.meanings) != self.n:
            raise BadInput(f"every meaning has one message: got {len(self.meanings)} meanings and {self.n} messages")
        self.sizes = None if sizes is None else _sizes(sizes, self.meanings)
        self.frequencies = _frequencies(frequencies, self.n)
        for array in (self.meanings, self.messages, self.frequencies):
            if array is not None:
                array.flags.writeable = False

    def __repr__(self) -> str:
        about = "no meanings" if self.meanings is None else f"{self.meanings.shape[1]} attributes"
        return f"Language(n={self.n}, {about}, max_length={self.max_length}, distinct={self.message_ids.max() + 1})"

    def __len__(self) -> int:
        return self.n

    @property
    def n(self) -> int:
        """Number of rows: meanings, or utterances of a corpus."""
        return len(self.messages)

    @property
    def max_length(self) -> int:
        """Most symbols that a message has room for."""
        return int(self.messages.shape[1])

    @cached_property
    def lengths(self) -> IntArray:
        """Symbols before EOS: int64 ``[n]`` in ``0..max_length``."""
        lengths: IntArray = np.count_nonzero(self.messages, axis=1).astype(np.int64)
        return lengths

    @cached_property
    def strings(self) -> list[str]:
        """Every message as a string with one character a symbol, for edit distances; empty message: empty string."""
        codes = self.messages
        if codes.max() >= _SURROGATES:
            symbols, ranks = np.unique(codes, return_inverse=True)
            codes = ranks.reshape(codes.shape) + int(symbols[0] != 0)
        return ["".join(map(chr, row[:length])) for row, length in zip(codes.tolist(), self.lengths, strict=True)]

    @cached_property
    def message_ids(self) -> IntArray:
        """A number for each row, equal for equal messages: int64 ``[n]`` in ``0..distinct - 1``."""
        return pd.factorize(np.array(self.strings, dtype=object))[0].astype(np.int64)

    def saying(self, messages: IntArray) -> Language:
        """Return the language with other messages, int64 ``[n, max_length]``; all else stays."""
        return Language(
            self.meanings,
            messages,
            frequencies=self.frequencies,
            speaker=self.speaker,
            step=self.step,
            symbols=self.symbols,
            variable=self.variable,
            sizes=self.sizes,
        )

    def rearranged(self, meaning_rows: IntArray, message_rows: IntArray) -> Language:
        """Return the language whose row k has the meaning and frequency of one row and the message of another.

        Args:
            meaning_rows: int64 ``[m]``, rows of this language; their frequencies are scaled to sum 1.
            message_rows: int64 ``[m]``, rows of this language.
        """
        return Language(
            None if self.meanings is None else self.meanings[meaning_rows],
            self.messages[message_rows],
            frequencies=self.frequencies[meaning_rows],
            speaker=self.speaker,
            step=self.step,
            symbols=self.symbols,
            variable=self.variable,
            sizes=self.sizes,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a meaning: ``meaning`` (row number), ``a0..ak``, ``frequency``, ``message`` and ``length``.

        ``message`` is a string of symbols separated by spaces, without EOS. What is known of ``step``, ``speaker``,
        ``symbols``, ``variable``, ``sizes`` and ``max_length`` fills a column each.
        """
        columns: dict[str, Any] = {"step": self.step, "speaker": self.speaker, "meaning": np.arange(self.n)}
        for attribute in range(0 if self.meanings is None else self.meanings.shape[1]):
            columns[f"a{attribute}"] = self.meanings[:, attribute]  # type: ignore[index]
        columns["frequency"] = self.frequencies
        rows = zip(self.messages.tolist(), self.lengths, strict=True)
        columns["message"] = [" ".join(map(str, row[:length])) for row, length in rows]
        columns.update(length=self.lengths, symbols=self.symbols, max_length=self.max_length, variable=self.variable)
        columns["sizes"] = None if self.sizes is None else " ".join(map(str, self.sizes))
        return pd.DataFrame({name: column for name, column in columns.items() if column is not None})

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, zero: Literal["end", "symbol"] = "end") -> Language:
        """Build a language from the columns that `to_frame` writes; only ``message`` is required.

        Args:
            frame: one row an utterance; ``message`` cells are strings of symbols or sequences of integers.
            zero: ``"symbol"`` shifts all symbols up by one, for corpora in which 0 is a symbol like any other.

        Raises:
            BadInput: no ``message`` column, cells that are not integers, or more than one language in the frame.
        """
        if not isinstance(frame, pd.DataFrame):
            raise BadInput(f"frame must be a table of pandas, got {type(frame).__name__}")
        return cls(**arguments(frame, zero))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the language as ``.parquet``, ``.csv``, ``.jsonl`` or ``.npz`` (NumPy arrays), atomically.

        Raises:
            BadInput: another suffix.
            StorageError: the folder or disk would not take the file; what was there before is untouched.
        """
        write_table(self.to_frame(), path)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        where: Mapping[str, Any] | None = None,
        zero: Literal["end", "symbol"] = "end",
    ) -> Language:
        """Read a language that was saved, one out of a results folder, or a corpus without meanings.

        Args:
            path: ``.parquet``, ``.csv`` or ``.jsonl``; JSON Lines may hold one bare integer array a line. NumPy arrays:
                ``.npz`` (see `emcomm.language_arrays`), or ``.npy`` with messages alone. Interactions saved by the EGG
                toolkit: ``.pt``, ``.pth`` or no suffix (see `emcomm.language_egg`). Nothing in a file is ever run.
            where: column → value, to pick one of several languages, e.g. ``{"run": "off/0", "step": 3000}``.
            zero: what 0 means in the file: the end of the message, or ``"symbol"``: a symbol like any other (every
                symbol is then shifted up by one). A warning says so when bare arrays are cut at a 0.

        Raises:
            BadInput: no such file, another suffix, other contents, or several languages and no choice of one.
            StorageError: the file exists and could not be read.
        """
        frame = chosen_rows(read_table(path), where or {}, str(path))
        try:
            language = cls.from_frame(frame, zero=zero)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from None
        cut = cut_short(frame) if zero == "end" and list(frame.columns) == ["message"] else 0
        if cut:
            told = f"{path}: {cut} utterances were cut at a 0; if 0 is a symbol there, load with zero='symbol'"
            warnings.warn(told, stacklevel=2)
        return language


def _integers(what: str, values: ArrayLike, columns: str) -> IntArray:
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise BadInput(f"{what} must be integers [n, {columns}], got rows of different lengths") from None
    if array.ndim != 2 or 0 in array.shape:
        raise BadInput(f"{what} must be integers [n, {columns}], none of them 0; got the shape {list(array.shape)}")
    if array.dtype.kind not in "iu":
        raise BadInput(f"{what} must be integers [n, {columns}], got {array.dtype}")
    if array.max() > _LARGEST:
        raise BadInput(f"{what} must be 64-bit integers, at most {_LARGEST}; got {array.max()}")
    return array.astype(np.int64)


def _messages(values: ArrayLike, symbols: int | None, variable: bool) -> IntArray:
    messages = _integers("messages", values, "max_length")
    if messages.min() < 0:
        raise BadInput(f"symbols are 1, 2, ... and 0 ends a message; got {messages.min()}")
    if variable:
        messages *= np.logical_and.accumulate(messages != 0, axis=1)
    elif messages.min() == 0:
        row = int(np.flatnonzero((messages == 0).any(axis=1))[0])
        raise BadInput(f"with variable=False every position holds a symbol 1, 2, ...; message {row} holds 0")
    if symbols is not None and messages.max() > symbols:
        raise BadInput(f"messages hold the symbol {messages.max()}, but the alphabet is 1..{symbols}")
    return messages


def _frequencies(values: ArrayLike | None, n: int) -> NDArray[np.float64]:
    if values is None:
        return np.full(n, 1.0 / n)
    try:
        if np.iscomplexobj(values):
            raise TypeError
        frequencies = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("frequencies must be numbers") from None
    if frequencies.shape != (n,):
        raise BadInput(f"frequencies must be {n} numbers, one a meaning; got the shape {list(frequencies.shape)}")
    with np.errstate(over="ignore"):  # a sum that is infinite is told below
        total = frequencies.sum()
    if not np.isfinite(total) or frequencies.min() < 0 or total <= 0:
        raise BadInput("frequencies must be finite, not negative, and not all 0")
    # Already normalised numbers stay as they are, so that saving and loading gives back the same bits.
    return frequencies if abs(total - 1.0) < 1e-12 else frequencies / total


def _sizes(values: Sequence[int], meanings: IntArray | None) -> tuple[int, ...]:
    try:
        sizes = tuple(whole_number("a size", size, least=1) for size in values)
    except TypeError:
        raise BadInput(f"sizes must be integers [attributes], got {values!r}") from None
    if meanings is None:
        return sizes
    if len(sizes) != meanings.shape[1]:
        raise BadInput(f"sizes names {len(sizes)} attributes, but meanings have {meanings.shape[1]}")
    for attribute, size in enumerate(sizes):
        low, high = meanings[:, attribute].min(), meanings[:, attribute].max()
        if low < 0 or high >= size:
            raise BadInput(f"attribute {attribute} has the values 0..{size - 1}; got {low if low < 0 else high}")
    return sizes


def _speaker(speaker: int | str | None) -> int | str | None:
    if isinstance(speaker, bool) or not (speaker is None or isinstance(speaker, (int, np.integer, str))):
        raise BadInput(f"a speaker is an integer or a name, got {speaker!r}")
    return int(speaker) if isinstance(speaker, np.integer) else speaker


def whole_number(what: str, value: Any, least: int) -> int:
    """Return a value that must be an integer of at least `least` (truth values are none), or raise `BadInput`."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise BadInput(f"{what} must be an integer of at least {least}, got {value!r}")
    return int(value)
