"""`Part`: what one stack has recorded so far and the checkpoint it goes on from, always of the same moment.

A commit writes new rows and a new checkpoint under new, numbered names and then replaces ``state.json``, which names
the files that count. Whenever the process is killed, ``state.json`` names a checkpoint together with exactly the rows
that were recorded before it; whatever else lies about is swept away when the part is opened again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from emcomm.errors import StorageError
from emcomm.studies.files import make_folder, read_json, storing, sweep, write_json
from emcomm.studies.tables import join_tables, write_table

__all__ = ["ENDED", "Part", "PartState", "RunState"]

ENDED = ("done", "stopped", "failed")
STATE = "state.json"
MOST_FILES = 24  # rows of more commits than this are joined into one file


@dataclass(frozen=True)
class RunState:
    """Where a run is.

    Attributes:
        status: pending, running, done, stopped (met its stopping rule) or failed.
        steps: steps trained.
        observed: the last step that was recorded; -1 before the first.
        seconds: its share of the time its stack took.
        games: games played.
        note: why it failed, if it did.
    """

    status: str = "pending"
    steps: int = 0
    observed: int = -1
    seconds: float = 0.0
    games: int = 0
    note: str = ""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to train."""
        return self.status in ENDED


@dataclass(frozen=True)
class PartState:
    """The content of ``state.json``.

    Attributes:
        generation: number of commits so far.
        finished: whether the stack has nothing left to do.
        checkpoint: file to go on from; None before the first one and when all runs have ended.
        metrics: files with rows of metrics, in order.
        languages: files with rows of languages, in order.
        runs: name of a run -> where it is.
    """

    generation: int = 0
    finished: bool = False
    checkpoint: str | None = None
    metrics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    runs: Mapping[str, RunState] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Return the names of all files that count."""
        return {STATE, *self.metrics, *self.languages, *([self.checkpoint] if self.checkpoint else [])}


class Part:
    """The folder of one stack.

    Args:
        folder: where it is or will be.
        runs: names of the stack's runs.

    Raises:
        StorageError: its state cannot be read.
    """

    def __init__(self, folder: Path, runs: Iterable[str]) -> None:
        self.folder = folder
        self.state = PartState(runs={name: RunState() for name in runs})
        if (folder / STATE).exists():
            self.state = _read(folder / STATE)

    @property
    def checkpoint(self) -> Path | None:
        """The checkpoint to go on from, if there is one."""
        return self.folder / self.state.checkpoint if self.state.checkpoint else None

    def files(self, kind: str) -> list[Path]:
        """Return the files with rows of ``"metrics"`` or ``"languages"``, in order."""
        return [self.folder / name for name in getattr(self.state, kind)]

    def tidy(self) -> None:
        """Make the folder, and delete what an interrupted commit left in it."""
        make_folder(self.folder)
        keep = self.state.names()
        sweep(self.folder, keep.__contains__)

    def commit(
        self,
        runs: Mapping[str, RunState],
        tables: Mapping[str, pa.Table | None],
        save: Callable[[Path], None] | None,
        *,
        finished: bool = False,
    ) -> None:
        """Store what is new since the last commit; either all of it counts afterwards or none.

        Args:
            runs: where every run is now.
            tables: new rows under ``"metrics"`` and ``"languages"``; None or no rows: nothing new.
            save: writes a checkpoint to the path it is given; None: there is nothing to go on from any more.
            finished: whether the stack has nothing left to do.

        Raises:
            StorageError: something could not be written; the last commit is untouched.
        """
        generation = self.state.generation + 1
        try:
            checkpoint = self._save(f"checkpoint-{generation:06d}.safetensors", save)
            written = {kind: self._add(kind, generation, table) for kind, table in tables.items()}
            state = replace(
                self.state, generation=generation, finished=finished, checkpoint=checkpoint, runs=dict(runs), **written
            )
            write_json(self.folder / STATE, asdict(state))
        except StorageError:
            with contextlib.suppress(StorageError):
                self.tidy()
            raise
        self.state = state
        self.tidy()

    def _save(self, name: str, save: Callable[[Path], None] | None) -> str | None:
        if save is None:
            return None
        with storing(self.folder / name):
            save(self.folder / name)
            handle = os.open(self.folder / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return name

    def _add(self, kind: str, generation: int, table: pa.Table | None) -> tuple[str, ...]:
        names: tuple[str, ...] = getattr(self.state, kind)
        if table is None or table.num_rows == 0:
            return names
        name = f"{kind}-{generation:06d}.parquet"
        write_table(self.folder / name, table)
        if len(names) < MOST_FILES:
            return (*names, name)
        joined = f"{kind}-{generation:06d}-joined.parquet"
        join_tables(self.folder / joined, [*self.files(kind), self.folder / name], table.schema)
        return (joined,)


def _read(path: Path) -> PartState:
    data: dict[str, Any] = read_json(path)
    try:
        runs = {name: RunState(**state) for name, state in data.pop("runs").items()}
        lists: dict[str, Any] = {kind: tuple(data.pop(kind)) for kind in ("metrics", "languages")}
        return PartState(runs=runs, **lists, **data)
    except (AttributeError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path} is not the state of a stack that this version of emcomm can read ({error})"
        ) from error
