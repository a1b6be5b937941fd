"""Time and memory of ternary layers from codes, beside float32 ones: ``python -m benchmarks.integer_inference``."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.inference_gru import GRU_WAYS
from benchmarks.inference_layers import KINDS, SYMBOLS, Kind, Layer, Way
from benchmarks.inference_linear import LINEAR_WAYS
from benchmarks.inference_timing import Cell, Effort, Place, measure
from benchmarks.machine import this_machine
from benchmarks.options import count, introduce, quiet, seconds, writable
from emcomm.errors import EmcommError

__all__ = ["BATCHES", "WIDTHS", "as_data", "main", "measure_all", "options", "places", "tables"]

WIDTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
BATCHES = (1, 32, 1024)
QUICK_WIDTHS, QUICK_BATCHES = (16, 128, 1024), (1, 32)
WAYS: dict[Kind, dict[str, Callable[[Layer], Way]]] = {"linear": LINEAR_WAYS, "gru": GRU_WAYS}
TITLES: dict[Kind, str] = {
    "linear": "linear map, width x width, a call",
    "gru": f"recurrent cell of that width, a message of {SYMBOLS} symbols",
}


def places() -> list[Place]:
    """One thread, all cores that this process may use, and a GPU if torch has one."""
    cores = this_machine().cores
    found = [Place("cpu", threads) for threads in sorted({1, cores})]
    return [*found, Place("cuda")] if torch.cuda.is_available() else found


def measure_all(
    kinds: Sequence[Kind],
    widths: Sequence[int],
    batches: Sequence[int],
    effort: Effort,
    tell: Callable[[str], None] = quiet,
) -> tuple[list[Cell], dict[str, str]]:
    """Measure every way with every layer, narrow ones first.

    Args:
        kinds: of layers.
        widths: of layers.
        batches: samples in a call.
        effort: how long to measure.
        tell: is told what is measured.

    Returns:
        what was measured; and what torch warned of, by way.

    Raises:
        EmcommError: a way gives something else than it has to give.
    """
    threads, cells = torch.get_num_threads(), list[Cell]()
    left_out: dict[tuple[str, int, Place], str] = {}
    remarks: dict[str, str] = {}
    try:
        for kind in kinds:
            for place in places():
                for width in sorted(widths):
                    tell(f"{kind}, {place.words}, width {width}")
                    layer = Layer.of(kind, width, place.device)
                    cells += measure(layer, batches, place, WAYS[kind], effort, left_out, remarks)
                left_out.clear()
    finally:
        torch.set_num_threads(threads)
    return cells, remarks


def tables(cells: Sequence[Cell], every: bool = False) -> Iterable[Table]:
    """Lay out what was measured: for each kind of layer times, sizes, and equality; then, if wanted, every number."""
    for kind in KINDS:
        mine = [cell for cell in cells if cell.kind == kind]
        if mine:
            for place in dict.fromkeys(cell.place for cell in mine):
                yield _times([cell for cell in mine if cell.place == place])
            yield _sizes(mine)
            yield _equality(mine)
            if every:
                yield _everything(mine)


def _table(title: str, *headings: str) -> Table:
    made = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        made.add_column(heading, justify="left" if place == 0 else "right")
    return made


def _times(cells: Sequence[Cell]) -> Table:
    """Milliseconds of the first way, and times of the others as multiples of it."""
    names = list(dict.fromkeys(cell.way for cell in cells))
    title = f"{TITLES[cells[0].kind]}, {cells[0].place.words}: time, x {names[0]}"
    made = _table(title, "width", "batch", f"{names[0]}, ms", *names[1:])
    found = {(cell.width, cell.batch, cell.way): cell for cell in cells}
    for width, batch in dict.fromkeys((cell.width, cell.batch) for cell in cells):
        first = found[width, batch, names[0]]
        made.add_row(
            str(width),
            str(batch),
            f"{1000 * statistics.median(first.seconds):.3g}",
            *(_ratio(found[width, batch, name]) for name in names[1:]),
        )
    return made


def _ratio(cell: Cell) -> str:
    return "-" if cell.absent else f"{cell.ratio:.2f}" if cell.ratio < 9.995 else f"{cell.ratio:.0f}"


def _sizes(cells: Sequence[Cell]) -> Table:
    """Kilobytes in memory of each way, and kilobytes of the two files."""
    names = list(dict.fromkeys(cell.way for cell in cells))
    made = _table(f"{TITLES[cells[0].kind]}: kB in memory, and in a file", "width", *names, "float file", "packed file")
    for width in dict.fromkeys(cell.width for cell in cells):
        mine = [cell for cell in cells if cell.width == width and not cell.absent]
        resident = {cell.way: cell.resident for cell in mine}
        files = {cell.must == "0": cell.file for cell in mine if cell.must != "none"}
        shown = [f"{resident[name] / 1000:,.1f}" if name in resident else "-" for name in names]
        made.add_row(str(width), *shown, *(f"{files[packed] / 1000:,.1f}" for packed in (False, True)))
    return made


def _equality(cells: Sequence[Cell]) -> Table:
    """The largest difference of each way over all layers, and where it is absent."""
    made = _table(f"{TITLES[cells[0].kind]}: what comes out", "way", "largest difference", "must be", "absent")
    for name in dict.fromkeys(cell.way for cell in cells):
        mine = [cell for cell in cells if cell.way == name]
        found = [cell.difference for cell in mine if not cell.absent]
        reasons = dict.fromkeys(cell.absent for cell in mine if cell.absent)
        words = mine[0].must if found else ""
        words = next((cell.must for cell in mine if cell.must), words)
        missing = sum(bool(cell.absent) for cell in mine)
        why = f"{missing} of {len(mine)}: {'; '.join(list(reasons)[:2])}" if missing else ""
        made.add_row(name, f"{max(found):.2g}" if found else "-", words, why)
    return made


def _everything(cells: Sequence[Cell]) -> Table:
    """Every cell: median, quartiles, sizes, difference."""
    headings = ("where", "width", "batch", "way", "ms", "quartiles", "x", "quartiles", "kB", "difference")
    made = _table(f"{TITLES[cells[0].kind]}: everything", *headings)
    for cell in cells:
        if cell.absent:
            continue
        low, middle, high = _quartiles([1000 * one for one in cell.seconds])
        less, ratio, more = _quartiles(cell.ratios)
        made.add_row(
            cell.place.words,
            str(cell.width),
            str(cell.batch),
            cell.way,
            f"{middle:.4g}",
            f"{low:.4g}..{high:.4g}",
            f"{ratio:.3g}",
            f"{less:.3g}..{more:.3g}",
            f"{cell.resident / 1000:.1f}",
            f"{cell.difference:.2g}",
        )
    return made


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def as_data(cells: Sequence[Cell], remarks: Mapping[str, str]) -> dict[str, Any]:
    """Everything that was measured, as plain data."""
    rows = [asdict(cell) | {"ratio": cell.ratio} for cell in cells]
    for row in rows:
        row |= {name: None for name in ("ratio", "difference") if row["absent"]}
    return {"machine": asdict(this_machine()), "remarks": dict(remarks), "cells": rows}


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a wrong one ends the process with status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.integer_inference", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of layers [both]")
    parser.add_argument("--widths", nargs="+", type=count, metavar="N", help=f"of layers {list(WIDTHS)}")
    parser.add_argument("--batches", nargs="+", type=count, metavar="N", help=f"samples in a call {list(BATCHES)}")
    parser.add_argument("--rounds", type=count, default=25, metavar="N", help="most spells of each way [25]")
    parser.add_argument(
        "--seconds", type=seconds, metavar="S", help="of a layer and batch; three rounds at least [0.8, quick: 0.3]"
    )
    parser.add_argument("--quick", action="store_true", help="fewer widths and batches, less time for each")
    parser.add_argument("--all", action="store_true", help="print a line for every layer, batch and way as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every spell to this file")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the tables; return the exit status."""
    chosen = options(argv)
    console = introduce()
    limit = chosen.seconds or (0.3 if chosen.quick else 0.8)
    effort = Effort(chosen.rounds, spell=min(0.005, limit), limit=limit)
    widths = chosen.widths or (QUICK_WIDTHS if chosen.quick else WIDTHS)
    batches = chosen.batches or (QUICK_BATCHES if chosen.quick else BATCHES)
    try:
        file = chosen.json and writable(chosen.json)
        with console.status("") as status:
            cells, remarks = measure_all(chosen.kinds, widths, batches, effort, status.update)
        if file:
            file.write_text(json.dumps(as_data(cells, remarks), indent=1) + "\n", encoding="utf-8")
    except (EmcommError, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    for table in tables(cells, chosen.all):
        console.print(table)
    for name, remark in remarks.items():
        console.print(f"{name}: torch warns: {remark}", markup=False, highlight=False)
    console.print(
        "Ratios are medians over rounds, each spell against the first way's of the same round; below 1 is faster. The "
        "quantisation of inputs is timed with the rest. What must be 0 is compared with the ternary layer in training.",
        highlight=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
