"""Running one experiment to its summary; stopped at any moment, it goes on from the last checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from rich.console import Console

from emcomm import cli
from experiments.recovery.experiment import Experiment
from experiments.recovery.summary import now, summarise

__all__ = ["run_experiment"]


def run_experiment(experiment: Experiment, out: Path, summary: Path, quick: bool, console: Console) -> pd.DataFrame:
    """Run an experiment, or what is left of it, and summarise it.

    Args:
        experiment: the experiment.
        out: its results folder.
        summary: where its summary goes.
        quick: whether to run the smaller version.
        console: where progress is shown.

    Returns:
        its verdicts.
    """
    if experiment.alone is not None:
        experiment.alone(out, summary, quick)
        return pd.read_csv(summary / "verdicts.csv")
    before, began = _spent(out), now()
    options = cli.Options(workers=None)
    try:
        results = cli.carry_out(experiment.sized(quick), out, options, script=experiment.script, console=console)
    finally:
        ended = now()
        spent = {clock: before.get(clock, 0.0) + ended[clock] - began[clock] for clock in before or ended}
        if out.is_dir():
            (out / "seconds.json").write_text(json.dumps(spent))
    command = f"python -m experiments.recovery {experiment.name}" + (" --quick" if quick else "")
    return summarise(experiment, results, summary, command, spent)


def _spent(out: Path) -> dict[str, float]:
    """How long earlier calls worked on this folder."""
    file = out / "seconds.json"
    told = json.loads(file.read_text()) if file.exists() else {}
    return told if isinstance(told, dict) else {"wall": float(told)}  # once it held the time on the clock alone
