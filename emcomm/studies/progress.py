"""How far a study is, for people: bars on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from emcomm.studies.plan import Plan, Stack, run_games
from emcomm.studies.stack_work import StackProgress

__all__ = ["Bars", "Board", "Lines", "Silence", "Tally", "board_for"]

FIRST_ESTIMATE = 5.0  # seconds of training before the first estimate
BETWEEN_LINES = 10.0


class Board(Protocol):
    """Shows progress between ``with`` and its end."""

    def __enter__(self) -> Board: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def update(self, progress: StackProgress) -> None:
        """Take note of how far one stack is."""


class Tally:
    """Adds up the progress of all stacks.

    Args:
        plan: what is to be done.
        clock: seconds from any fixed moment; tests give their own.
    """

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.begun = clock, clock()
        self.stacks = {stack.name: stack for stack in plan.stacks}
        self.seen: dict[str, StackProgress] = {}
        self.first: dict[str, StackProgress] = {}

    def update(self, progress: StackProgress) -> None:
        """Take note of how far one stack is."""
        self.first.setdefault(progress.stack, progress)
        self.seen[progress.stack] = progress

    @property
    def seconds(self) -> float:
        """Seconds since this sitting began."""
        return self.clock() - self.begun

    @property
    def played(self) -> int:
        """Games played in this sitting."""
        return sum(now.games - self.first[name].games for name, now in self.seen.items())

    @property
    def total(self) -> int:
        """Games of the whole study; those that stopped runs did not need count as played."""
        return sum(stack.games for stack in self.stacks.values())

    @property
    def left(self) -> int:
        """Games still to play, if no further run stops early."""
        return sum(_left(stack, self.seen.get(name)) for name, stack in self.stacks.items())

    @property
    def speed(self) -> float:
        """Games per second in this sitting, over all runs."""
        return self.played / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining(self) -> str:
        """The expected time left, in words; empty while nothing can be said."""
        if self.played == 0 or self.seconds <= 0:
            return ""
        return duration(self.left / self.speed)

    @property
    def ended(self) -> int:
        """How many runs have ended."""
        return sum(now.runs - now.active for now in self.seen.values())

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return sum(len(stack.runs) for stack in self.stacks.values())

    @property
    def failed(self) -> int:
        """How many runs have failed."""
        return sum(now.failed for now in self.seen.values())

    def words(self) -> str:
        """Return everything in one line."""
        share = 1.0 - self.left / self.total if self.total else 1.0
        parts = [
            f"{share:4.0%}",
            f"{self.ended} of {self.runs} runs ended",
            f"{self.speed:,.0f} games/s".replace(",", " "),
        ]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.remaining and self.left:
            parts.append(f"about {self.remaining} left")
        return ", ".join(parts)


def _left(stack: Stack, now: StackProgress | None) -> int:
    if now is None:
        return stack.games
    setup = stack.runs[0].setup
    return run_games(setup) // setup.steps * max(0, setup.steps - now.step) * now.active


def duration(seconds: float) -> str:
    """Write a time for people: ``45 s``, ``12 min``, ``3:05 h``."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60}:{minutes % 60:02d} h"


class Silence:
    """Shows nothing."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def update(self, progress: StackProgress) -> None:
        """Do nothing."""


class Lines(Silence):
    """Prints a plain line after a few seconds, when a stack has ended, and otherwise at most every ten seconds.

    Args:
        tally: adds up the progress.
        console: where to print.
    """

    def __init__(self, tally: Tally, console: Console) -> None:
        self.tally, self.console = tally, console
        self.printed = 0.0

    def update(self, progress: StackProgress) -> None:
        """Print where everything is, if it is time."""
        self.tally.update(progress)
        due = BETWEEN_LINES if self.printed else FIRST_ESTIMATE
        if progress.finished or self.tally.seconds - self.printed >= due:
            self.printed = self.tally.seconds
            self.console.print(self.tally.words(), highlight=False, markup=False)


class Bars(Silence):
    """A bar for the whole study and one for each stack at work; prints the expected time once after a few seconds.

    Args:
        tally: adds up the progress.
        console: a terminal.
    """

    def __init__(self, tally: Tally, console: Console) -> None:
        self.tally, self.console = tally, console
        self.estimated = False
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
            transient=True,
        )
        self.whole = self.bars.add_task("study", total=max(1, tally.total), words="")
        self.stacks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()
        self.console.print(
            f"trained for {timedelta(seconds=round(self.tally.seconds))}: {self.tally.words()}",
            highlight=False,
            markup=False,
        )

    def update(self, progress: StackProgress) -> None:
        """Move the bars."""
        self.tally.update(progress)
        self.bars.update(self.whole, completed=self.tally.total - self.tally.left, words=self.tally.words())
        if progress.finished:
            if progress.stack in self.stacks:
                self.bars.remove_task(self.stacks.pop(progress.stack))
        else:
            if progress.stack not in self.stacks:
                self.stacks[progress.stack] = self.bars.add_task(
                    f"stack {progress.stack}", total=progress.steps, words=""
                )
            words = f"step {progress.step} of {progress.steps}, {progress.active} of {progress.runs} runs"
            words = words if progress.active else "probing the final languages"
            self.bars.update(self.stacks[progress.stack], completed=progress.step, words=words)
        if not self.estimated and self.tally.seconds >= FIRST_ESTIMATE and self.tally.remaining:
            self.estimated = True
            self.console.print(f"expected time: {self.tally.remaining}", highlight=False, markup=False)


def board_for(plan: Plan, console: Console | None) -> Board:
    """Return bars for a terminal, plain lines for any other console, and silence for none."""
    if console is None:
        return Silence()
    tally = Tally(plan)
    return Bars(tally, console) if console.is_terminal else Lines(tally, console)
