"""What is kept of an experiment: verdicts, a small table of final values, a figure, and how it was made."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emcomm.studies.claiming import versions
from emcomm.studies.claims import Findings, judge_claims
from emcomm.studies.results import Results
from experiments.recovery.drawing import draw_courses, draw_strips
from experiments.recovery.experiment import Experiment

__all__ = ["final_table", "now", "record", "summarise", "verdicts_of"]

DIGITS = 6


def summarise(
    experiment: Experiment, results: Results, folder: Path, command: str, seconds: Mapping[str, float]
) -> pd.DataFrame:
    """Judge an experiment and keep its summary: ``verdicts.csv, summary.csv, run.json``, and its figures.

    Args:
        experiment: the experiment.
        results: its study's results.
        folder: where the summary goes.
        command: what made the results.
        seconds: how long that took: ``wall`` and, if known, ``processor`` time. What the summary itself takes is added.

    Returns:
        the verdicts.
    """
    begun = now()
    more = None if experiment.more is None else experiment.more(results)
    findings = Findings.of(results, more)
    verdicts = verdicts_of(experiment, results, findings)
    folder.mkdir(parents=True, exist_ok=True)
    verdicts.round(DIGITS).to_csv(folder / "verdicts.csv", index=False)
    final_table(findings, experiment.shown).round(DIGITS).to_csv(folder / "summary.csv", index=False)
    if experiment.draw is None:
        draw_strips(findings, experiment.shown, folder / "figure.png")
    else:
        experiment.draw(findings, folder)
    if experiment.courses:
        draw_courses(findings, experiment.courses, folder / "courses.png")
    seeds = list(results.study.seed_list)
    taken = {clock: spent + now()[clock] - begun[clock] for clock, spent in seconds.items()}
    record(folder, command, taken, runs=len(findings.finals), seeds=seeds, steps=results.study.base.steps)
    return verdicts


def verdicts_of(experiment: Experiment, results: Results, findings: Findings) -> pd.DataFrame:
    """The verdicts of a study's patterns and of the experiment's claims in one table, each with its source."""
    tables = [results.verdicts, judge_claims(experiment.claims_about(results.study.arms), findings)]
    verdicts = pd.concat([table for table in tables if not table.empty], ignore_index=True)
    sources = {pattern.name: pattern.source for pattern in results.study.patterns}
    sources |= {claim.name: claim.source for claim in experiment.claims}
    return verdicts.assign(source=verdicts["pattern"].map(sources).fillna(""))


def now() -> dict[str, float]:
    """Seconds on the wall clock, and seconds of processor time of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"wall": time.monotonic(), "processor": sum(each.ru_utime + each.ru_stime for each in used)}


def record(folder: Path, command: str, seconds: Mapping[str, float], **facts: object) -> None:
    """Write down how results were made."""
    names = {"wall": "minutes", "processor": "processor_minutes"}
    times = {name: round(seconds[clock] / 60, 1) for clock, name in names.items() if clock in seconds}
    told = {"command": command, **times, **facts, "versions": versions()}
    (folder / "run.json").write_text(json.dumps(told, indent=2) + "\n")


def final_table(findings: Findings, metrics: Sequence[str]) -> pd.DataFrame:
    """Final values by condition: mean, standard deviation, lowest, highest, and the number of runs with a value."""
    rows = []
    for condition in findings.conditions:
        for metric in metrics:
            values = findings.arm(condition, metric).defined
            spread = float(values.std(ddof=1)) if len(values) > 1 else np.nan
            ends = (float(values.min()), float(values.max())) if len(values) else (np.nan, np.nan)
            mean = float(values.mean()) if len(values) else np.nan
            rows.append((condition, metric, mean, spread, *ends, len(values)))
    return pd.DataFrame(rows, columns=["condition", "metric", "mean", "sd", "lowest", "highest", "n"])
