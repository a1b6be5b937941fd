"""The command line: ``emcomm run``, ``report``, ``measure``, ``pack``, ``list`` and ``export``.

Exit status 0: all went well; 1: something failed; 2: bad input; 130: interrupted. Errors are one line on stderr.
What a command needs is imported when it runs, so that ``emcomm --help`` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence

import typer

from emcomm.cli.guarding import guarded
from emcomm.cli.listing import list_family
from emcomm.cli.measuring import measure
from emcomm.cli.packing import pack
from emcomm.cli.reporting import export, report
from emcomm.cli.running import Options, carry_out, main_of, run

__all__ = ["Options", "app", "carry_out", "main", "main_of"]

app = typer.Typer(
    name="emcomm",
    help="Under which pressures do patterns of natural language appear between agents that start with no language?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(report)
app.command()(measure)
app.command()(pack)
app.command("list")(list_family)
app.command()(export)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    Args:
        argv: the arguments; None: those of the process.
    """
    return guarded(app, argv, again="run the same command again to go on from the last checkpoint")
