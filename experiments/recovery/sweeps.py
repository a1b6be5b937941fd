"""A figure of final values over a setting that conditions differ in, a line for each way of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from scipy import stats

from emcomm.studies.claims import Findings
from experiments.recovery.drawing import COLOURS, STYLE, label_panel, save

__all__ = ["Sweep", "draw_sweeps"]


class Sweep(NamedTuple):
    """A panel.

    Attributes:
        title: what is seen.
        x: the setting.
        lines: by label, which condition and metric stand at each value of the setting.
        levels: by label, conditions without the setting and their metric, drawn as level lines.
    """

    title: str
    x: str
    lines: Mapping[str, Mapping[float, tuple[str, str]]]
    levels: Mapping[str, tuple[str, str]]


def draw_sweeps(findings: Findings, panels: Sequence[Sweep], file: Path) -> None:
    """Draw panels beside each other: means over runs and their 95 % intervals; what was not run is left out."""
    with mpl.rc_context(STYLE):
        size = (3.6 * len(panels), 3.4)
        figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, layout="constrained")
        for axis, panel in zip(axes[0], panels, strict=True):
            for place, (label, line) in enumerate(panel.lines.items()):
                _draw_line(axis, findings, label, line, place, len(panel.lines))
            for style, (label, (condition, metric)) in zip((":", "--", "-."), panel.levels.items(), strict=False):
                if condition in findings.conditions:
                    level = findings.arm(condition, metric).defined.mean()
                    axis.axhline(level, color="#5d6672", lw=1, ls=style, label=label)
            label_panel(axis, panel.title, panel.x)
        save(figure, file, 100)


def _draw_line(
    axis: Axes, findings: Findings, label: str, line: Mapping[float, tuple[str, str]], place: int, lines: int
) -> None:
    found = [
        (x, np.asarray(findings.arm(condition, metric).defined))
        for x, (condition, metric) in line.items()
        if condition in findings.conditions
    ]
    found = [(x, values) for x, values in found if len(values) > 1]
    if not found:
        return
    apart = max(x for x, _ in found) - min(x for x, _ in found) or 1.0
    at = [x + (place - (lines - 1) / 2) * 0.01 * apart for x, _ in found]
    means = [values.mean() for _, values in found]
    margins = [stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5 for _, values in found]
    axis.errorbar(
        at, means, margins, color=COLOURS[place % len(COLOURS)], marker="o", ms=3, lw=1, capsize=2, label=label
    )
