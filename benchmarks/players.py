"""Who is timed: a plain loop, or emcomm's runs; each in a process of its own.

A process of its own keeps what one player sets for the whole process (how freed memory is reused, threads, warm caches)
from the others, and lets memory be measured from a clean start. Only one player plays at a time; the others wait for a
message and use no processor.
"""

from __future__ import annotations

import multiprocessing
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Protocol

from benchmarks.machine import forget_peak, peak_memory
from benchmarks.settings import Arm, Setting
from emcomm.errors import EmcommError
from emcomm.studies.plan import stack_runs
from emcomm.training import Trainer

__all__ = ["Player", "Seat", "Spell", "StackedRuns", "play"]

TINY = Setting("tiny", values=(2, 3), hidden=5, batch_size=7, length=2, symbols=11)


class Player(Protocol):
    """Anything that trains step by step."""

    @property
    def games(self) -> int:
        """Games played so far, over all runs."""

    def advance(self) -> None:
        """Play one training step in every run."""


@dataclass(frozen=True)
class Spell:
    """A stretch of uninterrupted training.

    Attributes:
        games: games played, over all runs.
        seconds: how long that took.
        memory: largest resident set of the player so far, beyond what importing everything takes, in bytes.
    """

    games: int
    seconds: float
    memory: int = 0

    @property
    def speed(self) -> float:
        """Games per second."""
        return self.games / self.seconds


class StackedRuns:
    """emcomm's runs in stacks of at most `largest`, as a study divides them; a step is one step of each stack."""

    def __init__(self, setting: Setting, arm: Arm, largest: int) -> None:
        self.trainers = [Trainer(stack.runs) for stack in stack_runs(setting.runs(arm), largest)]

    @property
    def games(self) -> int:
        """Games played so far, over all runs."""
        return sum(trainer.games for trainer in self.trainers)

    def advance(self) -> None:
        """Play one training step in every run."""
        for trainer in self.trainers:
            trainer.advance()


def play(player: Player, seconds: float) -> Spell:
    """Let a player train for at least `seconds`, in whole steps and at least one of them."""
    before, start = player.games, time.perf_counter()
    while True:
        player.advance()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return Spell(player.games - before, elapsed)


class Seat:
    """A process with one player in it; use it as a context manager.

    Args:
        setting: what is played.
        arm: emcomm's number of runs and precision; None seats the plain loop.
        largest: most runs in a stack.
    """

    def __init__(self, setting: Setting, arm: Arm | None, largest: int = 1) -> None:
        self.setting, self.arm, self.largest = setting, arm, largest

    def __enter__(self) -> Seat:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        who = (self.setting, self.arm, self.largest)
        self._process = context.Process(target=_serve, args=(*who, theirs), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.close()
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def play(self, seconds: float) -> Spell:
        """Let the player train for at least `seconds`; the first time it is built before.

        Raises:
            EmcommError: the player failed, or its process was killed, most likely for its memory.
        """
        try:
            self._ours.send(seconds)
            answer = self._ours.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            who = "the plain loop" if self.arm is None else f"emcomm with {self.arm.runs} runs"
            raise EmcommError(f"{who} was killed in the {self.setting.name} setting: memory may be short") from None
        if isinstance(answer, Spell):
            return answer
        raise EmcommError(f"a player failed:\n{answer}")


def _serve(setting: Setting, arm: Arm | None, largest: int, theirs: Connection) -> None:
    """Play whenever asked to, until the other side hangs up."""
    play(_seated(TINY, arm and Arm(2, arm.matmul), 2), 0.0)  # what libraries set up once is not the player's memory
    forget_peak()
    start = peak_memory()
    player: Player | None = None
    while True:
        try:
            seconds = theirs.recv()
        except (EOFError, ConnectionResetError, KeyboardInterrupt):
            return
        try:
            player = player or _seated(setting, arm, largest)
            spell = play(player, seconds)
            theirs.send(Spell(spell.games, spell.seconds, max(0, peak_memory() - start)))
        except KeyboardInterrupt:
            return
        except Exception:
            theirs.send(traceback.format_exc())
            return


def _seated(setting: Setting, arm: Arm | None, largest: int) -> Player:
    return setting.plain() if arm is None else StackedRuns(setting, arm, largest)
