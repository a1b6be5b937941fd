"""Languages as NumPy arrays: ``.npz`` with an array for each thing known, and ``.npy`` with messages alone.

Arrays are read without unpickling, so a file can hold numbers and text and nothing else. This module turns arrays into
the table that `emcomm.language_files` works with, and back.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import BadInput, StorageError

__all__ = ["read_arrays", "write_arrays"]

_MOST_BYTES = 1 << 30  # of one array in an archive
# Arrays about the language; those of other names are columns where they fit, and are passed over where they do not.
_ABOUT = ("frequencies", "run", "speaker", "step", "symbols", "variable", "max_length")


class _TooLarge(Exception):
    """An archive holds more than is read."""


def read_arrays(path: Path) -> pd.DataFrame:
    """Read ``.npz`` or ``.npy`` into a table of utterances.

    An ``.npz`` holds ``messages``, integers ``[n, max_length]``, and may hold ``meanings``, integers
    ``[n, attributes]``, ``frequencies``, numbers ``[n]``, and ``sizes``, integers ``[attributes]``. Single values
    (``speaker``, ``step``, ``symbols``, ``variable``, ...) hold for all rows; arrays ``[n]`` of any other name are
    columns by which a language can be chosen. An ``.npy`` holds messages alone.

    Returns:
        columns ``message`` (lists of integers), ``a0..ak``, ``frequency`` and what else is known.

    Raises:
        BadInput: contents that are not such arrays, pickled objects among them; nothing is unpickled.
        StorageError: the file could not be read.
    """
    arrays = _loaded(path)
    if "messages" not in arrays:
        held = ", ".join(arrays) or "none"
        raise BadInput(f"{path} needs an array 'messages'; got {held}")
    messages = _matrix(path, "messages", arrays.pop("messages"), "max_length")
    n = len(messages)
    columns: dict[str, Any] = {}
    if "meanings" in arrays:
        meanings = _matrix(path, "meanings", arrays.pop("meanings"), "attributes")
        if len(meanings) != n:
            raise BadInput(f"{path}: every meaning has one message: got {len(meanings)} meanings and {n} messages")
        columns.update({f"a{attribute}": values for attribute, values in enumerate(meanings.T)})
    columns["message"] = messages.tolist()
    for name, array in arrays.items():
        columns = {**_column(path, name, array, n), **columns}
    if set(columns) != {"message"}:
        columns.setdefault("max_length", messages.shape[1])
    return pd.DataFrame(columns)


def write_arrays(table: pd.DataFrame, file: IO[bytes]) -> None:
    """Write the table of one language as ``.npz``.

    Args:
        table: what `emcomm.Language.to_frame` gives.
        file: open for writing bytes.
    """
    width = int(table["max_length"].iloc[0])
    rows = [message.split() for message in table["message"]]
    attributes = [column for column in table.columns if column[0] == "a" and column[1:].isdecimal()]
    arrays: dict[str, Any] = {
        "messages": np.array([row + ["0"] * (width - len(row)) for row in rows]).astype(np.int64),
        "frequencies": table["frequency"].to_numpy(np.float64),
    }
    if attributes:
        arrays["meanings"] = table[attributes].to_numpy(np.int64)
    if "sizes" in table:
        arrays["sizes"] = np.array(table["sizes"].iloc[0].split(), dtype=np.int64)
    for name in ("speaker", "step", "symbols", "variable"):
        if name in table:
            arrays[name] = np.array(table[name].iloc[0])
    np.savez_compressed(file, allow_pickle=False, **arrays)


def _loaded(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"messages": loaded}
            for part in loaded.zip.infolist():  # a few bytes can unpack to more than there is room for
                if part.file_size > _MOST_BYTES:
                    raise _TooLarge(f"its {part.filename!r} unpacks to {part.file_size} bytes, at most {_MOST_BYTES}")
            arrays = {name: loaded[name] for name in loaded.files}
            return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    except Exception as error:  # damaged files make NumPy and zipfile raise almost anything
        if isinstance(error, OSError) and error.errno is not None:
            raise StorageError(f"could not read {path}: {error.strerror or error}") from error
        reason = "it is damaged, or something else"
        if isinstance(error, _TooLarge):
            reason = str(error)
        elif "pickle" in str(error):
            reason = "it holds pickled objects, which are never read"
        raise BadInput(f"{path} is not readable as NumPy arrays: {reason}") from error


def _matrix(path: Path, name: str, array: NDArray[Any], columns: str) -> NDArray[Any]:
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iu":
        raise BadInput(f"{path}: {name} must be integers [n, {columns}], got {array.dtype} {list(array.shape)}")
    return array


def _column(path: Path, name: str, array: NDArray[Any], n: int) -> dict[str, Any]:
    """Return an array as a column: one value for all rows, or a value a row."""
    if name == "sizes":
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise BadInput(f"{path}: sizes must be integers [attributes], got {array.dtype} {list(array.shape)}")
        return {"sizes": " ".join(map(str, array.tolist()))}
    if array.ndim == 0 or array.shape == (n,):
        return {"frequency" if name == "frequencies" else name: array.item() if array.ndim == 0 else array}
    if name in _ABOUT:
        raise BadInput(f"{path}: {name} must be one value or {n} of them, got the shape {list(array.shape)}")
    return {}
