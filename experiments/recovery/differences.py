"""A figure of differences: how far conditions are from one they are compared with, beside a band of no difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy import stats

from emcomm.studies.claims import Findings
from experiments.recovery.drawing import COLOURS, GRID, STYLE, save

__all__ = ["Difference", "draw_differences"]


class Difference(NamedTuple):
    """One condition against another.

    Attributes:
        label: its name in the legend; equal labels share a colour.
        on: the condition.
        off: what it is compared with.
    """

    label: str
    on: str
    off: str


def draw_differences(
    findings: Findings, bands: Mapping[str, float], rows: Mapping[str, Sequence[Difference]], file: Path
) -> None:
    """Draw differences of means with 95 % intervals (Welch), a panel a metric; what was not run is left out.

    Args:
        findings: the final values.
        bands: the metrics, and within what a difference counts as none.
        rows: the differences of each row.
        file: where the figure goes.
    """
    labels = list(dict.fromkeys(each.label for row in rows.values() for each in row))
    colours = {label: COLOURS[place % len(COLOURS)] for place, label in enumerate(labels)}
    with mpl.rc_context(STYLE):
        size = (1.6 + 2.3 * len(bands), 0.9 + 0.14 * len(labels) * len(rows))
        figure, axes = plt.subplots(1, len(bands), figsize=size, sharey=True, squeeze=False, layout="constrained")
        for axis, (metric, band) in zip(axes[0], bands.items(), strict=True):
            axis.axvspan(-band, band, color="#e6e9ee", lw=0)
            axis.axvline(0.0, color="#5d6672", lw=0.6)
            for place, row in enumerate(rows.values()):
                _draw_row(axis, findings, metric, row, place, labels, colours)
            axis.set_title(f"{metric.replace('_', ' ')}, difference", fontsize=8)
            axis.grid(axis="x", **GRID)
            axis.set_axisbelow(True)
        axes[0][0].set_yticks(range(len(rows)), list(rows))
        axes[0][0].set_ylim(len(rows) - 0.5, -0.5)
        handles = [Line2D([], [], color=colours[label], marker="o", ms=3, lw=1, label=label) for label in labels]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        save(figure, file, 110)


def _draw_row(
    axis: Axes,
    findings: Findings,
    metric: str,
    row: Sequence[Difference],
    place: int,
    labels: Sequence[str],
    colours: Mapping[str, str],
) -> None:
    for each in row:
        if {each.on, each.off} - set(findings.conditions):
            continue
        on, off = findings.arm(each.on, metric).defined, findings.arm(each.off, metric).defined
        if min(len(on), len(off)) < 2:
            continue
        height = place + (labels.index(each.label) - (len(labels) - 1) / 2) * 0.8 / len(labels)
        low, middle, high = _interval(np.round(on, 9), np.round(off, 9))
        axis.plot([low, high], [height, height], color=colours[each.label], lw=1)
        axis.plot(middle, height, "o", ms=3, color=colours[each.label])


def _interval(on: np.ndarray, off: np.ndarray) -> tuple[float, float, float]:
    """Lower end, mean and upper end of the difference of two means."""
    middle = float(on.mean() - off.mean())
    if not np.ptp(on) and not np.ptp(off):
        return middle, middle, middle
    interval = stats.ttest_ind(on, off, equal_var=False).confidence_interval(0.95)
    return float(interval.low), middle, float(interval.high)
