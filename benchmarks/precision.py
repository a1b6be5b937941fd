"""Ternary training beside float training of the same architecture: who plays, what came out, and how it is shown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from benchmarks.architectures import NUMBERS, SLOWEST, Architecture, Way
from benchmarks.options import quiet
from benchmarks.players import Spell, play
from benchmarks.scores import score
from emcomm.training import Trainer

__all__ = ["Compared", "as_data", "compare", "table"]


@dataclass(frozen=True)
class Compared:
    """One architecture as it was played.

    Attributes:
        architecture: which.
        spells: one a round, by number of runs and way.
    """

    architecture: Architecture
    spells: dict[tuple[int, Way], list[Spell]]

    def times_float(self, runs: int, way: Way) -> float:
        """How many times as long as the same architecture in float: the median over rounds, spell against spell."""
        pairs = zip(self.spells[runs, "float"], self.spells[runs, way], strict=True)
        return statistics.median(theirs.speed / ours.speed for theirs, ours in pairs)

    def reached(self, runs: int, way: Way) -> bool | None:
        """Whether what is aimed at was reached; None where nothing is."""
        aimed = self.architecture.aims and way not in ("float", "plain float")
        return self.times_float(runs, way) <= SLOWEST if aimed else None


def compare(
    architecture: Architecture,
    numbers: Sequence[int] = NUMBERS,
    *,
    seconds: float,
    rounds: int,
    tell: Callable[[str], None] = quiet,
) -> Compared:
    """Let all ways of training an architecture play in turn, number of runs by number of runs.

    They play in this process: all are emcomm's own, and none sets anything for the process that others do not.

    Args:
        architecture: what is played.
        numbers: numbers of runs, each in one stack.
        seconds: least length of a spell; a spell has at least one step.
        rounds: how often everyone plays, after a first spell of half the length that does not count.
        tell: is told who plays.
    """
    spells: dict[tuple[int, Way], list[Spell]] = {}
    for runs in numbers:
        players = {way: Trainer(architecture.runs(way, runs)) for way in architecture.ways(runs)}
        for turn in range(rounds + 1):
            for way, player in players.items():
                tell(f"{architecture.name}: round {turn} of {rounds}, {runs} runs, {way}")
                spell = play(player, seconds if turn else seconds / 2)
                if turn:
                    spells.setdefault((runs, way), []).append(spell)
    return Compared(architecture, spells)


def table(compared: Compared) -> Table:
    """Lay out how an architecture was trained."""
    made = Table(box=SIMPLE_HEAD)
    made.add_column("training")
    for heading in ("runs", "games/s", "slowest to fastest", "x float's time"):
        made.add_column(heading, justify="right")
    made.add_column("target")
    for (runs, way), spells in compared.spells.items():
        found, words = score(spells), way if "float" in way else f"ternary, {way}"
        reached = compared.reached(runs, way)
        said = "" if reached is None else f"at most {SLOWEST:g}: {'reached' if reached else 'not reached'}"
        range_words = f"{found.low / 1000:.1f} to {found.high / 1000:.1f} k"
        times, style = f"{compared.times_float(runs, way):.2f}", "green" if reached else "red"
        made.add_row(words, str(runs), f"{found.median / 1000:.1f} k", range_words, times, Text(said, style=style))
    return made


def as_data(compared: Compared) -> dict[str, Any]:
    """Turn what was measured into plain data."""
    played = [
        {
            "runs": runs,
            "training": way,
            "median": score(spells).median,
            "spells": [spell.speed for spell in spells],
            "times_float": compared.times_float(runs, way),
            "reached": compared.reached(runs, way),
        }
        for (runs, way), spells in compared.spells.items()
    ]
    return {"name": compared.architecture.name, "title": compared.architecture.title, "played": played}
