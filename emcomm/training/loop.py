"""The training loop: play, look, let go of runs that are done.

`train` is a generator. Between two of its events the trainer stands at the boundary of a step, so that the caller may
save a checkpoint there; a loop over a loaded trainer goes on as if it had never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from emcomm.training.evaluation import Observation, observe
from emcomm.training.run import Run
from emcomm.training.trainer import Trainer

__all__ = ["Event", "Finished", "Observed", "Progress", "train"]

SECONDS_BETWEEN_REPORTS = 0.5


@dataclass(frozen=True)
class Finished:
    """A run that has left the stack.

    Attributes:
        run: which run.
        step: after how many steps.
        status: ``"done"`` (all steps), ``"stopped"`` (reached its stopping rule) or ``"failed"``.
        note: why it failed, else empty.
        weights: its parameters at that moment, see `Trainer.weights`.
    """

    run: Run
    step: int
    status: Literal["done", "stopped", "failed"]
    note: str
    weights: dict[str, object]


@dataclass(frozen=True)
class Progress:
    """How far a stack is: steps done, games played over all runs, runs still in training."""

    step: int
    games: int
    active_runs: int


@dataclass(frozen=True)
class Observed:
    """The runs of a stack were evaluated, and some may have finished; the finished ones were observed as well."""

    observations: list[Observation]
    finished: list[Finished]


Event = Progress | Observed


def train(trainer: Trainer) -> Iterator[Event]:
    """Train until every run has finished.

    Yields:
        `Observed` at step 0, at every multiple of the evaluation or record interval and at the last step; `Progress`
        about twice a second in between.
    """
    setup = trainer.setup
    if trainer.observed_at < 0:
        yield _look(trainer)
    reported = time.monotonic()
    while trainer.runs and trainer.step < setup.steps:
        trainer.advance()
        if _due(trainer):
            yield _look(trainer)
            reported = time.monotonic()
        elif time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
            yield Progress(trainer.step, trainer.games, len(trainer.runs))
            reported = time.monotonic()


def _due(trainer: Trainer) -> bool:
    setup, step = trainer.setup, trainer.step
    return step % setup.evaluation_interval == 0 or step % setup.record_interval == 0 or step == setup.steps


def _look(trainer: Trainer) -> Observed:
    """Evaluate the stack and let finished runs leave it. A run's last observation is always recorded."""
    setup, step = trainer.setup, trainer.step
    last = step >= setup.steps
    trainer.notice_broken()
    observations = observe(trainer, record=last or step % setup.record_interval == 0)
    finished = []
    seen = []
    for seen_now, broken_at in zip(observations, trainer.broken_at.tolist(), strict=True):
        run, accuracy = seen_now.run, seen_now.values["accuracy"]
        met = setup.stop_accuracy is not None and accuracy >= setup.stop_accuracy
        if broken_at >= 0:
            note = f"loss was not a finite number at step {broken_at}"
            finished.append(Finished(run, broken_at, "failed", note, {}))
            continue
        if last or met:
            status: Literal["done", "stopped"] = "done" if last else "stopped"
            finished.append(Finished(run, step, status, "", dict(trainer.weights(run))))
            seen_now = Observation(run, step, seen_now.messages, seen_now.values, True)
        seen.append(seen_now)
    trainer.leave([each.run.name for each in finished])
    trainer.observed_at = step
    return Observed(seen, finished)
