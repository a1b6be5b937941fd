"""How each kind of panel is drawn on a sheet; the page and the files for papers share these functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from emcomm.report.colours import THEME, dash, series_colour
from emcomm.report.curves import Curve, CurvePanel
from emcomm.report.effects import EffectPanel, EffectRow
from emcomm.report.lengths import LengthPanel
from emcomm.report.sheet import INK, LINE, MUTED, Sheet
from emcomm.report.wording import label, number, shorten

__all__ = ["curve_height", "draw_curves", "draw_effects", "draw_lengths", "effect_height"]

ROW = 0.46  # inches of an effect panel's row
HEAD, FOOT, TITLE = 0.30, 0.50, 0.24  # inches above and below the axes, and for a panel's title
EDGE = 0.06  # inches between a panel's left border and what stands there
LINEAR_RANKS = 50  # more frequency ranks than this go on a logarithmic axis
ON, OFF = series_colour(1), series_colour(0)


def effect_height(panel: EffectPanel, titled: bool) -> float:
    """Return the height in inches that an effect panel needs."""
    return HEAD + FOOT + ROW * len(panel.rows) + TITLE * titled


def draw_effects(sheet: Sheet, place: int, panel: EffectPanel, *, titled: bool) -> None:
    """Draw one pattern: on the left every seed as a dot, on the right the differences with their intervals."""
    top = HEAD + TITLE * titled
    bottom = max(FOOT, sheet.heights[place // sheet.columns] - top - ROW * len(panel.rows))
    seeds = sheet.axes(place, EDGE, 1.74, bottom, top)
    difference = sheet.axes(place, 2.31, 0.14, bottom, top)
    if titled:
        sheet.text(place, EDGE, 0.16, shorten(panel.pattern, 48), fontsize=9, fontweight="bold")
    sheet.text(place, EDGE, top - 0.08, "every seed", color=MUTED, fontsize=7.5)
    sheet.text(place, 2.31, top - 0.08, "difference, on − off", color=MUTED, fontsize=7.5)
    for axes in (seeds, difference):
        axes.set_ylim(len(panel.rows), 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
        axes.tick_params(axis="x", length=2.5)
        axes.margins(x=0.06)
        for border in range(len(panel.rows)):
            axes.axhline(border, color=LINE, linewidth=0.5)
    seeds.set_xlabel(shorten(f"{label(panel.metric)}{f' ({panel.unit})' if panel.unit else ''}", 34))
    difference.set_xlabel("with 95 % interval")
    for position, row in enumerate(panel.rows):
        _seed_row(seeds, position, row)
        _difference_row(difference, position, row, panel.band)


def _seed_row(axes: Axes, position: int, row: EffectRow) -> None:
    axes.text(0, position + 0.28, shorten(row.cell.pressure, 28), transform=axes.get_yaxis_transform(), fontsize=8)
    for values, y, colour, filled in ((row.off, 0.55, OFF, False), (row.on, 0.79, ON, True)):
        face = colour if filled else "none"
        style: dict[str, Any] = {
            "marker": "o",
            "markersize": 4.2,
            "markeredgewidth": 0.9,
            "linestyle": "none",
            "clip_on": False,
        }
        axes.plot(values, [position + y] * len(values), color=colour, markerfacecolor=face, alpha=0.75, **style)
        if len(values):
            mean = float(values.mean())
            axes.plot([mean, mean], [position + y - 0.11, position + y + 0.11], color=INK, linewidth=1.4)


def _difference_row(axes: Axes, position: int, row: EffectRow, band: float | None) -> None:
    cell = row.cell
    top, bottom = position + 0.42, position + 0.94  # the zero line and the band leave the row's words alone
    if band:
        axes.add_patch(Rectangle((-band, top), 2 * band, bottom - top, facecolor=THEME["band"][0], zorder=0))
    axes.plot([0, 0], [top, bottom], color=MUTED, linewidth=0.8, solid_capstyle="butt", zorder=1)
    axes.text(
        1, position + 0.28, cell.verdict, transform=axes.get_yaxis_transform(), ha="right", fontsize=7.5, color=MUTED
    )
    if math.isnan(cell.effect):
        return
    y = position + 0.68
    if not (math.isnan(cell.low) or math.isnan(cell.high)):
        axes.plot([cell.low, cell.high], [y, y], color=INK, linewidth=1.5)
    axes.plot([cell.effect], [y], color=INK, marker="o", markersize=5)


def curve_height(titled: bool) -> float:
    """Return the height in inches of a panel of curves."""
    return 2.35 + TITLE * titled


def draw_curves(sheet: Sheet, place: int, panel: CurvePanel, *, titled: bool) -> None:
    """Draw one metric against training steps: a line for each condition's mean, a band from lowest to highest run."""
    axes = _plot_area(sheet, place, label(panel.metric), titled)
    faint = 0.16 if len(panel.curves) <= 4 else 0.08
    for curve in panel.curves:
        _curve(axes, curve, faint)
    if panel.metric.startswith("accuracy"):
        axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _thousands(value)))
    axes.set_xlabel("training steps")
    axes.set_ylabel(panel.unit)


def _curve(axes: Axes, curve: Curve, faint: float) -> None:
    colour, group = series_colour(curve.series), f"series-{curve.series}"
    band = axes.fill_between(curve.steps, curve.low, curve.high, color=colour, alpha=faint, linewidth=0)
    band.set_gid(f"{group}-band")
    marker = "o" if len(curve.steps) < 3 else ""
    (line,) = axes.plot(
        curve.steps, curve.mean, color=colour, linewidth=1.6, dashes=_dashes(curve.series), marker=marker
    )
    line.set_gid(f"{group}-line")


def draw_lengths(sheet: Sheet, place: int, panel: LengthPanel, *, titled: bool) -> None:
    """Draw message length against frequency rank, a line for each condition."""
    axes = _plot_area(sheet, place, "message length by frequency", titled)
    for curve in panel.curves:
        (line,) = axes.plot(
            curve.ranks,
            curve.lengths,
            color=series_colour(curve.series),
            linewidth=1.6,
            dashes=_dashes(curve.series),
            marker="" if len(curve.ranks) > 2 else "o",
        )
        line.set_gid(f"series-{curve.series}-line")
    axes.set_ylim(bottom=0)
    if max(curve.ranks[-1] for curve in panel.curves) > LINEAR_RANKS:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("frequency rank (1 = most frequent)")
    axes.set_ylabel("mean length (symbols)")


def _plot_area(sheet: Sheet, place: int, title: str, titled: bool) -> Axes:
    axes = sheet.axes(place, 0.56, 0.12, 0.44, 0.12 + TITLE * titled)
    if titled:
        sheet.text(place, EDGE, 0.16, shorten(title, 48), fontsize=9, fontweight="bold")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.margins(x=0.02)
    return axes


def _dashes(series: int) -> Sequence[float]:
    return list(dash(series)) or [1, 0]


def _tick(value: float) -> str:
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}") if abs(value) < 1e4 else number(value)


def _thousands(value: float) -> str:
    return f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value:g}"
