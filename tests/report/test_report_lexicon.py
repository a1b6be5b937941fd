from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from emcomm.report.lexicon import as_script, lexicon


def test_everything_is_embedded_when_it_fits(data):
    found = lexicon(data)
    assert (found.embedded, found.recorded) == (148, 148)  # 50 runs of 3 snapshots; the failed run stopped after 1
    assert found.note == "All 148 recorded snapshots can be read here."
    assert found.content["attributes"] == ["a0", "a1"]
    assert len(found.content["meanings"]) == 1
    assert [run["run"] for run in found.content["runs"]] == list(data.runs["run"])


def test_a_snapshot_says_what_was_recorded(data):
    content = lexicon(data).content
    snapshot = next(
        s for s in content["snapshots"] if content["runs"][s["run"]]["run"] == "noise/3" and s["step"] == 15_000
    )
    rows = data.languages.query("run == 'noise/3' and step == 15000")
    assert snapshot["messages"] == list(rows["message"])
    table = content["meanings"][snapshot["meanings"]]
    assert table["attributes"] == [list(rows["a0"]), list(rows["a1"])]
    assert table["frequency"] == pytest.approx(list(rows["frequency"]), rel=1e-5)


def test_a_small_budget_keeps_the_last_snapshots_of_the_first_seeds(data):
    one = int(data.languages.query("run == 'off/0' and step == 30000")["message"].str.len().sum()) + 35 * 3
    found = lexicon(data, budget=7 * one)
    runs = [found.content["runs"][s["run"]]["run"] for s in found.content["snapshots"]]
    assert {s["step"] for s in found.content["snapshots"]} == {30_000}
    assert {f"{condition}/0" for condition in data.conditions} <= set(runs)
    assert {run.split("/")[1] for run in runs} == {"0", "1"}
    size = sum(len(m) + 3 for s in found.content["snapshots"] for m in s["messages"])
    assert size <= 7 * one
    assert f"it holds {len(runs)} of 148 recorded snapshots: the last one of {len(runs)} of 50 runs." in found.note


def test_one_snapshot_is_embedded_whatever_its_size(data):
    assert lexicon(data, budget=1).embedded == 1


def test_other_speakers_come_last_and_other_worlds_get_their_own_table(data):
    second = data.languages.assign(speaker=1, frequency=1 / 35)
    both = replace(data, languages=pd.concat([data.languages, second], ignore_index=True))
    found = lexicon(both)
    assert (found.embedded, len(found.content["meanings"])) == (296, 2)
    half = sum(len(m) + 3 for m in data.languages["message"])
    assert {s["speaker"] for s in lexicon(both, budget=half).content["snapshots"]} == {0}


def test_no_language_is_no_error(bare):
    found = lexicon(bare())
    assert (found.embedded, found.note) == (0, "This study recorded no language.")


def test_embedded_json_cannot_leave_its_script_element():
    content = {"name": "</script><script>alert(1)</script><!-- & -->\u2028"}
    text = as_script(content)
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == content
