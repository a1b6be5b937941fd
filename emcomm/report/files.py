"""Pages and pictures on disk, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from emcomm.errors import StorageError
from emcomm.files import replacing

__all__ = ["write_file"]


def write_file(path: Path, content: bytes) -> Path:
    """Write a file and the folders above it; what was there before survives any failure.

    Raises:
        StorageError: the folder or disk would not take it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return path
