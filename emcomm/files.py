"""Files that are there whole or not at all: the one way in which emcomm writes a file.

A file is written beside its place, flushed to the disk and moved over its name in one step; a process killed at any
moment leaves the old file or the new one. What the system refuses stays an `OSError` here: callers say what they were
writing, in a `StorageError` of one line.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PART", "replacing"]

PART = ".part~"
"""How the names of half-written files end."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; when the block ends well, that file takes the place of `path` in one step.

    Args:
        path: a file, there already or not, in a folder that is.

    Raises:
        OSError: the disk is full, the folder cannot be written, ...; `path` is as it was. Whatever the block raises
            is passed on. Either way the half-written file is gone.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)  # noqa: PTH105 -- the tests simulate a crash here
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Flush a folder's list of names, where the system can; the file has taken its place, whatever comes of it."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
