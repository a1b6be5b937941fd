"""The figure of `benchmarks.scaling`: games per second and memory against runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from emcomm.report.colours import series_colour
from emcomm.report.sheet import drawing

if TYPE_CHECKING:
    from benchmarks.points import Point
    from benchmarks.settings import Setting

__all__ = ["draw_scaling", "scaling_figure"]

WIDTH, HEIGHT = 10.0, 2.8  # inches
SPEED, MEMORY = series_colour(1), series_colour(2)


def draw_scaling(points: Sequence[Point], setting: Setting, path: Path) -> None:
    """Write the figure of `scaling_figure` as PNG."""
    with drawing():
        scaling_figure(points, setting).savefig(path, format="png")


def scaling_figure(points: Sequence[Point], setting: Setting) -> Figure:
    """Draw speed, memory, and memory per run against the number of runs on a logarithmic axis.

    Args:
        points: what was measured, smallest stack first.
        setting: what was played.
    """
    runs = [point.runs for point in points]
    with drawing():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(setting.title, fontsize=9, fontweight="bold")
        speed, memory, share = figure.subplots(1, 3)
        low, high = [point.speed.low for point in points], [point.speed.high for point in points]
        speed.fill_between(runs, low, high, color=SPEED, alpha=0.16, linewidth=0)
        speed.plot(runs, [point.speed.median for point in points], color=SPEED, marker="o", markersize=3.5)
        speed.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1000:g} k"))
        _finish(speed, runs, "games per second, over all runs")
        memory.plot(runs, [point.memory / 1e6 for point in points], color=MEMORY, marker="s", markersize=3.5)
        _finish(memory, runs, "peak memory (MB)")
        share.plot(runs, [point.memory_per_run / 1e6 for point in points], color=MEMORY, marker="s", markersize=3.5)
        _finish(share, runs, "peak memory per run (MB)")
    return figure


def _finish(axes: Axes, runs: Sequence[int], title: str) -> None:
    axes.set_title(title, fontsize=8, loc="left")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(runs)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("runs in the stack")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_ylim(bottom=0)  # after drawing, so that the upper end follows the data
