"""Running a study from its plan to its verdicts, in a folder that may hold part of it already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from emcomm.errors import BadInput, unknown
from emcomm.studies.claiming import claim
from emcomm.studies.collecting import collect, parts_of
from emcomm.studies.executors import EXECUTORS, processors
from emcomm.studies.files import FolderLock, make_folder, sweep
from emcomm.studies.folder import StudyFolder
from emcomm.studies.plan import print_plan
from emcomm.studies.progress import board_for
from emcomm.studies.results import Results
from emcomm.studies.stack_work import StackTask
from emcomm.studies.study import Study

__all__ = ["adjusted", "run_study"]


def adjusted(study: Study, *, seeds: int | Sequence[int] | None = None, steps: int | None = None) -> Study:
    """Return the study with other seeds or another number of training steps; None leaves them."""
    changes: dict[str, Any] = {}
    if seeds is not None:
        changes["seeds"] = seeds if isinstance(seeds, int) else list(seeds)
    if steps is not None:
        changes["base.steps"] = steps
    return study.set(changes)


def run_study(
    study: Study,
    out: str | Path,
    *,
    executor: str = "local",
    workers: int | None = 1,
    device: str = "cpu",
    resume: bool = True,
    script: Path | None = None,
    checkpoint_every: float = 30.0,
    console: Console | None = None,
) -> Results:
    """Train what is left to train of a study, record it, and judge its patterns.

    Args:
        study: what to run.
        out: the results folder. What it holds of this study is gone on with.
        executor: ``"local"`` or ``"ray"``.
        workers: how many stacks to train at once on this machine; with Ray, processors for each stack. None: one for
            each processor of this machine, which is faster than sharing every stack out among them; 1 on a GPU.
        device: ``"cpu"`` or ``"cuda"``.
        resume: whether results in the folder may be gone on with; False refuses a folder that holds any.
        script: the script that defines the study's own plug-ins, for other processes that need them.
        checkpoint_every: most seconds between checkpoints; a killed study loses at most what it did since the last.
        console: where plan and progress are shown; None shows nothing.

    Returns:
        the results.

    Raises:
        BadInput: a setting is not allowed, or the folder holds another study.
        StorageError: the folder cannot be written, or another process is writing it.
    """
    _check(executor, workers, device)
    folder = StudyFolder(Path(out).resolve())
    if not resume and folder.exists():
        raise BadInput(f"{out} already holds results of a study; use another folder, or let them be gone on with")
    make_folder(folder.path)
    with FolderLock(folder.path):
        sweep(folder.path)
        plan, notes = claim(folder, study, device)
        if console is not None:
            print_plan(plan, console)
            for note in notes:
                console.print(note, style="yellow", markup=False, highlight=False)
        parts = parts_of(folder, folder.read())
        unfinished = [name for name, part in parts.items() if not part.state.finished]
        games = {stack.name: stack.games for stack in plan.stacks}
        unfinished.sort(key=lambda name: -games[name])  # long stacks first, so that no worker is left alone with one
        task = partial(StackTask, folder.path, device=device, script=script, checkpoint_every=checkpoint_every)
        left = [task(name) for name in unfinished]
        if console is not None and len(left) < len(parts):
            console.print(f"{len(parts) - len(left)} of {len(parts)} stacks are finished already", highlight=False)
        if left:
            with board_for(plan, console) as board:
                EXECUTORS[executor](left, board.update, workers or _workers(executor, device))
        if left or not Results(folder.path).finished:
            collect(folder)
    return Results(out)


def _workers(executor: str, device: str) -> int:
    return processors() if executor == "local" and device == "cpu" else 1


def _check(executor: str, workers: int | None, device: str) -> None:
    if executor not in EXECUTORS:
        raise unknown("executor", executor, EXECUTORS)
    if workers is not None and workers < 1:
        raise BadInput(f"workers must be at least 1, got {workers}")
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise BadInput(f"unknown device {device!r}; known: cpu, cuda, cuda:0, ...") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise BadInput(f"device {device!r} was asked for, but torch finds no CUDA device here; use cpu")
    if kind not in ("cpu", "cuda"):
        raise BadInput(f"device {device!r} is not supported; use cpu or cuda")
