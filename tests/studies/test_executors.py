"""Whoever trains the stacks, the results are the same."""

from __future__ import annotations

import sys
from functools import partial
from io import StringIO
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from rich.console import Console

from emcomm.errors import BadInput, StorageError
from emcomm.studies.running import run_study


def assert_same(results, expected):
    for name in ("runs", "metrics", "languages", "verdicts"):
        found, wanted = (getattr(each, name).drop(columns="seconds", errors="ignore") for each in (results, expected))
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)


def test_stacks_may_be_trained_in_processes_of_their_own(tiny, tmp_path):
    study = tiny(max_stack=3)
    alone = run_study(study, tmp_path / "alone", workers=1)
    paper = StringIO()
    console = Console(file=paper, width=200)
    together = run_study(study, tmp_path / "together", workers=2, console=console)
    assert together.runs["stack"].nunique() == 2
    assert_same(together, alone)
    assert "100%, 6 of 6 runs ended" in paper.getvalue()


def test_an_error_in_a_process_of_its_own_arrives_as_what_it_is(tiny, tmp_path):
    study = tiny(max_stack=3)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "001").write_text("in the way")
    with pytest.raises(StorageError, match="parts/001 could not be"):
        run_study(study, tmp_path, workers=2)


def test_ray_is_asked_for_by_the_name_of_its_extra(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match=r"executor 'ray' needs the package ray; .*emcomm\[ray\]"):
        run_study(tiny(), tmp_path, executor="ray")


class FakeRay:
    """As much of Ray as is used, in this process: what is asked for is done when it is waited for."""

    def __init__(self):
        self.begun, self.left, self.cancelled = False, {}, []

    def is_initialized(self):
        return self.begun

    def init(self, **_):
        self.begun = True

    def remote(self, **resources):
        assert resources == {"num_cpus": 3, "num_gpus": 0}
        return lambda function: SimpleNamespace(remote=partial(self._later, function))

    def _later(self, function, *arguments):
        key = len(self.left)
        self.left[key] = partial(function, *arguments)
        return key

    def wait(self, keys, timeout):
        assert timeout > 0
        return keys[:1], keys[1:]

    def get(self, key):
        return self.left[key]()

    def cancel(self, key):
        self.cancelled.append(key)


def test_a_cluster_is_given_every_stack_and_looked_at(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", FakeRay())
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    study, paper = tiny(max_stack=3), StringIO()
    results = run_study(study, tmp_path / "ray", executor="ray", workers=3, console=Console(file=paper, width=200))
    assert_same(results, run_study(study, tmp_path / "local", workers=1))
    assert "100%, 6 of 6 runs ended" in paper.getvalue()


def test_what_fails_on_a_cluster_arrives_as_what_it_is(tiny, tmp_path, monkeypatch):
    ray = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "000").write_text("in the way")
    with pytest.raises(StorageError, match="parts/000 could not be"):
        run_study(tiny(max_stack=3), tmp_path, executor="ray", workers=3)
    assert ray.cancelled == [1]
