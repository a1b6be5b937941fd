"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from emcomm.errors import StorageError

__all__ = ["write_file"]


def write_file(path: Path, content: bytes) -> Path:
    """Write a file under a temporary name and move it into place; what was there before survives any failure.

    Raises:
        StorageError: the folder or disk would not take it.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return path
