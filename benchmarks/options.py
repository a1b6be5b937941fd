"""What the benchmarks' command lines have in common."""

from __future__ import annotations

import math
from pathlib import Path

from rich.console import Console

from benchmarks.machine import this_machine
from emcomm.errors import BadInput

__all__ = ["count", "introduce", "quiet", "seconds", "writable"]

WIDE = 110  # columns of a table that goes to a file


def count(text: str) -> int:
    """Read a whole number of at least 1, for `argparse`."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    """Read a length of time above 0, for `argparse`."""
    number = float(text)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(text)
    return number


def quiet(words: str) -> None:
    """Tell nobody how far a measurement is."""


def introduce() -> Console:
    """Say what machine this is, and whether other programs disturb the measurement; return where to go on."""
    console, machine = Console(), this_machine()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(machine.words, highlight=False)
    if machine.warning:
        console.print(machine.warning, style="yellow", highlight=False)
    return console


def writable(path: Path) -> Path:
    """Return a file's path if its folder is there, before minutes are spent on what it is to hold.

    Raises:
        BadInput: there is no such folder, or the path is a folder itself.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(f"a file in a folder that exists is needed, got {path}")
    return path
