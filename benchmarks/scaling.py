"""Games per second and memory against the number of runs in a stack: ``python -m benchmarks.scaling``."""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.options import count, introduce, quiet, seconds
from benchmarks.players import Seat
from benchmarks.points import Point
from benchmarks.scores import score
from benchmarks.settings import SETTINGS, Arm, Matmul, Setting
from emcomm.errors import EmcommError

__all__ = ["Point", "doublings", "main", "measure", "memory_words", "options", "table", "write_csv"]

MEGABYTE = 1e6
STEADY = 1.25
"""Memory per run counts as constant if that of the largest stack is at most this many times that of the typical one."""


def doublings(most: int) -> list[int]:
    """1, 2, 4, ... up to `most`."""
    return [1 << power for power in range(most.bit_length())]


def measure(
    setting: Setting,
    runs: Sequence[int],
    *,
    matmul: Matmul = "float32",
    seconds: float,
    rounds: int,
    tell: Callable[[str], None] = quiet,
) -> list[Point]:
    """Train stacks of different sizes, one after the other, each in a new process.

    Args:
        setting: what is played.
        runs: sizes of stacks.
        matmul: precision of matrix products.
        seconds: least length of a spell.
        rounds: how many spells are timed, after one that is not.
        tell: is told which stack plays.

    Raises:
        EmcommError: a stack failed, most likely as memory was short.
    """
    points = []
    for number in runs:
        tell(f"{number} runs")
        with Seat(setting, Arm(number, matmul), number) as seat:
            seat.play(seconds / 2)
            spells = [seat.play(seconds) for _ in range(rounds)]
        points.append(Point(number, score(spells), spells[-1].memory))
    return points


def memory_words(points: Sequence[Point]) -> str:
    """Say whether memory per run stays constant: whether the largest stack needs more of it than smaller ones do."""
    *smaller, largest = (point.memory_per_run for point in points)
    if not smaller:
        return f"Memory per run: {largest / MEGABYTE:.1f} MB."
    words = "stays constant" if largest <= STEADY * statistics.median(smaller) else "grows"
    return (
        f"Memory per run {words}: {largest / MEGABYTE:.1f} MB in the stack of {points[-1].runs}, "
        f"{min(smaller) / MEGABYTE:.1f} to {max(smaller) / MEGABYTE:.1f} MB in smaller ones."
    )


def table(points: Sequence[Point]) -> Table:
    """Lay out what was measured."""
    made = Table(box=SIMPLE_HEAD)
    for heading in ("runs", "games/s", "slowest to fastest", "peak memory", "per run"):
        made.add_column(heading, justify="right")
    for point in points:
        speed = point.speed
        made.add_row(
            str(point.runs),
            f"{speed.median / 1000:.1f} k",
            f"{speed.low / 1000:.1f} to {speed.high / 1000:.1f} k",
            f"{point.memory / MEGABYTE:.1f} MB",
            f"{point.memory_per_run / MEGABYTE:.1f} MB",
        )
    return made


def write_csv(points: Sequence[Point], path: Path) -> None:
    """Write one row a stack: runs, games per second (median, slowest, fastest), memory in bytes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["runs", "games_per_second", "slowest", "fastest", "memory", "memory_per_run"])
        for point in points:
            speed = point.speed
            writer.writerow([point.runs, speed.median, speed.low, speed.high, point.memory, point.memory_per_run])


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a wrong one ends the process with status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--setting", choices=SETTINGS, default="small", help="what to play [small]")
    parser.add_argument("--most", type=count, default=256, metavar="N", help="runs of the largest stack [256]")
    parser.add_argument("--matmul", choices=("float32", "bfloat16"), default="float32", help="products [float32]")
    parser.add_argument("--seconds", type=seconds, default=2.0, metavar="S", help="least length of a spell [2]")
    parser.add_argument("--rounds", type=count, default=3, metavar="N", help="timed spells of each stack [3]")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results", metavar="DIR", help="folder [benchmarks/results]"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write table and figure; return the exit status."""
    chosen = options(argv)
    console, setting = introduce(), SETTINGS[chosen.setting]
    try:
        chosen.out.mkdir(parents=True, exist_ok=True)
        with console.status("") as status:
            points = measure(
                setting,
                doublings(chosen.most),
                matmul=chosen.matmul,
                seconds=chosen.seconds,
                rounds=chosen.rounds,
                tell=status.update,
            )
        console.print(setting.title, style="bold", highlight=False)
        console.print(table(points))
        console.print(memory_words(points), highlight=False)
        stem = chosen.out / f"scaling_{setting.name}_{chosen.matmul}"
        write_csv(points, stem.with_suffix(".csv"))
        _draw(points, setting, stem.with_suffix(".png"))
    except (EmcommError, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    console.print(f"Written: {stem}.csv, {stem}.png", markup=False, highlight=False, soft_wrap=True)
    return 0


def _draw(points: Sequence[Point], setting: Setting, path: Path) -> None:
    from benchmarks.figure import draw_scaling  # the players' processes import this module, and need no matplotlib

    draw_scaling(points, setting, path)


if __name__ == "__main__":
    sys.exit(main())
