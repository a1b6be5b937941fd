"""Learning curves: a metric's mean over seeds at every step, with the band between the lowest and the highest seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emcomm.report.data import ReportData
from emcomm.report.wording import label, number

__all__ = ["Curve", "CurvePanel", "curve_panels"]

ALWAYS = ("accuracy", "accuracy_held_out")


@dataclass(frozen=True, eq=False)
class Curve:
    """One condition's curve; every array is ``[steps recorded]``.

    Args:
        condition: name of the condition.
        series: position of the condition in the study, which chooses its colour and dash everywhere.
        steps: training steps, increasing.
        mean: mean over the condition's runs.
        low: lowest run.
        high: highest run.
        runs: how many runs stand behind the curve.
    """

    condition: str
    series: int
    steps: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    runs: int


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """One metric's curves, a curve for each condition.

    Args:
        metric: name of the metric.
        unit: its unit, empty where it has none.
        curves: one for every condition with a value.
    """

    metric: str
    unit: str
    curves: tuple[Curve, ...]

    @property
    def words(self) -> str:
        """The panel in one sentence, for readers who do not see it."""
        ends = "; ".join(f"{curve.condition} {number(curve.mean[-1])}" for curve in self.curves)
        return f"{label(self.metric)} against training steps, mean over seeds. At the end: {ends}."


def curve_panels(data: ReportData) -> list[CurvePanel]:
    """Return a panel for accuracy and for every pattern's metric, those without any value left out."""
    names = dict.fromkeys([*ALWAYS, *(data.metric_of(pattern) for pattern in data.patterns)])
    panels = [CurvePanel(name, data.unit(name), _curves(data, name)) for name in names if name]
    return [panel for panel in panels if panel.curves]


def _curves(data: ReportData, metric: str) -> tuple[Curve, ...]:
    condition = data.runs.set_index("run")["condition"]
    kept = data.runs.loc[data.runs["status"] != "failed", "run"]
    rows = data.metrics[(data.metrics["metric"] == metric) & data.metrics["run"].isin(kept)].dropna(subset=["value"])
    table = rows.pivot_table(index="step", columns="run", values="value", aggfunc="last").sort_index()
    curves = []
    for series, name in enumerate(data.conditions):
        # A run that met its stopping rule keeps its last value, so that the mean always speaks of the same runs.
        own = table.loc[:, [run for run in table.columns if condition[run] == name]].ffill().dropna(how="all")
        if own.empty:
            continue
        values = own.to_numpy(np.float64)
        bounds = (np.nanmean(values, axis=1), np.nanmin(values, axis=1), np.nanmax(values, axis=1))
        curves.append(Curve(name, series, own.index.to_numpy(np.int64), *bounds, runs=values.shape[1]))
    return tuple(curves)
