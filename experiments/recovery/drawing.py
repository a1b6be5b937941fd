"""The figures of an experiment: every run's final values by condition, and courses over training or over ranks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from emcomm.studies.claims import Findings

__all__ = ["Line", "Panel", "by_condition", "draw_courses", "draw_strips", "label_panel", "save"]

STYLE: dict[Any, Any] = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d6672", "#000000")
GRID: dict[str, Any] = {"color": "#e6e9ee", "lw": 0.6}


@dataclass(frozen=True)
class Line:
    """A metric of one condition over its steps: the mean over runs and its 95 % interval.

    Attributes:
        label: its name in the legend.
        condition: whose runs.
        metric: the metric; what its steps are (updates, ranks) is up to who worked it out.
    """

    label: str
    condition: str
    metric: str


@dataclass(frozen=True)
class Panel:
    """Lines that share their axes.

    Attributes:
        title: what is seen.
        x: what the steps are.
        lines: the lines.
    """

    title: str
    x: str
    lines: Sequence[Line]


def by_condition(title: str, metric: str, conditions: Sequence[str], x: str = "step") -> Panel:
    """A panel with one metric, a line for each condition."""
    return Panel(title, x, [Line(condition, condition, metric) for condition in conditions])


def draw_courses(findings: Findings, panels: Sequence[Panel], file: Path) -> None:
    """Draw panels beside each other; lines about conditions that were not run are left out."""
    with mpl.rc_context(STYLE):
        size = (3.6 * len(panels), 3.2)
        figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, layout="constrained")
        for axis, panel in zip(axes[0], panels, strict=True):
            run = [line for line in panel.lines if line.condition in findings.conditions]
            for line, colour in zip(run, COLOURS, strict=False):
                _draw_line(axis, findings, line, colour)
            label_panel(axis, panel.title, panel.x)
        save(figure, file, 110)


def label_panel(axis: Axes, title: str, x: str) -> None:
    """Give a panel whose lines are drawn its title, axis, grid and legend."""
    axis.set_title(title, fontsize=8)
    axis.set_xlabel(x)
    axis.grid(**GRID)
    axis.set_axisbelow(True)
    axis.legend(fontsize=7, frameon=False)


def save(figure: Figure, file: Path, dpi: int) -> None:
    """Write a figure as PNG of 256 colours, which takes a third of the bytes, and close it."""
    whole = io.BytesIO()
    figure.savefig(whole, dpi=dpi)
    plt.close(figure)
    Image.open(whole).convert("RGB").quantize(256).save(file, optimize=True)


def _draw_line(axis: Axes, findings: Findings, line: Line, colour: str) -> None:
    rows = findings.metrics[findings.metrics["metric"] == line.metric].dropna(subset=["value"])
    own = findings.runs.loc[findings.runs["condition"] == line.condition, "run"]
    by_run = rows[rows["run"].isin(own)].pivot_table(index="step", columns="run", values="value")
    by_run = by_run.where(by_run.bfill().notna(), by_run.ffill())  # a run that has ended stays where it was
    by_step = by_run.agg(["mean", "std", "count"], axis=1)
    steps, mean = by_step.index.to_numpy(), by_step["mean"].to_numpy()
    axis.plot(steps, mean, color=colour, lw=1.2, label=line.label)
    several = by_step["count"].to_numpy() > 1
    margin = stats.t.ppf(0.975, by_step["count"].clip(lower=2) - 1) * by_step["std"] / by_step["count"] ** 0.5
    low, high = mean - margin.to_numpy(), mean + margin.to_numpy()
    axis.fill_between(steps, low, high, where=several, color=colour, alpha=0.15, lw=0)


def draw_strips(findings: Findings, metrics: Sequence[str], file: Path) -> None:
    """Draw every run's final values by condition, one panel a metric, with means and their 95 % intervals."""
    conditions = findings.conditions
    height = 0.9 + 0.3 * len(conditions)
    with mpl.rc_context(STYLE):
        size = (1.6 + 2.1 * len(metrics), height)
        figure, axes = plt.subplots(1, len(metrics), figsize=size, sharey=True, squeeze=False, layout="constrained")
        for axis, metric in zip(axes[0], metrics, strict=True):
            for place, condition in enumerate(conditions):
                values = findings.arm(condition, metric).defined
                if not len(values):
                    continue
                spread = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else np.zeros(1)
                axis.plot(values, place + spread, "o", ms=3, mfc="none", mew=0.7, color="#5d6672")
                if len(values) > 1:
                    error = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
                    axis.errorbar(values.mean(), place, xerr=error, fmt="D", ms=4, color="#0072b2", capsize=2)
            axis.set_title(metric.replace("_", " "), fontsize=8)
            axis.grid(axis="x", **GRID)
            axis.set_axisbelow(True)
        axes[0][0].set_yticks(range(len(conditions)), conditions)
        axes[0][0].invert_yaxis()
        save(figure, file, 130)
