"""``emcomm measure``: a language in a file, every metric of it, and what chance gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from emcomm.cli.measured_table import as_json, print_table
from emcomm.errors import BadInput, unknown

if TYPE_CHECKING:
    import pandas as pd

    from emcomm.language import Language

__all__ = ["measure"]

UNTRAINED = "untrained"


def measure(
    file: Annotated[
        Path,
        typer.Argument(help="A language: Parquet, CSV, JSON Lines, NumPy arrays, or interactions of the EGG toolkit."),
    ],
    metrics: Annotated[str | None, typer.Option(help="Names separated by commas; all without it.")] = None,
    null: Annotated[
        str | None,
        typer.Option(
            help="What is left to chance: meanings, within, between, random, or untrained (what untrained agents say); "
            "each metric's own without it."
        ),
    ] = None,
    resamples: Annotated[
        int, typer.Option(help="Draws by chance, and of the bootstrap, for each metric.", min=0)
    ] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.", min=0)] = 0,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Pick one of several languages in the file.")
    ] = None,
    zero: Annotated[str, typer.Option(help="What 0 means in the file: end (of the message) or symbol.")] = "end",
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, as to a file or a pipe, to the terminal too.")] = False,
    as_json_: Annotated[
        bool, typer.Option("--json", help="Print JSON: a list with an object for each metric.")
    ] = False,
) -> None:
    """Measure a language in a file: every metric, what chance gives, and an interval."""
    if csv and as_json_:
        raise BadInput("the table is printed as --csv or as --json, not as both")
    _check_null(null)
    names = [name.strip() for name in metrics.split(",")] if metrics is not None else None
    frame = _measured(_language(file, where or [], zero), names, null, resamples, seed)
    if as_json_:
        typer.echo(as_json(frame))
    else:
        print_table(frame, csv)


def _check_null(null: str | None) -> None:
    """Refuse an unknown null before a file is read."""
    from emcomm.metrics import NULL_MODELS

    known = (*NULL_MODELS, UNTRAINED)
    if null is not None and null not in known:
        raise unknown("null", null, known)


def _measured(
    language: Language, names: Sequence[str] | None, null: str | None, resamples: int, seed: int
) -> pd.DataFrame:
    """Measure a language under a null; untrained speakers are as many as the null's other draws would be."""
    from emcomm.metrics import measure as measure_language

    nulls: list[Language] | None = None
    with _telling() as tell:
        if null == UNTRAINED:
            null, nulls = None, _untrained(language, resamples, seed)
        frame = measure_language(language, names, resamples=resamples, seed=seed, null=null, nulls=nulls, progress=tell)
    if nulls:
        frame["note"] = frame["note"].str.replace("given languages", "languages of untrained speakers", regex=False)
    return frame


def _untrained(language: Language, count: int, seed: int) -> list[Language] | None:
    """Return what untrained speakers say; None where nothing is to be drawn."""
    from emcomm.probes import untrained_languages

    return untrained_languages(language, count, seed=seed) if count else None


def _language(file: Path, where: Sequence[str], zero: Any) -> Language:
    """Load a language; what there is to be said of the file is one line on stderr."""
    from emcomm.language import Language

    chosen = {column.strip(): value.strip() for column, _, value in (each.partition("=") for each in where)}
    if not all("=" in each for each in where):
        raise BadInput(f"--where is written COLUMN=VALUE (like step=3000), got {', '.join(map(repr, where))}")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        language = Language.load(file, where=chosen, zero=zero)
    for warning in told:
        typer.echo(f"emcomm: {warning.message}", err=True)
    return language


@contextmanager
def _telling() -> Iterator[Callable[[int, int, str], None] | None]:
    """Show progress on stderr while there is work to do, if stderr is a terminal."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("measuring")

        def tell(done: int, total: int, metric: str) -> None:
            shown.update(task, completed=done, total=total, description=metric)

        yield tell
