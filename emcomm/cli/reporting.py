"""``emcomm report`` and ``emcomm export``: what is made of a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from emcomm.report import ReportData
    from emcomm.studies.results import Results

__all__ = ["export", "report", "write_pages"]

Folder = Annotated[Path, typer.Argument(help="A results folder.")]


def report(folder: Folder) -> None:
    """Write the report and figures of a results folder again, finished or not."""
    from emcomm.studies.results import Results

    console = Console(highlight=False)
    write_pages(Results(folder), console)
    console.print(Text(f"report: {folder / 'report.html'}"), soft_wrap=True)


def write_pages(results: Results, console: Console | None) -> None:
    """Write the report and the figures of results.

    Args:
        results: a results folder.
        console: where the recovery matrix is shown; None shows nothing.
    """
    from emcomm.report import print_matrix, write_figures, write_report

    data = _report_data(results)
    write_report(data, results.path)
    write_figures(data, results.path)
    if console is not None:
        print_matrix(data, console)


def _report_data(results: Results) -> ReportData:
    from emcomm.report import ReportData

    known = results.description
    settings = known["study"]
    study = {key: known[key] for key in ("name", "conditions", "versions", "seeds")}
    study |= {key: settings[key] for key in ("source", "description", "patterns", "pressures")}
    study["settings"] = {key: settings[key] for key in ("base", "design", "max_stack")}
    definitions = {name: tuple(texts) for name, texts in known["definitions"].items()}
    return ReportData(study, results.runs, results.metrics, results.languages, results.verdicts, definitions)


def export(
    folder: Folder,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, the one format so far.")] = True,
) -> None:
    """Write the tables of a results folder in another format, beside the originals."""
    from emcomm.studies.files import atomic
    from emcomm.studies.results import Results

    results, console = Results(folder), Console(highlight=False)
    for name in ("runs", "metrics", "languages", "verdicts") if csv else ():
        frame: pd.DataFrame = getattr(results, name)
        with atomic(folder / f"{name}.csv") as beside:
            frame.to_csv(beside, index=False)
        console.print(Text(f"{folder / name}.csv: {len(frame)} rows"), soft_wrap=True)
