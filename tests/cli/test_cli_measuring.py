"""``emcomm measure``: the table of a language in a file, for people and for programs."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from emcomm.cli import main
from emcomm.cli.measured_table import short
from emcomm.language import Language
from emcomm.metrics import measure
from emcomm.probes import untrained_languages
from tests.cli.scripts import refused


@pytest.fixture
def code(tmp_path):
    path = tmp_path / "code.csv"
    Language([[0, 0], [0, 1], [1, 0], [1, 1]], [[1, 1], [1, 2], [2, 1], [2, 2]]).save(path)
    return path


def test_measure_prints_a_table(code, capsys):
    assert main(["measure", str(code), "--metrics", "topographic_similarity, distinct_messages"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].startswith("metric,variant,value,")
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["topographic_similarity", "default", "1.0"],
        ["distinct_messages", "default", "4.0"],
    ]
    assert captured.err == ""  # progress is for terminals


def test_measure_prints_json_without_numbers_that_json_has_not(code, capsys):
    wanted = "length_frequency_correlation,topographic_similarity/egg"
    assert main(["measure", str(code), "--metrics", wanted, "--resamples", "19", "--json"]) == 0
    undefined, similarity = json.loads(capsys.readouterr().out)
    assert list(undefined) == ["metric", "variant", "value", "null_mean", "p_value", "ci_low", "ci_high", "n", "note"]
    assert undefined["value"] is undefined["p_value"] is None
    assert undefined["note"] == "undefined: all meanings are equally frequent"
    assert (similarity["variant"], similarity["value"], similarity["n"]) == ("egg", 1.0, 4)
    expected = measure(Language.load(code), "topographic_similarity/egg", resamples=19)
    assert similarity["null_mean"] == expected["null_mean"][0]


def test_measure_takes_null_seed_and_resamples(code, capsys):
    arguments = ["measure", str(code), "--metrics", "topographic_similarity", "--resamples", "17", "--csv"]
    assert main([*arguments, "--null", "random", "--seed", "3"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    expected = measure(Language.load(code), "topographic_similarity", resamples=17, null="random", seed=3)
    pd.testing.assert_frame_equal(table, expected)
    assert "random languages" in table["note"][0]


def test_measure_takes_untrained_agents_for_the_null(code, capsys):
    wanted = ["topographic_similarity", "mean_length_by_type"]
    arguments = ["measure", str(code), "--null", "untrained", "--metrics", ",".join(wanted)]
    assert main([*arguments, "--resamples", "13", "--seed", "3"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    language = Language.load(code)
    nulls = untrained_languages(language, 13, seed=3)
    expected = measure(language, wanted, resamples=13, seed=3, nulls=nulls)
    columns = [name for name in expected if name != "note"]
    pd.testing.assert_frame_equal(table[columns], expected[columns])
    assert table["note"][0] == "null: 13 languages of untrained speakers, p for high values"
    assert main([*arguments, "--resamples", "0"]) == 0
    assert "not resampled" in capsys.readouterr().out


def test_untrained_agents_need_something_to_speak_about(tmp_path, capsys):
    (tmp_path / "corpus.jsonl").write_text("[1, 2]\n[2, 1]\n")
    line = refused(capsys, "measure", tmp_path / "corpus.jsonl", "--null", "untrained")
    assert line == "emcomm: untrained speakers need meanings to speak about, and this language has none\n"


def test_measure_shows_progress_on_a_terminal_and_keeps_the_table_apart(code, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal
    assert main(["measure", str(code), "--metrics", "distinct_messages", "--resamples", "11", "--csv"]) == 0
    captured = capsys.readouterr()
    assert "distinct_messages" in captured.err
    assert "100%" in captured.err
    assert captured.out.splitlines()[1].startswith("distinct_messages,default,4.0,")


def test_measure_prints_a_narrow_table_with_notes_below_for_people(code, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    wanted = "topographic_similarity/egg,length_frequency_correlation,distinct_messages,topographic_similarity"
    assert main(["measure", str(code), "--metrics", wanted, "--resamples", "19"]) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().out)
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert lines[0] == ["metric", "value", "chance", "p", "95", "%", "interval", "note"]
    assert [(line[0], line[1], line[-1]) for line in lines[2:6]] == [
        ("topographic_similarity/egg", "1", "1"),
        ("length_frequency_correlation", "2", "2"),  # no value, and a note
        ("distinct_messages", "4", "3"),
        ("topographic_similarity", "1", "1"),
    ]
    assert "2  undefined: all meanings are equally frequent" in text
    assert max(map(len, text.splitlines()[:6])) <= 80


@pytest.fixture
def shown(code, monkeypatch, capsys):
    """What people see on a terminal of so many columns, without colours, line by line."""

    def show(columns, *arguments):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["measure", str(code), *arguments]) == 0
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().out)
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    return show


def test_numbers_stand_under_their_heads(shown):
    head, _, *rows = shown(100, "--metrics", "distinct_messages,message_entropy", "--resamples", "0")
    assert (head.index("value") + 5, head.index("note") + 4) == (rows[0].index(" 4") + 2, len(rows[0]))
    assert len(rows[0]) == len(rows[1]) == len(head)


def test_units_are_shown_where_there_is_room(shown):
    arguments = ["--metrics", "message_entropy,consistency", "--resamples", "0"]
    assert shown(120, *arguments)[0].split()[:4] == ["metric", "value", "unit", "chance"]
    assert shown(120, *arguments)[2].split()[:3] == ["message_entropy", "2", "bits"]
    assert shown(120, *arguments)[3].split()[:3] == ["consistency", "1", "1"]  # no unit: what follows is the note
    assert shown(119, *arguments)[0].split()[:3] == ["metric", "value", "chance"]


def test_long_notes_go_on_below_their_beginning(shown):
    lines = shown(60, "--metrics", "segment_boundaries", "--resamples", "7")
    assert max(map(len, lines)) <= 60
    first = next(place for place, line in enumerate(lines) if line.startswith("1  null: "))
    assert lines[first + 1].startswith("   ")
    told = " ".join(line.strip() for line in lines[first:])
    assert told.startswith("1  null: symbols shuffled between messages, p for values that differ")
    assert told.endswith("; no interval: a count over just these meanings")


def test_what_rounding_leaves_of_zero_is_zero():
    numbers = [0.0, -0.0, -1.3e-15, 1e-10, 2e-9, -0.05, 1 / 3, 12.345, 999.4, 1234.5, -2548.2]
    expected = ["0", "0", "0", "0", "2e-09", "-0.05", "0.333", "12.3", "999", "1234", "-2548"]
    assert list(map(short, numbers)) == expected
    assert short(float("nan")) == ""


def test_measure_picks_one_of_several_languages(tmp_path, capsys):
    frame = pd.concat(
        [Language([[0], [1]], rows, step=step).to_frame() for step, rows in ((3, [[1]] * 2), (5, [[1], [2]]))]
    )
    frame.to_csv(tmp_path / "several.csv", index=False)
    arguments = ["measure", str(tmp_path / "several.csv"), "--metrics", "distinct_messages", "--resamples", "0"]
    assert "more than one language" in refused(capsys, *arguments)
    assert main([*arguments, "--where", "step=5"]) == 0
    assert ",2.0," in capsys.readouterr().out


def test_measure_says_what_zero_meant(tmp_path, capsys):
    path = tmp_path / "corpus.jsonl"
    path.write_text("[1, 0, 2]\n[0, 3, 1]\n")
    arguments = ["measure", str(path), "--metrics", "mean_length_by_type", "--resamples", "0"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("emcomm: ")
    assert "2 utterances were cut at a 0" in captured.err
    assert ",0.5," in captured.out  # one symbol, and none
    assert main([*arguments, "--zero", "symbol"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert ",3.0," in captured.out
