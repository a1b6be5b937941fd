"""The recovery matrix in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emcomm.report.answer import unfinished
from emcomm.report.data import ReportData
from emcomm.report.matrix import Cell, matrix

__all__ = ["print_matrix"]

STYLES = {"recovered": "bold green", "reversed": "bold red", "absent": "bold blue", "inconclusive": "yellow"}
CELL_WIDTH = 18  # characters, borders included
NAME_WIDTH = 24


def print_matrix(data: ReportData, console: Console) -> None:
    """Print pattern by pressure: verdict in words, effect, Cliff's delta; a wide study goes over several tables.

    Args:
        data: the study's results.
        console: where to print; its width decides how many pressures fit side by side.
    """
    rows = matrix(data)
    if not rows or not data.pressures:
        console.print(Text("No pattern was tested, so there is no recovery matrix."))
        return
    across = max(1, (console.width - NAME_WIDTH) // CELL_WIDTH)
    for start in range(0, len(data.pressures), across):
        console.print(_table(data, rows, slice(start, start + across), titled=start == 0))
    note = "Effect: mean with the pressure less mean without. δ: Cliff's delta, −1 to 1."
    console.print(Text(" ".join(part for part in (note, unfinished(data)) if part), style="dim"))


def _table(data: ReportData, rows: list[list[Cell]], part: slice, titled: bool) -> Table:
    title = Text(f"Recovery matrix: {data.study.get('name', 'study')}", style="bold") if titled else None
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column(Text("pattern"), max_width=NAME_WIDTH, overflow="fold")
    for pressure in data.pressures[part]:
        table.add_column(Text(pressure), justify="right", overflow="fold")
    for pattern, cells in zip(data.patterns, rows, strict=True):
        table.add_row(Text(pattern), *(_text(cell) for cell in cells[part]))
    return table


def _text(cell: Cell) -> Text:
    if not cell.tested:
        return Text(cell.verdict, style="dim")
    effect, delta = cell.numbers
    text = Text(f"{cell.mark} {cell.verdict}", style=STYLES.get(cell.verdict, ""))
    if cell.note:
        text.append(f"\n{cell.note}", style="dim")
    return text.append(f"\n{effect}  δ {delta}", style="not bold default")
