"""The recovery matrix: pattern by pressure, one `Cell` each, tested or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from emcomm.report.data import ReportData
from emcomm.report.wording import delta, number

__all__ = ["UNTESTED", "VERDICTS", "Cell", "matrix"]

UNTESTED = "not tested"
VERDICTS = {
    "recovered": ("✓", "the predicted direction, significant and large enough, with the task mastered in both arms"),
    "absent": ("=", "the 90 % interval of the effect lies inside the stated band around zero"),
    "reversed": ("✗", "a clear effect against the prediction"),
    "inconclusive": ("?", "the seeds settle neither way"),
    UNTESTED: ("", "the study does not test this pattern for this pressure"),
}


@dataclass(frozen=True)
class Cell:
    """What the study found for one pattern under one pressure.

    Args:
        pattern: name of the pattern.
        pressure: name of the pressure.
        verdict: recovered, absent, reversed, inconclusive or not tested.
        effect: mean with the pressure less mean without it, in the metric's unit; NaN when not tested.
        low: lower end of the effect's 95 % interval.
        high: upper end of it.
        delta: Cliff's delta in [-1, 1], positive when values are larger with the pressure.
        as_predicted: whether the verdict is what the pattern predicts; None where that is not known.
        row: every column of the verdict, by name; empty when not tested.
    """

    pattern: str
    pressure: str
    verdict: str = UNTESTED
    effect: float = math.nan
    low: float = math.nan
    high: float = math.nan
    delta: float = math.nan
    as_predicted: bool | None = None
    row: dict[str, Any] | None = None

    @property
    def tested(self) -> bool:
        """Whether the study tested this pattern for this pressure."""
        return self.row is not None

    @property
    def mark(self) -> str:
        """A sign for the verdict, always shown beside its word."""
        return VERDICTS.get(self.verdict, VERDICTS["inconclusive"])[0]

    @property
    def note(self) -> str:
        """What the word alone does not tell: that an absence was what the pattern predicted."""
        return "as predicted" if self.as_predicted and self.verdict == "absent" else ""

    @property
    def numbers(self) -> tuple[str, str]:
        """Effect and Cliff's delta, written with their signs."""
        return number(self.effect, signed=True), delta(self.delta)


def matrix(data: ReportData) -> list[list[Cell]]:
    """Return one list of cells for each pattern, in the order of ``data.patterns`` and ``data.pressures``."""
    rows = {(str(row["pattern"]), str(row["pressure"])): row for row in data.verdicts.to_dict("records")}
    return [
        [_cell(pattern, pressure, rows.get((pattern, pressure))) for pressure in data.pressures]
        for pattern in data.patterns
    ]


def _cell(pattern: str, pressure: str, row: Any) -> Cell:
    if row is None or not isinstance(row["verdict"], str) or not row["verdict"]:
        return Cell(pattern, pressure)
    met = row.get("as_predicted")
    return Cell(
        pattern=pattern,
        pressure=pressure,
        verdict=row["verdict"],
        effect=float(row["effect"]),
        low=float(row["ci_low"]),
        high=float(row["ci_high"]),
        delta=float(row["cliffs_delta"]),
        as_predicted=_truth(met),
        row={str(key): value for key, value in row.items()},
    )


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return bool(value)
