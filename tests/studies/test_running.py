"""A study runs from its plan to its verdicts, goes on where it was stopped, and refuses what it cannot do."""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from emcomm.errors import BadInput, StorageError
from emcomm.studies import running, stack_work
from emcomm.studies.collecting import collect
from emcomm.studies.condition import Condition
from emcomm.studies.files import FolderLock
from emcomm.studies.folder import StudyFolder
from emcomm.studies.pattern import Pattern
from emcomm.studies.results import Results
from emcomm.studies.running import adjusted
from emcomm.training import Trainer

run_study = partial(running.run_study, workers=1)  # in this process, where tests can reach into it


class Killed(BaseException):
    """Stands for the end of the process."""


def frames(results):
    """All tables, without the one column that says how long it took, in an order of their own."""
    tables = {name: getattr(results, name) for name in ("runs", "metrics", "languages", "verdicts")}
    tables["runs"] = tables["runs"].drop(columns="seconds")
    return {
        name: table.sort_values(list(table.columns[:4]), kind="stable").reset_index(drop=True)
        for name, table in tables.items()
    }


def assert_same(results, expected):
    found, wanted = frames(results), frames(expected)
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)


def agents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).glob("agents/*/*"))}


def test_a_study_leaves_its_tables(tiny, tmp_path):
    results = run_study(tiny(), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("study.json", "runs.parquet", "metrics.parquet", "languages.parquet", "verdicts.csv"),
        *("agents", "parts", ".lock"),
    }
    runs = results.runs
    assert list(runs.columns) == ["run", "condition", "seed", "status", "steps", "stack", "seconds", "games", "note"]
    assert runs["run"].tolist() == ["off/0", "off/1", "teaching/0", "teaching/1", "effort/0", "effort/1"]
    assert set(runs["status"]) == {"done"}
    assert set(runs["steps"]) == {23}
    assert set(runs["games"]) == {23 * 11}
    assert (runs["seconds"] > 0).all()
    # Evaluated at 0, 5, 10, 15, 20 and at the end, 23; languages at every tenth step and at the end.
    accuracy = results.metrics[results.metrics["metric"] == "accuracy"]
    assert accuracy.groupby("run")["step"].apply(list).tolist() == [[0, 5, 10, 15, 20, 23]] * 6
    assert sorted(results.languages["step"].unique()) == [0, 10, 20, 23]
    assert len(results.languages) == 6 * 4 * 15
    measured = results.metrics[results.metrics["metric"] == "distinct_messages"]
    assert sorted(measured["step"].unique()) == [0, 10, 20, 23]
    assert results.verdicts["pressure"].tolist() == ["teaching", "effort"]
    assert set(results.verdicts["verdict"]) == {"inconclusive"}  # two seeds settle nothing


def test_recorded_metrics_are_those_of_the_recorded_languages(tiny, tmp_path):
    results = run_study(tiny(), tmp_path)
    values = results.metrics.set_index(["run", "step", "metric"])["value"]
    for run in ("off/1", "teaching/0"):
        for step in (0, 10, 20, 23):
            messages = results.languages.query("run == @run and step == @step")["message"]
            assert values[run, step, "distinct_messages"] == messages.nunique()


def test_running_twice_gives_the_same_and_other_seeds_give_others(tiny, tmp_path):
    first, second = run_study(tiny(), tmp_path / "a"), run_study(tiny(), tmp_path / "b")
    assert_same(second, first)
    assert agents(tmp_path / "a") == agents(tmp_path / "b")
    values = first.metrics[(first.metrics["metric"] == "listener_loss") & (first.metrics["step"] == 23)].set_index(
        "run"
    )["value"]
    assert values["off/0"] != values["off/1"]


def test_running_again_trains_nothing_and_changes_nothing(tiny, tmp_path, monkeypatch):
    run_study(tiny(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(stack_work, "Trainer", None)
    monkeypatch.setattr(stack_work, "load_checkpoint", None)
    run_study(tiny(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def kill_at(monkeypatch, at):
    """End the process at the `at`-th moment at which a file takes its place; return how often that has happened."""
    count, put = 0, os.replace

    def replace(*arguments):
        nonlocal count
        count += 1
        if count == at:
            raise Killed
        put(*arguments)

    monkeypatch.setattr(os, "replace", replace)
    return lambda: count


def test_a_study_killed_at_any_write_goes_on_to_the_same_results(tiny, tmp_path, monkeypatch, group, quick_probe):
    study = tiny(pressures={"group": group}, probes=[quick_probe], seeds=1, base={"steps": 6})
    whole = run_study(study, tmp_path / "whole", checkpoint_every=0.0)
    at = 0
    while True:
        at += 1
        folder = tmp_path / str(at)
        with monkeypatch.context() as patch:
            count = kill_at(patch, at)
            try:
                run_study(study, folder, checkpoint_every=0.0)
            except Killed:
                pass
            else:
                assert at > count()
                break
        if StudyFolder(folder).exists():
            partial = Results(folder)
            assert not partial.finished
            assert len(partial.runs) == 2
            assert partial.metrics.duplicated(["run", "step", "metric"]).sum() == 0
        assert_same(run_study(study, folder, checkpoint_every=0.0), whole)
        assert agents(folder) == agents(tmp_path / "whole")
    assert at > 20


def test_a_study_killed_again_and_again_still_ends_the_same(tiny, tmp_path, monkeypatch):
    whole = run_study(tiny(), tmp_path / "whole")
    killed = 0
    while True:
        with monkeypatch.context() as patch:
            kill_at(patch, 5 + killed)
            try:
                results = run_study(tiny(), tmp_path / "killed", checkpoint_every=0.0)
            except Killed:
                killed += 1
                continue
        break
    assert killed > 3
    assert_same(results, whole)


def test_an_unfinished_study_can_be_looked_at(tiny, tmp_path, monkeypatch, group):
    study, begun = tiny(pressures={"group": group}), []

    def trainer(runs, **options):
        begun.append(runs)
        if len(begun) == 2:
            raise Killed
        return Trainer(runs, **options)

    with monkeypatch.context() as patch:
        patch.setattr(stack_work, "Trainer", trainer)
        with pytest.raises(Killed):
            run_study(study, tmp_path)
    results = Results.open(tmp_path)
    # The community's stack plays twice as many games, so it was trained first.
    assert results.runs["status"].tolist() == ["pending", "pending", "done", "done"]
    assert set(results.languages["run"]) == {"group/0", "group/1"}
    assert results.verdicts["verdict"].tolist() == ["inconclusive"]
    assert "runs: 2 pending, 2 done" in repr(results)


def test_a_failed_run_is_recorded_and_the_others_go_on(tiny, tmp_path):
    # One learning rate is far too large: that condition's runs stop being numbers, the other's do not.
    conditions = {
        "off": Condition(),
        "wild": Condition(pressures=("effort",), settings={"listener_learning_rate": 1e38}),
    }
    patterns = [Pattern("short", metric="distinct_messages", direction="up")]
    results = run_study(tiny(design="explicit", conditions=conditions, patterns=patterns), tmp_path)
    runs: Any = results.runs.set_index("run")
    assert runs.loc["off/0", "status"] == runs.loc["off/1", "status"] == "done"
    assert runs.loc["wild/0", "status"] == runs.loc["wild/1", "status"] == "failed"
    assert 0 < runs.loc["wild/0", "steps"] < 23
    assert "not a finite number" in runs.loc["wild/0", "note"]
    assert results.verdicts["verdict"].tolist() == ["inconclusive"]
    assert {path.parent.name for path in tmp_path.glob("agents/*/*")} == {"off"}
    with pytest.raises(BadInput, match="'wild/0' has no trained agents"):
        results.agent("speaker", "wild/0")


def test_a_run_that_meets_its_rule_stops(tiny, tmp_path):
    results = run_study(tiny(base={"stop_accuracy": 0.01}), tmp_path)
    assert set(results.runs["status"]) == {"stopped"}
    assert set(results.runs["steps"]) == {0}
    assert set(results.languages["step"]) == {0}


def test_probes_measure_the_last_languages(tiny, tmp_path, quick_probe):
    results = run_study(tiny(probes=[quick_probe]), tmp_path)
    rows = results.metrics[results.metrics["metric"] == "ease_of_teaching"]
    assert rows["run"].tolist() == [run.name for run in tiny().expand()]
    assert set(rows["step"]) == {23}
    assert rows["value"].between(0, 1).all()
    assert results.description["definitions"]["ease_of_teaching"][2] == "0 to 1"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"executor": "lokal"}, "unknown executor 'lokal'; known: local, ray. Did you mean 'local'"),
        ({"device": "gpu"}, "unknown device 'gpu'"),
        ({"device": "meta"}, "device 'meta' is not supported"),
        ({"workers": 0}, "workers must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(tiny, tmp_path, options, sentence):
    with pytest.raises(BadInput, match=sentence):
        run_study(tiny(), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_results_can_be_kept_from_being_gone_on_with(tiny, tmp_path):
    run_study(tiny(), tmp_path)
    with pytest.raises(BadInput, match="already holds results"):
        run_study(tiny(), tmp_path, resume=False)


def test_a_folder_that_is_being_written_is_refused(tiny, tmp_path):
    with FolderLock(tmp_path), pytest.raises(StorageError, match="is being written by process"):
        run_study(tiny(), tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be made a folder"):
        run_study(tiny(), tmp_path / "file" / "out")


def test_a_full_disk_loses_nothing(tiny, tmp_path, monkeypatch):
    whole = run_study(tiny(), tmp_path / "whole")
    put, count = os.replace, 0

    def replace(*arguments):
        nonlocal count
        count += 1
        if count > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(StorageError, match="No space left on device"):
            run_study(tiny(), tmp_path / "full", checkpoint_every=0.0)
    partial = Results(tmp_path / "full")
    assert len(partial.metrics) > 0
    assert_same(run_study(tiny(), tmp_path / "full", checkpoint_every=0.0), whole)


def test_tables_are_written_again_where_they_are_missing(tiny, tmp_path):
    whole = frames(run_study(tiny(), tmp_path))
    (tmp_path / "runs.parquet").unlink()
    (tmp_path / "metrics.parquet").unlink()
    again = Results(tmp_path)
    assert not again.finished
    for name, table in frames(again).items():
        pd.testing.assert_frame_equal(table, whole[name], check_exact=True)
    collect(StudyFolder(tmp_path))
    assert Results(tmp_path).finished


def test_seeds_and_steps_are_adjusted(tiny):
    study = adjusted(tiny(), seeds=5, steps=7)
    assert (study.seeds, study.base.steps) == (5, 7)
    assert adjusted(tiny(), seeds=[2, 3]).seed_list == (2, 3)
    assert adjusted(tiny()) == tiny()


def test_a_stack_can_be_looked_at_from_outside(tiny, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        kill_at(patch, 6)  # the study's description, then a checkpoint, two tables and a state, then a checkpoint
        with pytest.raises(Killed):
            run_study(tiny(), tmp_path, checkpoint_every=0.0)
    task = stack_work.StackTask(tmp_path, "000")
    seen = stack_work.look(task)
    assert (seen.step, seen.active, seen.games, seen.finished) == (0, 6, 0, False)
    run_study(tiny(), tmp_path)
    seen = stack_work.look(task)
    assert (seen.step, seen.active, seen.games, seen.finished) == (23, 0, 6 * 23 * 11, True)
