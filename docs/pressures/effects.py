"""Measures what each pressure does: ``python -m docs.pressures.effects [NAME ...]`` runs what is left.

Runs go to ``results/pressure_effects`` and resume there; about half an hour of one core in all. What has been measured
goes to ``effects.csv`` and ``figures/`` beside this file, a pressure at a time; ``python -m docs.pressures.pages``
makes the pages of it. With names, those pressures alone are measured and the others' rows stay as they are.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray
from rich.console import Console

from docs.pressures.drawing import draw
from docs.pressures.measured import EFFECTS, Effect, study_of
from emcomm import Results
from emcomm.errors import EmcommError, unknown
from emcomm.report.wording import number
from emcomm.studies.contrasts import Finals, arm, final_values
from emcomm.studies.naming import TRAINING
from emcomm.studies.recorder import measured
from emcomm.studies.statistics import bootstrap_interval, cliffs_delta, difference, resampling_seed

__all__ = ["COLUMNS", "FOLDER", "compare", "finals_of", "merged", "row_of", "told"]

FOLDER = Path(__file__).parent
COLUMNS = ("pressure", "metric", "on", "off", "effect", "ci_low", "ci_high", "cliffs_delta", "n")
DIGITS = 5
QUICK: dict[str, Any] = {"steps": 600, "seeds": 2}


def finals_of(results: Results, metrics: tuple[str, ...]) -> Finals:
    """Return what every finished run of an arm ended with.

    Args:
        results: the arm's study.
        metrics: of languages or of training; those of languages are means over a run's speakers.

    Returns:
        (condition, seed) -> metric -> value.
    """
    finals = final_values(results.runs, results.metrics)
    asked = [metric for metric in metrics if metric not in TRAINING]
    speakers = sorted(results.languages["speaker"].unique())
    found = {}
    for (condition, seed), values in finals.items():
        languages = [results.language(f"{condition}/{seed}", speaker=int(speaker)) for speaker in speakers]
        found[condition, seed] = {**values, **measured(languages, asked)}
    return found


def compare(pressure: str, metric: str, on: NDArray[np.float64], off: NDArray[np.float64]) -> dict[str, Any]:
    """Return a row of the table: means, their difference with a 95 % bootstrap interval, Cliff's delta.

    Args:
        pressure: its name.
        metric: what was measured.
        on: a value a seed with the pressure, finite ``[n_on]``.
        off: without it, ``[n_off]``.

    Returns:
        the columns `COLUMNS`; ``n`` is the smaller of the two numbers of values.
    """
    seed = resampling_seed(metric, pressure, 0)
    low, high = bootstrap_interval(on, off, 0.95, seed=seed)
    means = [float(sample.mean()) if len(sample) else float("nan") for sample in (on, off)]
    numbers = (*means, difference(on, off), low, high, cliffs_delta(on, off), min(len(on), len(off)))
    return dict(zip(COLUMNS, (pressure, metric, *numbers), strict=True))


def told(row: dict[str, Any]) -> str:
    """What stands below a panel: the difference and its interval."""
    ends = f"{number(row['ci_low'], signed=True)} to {number(row['ci_high'], signed=True)}"
    return f"{number(row['effect'], signed=True)}\n({ends})"


def row_of(table: pd.DataFrame, pressure: str, metric: str) -> dict[str, Any] | None:
    """The row of a pressure and a metric, or None."""
    rows = table[(table["pressure"] == pressure) & (table["metric"] == metric)]
    return None if rows.empty else {str(key): value for key, value in rows.iloc[0].items()}


def merged(before: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The table with the rows of some pressures replaced, in the order of `EFFECTS`; others that are none go."""
    fresh = pd.DataFrame(rows, columns=list(COLUMNS))
    kept = before[~before["pressure"].isin(fresh["pressure"])]
    both = fresh if kept.empty else pd.concat([kept, fresh], ignore_index=True)
    order = [(name, metric) for name, effect in EFFECTS.items() for metric in effect.shown]
    places = both.set_index(["pressure", "metric"])
    there = [key for key in order if key in places.index]
    return places.loc[there].reset_index()[list(COLUMNS)]


def measure_effect(effect: Effect, on: Results, off: Results, place: Path) -> None:
    """Compare two arms, and write the rows and the figure of a pressure."""
    name = effect.pressure.name
    arms = [finals_of(results, effect.shown) for results in (on, off)]
    values = {
        metric: (arm(arms[0], ("on",), metric).defined, arm(arms[1], ("off",), metric).defined)
        for metric in effect.shown
    }
    rows = [compare(name, metric, *samples) for metric, samples in values.items()]
    file = place / "effects.csv"
    before = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=list(COLUMNS))
    merged(before, rows).round(DIGITS).to_csv(file, index=False)
    (place / "figures").mkdir(exist_ok=True)
    draw(values, {str(row["metric"]): told(row) for row in rows}, place / "figures" / f"{name}.png")


def run(
    names: Annotated[list[str] | None, typer.Argument(help="Pressures; all without any.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Try it: two seeds, 600 steps; nothing goes to docs.")] = False,
    out: Annotated[Path, typer.Option(help="Where runs go.")] = Path("results/pressure_effects"),
) -> None:
    """Measure the effects of pressures, or what is left of them."""
    console = Console(highlight=False)
    place = out / "quick" if quick else FOLDER
    runs = out / "quick" if quick else out
    place.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"report": False, **(QUICK if quick else {})}
    for name in names or EFFECTS:
        if name not in EFFECTS:
            raise unknown("pressure", name, EFFECTS)
    for name, effect in EFFECTS.items():
        if name in (names or EFFECTS):
            began = time.monotonic()
            off = study_of(effect.baseline).run(runs / f"off {effect.baseline}", **options)
            on = study_of(effect.baseline, effect).run(runs / name, **options)
            measure_effect(effect, on, off, place)
            console.print(f"{name}: {time.monotonic() - began:.0f} s", markup=False)


if __name__ == "__main__":
    try:
        typer.run(run)
    except EmcommError as error:
        sys.exit(f"effects: {error}")
