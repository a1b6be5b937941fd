"""Results read back as they were recorded: languages, agents, verdicts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch

from emcomm.agents.speaking import speak
from emcomm.errors import BadInput, StorageError
from emcomm.metrics import distinct_messages
from emcomm.studies.results import Results
from emcomm.studies.running import run_study


@pytest.fixture
def results(tiny, group, tmp_path):
    return run_study(tiny(pressures={"group": group}, seeds=[3, 5]), tmp_path / "out", workers=1)


def test_the_study_comes_back(results, tiny, group):
    assert results.study == tiny(pressures={"group": group}, seeds=[3, 5])
    assert repr(results).endswith("/out': tiny, runs: 4 done)") or repr(results).endswith("/out'): tiny, runs: 4 done)")


def test_a_language_is_the_recorded_one(results):
    language = results.language("group/5", step=10, speaker=1)
    rows = results.languages.query("run == 'group/5' and step == 10 and speaker == 1")
    assert language.to_frame()["message"].tolist() == rows["message"].tolist()
    assert language.meanings.tolist() == results.study.base.world.meanings().tolist()
    assert (language.step, language.speaker, language.symbols, language.max_length) == (10, 1, 7, 2)


def test_without_a_step_it_is_the_last_language(results):
    language = results.language("off/3")
    assert language.step == 23
    values = results.metrics.query("run == 'off/3' and step == 23 and metric == 'distinct_messages'")["value"]
    assert values.tolist() == [distinct_messages(language)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("of/3",), "unknown run 'of/3'; known: .*Did you mean 'off/3'"),
        (("off/4",), "unknown run 'off/4'"),
        (("off/3", 11), "run 'off/3' recorded no language at step 11; recorded: 0, 10, 20, 23"),
        (("off/3", None, 1), "run 'off/3' has no recorded language of speaker 1; it has 1 speakers"),
    ],
)
def test_languages_that_are_not_there(results, arguments, sentence):
    with pytest.raises(BadInput, match=sentence):
        results.language(*arguments)


@pytest.mark.parametrize(("run", "index"), [("off/3", 0), ("group/5", 0), ("group/5", 1)])
def test_a_speaker_says_what_was_recorded(results, run, index):
    speaker = results.agent("speaker", run=run, index=index)
    assert not speaker.training
    features = torch.from_numpy(results.study.base.world.features())
    with torch.no_grad():
        spoken = speak(speaker, features, torch.arange(len(features)), None).symbols
    assert np.array_equal(spoken.numpy(), results.language(run, speaker=index).messages)


def test_listeners_of_a_community_differ(results):
    first, second = (results.agent("listener", run="group/3", index=index).state_dict() for index in (0, 1))
    assert any(not torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sender", "off/3"), "unknown role 'sender'; known: listener, speaker"),
        (("speaker", "off/3", 1), "run 'off/3' has 1 of each role, counted from 0; got 1"),
        (("speaker", "off/3", -1), "got -1"),
        (("speaker", "on/3"), "unknown run 'on/3'"),
    ],
)
def test_agents_that_are_not_there(results, arguments, sentence):
    with pytest.raises(BadInput, match=sentence):
        results.agent(*arguments)


def test_verdicts_read_back_exactly(results):
    stored = results.verdicts
    (results.path / "runs.parquet").unlink()
    judged = Results(results.path).verdicts
    pd.testing.assert_frame_equal(stored, judged, check_exact=True)


def test_verdicts_keep_texts_and_missing_numbers(results):
    path = results.path / "verdicts.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table["pattern"], table["effect"], table["p_value"], table["as_predicted"] = "nan", "", "0.1", "True"
    table.to_csv(path, index=False)
    row = Results(results.path).verdicts.iloc[0]
    assert row["pattern"] == "nan"
    assert math.isnan(row["effect"])
    assert row["p_value"] == 0.1
    assert bool(row["as_predicted"]) is True


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"holds no study: there is no study\.json in it"):
        Results.open(tmp_path)


@pytest.mark.parametrize("text", ["[]", '{"format": 99, "study": {}}', '{"format": 1}'])
def test_a_study_of_another_version_is_refused(tmp_path, text):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(StorageError, match="written by another version of emcomm"):
        Results.open(tmp_path)


def test_a_table_that_is_cut_off_is_one_line(results):
    path = results.path / "metrics.parquet"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(StorageError, match=r"metrics\.parquet could not be read") as caught:
        _ = Results(results.path).metrics
    assert "\n" not in str(caught.value)
