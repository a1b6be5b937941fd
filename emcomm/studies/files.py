"""The files of a results folder: written whole or not at all, and the lock that keeps a second writer out.

Whatever the system refuses becomes a `StorageError` of one line.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from emcomm.errors import StorageError
from emcomm.files import PART, replacing

__all__ = ["FolderLock", "atomic", "make_folder", "read_json", "remove", "storing", "sweep", "write_json"]

BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
LOCK = ".lock"


@contextlib.contextmanager
def storing(path: Path, doing: str = "written") -> Iterator[None]:
    """Turn the system's refusals inside the block into a `StorageError` that names `path` and the reason."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(f"{path} could not be {doing}: {reason}; what was stored before is untouched") from error


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a path to write to; when the block ends well, that file takes the place of `path` in one step.

    Raises:
        StorageError: the disk is full, the folder cannot be written, ...; `path` is as it was.
    """
    with storing(path), replacing(path) as beside:
        yield beside


def write_json(path: Path, data: Any) -> None:
    """Write plain data as readable JSON, atomically."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    with atomic(path) as beside:
        beside.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        StorageError: it is missing, unreadable or not JSON.
    """
    with storing(path, "read"):
        text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError as error:
        raise StorageError(f"{path} could not be read: it is not JSON ({error})") from error


def make_folder(path: Path) -> None:
    """Create a folder and its parents; an existing one is fine."""
    with storing(path, "made a folder"):
        path.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Delete a file if it is there."""
    with storing(path, "deleted"):
        path.unlink(missing_ok=True)


def sweep(folder: Path, keep: Callable[[str], bool] | None = None) -> None:
    """Delete what a killed writer left half-written in `folder`, and every other file that `keep` does not want.

    Args:
        folder: only the files directly in it are looked at; the lock stays.
        keep: tells from a file's name whether it stays; None keeps everything that is whole.
    """
    with storing(folder, "tidied"):
        for path in folder.iterdir():
            unwanted = path.name.endswith(PART) or (keep is not None and not keep(path.name))
            if path.is_file() and path.name != LOCK and unwanted:
                path.unlink(missing_ok=True)


class FolderLock:
    """Keeps every other process, and every other lock of this one, from writing to a folder.

    The system releases it when its process ends, however it ends: a killed process never leaves a folder locked.
    A file system that knows no locks is used without one.

    Args:
        folder: an existing folder.

    Raises:
        StorageError: on entering, when somebody else holds it; the message says which process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def __enter__(self) -> FolderLock:
        path = self.folder / LOCK
        with storing(path):
            file = path.open("a+", encoding="utf-8")
            try:
                _lock(file)
            except OSError as error:
                if error.errno in BUSY:
                    file.seek(0)
                    holder = file.read().strip() or "another process"
                    file.close()
                    raise StorageError(
                        f"{self.folder} is being written by {holder}; wait for it to end or use another folder"
                    ) from error
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
