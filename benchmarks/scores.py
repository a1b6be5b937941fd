"""From timed spells to what a table says: medians, ranges, ratios, and whether a target was reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.players import Spell

__all__ = ["NEAR", "Score", "Target", "gain", "score"]

NEAR = 0.9
"""A figure to reach counts as reached from this share of it on."""


@dataclass(frozen=True)
class Score:
    """How fast a player was over several spells.

    Attributes:
        median: games per second.
        low: of the slowest spell.
        high: of the fastest spell.
    """

    median: float
    low: float
    high: float


def score(spells: Sequence[Spell]) -> Score:
    """Summarise at least one spell of one player."""
    speeds = [spell.speed for spell in spells]
    return Score(statistics.median(speeds), min(speeds), max(speeds))


def gain(spells: Sequence[Spell], yardstick: Sequence[Spell]) -> float:
    """How many times as fast as the yardstick: the median over rounds, each spell against its neighbour in time.

    Pairing the spells of a round keeps a machine that grows slower or faster from favouring either side.
    """
    return statistics.median(ours.speed / theirs.speed for ours, theirs in zip(spells, yardstick, strict=True))


@dataclass(frozen=True)
class Target:
    """Something aimed at.

    Attributes:
        name: what, in words.
        aim: the number aimed at.
        measured: the number measured.
        least: share of `aim` from which on it counts as reached.
    """

    name: str
    aim: float
    measured: float
    least: float = 1.0

    @property
    def reached(self) -> bool:
        """Whether it was reached."""
        return self.measured >= self.least * self.aim

    @property
    def words(self) -> str:
        """What was aimed at, and whether it was reached."""
        return f"{self.name}: {'reached' if self.reached else 'not reached'} ({self.measured / self.aim:.0%})"
