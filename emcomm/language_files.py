"""Tables of utterances on disk: Parquet, CSV, JSON Lines and NumPy arrays by suffix, written atomically.

A table has one row an utterance. This module knows files and columns; what may be said is `emcomm.language`'s affair.
JSON Lines may hold objects, or bare integer arrays, one utterance a line, which is how the corpora of XferBench and
ELCC are exchanged. NumPy arrays and saved interactions of the EGG toolkit have modules of their own. Nothing that is
read can run code.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import BadInput, EmcommError, StorageError, nearest, unknown
from emcomm.files import replacing
from emcomm.language_arrays import read_arrays, write_arrays

__all__ = ["INTERACTIONS", "SUFFIXES", "arguments", "chosen_rows", "cut_short", "read_table", "write_table"]

SUFFIXES = (".parquet", ".csv", ".jsonl", ".npz")  # what can be written; bare arrays, .npy, can be read as well
INTERACTIONS = (".pt", ".pth", "")  # what EGG and its users call saved interactions: "interaction_gpu0", "test.pt"
MOST_SYMBOLS = 100_000_000  # places for symbols in the largest language that is read, 0.8 GB of int64
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")  # what a speaker may be called, but for names
# Columns with one value for the whole language; more than one of them means more than one language.
_SINGLE = ("run", "step", "speaker", "symbols", "variable", "sizes", "max_length")


def write_table(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table in the format its suffix names; readers see the old file or the whole new one, never a part.

    Args:
        table: columns of plain values; ``message`` holds strings of symbols separated by spaces. In JSON Lines the
            attribute columns ``a0..ak`` become one list, ``meaning``, and ``message`` becomes a list.
        path: ends in ``.parquet``, ``.csv``, ``.jsonl`` or ``.npz``.

    Raises:
        BadInput: another suffix.
        StorageError: the folder or disk would not take the file; what was there before is untouched.
    """
    target = _path(path)
    if target.suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise BadInput(
            f"a language is written to one of {known}; got {target.name!r}.{nearest(target.suffix, SUFFIXES)}"
        )
    writers: dict[str, Callable[[IO[bytes]], Any]] = {
        ".parquet": lambda file: table.to_parquet(file, index=False),
        ".csv": lambda file: table.to_csv(file, index=False, lineterminator="\n"),
        ".jsonl": lambda file: file.write(_json_lines(table)),
        ".npz": lambda file: write_arrays(table, file),
    }
    write = writers[target.suffix]
    try:
        with replacing(target) as beside, beside.open("xb") as file:
            write(file)
    except OSError as error:
        raise StorageError(f"could not write {target}: {error.strerror or error}") from error


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of utterances.

    Returns:
        the file's columns; cells of ``message`` are strings of symbols or lists of integers. A JSON Lines ``meaning``
        list comes back as ``a0..ak``, and a file of bare arrays as the single column ``message``. For ``.npz`` see
        `emcomm.language_arrays`; a file called ``.pt``, ``.pth`` or without suffix is read as a saved interaction
        (`emcomm.language_egg`).

    Raises:
        BadInput: no such file, another suffix, or contents that are not what the suffix says.
        StorageError: the file exists and could not be read.
    """
    source = _path(path)
    suffix = source.suffix
    if suffix not in (*SUFFIXES, ".npy", *INTERACTIONS):
        known = ", ".join(SUFFIXES)
        raise BadInput(
            f"a language file ends in one of {known} (or .npy; .pt, .pth or nothing for a saved interaction); "
            f"got {source.name!r}.{nearest(suffix, SUFFIXES)}"
        )
    if not source.is_file():
        raise BadInput(f"no such file: {source}")
    try:
        return _contents(source)
    except EmcommError:
        raise
    except Exception as error:  # damaged files make pandas, pyarrow, json and the text codecs raise almost anything
        reason = (str(error).splitlines() or ["no reason given"])[0]
        if isinstance(error, MemoryError):
            reason = "what it holds does not fit into memory"
        if isinstance(error, OSError) and error.errno is not None:
            raise StorageError(f"could not read {source}: {error.strerror or reason}") from error
        raise BadInput(f"{source} is not readable as {suffix}: {reason}") from error


def _path(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise BadInput(f"a path must be text or a path, got {type(path).__name__}") from None


def _contents(path: Path) -> pd.DataFrame:
    if path.suffix in INTERACTIONS:
        from emcomm.language_egg import read_interaction  # torch is heavy, and nothing else here needs it

        return read_interaction(path)
    if path.suffix in (".npz", ".npy"):
        return read_arrays(path)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return _from_csv(path)
    return _from_json_lines(path)


def chosen_rows(table: pd.DataFrame, where: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Return the rows whose columns hold the given values, compared as text.

    Raises:
        BadInput: no such column, or no row with that value.
    """
    if not isinstance(where, Mapping):
        raise BadInput(f"where must name columns and their values, such as {{'step': 3000}}; got {where!r}")
    for column, value in where.items():
        if column not in table.columns:
            raise unknown(f"column of {name}", column, table.columns)
        chosen = table[table[column].astype(str) == str(value)]
        if chosen.empty:
            known = ", ".join(map(str, table[column].unique()[:5]))
            raise BadInput(f"{name} holds no row with {column} = {value}; {column} can be {known}, ...")
        table = chosen
    return table


def arguments(table: pd.DataFrame, zero: str) -> dict[str, Any]:
    """Turn the columns of one language into the arguments of `Language`.

    Args:
        table: needs a column ``message``; ``a0..ak``, ``frequency``, ``speaker``, ``step``, ``symbols``, ``variable``,
            ``sizes`` and ``max_length`` are read where they are there, other columns are passed over.
        zero: ``"end"``, or ``"symbol"``: every symbol is shifted up by one.

    Raises:
        BadInput: no messages, cells that are not integers, or more than one language in the table.
    """
    if zero not in ("end", "symbol"):
        raise unknown("meaning of zero", str(zero), ("end", "symbol"))
    if "message" not in table.columns:
        raise BadInput(f"a language needs a column 'message'; got {', '.join(map(str, table.columns)) or 'none'}")
    if table.empty:
        raise BadInput("a language needs at least one row, got none")
    about = {column: _single(table, column) for column in _SINGLE}
    symbols, width = _whole(about, "symbols"), _whole(about, "max_length")
    shift = int(zero == "symbol")
    attributes = sorted(_attributes(table), key=lambda column: int(column[1:]))
    return {
        "meanings": table[attributes].to_numpy() if attributes else None,
        "messages": _padded([_integers_of(cell, shift) for cell in table["message"]], width),
        "frequencies": table["frequency"].to_numpy() if "frequency" in table.columns else None,
        "speaker": about["speaker"],
        "step": about["step"],
        "symbols": symbols and symbols + shift,
        "variable": True if about["variable"] is None else about["variable"],
        "sizes": _sizes(about["sizes"]),
    }


def cut_short(table: pd.DataFrame) -> int:
    """Count the messages that go on after a 0."""
    rows = [np.array(_integers_of(cell, 0)) for cell in table["message"]]
    return sum(bool((row[np.argmin(row != 0) :] != 0).any()) for row in rows if (row == 0).any())


def _json_lines(table: pd.DataFrame) -> bytes:
    attributes = _attributes(table)
    lines = []
    for record in table.drop(columns="meaning", errors="ignore").to_dict("records"):
        meaning = {"meaning": [record.pop(column) for column in attributes]} if attributes else {}
        message = {"message": [int(symbol) for symbol in record.pop("message").split()]}
        lines.append(json.dumps({**meaning, **message, **record}))
    return ("\n".join(lines) + "\n").encode()


def _from_csv(path: Path) -> pd.DataFrame:
    _check_cells(path)
    # Frequencies stay text until NumPy reads them, which gives back every bit that was written; names stay text too.
    texts = dict.fromkeys(("message", "frequency", "run", "speaker"), str)
    table = pd.read_csv(path, dtype=texts, keep_default_na=False)
    if "speaker" in table.columns:  # "7" is a number and "007" a name
        table["speaker"] = [int(name) if _NUMBER.fullmatch(name) else name for name in table["speaker"]]
    return table


def _check_cells(path: Path) -> None:
    """Refuse rows of other lengths than the header, which pandas would fill up or shift sideways without a word."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        try:
            header = len(next(rows, []))
            odd = next((len(row) for row in rows if row and len(row) != header), None)
        except csv.Error:  # a cell of more than 131,072 characters, which only pandas reads
            return
    if odd is not None:
        raise BadInput(
            f"{path}, line {rows.line_num}: {odd} cells under a header of {header}; symbols are separated by spaces"
        )


def _from_json_lines(path: Path) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                records.append(_record(line, f"{path}, line {number}"))
    if not records:
        raise BadInput(f"{path} holds no utterances")
    keys = set(records[0])
    for number, record in enumerate(records, start=1):
        if set(record) != keys:
            odd = ", ".join(sorted(set(record) ^ keys))
            raise BadInput(f"{path}: utterance {number} has other keys than the first one ({odd})")
    return pd.DataFrame(records)


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: not JSON ({error.msg})") from None
    if isinstance(data, list):
        return {"message": data}
    if not isinstance(data, dict):
        raise BadInput(f"{where}: expected an object or an array of integers, got {type(data).__name__}")
    meaning = data.pop("meaning", None)
    if meaning is None:
        return data
    if not isinstance(meaning, list) or not meaning:
        raise BadInput(f"{where}: a meaning is a list of at least one integer, got {_shown(meaning)}")
    return data | {f"a{attribute}": value for attribute, value in enumerate(meaning)}


def _attributes(table: pd.DataFrame) -> list[str]:
    return [column for column in map(str, table.columns) if column[:1] == "a" and column[1:].isdecimal()]


def _single(table: pd.DataFrame, column: str) -> Any:
    """Return the one value that a column holds; None where there is no column or nothing in it."""
    if column not in table.columns:
        return None
    try:
        values = table[column].unique()
    except TypeError:
        raise BadInput(f"column {column!r} must hold plain values, got {table[column].iloc[0]!r}") from None
    if len(values) > 1:
        raise BadInput(
            f"more than one language: column {column!r} holds {len(values)} values ({values[0]}, {values[1]}, ...); "
            f"choose one with where={{{column!r}: ...}}"
        )
    value = values[0].item() if isinstance(values[0], np.generic) else values[0]
    if value == "" or pd.isna(value):
        return None
    # A column of integers with gaps elsewhere in the table comes as floats.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _whole(about: Mapping[str, Any], column: str) -> int | None:
    value = about[column]
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadInput(f"{column} must be one integer, got {value!r}")
    if value is not None and value < 1:
        raise BadInput(f"{column} must be at least 1, got {value}")
    return value


def _sizes(text: Any) -> list[int] | None:
    try:
        return None if text is None else [int(size) for size in str(text).split()]
    except ValueError:
        raise BadInput(f"sizes must be integers separated by spaces, got {text!r}") from None


def _integers_of(cell: Any, shift: int) -> list[int]:
    if isinstance(cell, str):
        try:
            if "_" in cell or not cell.isascii():  # int() would take 1_0 for 10
                raise ValueError
            symbols = [int(symbol) for symbol in cell.split()]
        except ValueError:
            raise BadInput(f"a message is integers separated by spaces, got {_shown(cell)}") from None
    elif isinstance(cell, (list, tuple, np.ndarray)) and not any(
        not isinstance(symbol, (int, np.integer)) or isinstance(symbol, bool) for symbol in cell
    ):
        symbols = [int(symbol) for symbol in cell]
    else:
        raise BadInput(f"a message is a list of integers, got {_shown(cell)}")
    if shift and min(symbols, default=0) < 0:  # shifted, -1 would end the message
        raise BadInput(f"with zero='symbol' symbols are 0, 1, ...; got {min(symbols)}")
    return [symbol + shift for symbol in symbols] if shift else symbols


def _shown(cell: Any) -> str:
    text = repr(cell.tolist() if isinstance(cell, np.ndarray) else cell)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _padded(messages: list[list[int]], width: int | None) -> NDArray[np.int64]:
    lengths = np.array([len(message) for message in messages])
    width = max(width or 1, int(lengths.max()))
    if len(messages) * width > MOST_SYMBOLS:
        raise BadInput(f"{len(messages)} messages of max_length {width} are too many symbols, at most {MOST_SYMBOLS}")
    padded = np.zeros((len(messages), width), dtype=np.int64)
    try:
        padded[np.arange(width) < lengths[:, None]] = np.fromiter(chain.from_iterable(messages), dtype=np.int64)
    except OverflowError:
        raise BadInput("a symbol is too large for a 64-bit integer") from None
    return padded
