"""Values worked out of recorded languages after the runs, as rows of a table of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from emcomm.language import Language
from emcomm.rng import generator
from emcomm.studies.contrasts import final_values
from emcomm.studies.results import Results

__all__ = [
    "changes",
    "final_languages",
    "final_of",
    "finished_runs",
    "frame",
    "permuted",
    "recorded_steps",
    "tail_means",
    "value_rows",
]


def value_rows(run: str, step: int, values: Mapping[str, float]) -> list[tuple[str, int, str, float]]:
    """Rows ``run, step, metric, value`` of one run at one step."""
    return [(run, step, name, float(value)) for name, value in values.items()]


def frame(rows: Iterable[tuple[str, int, str, float]]) -> pd.DataFrame:
    """Rows as a table that `Findings` reads."""
    return pd.DataFrame(list(rows), columns=["run", "step", "metric", "value"])


def finished_runs(results: Results, conditions: Sequence[str] | None = None) -> list[str]:
    """Names of the runs that ended well, of some conditions or all."""
    runs = results.runs[results.runs["status"].isin(["done", "stopped"])]
    return [str(name) for name in runs["run"][runs["condition"].isin(conditions or runs["condition"])]]


def recorded_steps(results: Results, run: str) -> list[int]:
    """When the languages of a run were recorded."""
    return sorted(int(step) for step in results.languages["step"][results.languages["run"] == run].unique())


def final_languages(results: Results, conditions: Sequence[str] | None = None) -> Iterator[tuple[str, int, Language]]:
    """Yield run, last step and last language of every run that ended well."""
    for run in finished_runs(results, conditions):
        step = recorded_steps(results, run)[-1]
        yield run, step, results.language(run, step)


def final_of(results: Results, metric: str) -> dict[str, float]:
    """The last value of a metric in every run that ended well and has one, by the run's name."""
    finals = final_values(results.runs, results.metrics)
    return {f"{condition}/{seed}": values[metric] for (condition, seed), values in finals.items() if metric in values}


def permuted(language: Language, seed: int = 0) -> Language:
    """The same messages, dealt to the meanings at random."""
    return language.rearranged(np.arange(language.n), generator(seed, "permuted").permutation(language.n))


def tail_means(results: Results, metric: str, name: str, share: float = 0.25) -> pd.DataFrame:
    """The mean of a metric over the last share of its recordings in each run, as another metric."""
    rows = []
    for run, course in _courses(results, metric):
        tail = course.tail(max(1, round(share * len(course))))
        rows += value_rows(run, int(tail["step"].iloc[-1]), {name: float(tail["value"].mean())})
    return frame(rows)


def changes(results: Results, metric: str, name: str, first_step: int = 0) -> pd.DataFrame:
    """Last value less the first one from `first_step` on, in each run, as another metric; NaN if one is undefined."""
    rows = []
    for run, course in _courses(results, metric):
        course = course[course["step"] >= first_step]
        ends = course["value"].to_numpy()[[0, -1]] if len(course) else np.array([np.nan, np.nan])
        rows += value_rows(run, int(course["step"].max()) if len(course) else 0, {name: float(ends[1] - ends[0])})
    return frame(rows)


def _courses(results: Results, metric: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield run and its recordings of a metric in the order of steps, for the runs that ended well."""
    own = results.metrics[results.metrics["metric"] == metric]
    own = own[own["run"].isin(finished_runs(results))].sort_values("step", kind="stable")
    for run, course in own.groupby("run", sort=False):
        yield str(run), course
