"""What the effect plot shows: for each pattern and pressure the difference, its interval and every seed's value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emcomm.report.data import ReportData
from emcomm.report.matrix import Cell, matrix
from emcomm.report.wording import number

__all__ = ["EffectPanel", "EffectRow", "effect_panels"]


@dataclass(frozen=True, eq=False)
class EffectRow:
    """One pressure's row in a pattern's panel.

    Args:
        cell: the verdict with the difference and its 95 % interval.
        on: every seed's final value with the pressure, float ``[seeds on]``.
        off: the same without it, float ``[seeds off]``.
    """

    cell: Cell
    on: NDArray[np.float64]
    off: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EffectPanel:
    """One pattern of the effect plot: a row for each pressure that it was tested for.

    Args:
        pattern: name of the pattern.
        metric: name of the metric it is measured with.
        unit: the metric's unit, empty where it has none.
        band: half-width of the equivalence band in that unit, None without one.
        rows: one for every tested pressure, in the study's order.
    """

    pattern: str
    metric: str
    unit: str
    band: float | None
    rows: tuple[EffectRow, ...]

    @property
    def words(self) -> str:
        """The panel in one sentence, for readers who do not see it."""
        parts = [
            f"{row.cell.pressure} {number(row.cell.effect, signed=True)} "
            f"({number(row.cell.low, signed=True)} to {number(row.cell.high, signed=True)}), {row.cell.verdict}"
            for row in self.rows
        ]
        return f"{self.pattern}: difference on less off with its 95 % interval. {'; '.join(parts)}."


def effect_panels(data: ReportData) -> list[EffectPanel]:
    """Return a panel for every pattern that was tested for at least one pressure."""
    panels = []
    for pattern, cells in zip(data.patterns, matrix(data), strict=True):
        metric = data.metric_of(pattern)
        rows = tuple(_row(data, metric, cell) for cell in cells if cell.tested)
        if rows:
            band = data.pattern(pattern).get("band")
            panels.append(EffectPanel(pattern, metric, data.unit(metric), band and float(band), rows))
    return panels


def _row(data: ReportData, metric: str, cell: Cell) -> EffectRow:
    on, off = data.arms(cell.pressure)
    return EffectRow(cell, data.seed_values(metric, on), data.seed_values(metric, off))
