"""``python -m experiments.recovery [NAME ...] [--quick] [--out FOLDER]``: run experiments and write the page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emcomm.errors import EmcommError
from experiments.recovery.experiment import EXPERIMENTS, load_experiment
from experiments.recovery.page import RESULTS, page, write_page
from experiments.recovery.running import run_experiment


def recover(
    names: Annotated[list[str] | None, typer.Argument(help="Experiments; all without any.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Run smaller versions with five seeds.")] = False,
    out: Annotated[Path, typer.Option(help="Where results, and the summaries of --quick, go.")] = Path("results"),
) -> None:
    """Run experiments, or what is left of them, and write down what they recovered.

    The summaries of full runs go to experiments/results and docs/recovered.md; those of --quick stay with the results.
    """
    console = Console(highlight=False)
    chosen = [load_experiment(name) for name in names or EXPERIMENTS]
    place = out / "quick" if quick else out
    summaries = place / "summaries" if quick else RESULTS
    for experiment in chosen:
        console.rule(experiment.name)
        verdicts = run_experiment(experiment, place / experiment.name, summaries / experiment.name, quick, console)
        for row in verdicts.to_dict("records"):
            console.print(f"{row['pattern']} ({row['pressure']}): {row['verdict']}; {row['reason']}", markup=False)
    if quick:
        (summaries / "recovered.md").write_text(page(summaries))
        console.print(f"summary: {summaries / 'recovered.md'}")
    else:
        write_page()


if __name__ == "__main__":
    try:
        typer.run(recover)
    except EmcommError as error:
        sys.exit(f"recovery: {error}")
