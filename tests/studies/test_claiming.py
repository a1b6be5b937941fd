"""One folder holds one study: more seeds may be added, anything else is refused with the difference shown."""

from __future__ import annotations

import shutil
import sys
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from emcomm.errors import BadInput
from emcomm.studies.pattern import Pattern
from emcomm.studies.running import run_study


def test_more_seeds_are_added_to_what_is_there(tiny, tmp_path):
    patterns = [Pattern("rich", metric="distinct_messages", direction="up")]
    small = run_study(tiny(seeds=2, patterns=patterns), tmp_path, workers=1)
    large = run_study(tiny(seeds=3, patterns=patterns), tmp_path, workers=1)
    assert large.runs["seed"].tolist() == [0, 1, 2] * 3
    assert large.runs["stack"].tolist() == ["000", "000", "001"] * 3
    kept = large.metrics[large.metrics["run"].isin(small.runs["run"])]
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), small.metrics)
    assert large.verdicts["n_on"].tolist() == [3, 3]
    assert large.description["seeds"] == [0, 1, 2]


def test_fewer_seeds_are_refused(tiny, tmp_path):
    run_study(tiny(seeds=[3, 5]), tmp_path, workers=1)
    with pytest.raises(BadInput, match=r"seeds: \[3, 5\] → \[5\] \(more may be added, none left out\)"):
        run_study(tiny(seeds=[5]), tmp_path, workers=1)


def test_another_setting_is_refused_and_the_difference_shown(tiny, tmp_path):
    run_study(tiny(), tmp_path, workers=1)
    before = (tmp_path / "study.json").read_bytes()
    other = tiny().set({"channel.symbols": 11, "pressures.teaching.every": 3, "patterns.0.min_delta": 0.75})
    with pytest.raises(BadInput) as caught:
        run_study(other, tmp_path, workers=1)
    assert str(caught.value).splitlines() == [
        f"{tmp_path} holds results of another setting; use another folder, or set (stored → asked):",
        "  base.channel.symbols: 7 → 11",
        "  pressures.teaching.every: 7 → 3",
        "  patterns.0.min_delta: 0.6 → 0.75",
    ]
    assert (tmp_path / "study.json").read_bytes() == before


def test_many_differences_are_cut(tiny, tmp_path):
    run_study(tiny(), tmp_path, workers=1)
    other = tiny(name="other", pressures={}, patterns=[], design="off", metrics=None, max_stack=3, base={"steps": 7})
    with pytest.raises(BadInput, match=r"and \d+ more$") as caught:
        run_study(other, tmp_path, workers=1)
    assert len(str(caught.value).splitlines()) == 12


def test_words_that_no_result_follows_from_may_change(tiny, tmp_path):
    run_study(tiny(), tmp_path, workers=1)
    patterns = [pattern.model_copy(update={"source": "Someone 1999"}) for pattern in tiny().patterns]
    results = run_study(tiny(description="clearer", patterns=patterns), tmp_path, workers=1)
    assert results.study.description == "clearer"
    assert results.study.patterns[0].source == "Someone 1999"


def test_other_versions_are_a_warning(tiny, tmp_path):
    run_study(tiny(), tmp_path, workers=1)
    stored = (tmp_path / "study.json").read_text()
    now = np.__version__
    (tmp_path / "study.json").write_text(stored.replace(f'"numpy": "{now}"', '"numpy": "0.1"'))
    paper = StringIO()
    console = Console(file=paper, width=200)
    run_study(tiny(), tmp_path, workers=1, console=console)
    assert f"Warning: the results were begun with something else: numpy 0.1 → {now}" in paper.getvalue()
    assert "1 of 1 stacks are finished already" in paper.getvalue()


def test_a_plan_that_nothing_came_of_may_be_replaced(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match="needs the package ray"):
        run_study(tiny(), tmp_path, executor="ray")
    assert (tmp_path / "study.json").exists()  # the plan was written before anybody looked for ray
    other = tiny().set({"channel.symbols": 11})
    assert run_study(other, tmp_path, workers=1).study.base.channel.symbols == 11


def test_what_was_recorded_is_never_replaced(tiny, tmp_path):
    run_study(tiny(), tmp_path, workers=1)
    for name in ("parts", "agents"):
        shutil.rmtree(tmp_path / name)
    with pytest.raises(BadInput, match="holds results of another setting"):  # its tables are left
        run_study(tiny().set({"channel.symbols": 11}), tmp_path, workers=1)
