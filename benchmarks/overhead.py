"""What a study adds to training alone: ``python -m benchmarks.overhead``.

The same runs are trained twice in turn: by nothing but `Trainer.advance`, and as a study with its default rhythm of
evaluation and recording, every metric, checkpoints, statistics and verdicts. The report and its figures come on top;
they take a few seconds whatever the length of the study, and are timed apart.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.options import count, introduce, quiet
from benchmarks.settings import SETTINGS, Setting
from emcomm import Pattern, Study
from emcomm.errors import EmcommError
from emcomm.pressures import ChannelNoise, ListenerReset
from emcomm.studies.plan import make_plan
from emcomm.training import Trainer

__all__ = ["MOST", "Times", "main", "measure", "options", "small_study", "table", "train_alone"]

MOST = 0.25
"""The share of training alone that a study may take beyond it."""


@dataclass(frozen=True)
class Times:
    """Seconds that one round took.

    Attributes:
        training: training alone.
        study: the study, without its report.
        report: the report and its figures.
    """

    training: float
    study: float
    report: float

    @property
    def share(self) -> float:
        """What the study adds, as a share of training alone."""
        return self.study / self.training - 1


def small_study(setting: Setting, *, steps: int, seeds: int) -> Study:
    """Build a study of a baseline and two pressures, whose runs share a stack, with two patterns."""
    return Study(
        name="overhead",
        base=setting.setup().model_copy(update={"steps": steps}),
        pressures={"teaching": ListenerReset(every=max(1, steps // 5)), "noise": ChannelNoise(strength=0.1)},
        patterns=[
            Pattern("compositional", metric="topographic_similarity", direction="up"),
            Pattern("rich", metric="message_entropy", direction="up"),
        ],
        seeds=seeds,
    )


def train_alone(study: Study) -> float:
    """Train the runs of a study, and nothing else; return the seconds that training steps took."""
    spent = 0.0
    for stack in make_plan(study).stacks:
        trainer = Trainer(stack.runs)
        start = time.perf_counter()
        while trainer.step < trainer.setup.steps:
            trainer.advance()
        spent += time.perf_counter() - start
    return spent


def measure(study: Study, rounds: int, tell: Callable[[str], None] = quiet) -> list[Times]:
    """Train alone and run the study in turn, `rounds` times, after a short study that does not count.

    Raises:
        EmcommError: the study failed.
    """
    tell("warming up")
    with TemporaryDirectory() as folder:
        study.run(Path(folder) / "study", steps=20)
    times = []
    for turn in range(rounds):
        tell(f"round {turn + 1} of {rounds}: training alone")
        training = train_alone(study)
        tell(f"round {turn + 1} of {rounds}: study")
        times.append(Times(training, *_run(study)))
    return times


def _run(study: Study) -> tuple[float, float]:
    """Run a study in a folder that is thrown away; return the seconds of the study and of its report."""
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        study.run(Path(folder) / "study", report=False)
        ran = time.perf_counter()
        study.run(Path(folder) / "study", report=True)  # there is nothing left to train
        return ran - start, time.perf_counter() - ran


def table(times: Sequence[Times]) -> Table:
    """Lay out the rounds, and their medians."""
    made = Table(box=SIMPLE_HEAD)
    made.add_column("round")
    for heading in ("training alone", "study", "study adds", "report and figures"):
        made.add_column(heading, justify="right")
    for turn, each in enumerate(times, start=1):
        seconds = (f"{value:.1f} s" for value in (each.training, each.study))
        made.add_row(str(turn), *seconds, f"{each.share:+.0%}", f"{each.report:.1f} s")
    return made


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a wrong one ends the process with status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description="What a study adds to training.")
    parser.add_argument("--setting", choices=SETTINGS, default="small", help="what to play [small]")
    parser.add_argument("--steps", type=count, default=2000, metavar="N", help="training steps [2000]")
    parser.add_argument("--seeds", type=count, default=5, metavar="N", help="seeds of each of three conditions [5]")
    parser.add_argument("--rounds", type=count, default=3, metavar="N", help="how often both are timed [3]")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print the table; return the exit status."""
    chosen = options(argv)
    console, setting = introduce(), SETTINGS[chosen.setting]
    try:
        study = small_study(setting, steps=chosen.steps, seeds=chosen.seeds)
        with console.status("") as status:
            times = measure(study, chosen.rounds, status.update)
    except (EmcommError, OSError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    console.print(f"{setting.title}; {3 * chosen.seeds} runs, {chosen.steps} steps", highlight=False)
    console.print(table(times))
    share = statistics.median(each.share for each in times)
    words = "reached" if share <= MOST else "not reached"
    console.print(
        f"The study adds {share:.0%} to training alone (median); at most {MOST:.0%}: {words}.", highlight=False
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
