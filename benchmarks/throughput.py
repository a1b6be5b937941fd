"""Games per second of emcomm: ``python -m benchmarks.throughput``.

In three settings beside a plain loop, and in four architectures ternary training beside float training.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from benchmarks import precision
from benchmarks.architectures import ARCHITECTURES, NUMBERS, SLOWEST
from benchmarks.machine import this_machine
from benchmarks.options import count, introduce, quiet, seconds, writable
from benchmarks.players import Seat, Spell
from benchmarks.scores import NEAR, Score, Target, gain, score
from benchmarks.settings import SETTINGS, Arm, Setting
from emcomm.errors import EmcommError
from emcomm.studies.study import Study

__all__ = ["LARGEST_STACK", "Measured", "as_data", "main", "measure", "options", "table"]

LARGEST_STACK: int = Study.model_fields["max_stack"].default
FINER = 4
"""Architectures are compared in so many times as many spells: a ratio suffers from whatever else the machine does."""


@dataclass(frozen=True)
class Measured:
    """One setting as it was played.

    Attributes:
        setting: which.
        plain: spells of the plain loop, one a round.
        arms: spells of emcomm, one a round, by arm.
    """

    setting: Setting
    plain: list[Spell]
    arms: dict[Arm, list[Spell]]

    def targets(self, arm: Arm) -> list[Target]:
        """What is aimed at for an arm, and what came of it."""
        targets = []
        if arm in self.setting.figures:
            aim = self.setting.figures[arm]
            targets.append(Target(f"{aim / 1000:g} k", aim, score(self.arms[arm]).median, NEAR))
        if arm in self.setting.gains:
            aim = self.setting.gains[arm]
            targets.append(Target(f"{aim:g} x plain", aim, gain(self.arms[arm], self.plain)))
        return targets


def measure(
    setting: Setting,
    arms: Sequence[Arm],
    *,
    seconds: float,
    rounds: int,
    largest: int = LARGEST_STACK,
    tell: Callable[[str], None] = quiet,
) -> Measured:
    """Let the plain loop and emcomm play a setting in turn.

    Args:
        setting: what is played.
        arms: how emcomm plays it.
        seconds: least length of a spell; a spell has at least one step.
        rounds: how often everyone plays, after a first spell that does not count.
        largest: most runs in a stack.
        tell: is told who plays.

    Raises:
        EmcommError: a player failed.
    """
    names = ["plain loop", *(f"emcomm, {arm.runs} runs, {arm.matmul}" for arm in arms)]
    with ExitStack() as stack:
        seats = [stack.enter_context(Seat(setting, None))]
        seats += [stack.enter_context(Seat(setting, arm, largest)) for arm in arms]
        for name, seat in zip(names, seats, strict=True):
            tell(f"{setting.name}: warming up, {name}")
            seat.play(seconds / 2)
        spells: list[list[Spell]] = [[] for _ in seats]
        for turn in range(rounds):
            for name, seat, own in zip(names, seats, spells, strict=True):
                tell(f"{setting.name}: round {turn + 1} of {rounds}, {name}")
                own.append(seat.play(seconds))
    return Measured(setting, spells[0], dict(zip(arms, spells[1:], strict=True)))


def table(measured: Measured) -> Table:
    """Lay out what was measured in one setting."""
    made = Table(box=SIMPLE_HEAD)
    made.add_column("player")
    for heading in ("runs", "games/s", "slowest to fastest", "x plain"):
        made.add_column(heading, justify="right")
    made.add_column("targets")
    made.add_row("plain loop", "1", *_speeds(score(measured.plain)), "1")
    for arm, spells in measured.arms.items():
        targets = Text("\n").join(
            Text(target.words, style="green" if target.reached else "red") for target in measured.targets(arm)
        )
        times = f"{gain(spells, measured.plain):.2f}"
        made.add_row(f"emcomm, {arm.matmul}", str(arm.runs), *_speeds(score(spells)), times, targets)
    return made


def _speeds(score: Score) -> tuple[str, str]:
    return f"{score.median / 1000:.1f} k", f"{score.low / 1000:.1f} to {score.high / 1000:.1f} k"


def as_data(results: Sequence[Measured], compared: Sequence[precision.Compared] = ()) -> dict[str, Any]:
    """Turn everything that was measured into plain data."""
    return {
        "machine": asdict(this_machine()),
        "settings": [_setting_data(measured) for measured in results],
        "architectures": [precision.as_data(each) for each in compared],
    }


def _setting_data(measured: Measured) -> dict[str, Any]:
    arms = []
    for arm, spells in measured.arms.items():
        targets = [{**asdict(target), "reached": target.reached} for target in measured.targets(arm)]
        arms.append(
            {**asdict(arm), **_spells_data(spells), "times_plain": gain(spells, measured.plain), "targets": targets}
        )
    setting = measured.setting
    return {"name": setting.name, "title": setting.title, "plain": _spells_data(measured.plain), "emcomm": arms}


def _spells_data(spells: Sequence[Spell]) -> dict[str, Any]:
    return {**asdict(score(spells)), "spells": [spell.speed for spell in spells]}


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a wrong one ends the process with status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    names = [*SETTINGS, *ARCHITECTURES]
    parser.add_argument("--settings", nargs="+", choices=names, default=names, help="which to play [all]")
    parser.add_argument(
        "--runs",
        nargs="+",
        type=count,
        default=[],
        metavar="N",
        help="numbers of runs [1 8 32; in the large setting 1]",
    )
    parser.add_argument("--seconds", type=seconds, default=2.0, metavar="S", help="least length of a spell [2]")
    parser.add_argument("--rounds", type=count, default=5, metavar="N", help="spells of each player [5]")
    parser.add_argument(
        "--max-stack", type=count, default=LARGEST_STACK, metavar="N", help=f"most runs in a stack [{LARGEST_STACK}]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to this file")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and write the file if one was asked for; return the exit status."""
    chosen = options(argv)
    console = introduce()
    results, compared = [], []
    try:
        file = None if chosen.json is None else writable(chosen.json)
        for setting in [SETTINGS[name] for name in chosen.settings if name in SETTINGS]:
            with console.status("") as status:
                measured = measure(
                    setting,
                    setting.arms_with(tuple(chosen.runs)),
                    seconds=chosen.seconds,
                    rounds=chosen.rounds,
                    largest=chosen.max_stack,
                    tell=status.update,
                )
            results.append(measured)
            console.print(setting.title, style="bold", highlight=False)
            console.print(table(measured))
        for architecture in [ARCHITECTURES[name] for name in chosen.settings if name in ARCHITECTURES]:
            with console.status("") as status:
                spells = {"seconds": chosen.seconds / FINER**2, "rounds": chosen.rounds * FINER, "tell": status.update}
                compared.append(precision.compare(architecture, chosen.runs or NUMBERS, **spells))
            console.print(architecture.title, style="bold", highlight=False)
            console.print(precision.table(compared[-1]))
        if file is not None:
            file.write_text(json.dumps(as_data(results, compared), indent=2) + "\n", encoding="utf-8")
    except (EmcommError, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    console.print(f"Medians over {chosen.rounds} spells of at least {chosen.seconds:g} s, everyone in turn.", end=" ")
    if results:
        console.print(
            "Figures to reach are those of an early prototype on two cores, and count as reached from "
            f"{NEAR:.0%} of them on.",
            highlight=False,
        )
    if compared:
        console.print(
            f"Architectures: {FINER} times as many spells, {FINER**2} times as short; aimed at is at most {SLOWEST:g} "
            'times the time of the same architecture in float. "plain float", for information, is the float agent '
            "without a recipe.",
            highlight=False,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
