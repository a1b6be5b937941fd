"""What goes wrong in a command becomes one line on stderr and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from emcomm.errors import BadInput, EmcommError

__all__ = ["INTERRUPTED", "guarded"]

INTERRUPTED = 130
"""Exit status of a command that was interrupted."""

# What typer raises for a wrong option or argument; it has a copy of click of its own in some versions, so ask it.
_WRONG_USE: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def guarded(commands: typer.Typer, argv: Sequence[str] | None, again: str) -> int:
    """Run commands; return the exit status.

    Args:
        commands: what is run.
        argv: the arguments; None: those of the process.
        again: how to go on, for whoever interrupts.
    """

    def said(line: str, status: int) -> int:
        if line:
            typer.echo(f"emcomm: {line}", err=True)
        return status

    try:
        status = commands(args=None if argv is None else list(argv), standalone_mode=False)
    except BadInput as error:
        return said(str(error), 2)
    except EmcommError as error:
        return said(str(error), 1)
    except _WRONG_USE as error:
        return said(" ".join(error.format_message().split()), 2)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read the output has gone
        return 1
    if status == INTERRUPTED:  # typer turns an interruption into a status of its own, or into Abort
        return said(f"interrupted; {again}", INTERRUPTED)
    return status if isinstance(status, int) else 0
