"""The table of `emcomm.measure` as people read it on a terminal, and as programs read it: CSV and JSON."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_json", "print_table", "short"]

WIDE = 120  # columns of a terminal that has room for units
ROUNDING = 1e-9  # numbers below this are what sums of floating-point numbers leave of 0


def as_json(frame: pd.DataFrame) -> str:
    """Write a table as JSON; what is undefined is null, and so are infinite numbers, which JSON does not have."""

    def plain(cell: Any) -> Any:
        return None if isinstance(cell, float) and not math.isfinite(cell) else cell

    rows = [{name: plain(cell) for name, cell in row.items()} for row in frame.to_dict("records")]
    return json.dumps(rows, indent=2)


def print_table(frame: pd.DataFrame, csv: bool) -> None:
    """Print what was measured: for people on a terminal, as CSV to a file or a pipe, or where that is asked for."""
    console = Console(highlight=False)
    if csv or not console.is_terminal:
        frame.to_csv(sys.stdout, index=False)
        return
    notes = list(dict.fromkeys(frame["note"]))
    console.print(_table(frame, notes, units=console.width >= WIDE))
    below = Table.grid(Column(justify="right"), Column(), padding=(0, 2, 0, 0))
    for number, note in enumerate(notes, start=1):
        below.add_row(str(number), Text(note))
    console.print(below)


def _table(frame: pd.DataFrame, notes: list[str], units: bool) -> Table:
    """Lay out a line for each metric, with the numbers of its notes, and with units where there is room."""
    from emcomm.metrics import METRICS

    table = Table(Column("metric", overflow="fold"), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("value", *(["unit"] if units else []), "chance", "p", "95 % interval", "note"):
        table.add_column(head, justify="left" if head in ("unit", "95 % interval") else "right", no_wrap=True)
    for row in frame.to_dict("records"):
        name = row["metric"] if row["variant"] == "default" else f"{row['metric']}/{row['variant']}"
        numbers = (row[column] for column in ("value", "null_mean", "p_value", "ci_low", "ci_high"))
        value, chance, p, low, high = map(short, numbers)
        unit = METRICS.get(row["metric"]).unit
        cells = [name, value, *([unit.removesuffix("none")] if units else [])]
        table.add_row(*cells, chance, p, low and f"{low} to {high}", str(notes.index(row["note"]) + 1))
    return table


def short(number: float) -> str:
    """Write a number with three digits, or all those before the point; nothing for NaN, 0 for what rounding left."""
    if math.isnan(number):
        return ""
    if abs(number) < ROUNDING:
        return "0"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"
