"""What emcomm raises, and the one-line sentences it raises it with.

* `EmcommError`: the root; the command line prints it as one line and exits with 1.
* `BadInput`: the user asked for something that is not allowed; exit status 2.
* `StorageError`: a folder or disk would not take what was to be written.

Every message says what was asked, what is allowed, what was got and, where names are concerned, the nearest match.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["BadInput", "EmcommError", "StorageError", "nearest", "shown", "unknown"]


class EmcommError(Exception):
    """Root of every error that emcomm raises on purpose."""


class BadInput(EmcommError, ValueError):
    """The user's input is not allowed; the message says what is."""


class StorageError(EmcommError, OSError):
    """Something could not be written or read back; what was there before is untouched."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest allowed name whatever its case, or an empty string if none is."""
    by_letters = {str(a).casefold(): str(a) for a in allowed}
    close = difflib.get_close_matches(str(name).casefold(), by_letters, n=1, cutoff=0.5)
    return f" Did you mean {by_letters[close[0]]!r}?" if close else ""


def unknown(what: str, name: object, allowed: Iterable[str]) -> BadInput:
    """Build the error for a name that does not exist: what was asked, what is allowed, and the nearest match."""
    names = sorted(str(a) for a in allowed)
    return BadInput(f"unknown {what} {shown(name)}; known: {', '.join(names) or 'none'}.{nearest(str(name), names)}")


def shown(value: object, most: int = 80) -> str:
    """Write what was got into a message: its repr in one line, cut to `most` characters."""
    line = " ".join(repr(value).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
