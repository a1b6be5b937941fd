"""`Point`, what was measured of a stack of one size."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.scores import Score

__all__ = ["Point"]


@dataclass(frozen=True)
class Point:
    """A stack of one size.

    Attributes:
        runs: how many.
        speed: games per second over all runs.
        memory: peak resident set beyond what importing everything takes, in bytes.
    """

    runs: int
    speed: Score
    memory: int

    @property
    def memory_per_run(self) -> float:
        """Memory divided by runs, in bytes."""
        return self.memory / self.runs
