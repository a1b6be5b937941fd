"""A commit counts as a whole or not at all, wherever it is interrupted."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from emcomm.errors import StorageError
from emcomm.studies import part as module
from emcomm.studies.part import Part, RunState
from emcomm.studies.tables import METRIC_SCHEMA, metric_table, read_tables

RUNS = ("off/0", "on/0")


class Killed(BaseException):
    """Stands for the end of the process."""


def rows(*steps):
    return {"metrics": metric_table([("off/0", step, "accuracy", step / 7) for step in steps]), "languages": None}


def saver(text):
    return lambda path: Path(path).write_text(text) and None


def commit(part, step, text="checkpoint", finished=False):
    runs = {name: replace(state, status="running", steps=step) for name, state in part.state.runs.items()}
    part.commit(runs, rows(step), None if finished else saver(text), finished=finished)


def seen(folder):
    """Everything that counts in a part's folder, as another process would find it."""
    part = Part(folder, RUNS)
    steps = read_tables(part.files("metrics"), METRIC_SCHEMA)["step"].tolist()
    checkpoint = part.checkpoint.read_text() if part.checkpoint else None
    return part.state.generation, part.state.runs["off/0"].steps, steps, checkpoint, part.state.finished


def test_a_new_part_has_nothing(tmp_path):
    part = Part(tmp_path / "000", RUNS)
    assert part.state.runs == {"off/0": RunState(), "on/0": RunState()}
    assert part.checkpoint is None
    assert part.files("metrics") == []


def test_commits_add_up(tmp_path):
    part = Part(tmp_path, RUNS)
    commit(part, 3, "a")
    assert seen(tmp_path) == (1, 3, [3], "a", False)
    commit(part, 5, "b")
    assert seen(tmp_path) == (2, 5, [3, 5], "b", False)
    commit(part, 7, finished=True)
    assert seen(tmp_path) == (3, 7, [3, 5, 7], None, True)
    assert {path.name for path in tmp_path.iterdir()} == {
        "state.json",
        "metrics-000001.parquet",
        "metrics-000002.parquet",
        "metrics-000003.parquet",
    }


def test_a_commit_without_rows_keeps_those_there_are(tmp_path):
    part = Part(tmp_path, RUNS)
    commit(part, 3)
    part.commit(part.state.runs, {"metrics": None, "languages": metric_table([])}, saver("b"))
    assert seen(tmp_path) == (2, 3, [3], "b", False)


def test_many_commits_are_joined_into_few_files(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILES", 3)
    part = Part(tmp_path, RUNS)
    for step in range(11):
        commit(part, step)
        assert len(list(tmp_path.glob("metrics-*"))) <= 3
        assert seen(tmp_path)[2] == list(range(step + 1))


def interruptions(monkeypatch, at):
    """Interrupt the process at one of the moments at which it asks the system for something; count the moments."""
    count = 0

    def interrupting(function):
        def interrupted(*arguments, **options):
            nonlocal count
            count += 1
            if count == at:
                raise Killed
            return function(*arguments, **options)

        return interrupted

    for owner, name in ((os, "replace"), (os, "fsync"), (os, "open"), (pq, "write_table"), (Path, "unlink")):
        monkeypatch.setattr(owner, name, interrupting(getattr(owner, name)))
    return lambda: count


@pytest.mark.parametrize("at", range(1, 40))
def test_an_interrupted_commit_counts_as_a_whole_or_not_at_all(tmp_path, monkeypatch, at):
    monkeypatch.setattr(module, "MOST_FILES", 2)
    part = Part(tmp_path, RUNS)
    for step in (2, 3):
        commit(part, step, f"checkpoint of {step}")
    before = seen(tmp_path)
    with monkeypatch.context() as patch:
        count = interruptions(patch, at)
        try:
            commit(part, 5, "checkpoint of 5")
        except Killed:
            pass
        else:
            assert at > count() > 10
    assert before == (2, 3, [2, 3], "checkpoint of 3", False)
    assert seen(tmp_path) in (before, (3, 5, [2, 3, 5], "checkpoint of 5", False))
    again = Part(tmp_path, RUNS)
    again.tidy()
    assert {path.name for path in tmp_path.iterdir()} == again.state.names()
    commit(again, 7, "checkpoint of 7")
    assert seen(tmp_path)[2][-1] == 7
    assert seen(tmp_path)[3] == "checkpoint of 7"


@pytest.mark.parametrize("refusing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_commit_and_no_litter(tmp_path, monkeypatch, refusing):
    part = Part(tmp_path, RUNS)
    commit(part, 3, "a")
    before = seen(tmp_path)

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, refusing, refuse)
        with pytest.raises(StorageError, match="No space left on device; what was stored before is untouched"):
            commit(part, 5, "b")
    assert seen(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == part.state.names()
    commit(part, 5, "b")
    assert seen(tmp_path) == (2, 5, [3, 5], "b", False)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"runs": {"off/0": {"x": 1}}, "metrics": [], "languages": []}'])
def test_a_state_that_cannot_be_read_is_one_line(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(StorageError, match=r"state\.json") as caught:
        Part(tmp_path, RUNS)
    assert "\n" not in str(caught.value)
