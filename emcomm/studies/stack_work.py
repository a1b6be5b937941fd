"""Training one stack from wherever it was left to its end: the unit of work that executors hand out.

`run_stack` needs nothing but the results folder and the stack's number, writes only the stack's own part of that folder
and its runs' agents, and can be killed at any moment and called again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors

from emcomm.studies.claiming import stored_plan
from emcomm.studies.files import FolderLock, atomic, make_folder
from emcomm.studies.folder import StudyFolder
from emcomm.studies.part import Part, RunState
from emcomm.studies.probing import probe
from emcomm.studies.recorder import Recorder
from emcomm.studies.scripts import load_plugins
from emcomm.studies.study import Study
from emcomm.training import Finished, Observed, Run, Trainer, load_checkpoint, save_checkpoint, train

__all__ = ["Report", "StackProgress", "StackTask", "look", "run_stack"]

QUICKLY = 15


@dataclass(frozen=True)
class StackTask:
    """What to train and where to put it; can be pickled.

    Attributes:
        folder: the results folder.
        stack: the stack's name.
        device: where to train.
        threads: threads of matrix products; None leaves them as they are.
        script: the script that defines the study's own plug-ins, if there is one.
        checkpoint_every: most seconds between checkpoints; a recorded language is followed by one as well, unless the
            last is only a `QUICKLY`-th of that old.
    """

    folder: Path
    stack: str
    device: str = "cpu"
    threads: int | None = None
    script: Path | None = None
    checkpoint_every: float = 30.0


@dataclass(frozen=True)
class StackProgress:
    """How far a stack is.

    Attributes:
        stack: its name.
        step: steps trained, of the runs that are still at it.
        steps: steps to train at most.
        runs: how many runs it began with.
        active: how many are still training; when none is, fresh learners may still be at work on their languages.
        games: games played over all its runs since it was first begun.
        seconds: time spent since it was first begun.
        failed: how many runs have failed.
        finished: whether it has nothing left to do.
    """

    stack: str
    step: int
    steps: int
    runs: int
    active: int
    games: int
    seconds: float
    failed: int = 0
    finished: bool = False


Report = Callable[[StackProgress], None]


def run_stack(task: StackTask, report: Report) -> None:
    """Train a stack to its end, going on from its last commit, and record everything.

    Args:
        task: what and where.
        report: told how far it is, at every event of training and at the end.

    Raises:
        StorageError: the folder would not take something, or another process works on this stack.
    """
    if task.threads is not None:
        torch.set_num_threads(task.threads)
    load_plugins(task.script)
    folder = StudyFolder(task.folder)
    plan = stored_plan(folder)
    stack = next(stack for stack in plan.stacks if stack.name == task.stack)
    make_folder(folder.part(stack.name))
    with FolderLock(folder.part(stack.name)):
        part = Part(folder.part(stack.name), [run.name for run in stack.runs])
        part.tidy()
        work = _StackWork(task, folder, part, list(stack.runs), plan.study, report)
        if not part.state.finished:
            work.train()
            work.finish()
        report(work.progress())


class _StackWork:
    """A stack while it is being trained: its runs' states, its recorder, its clock."""

    def __init__(
        self, task: StackTask, folder: StudyFolder, part: Part, runs: list[Run], study: Study, report: Report
    ) -> None:
        self.task, self.folder, self.part, self.runs, self.study, self.report = task, folder, part, runs, study, report
        self.states = dict(part.state.runs)
        self.recorder = Recorder(study.recorded, {name: state.observed for name, state in self.states.items()})
        self.counted = 0  # games of the trainer that are already in the states
        self.clock = self.committed = time.perf_counter()

    def train(self) -> None:
        """Train until every run has ended."""
        if all(state.ended for state in self.states.values()):
            return
        trainer = self._trainer()
        self.counted = trainer.games
        for event in train(trainer):
            recorded = self._take(event) if isinstance(event, Observed) else False
            self._count(trainer)
            if isinstance(event, Observed):
                self._end(event.finished)
            self.report(self.progress())
            since = time.perf_counter() - self.committed
            if since >= self.task.checkpoint_every / (QUICKLY if recorded else 1):
                self.commit(trainer)

    def _trainer(self) -> Trainer:
        if self.part.checkpoint is not None:
            return load_checkpoint(self.part.checkpoint, self.runs, self.task.device)
        return Trainer(self.runs, device=self.task.device)

    def _take(self, event: Observed) -> bool:
        ended = {finished.run.name for finished in event.finished}
        taken = [self.recorder.take(seen, last=seen.run.name in ended) for seen in event.observations]
        return any(taken)

    def _count(self, trainer: Trainer) -> None:
        """Share out, among the runs that were training, the games and seconds since the last time."""
        now = time.perf_counter()
        active = [name for name, state in self.states.items() if not state.ended]
        games, seconds = trainer.games - self.counted, now - self.clock
        self.counted, self.clock = trainer.games, now
        for name in active:
            state = self.states[name]
            self.states[name] = replace(
                state,
                status="running",
                steps=trainer.step,
                observed=self.recorder.observed[name],
                seconds=state.seconds + seconds / len(active),
                games=state.games + games // len(active),
            )

    def _end(self, finished: list[Finished]) -> None:
        for end in finished:
            state = self.states[end.run.name]
            if state.ended:
                continue
            self.states[end.run.name] = replace(state, status=end.status, steps=end.step, note=end.note)
            if end.status != "failed":
                self._save_agents(end)

    def _save_agents(self, end: Finished) -> None:
        tensors: dict[str, Any] = end.weights
        path = self.folder.agent_file(end.run.name)
        make_folder(path.parent)
        weights: dict[str, Any] = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        facts = json.dumps({"run": end.run.name, "step": end.step})
        content = safetensors.save(weights, metadata={"emcomm": facts})
        with atomic(path) as beside:
            beside.write_bytes(content)

    def commit(self, trainer: Trainer | None, *, finished: bool = False) -> None:
        """Store everything up to now."""

        def save(path: Path) -> None:
            assert trainer is not None, "a stack is left to go on with only while it trains"
            save_checkpoint(path, trainer)

        going_on = trainer is not None and not all(state.ended for state in self.states.values())
        self.part.commit(self.states, self.recorder.drain(), save if going_on else None, finished=finished)
        self.committed = time.perf_counter()

    def finish(self) -> None:
        """Put the final languages to the probes, and close the part."""
        if self.study.probes:
            self.commit(None)
            for name, step, values in probe(self.study.probes, self.part, self.runs, self.study.base, self.task.device):
                self.recorder.add(name, step, values)
            self._count_probing()
        self.commit(None, finished=True)

    def _count_probing(self) -> None:
        now = time.perf_counter()
        for name, state in self.states.items():
            self.states[name] = replace(state, seconds=state.seconds + (now - self.clock) / len(self.states))
        self.clock = now

    def progress(self) -> StackProgress:
        """Return how far the stack is."""
        return _progress(self.task.stack, self.runs, self.states, self.part.state.finished)


def look(task: StackTask) -> StackProgress:
    """Return how far a stack was at its last commit, whoever is training it."""
    folder = StudyFolder(task.folder)
    stack = next(stack for stack in stored_plan(folder).stacks if stack.name == task.stack)
    state = Part(folder.part(stack.name), [run.name for run in stack.runs]).state
    return _progress(stack.name, stack.runs, state.runs, state.finished)


def _progress(stack: str, runs: Sequence[Run], known: Mapping[str, RunState], finished: bool) -> StackProgress:
    states = list(known.values())
    active = [state for state in states if not state.ended]
    return StackProgress(
        stack=stack,
        step=max(state.steps for state in active or states),
        steps=max(run.setup.steps for run in runs),
        runs=len(states),
        active=len(active),
        games=sum(state.games for state in states),
        seconds=sum(state.seconds for state in states),
        failed=sum(state.status == "failed" for state in states),
        finished=finished,
    )
