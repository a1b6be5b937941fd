"""The figures: as sheets for the page, and as PDF, PNG and SVG files for papers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from emcomm.errors import unknown
from emcomm.report.colours import cell_colours, dash, series_colour
from emcomm.report.curves import CurvePanel, curve_panels
from emcomm.report.data import ReportData
from emcomm.report.drawing import curve_height, draw_curves, draw_effects, draw_lengths, effect_height
from emcomm.report.effects import EffectPanel, effect_panels
from emcomm.report.files import write_file
from emcomm.report.lengths import LengthPanel, length_panel
from emcomm.report.matrix import matrix
from emcomm.report.sheet import FORMATS, INK, LINE, MUTED, Sheet, drawing
from emcomm.report.wording import shorten

__all__ = ["curves_sheet", "effects_sheet", "lengths_sheet", "matrix_sheet", "write_figures"]

COLUMNS = 3  # panels in a row of a figure for papers

LEGEND: dict[str, Any] = {  # narrow enough for a figure of one panel
    "loc": "lower center",
    "frameon": False,
    "fontsize": 7.5,
    "handlelength": 1.6,
    "handletextpad": 0.5,
    "columnspacing": 1.0,
    "borderpad": 0.0,
}


def write_figures(data: ReportData, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write every figure that the results allow into ``folder/figures``.

    Args:
        data: the study's results.
        folder: the results folder.
        formats: any of pdf, png, svg.

    Returns:
        the files written: ``recovery_matrix``, ``effects``, ``learning_curves``, ``length_frequency`` in each format.

    Raises:
        BadInput: a format is not known.
        StorageError: a file could not be written.
    """
    for suffix in formats:
        if suffix not in FORMATS:
            raise unknown("figure format", suffix, FORMATS)
    written = []
    for name, sheet in _sheets(data).items():
        for suffix in formats:
            written.append(write_file(Path(folder) / "figures" / f"{name}.{suffix}", sheet.save(suffix)))
    return written


def _sheets(data: ReportData) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    if data.patterns and data.pressures:
        sheets["recovery_matrix"] = matrix_sheet(data)
    if effects := effect_panels(data):
        sheets["effects"] = effects_sheet(effects, titled=True)
    if curves := curve_panels(data):
        sheets["learning_curves"] = curves_sheet(curves, list(data.conditions), titled=True)
    lengths = length_panel(data)
    if lengths.curves:
        sheets["length_frequency"] = lengths_sheet(lengths, list(data.conditions), titled=True)
    return sheets


def effects_sheet(panels: Sequence[EffectPanel], *, titled: bool) -> Sheet:
    """Return the effect plot, a panel for each pattern; with `titled` also their names and a legend."""
    heights = _row_heights([effect_height(panel, titled) for panel in panels])
    with drawing():
        sheet = Sheet(len(panels), heights, columns=COLUMNS, foot=0.3 * titled)
        for place, panel in enumerate(panels):
            draw_effects(sheet, place, panel, titled=titled)
        if titled:
            style: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 5}
            off = Line2D(
                [], [], color=series_colour(0), markerfacecolor="none", label="a seed without the pressure", **style
            )
            on = Line2D([], [], color=series_colour(1), label="a seed with it", **style)
            mean = Line2D(
                [], [], color=INK, marker="|", linestyle="none", markersize=7, markeredgewidth=1.4, label="mean"
            )
            sheet.figure.legend(handles=[off, on, mean], ncols=3, **LEGEND)
    return sheet


def curves_sheet(panels: Sequence[CurvePanel], conditions: Sequence[str], *, titled: bool) -> Sheet:
    """Return the learning curves, a panel for each metric; with `titled` also their names and a legend."""
    return _line_sheet(panels, draw_curves, conditions, titled)


def lengths_sheet(panel: LengthPanel, conditions: Sequence[str], *, titled: bool) -> Sheet:
    """Return the length-frequency plot; with `titled` also its name and a legend."""
    return _line_sheet([panel], draw_lengths, conditions, titled)


def _line_sheet(panels: Sequence[Any], draw: Callable[..., None], conditions: Sequence[str], titled: bool) -> Sheet:
    across = min(COLUMNS, len(panels)) * 2
    foot = (0.12 + 0.18 * math.ceil(len(conditions) / across)) * titled
    with drawing():
        sheet = Sheet(len(panels), _row_heights([curve_height(titled)] * len(panels)), columns=COLUMNS, foot=foot)
        for place, panel in enumerate(panels):
            draw(sheet, place, panel, titled=titled)
        if titled:
            lines = [
                Line2D(
                    [],
                    [],
                    color=series_colour(at),
                    linewidth=1.6,
                    dashes=list(dash(at)) or [1, 0],
                    label=shorten(name, 24),
                )
                for at, name in enumerate(conditions)
            ]
            sheet.figure.legend(handles=lines, ncols=across, **LEGEND)
    return sheet


def matrix_sheet(data: ReportData) -> Sheet:
    """Return the recovery matrix: a box for each pattern and pressure with verdict, effect and Cliff's delta."""
    rows, across, down, left, top = matrix(data), 1.12, 0.62, 1.75, 0.36
    with drawing():
        width = left + across * len(data.pressures) + 0.1
        sheet = Sheet(1, [top + down * len(rows) + 0.36], width=width)
        axes = sheet.axes(0, left, 0.1, 0.36, top)
        axes.set(xlim=(0, len(data.pressures)), ylim=(len(rows), 0), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        for x, pressure in enumerate(data.pressures):
            axes.text(x + 0.5, -0.12, shorten(pressure, 17), ha="center", va="bottom", fontweight="bold")
        for y, cells in enumerate(rows):
            axes.text(-0.08, y + 0.5, _in_lines(data.patterns[y]), ha="right", va="center", fontweight="bold")
            for x, cell in enumerate(cells):
                face = cell_colours(cell.delta)[0] if cell.tested else "none"
                box = Rectangle((x + 0.03, y + 0.04), 0.94, 0.92, facecolor=face, edgecolor=LINE, linewidth=0.6)
                axes.add_patch(box)
                middle: dict[str, Any] = {"ha": "center", "va": "center"}
                if not cell.tested:
                    axes.text(x + 0.5, y + 0.5, cell.verdict, color=MUTED, **middle)
                    continue
                effect, delta = cell.numbers
                axes.text(x + 0.5, y + 0.34, cell.verdict, fontweight="bold", **middle)
                axes.text(x + 0.5, y + 0.68, f"{effect}   δ {delta}", fontsize=7.5, **middle)
        words = "δ: Cliff's delta; blue: larger with the pressure, orange: smaller"
        sheet.text(0, left + 0.03, sheet.size[1] - 0.14, words, color=MUTED, fontsize=7.5)
    return sheet


def _in_lines(name: str) -> str:
    """Break a pattern's name to what stands beside a row of the matrix: two lines, the second cut where it must be."""
    return "\n".join(textwrap.wrap(name, 22, max_lines=2, placeholder="…"))


def _row_heights(heights: Sequence[float]) -> list[float]:
    return [max(heights[start : start + COLUMNS]) for start in range(0, len(heights), COLUMNS)]
