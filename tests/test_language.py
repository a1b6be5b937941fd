"""A language: what it accepts, what it refuses and in which words, and that files give back what was saved."""

from __future__ import annotations

import errno
import json
import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.channel import message_lengths, trim
from emcomm.errors import BadInput, StorageError
from emcomm.language import Language, whole_number

SUFFIXES = [".parquet", ".csv", ".jsonl"]
rows = arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 5)), elements=st.integers(0, 3))
fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


@pytest.fixture
def language() -> Language:
    return Language(
        [[0, 2], [1, 0], [1, 1], [0, 0], [0, 1]],
        [[3, 0, 3], [1, 2, 3], [0, 1, 1], [2, 2, 0], [3, 0, 0]],
        frequencies=[5, 3, 2, 2, 1],
        speaker=2,
        step=700,
        symbols=7,
        sizes=(2, 3),
    )


def same(one: Language, two: Language) -> None:
    assert (one.meanings is None) == (two.meanings is None)
    if one.meanings is not None and two.meanings is not None:
        np.testing.assert_array_equal(one.meanings, two.meanings)
    np.testing.assert_array_equal(one.messages, two.messages)
    np.testing.assert_array_equal(one.frequencies, two.frequencies)
    known = ("speaker", "step", "symbols", "variable", "sizes", "max_length", "n")
    assert [getattr(one, name) for name in known] == [getattr(two, name) for name in known]


# What is seen of a message


def test_nothing_after_the_end_is_kept(language: Language):
    np.testing.assert_array_equal(language.messages, [[3, 0, 0], [1, 2, 3], [0, 0, 0], [2, 2, 0], [3, 0, 0]])
    np.testing.assert_array_equal(language.lengths, [1, 3, 0, 2, 1])
    assert language.strings == ["\x03", "\x01\x02\x03", "", "\x02\x02", "\x03"]


def test_equal_messages_share_an_id(language: Language):
    ids = language.message_ids
    assert ids[0] == ids[4]
    assert sorted(set(ids.tolist())) == [0, 1, 2, 3]


@fixed
@given(rows)
def test_the_channel_trims_and_counts_the_same_way(messages: np.ndarray):
    language = Language(None, messages)
    np.testing.assert_array_equal(language.messages, trim(torch.from_numpy(messages)).numpy())
    np.testing.assert_array_equal(language.lengths, message_lengths(torch.from_numpy(messages)).numpy())


def test_symbols_beyond_the_characters_still_get_one_character_each():
    language = Language(None, [[2_000_000, 5, 0], [5, 2_000_000, 7], [55_296, 0, 0]])
    first, second, third = language.strings
    assert [len(first), len(second), len(third)] == [2, 3, 1]
    assert first == second[1] + second[0]
    assert len({first[0], first[1], second[2], third}) == 4


def test_frequencies_sum_to_one_and_are_equal_unless_given(language: Language):
    np.testing.assert_allclose(language.frequencies, np.array([5, 3, 2, 2, 1]) / 13)
    np.testing.assert_array_equal(Language(None, [[1], [2], [2]]).frequencies, [1 / 3] * 3)


def test_the_arrays_are_its_own_and_read_only():
    meanings, messages, frequencies = np.array([[0], [1]]), np.array([[1, 0, 2], [2, 0, 0]]), np.array([0.5, 0.5])
    language = Language(meanings, messages, frequencies=frequencies)
    meanings[0], messages[0], frequencies[0] = 1, 7, 3
    assert language.meanings is not None
    assert language.meanings[0, 0] == 0
    assert language.messages[0, 0] == 1
    assert language.frequencies[0] == 0.5
    for array in (language.meanings, language.messages, language.frequencies):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_rearranging_keeps_frequencies_with_meanings(language: Language):
    other = language.rearranged(np.array([1, 4, 4]), np.array([3, 0, 1]))
    np.testing.assert_array_equal(other.meanings, [[1, 0], [0, 1], [0, 1]])
    np.testing.assert_array_equal(other.messages, language.messages[[3, 0, 1]])
    np.testing.assert_allclose(other.frequencies, [3 / 5, 1 / 5, 1 / 5])
    assert (other.step, other.speaker, other.symbols, other.sizes) == (700, 2, 7, (2, 3))


def test_it_says_what_it_is(language: Language):
    assert repr(language) == "Language(n=5, 2 attributes, max_length=3, distinct=4)"
    assert repr(Language(None, [[1]])) == "Language(n=1, no meanings, max_length=1, distinct=1)"
    assert len(language) == language.n == 5


# What is refused


@pytest.mark.parametrize(
    ("meanings", "messages", "said"),
    [
        ([[0.5], [1.0]], [[1], [2]], "meanings must be integers"),
        ([[True], [False]], [[1], [2]], "meanings must be integers"),
        ([0, 1], [[1], [2]], r"got the shape \[2\]"),
        ([[0], [1]], [[1], [2], [3]], "2 meanings and 3 messages"),
        ([[0], [1]], [[1.0], [2.0]], "messages must be integers.*float64"),
        ([[0], [1]], [[1, 2], [2]], "rows of different lengths"),
        ([[0], [1]], [[1], [-2]], "got -2"),
        (None, np.zeros((0, 3), dtype=int), r"got the shape \[0, 3\]"),
        (None, np.zeros((3, 0), dtype=int), r"got the shape \[3, 0\]"),
        (None, [], r"got the shape \[0\]"),
    ],
)
def test_rows_that_are_no_language_are_refused(meanings: object, messages: object, said: str):
    with pytest.raises(BadInput, match=said):
        Language(meanings, messages)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"frequencies": [0.5, -0.1, 0.6]}, "not negative"),
        ({"frequencies": [0, 0, 0]}, "not all 0"),
        ({"frequencies": [1, np.nan, 1]}, "finite"),
        ({"frequencies": [1, np.inf, 1]}, "finite"),
        ({"frequencies": [1, 1]}, r"3 numbers.*shape \[2\]"),
        ({"frequencies": ["a", "b", "c"]}, "must be numbers"),
        ({"symbols": 2}, r"symbol 3, but the alphabet is 1\.\.2"),
        ({"symbols": 2.5}, "symbols must be an integer"),
        ({"step": -1}, "step must be an integer of at least 0"),
        ({"variable": False}, "message 2 holds 0"),
        ({"sizes": (2,)}, "1 attributes, but meanings have 2"),
        ({"sizes": (2, 4)}, r"attribute 1 has the values 0\.\.3; got 4"),
    ],
)
def test_details_that_do_not_fit_are_refused(keywords: dict[str, Any], said: str):
    with pytest.raises(BadInput, match=said):
        Language([[0, 1], [1, 2], [0, 4]], [[1, 2], [3, 1], [1, 0]], **keywords)


def test_negative_meanings_do_not_fit_sizes():
    with pytest.raises(BadInput, match=r"values 0\.\.1; got -1"):
        Language([[-1], [0]], [[1], [2]], sizes=(2,))


def test_every_refusal_is_one_line():
    with pytest.raises(BadInput) as refusal:
        Language(None, [[1, 2], [3]])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("value", [True, 1.0, "3", None, 4])
def test_a_whole_number_is_an_integer_and_large_enough(value: object):
    with pytest.raises(BadInput, match="integer of at least 5"):
        whole_number("size", value, least=5)
    assert whole_number("size", np.int32(7), least=5) == 7


# Files


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_saved_language_comes_back_bit_for_bit(language: Language, tmp_path, suffix: str):
    language.save(tmp_path / f"spoken{suffix}")
    same(Language.load(tmp_path / f"spoken{suffix}"), language)
    assert [path.name for path in tmp_path.iterdir()] == [f"spoken{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_not_known_stays_unknown(tmp_path, suffix: str):
    language = Language(None, [[1, 2], [2, 1], [1, 1]], variable=False, speaker="ann")
    language.save(tmp_path / f"corpus{suffix}")
    same(Language.load(tmp_path / f"corpus{suffix}"), language)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_language_of_silence_comes_back(tmp_path, suffix: str):
    language = Language([[4], [2]], [[0, 0, 0], [0, 0, 0]], sizes=(11,))
    language.save(tmp_path / f"silence{suffix}")
    same(Language.load(tmp_path / f"silence{suffix}"), language)


@fixed
@given(rows, st.integers(1, 2**31))
def test_a_frame_gives_the_language_back(messages: np.ndarray, seed: int):
    rng = np.random.default_rng(seed)
    meanings = rng.integers(0, 5, (len(messages), 11))  # a10 must not come before a2
    language = Language(meanings, messages, frequencies=rng.random(len(messages)) + 1e-3, step=seed)
    same(Language.from_frame(language.to_frame()), language)


def test_the_columns_of_a_saved_table(language: Language):
    frame = language.to_frame()
    columns = "step speaker meaning a0 a1 frequency message length symbols max_length variable sizes"
    assert list(frame.columns) == columns.split()
    assert frame["message"].tolist() == ["3", "1 2 3", "", "2 2", "3"]
    assert frame["meaning"].tolist() == [0, 1, 2, 3, 4]


def test_json_lines_hold_meanings_and_messages_as_lists(language: Language, tmp_path):
    language.save(tmp_path / "spoken.jsonl")
    second = json.loads((tmp_path / "spoken.jsonl").read_text().splitlines()[1])
    assert second["meaning"] == [1, 0]
    assert second["message"] == [1, 2, 3]


def test_bare_arrays_are_a_corpus_without_meanings(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("[5, 7, 7]\n\n[]\n[7]\n")
    corpus = Language.load(path)
    assert corpus.meanings is None
    np.testing.assert_array_equal(corpus.messages, [[5, 7, 7], [0, 0, 0], [7, 0, 0]])


def test_zero_can_be_a_symbol_of_a_corpus(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("[0, 3, 0]\n[2]\n[1, 0]\n")
    np.testing.assert_array_equal(Language.load(path, zero="symbol").messages, [[1, 4, 1], [3, 0, 0], [2, 1, 0]])
    with pytest.warns(UserWarning, match="1 utterances were cut at a 0.*zero='symbol'"):
        cut = Language.load(path)
    np.testing.assert_array_equal(cut.lengths, [0, 1, 1])
    with pytest.raises(BadInput, match="Did you mean 'symbol'"):
        Language.load(path, zero="symbols")  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_one_language_is_picked_from_a_file_of_many(tmp_path, suffix: str):
    frames = [
        Language([[0], [1]], [[step % 5 + 1, 2], [3, 1]], step=step).to_frame().assign(run=run)
        for run in ("off/0", "on/0")
        for step in (0, 13)
    ]
    path = tmp_path / f"languages{suffix}"
    everything = pd.concat(frames)
    everything.to_parquet(path) if suffix == ".parquet" else everything.to_csv(path, index=False)
    picked = Language.load(path, where={"run": "on/0", "step": 13})
    np.testing.assert_array_equal(picked.messages, [[4, 2], [3, 1]])
    assert picked.step == 13
    with pytest.raises(BadInput, match=r"more than one language: column 'run' holds 2 values \(off/0, on/0"):
        Language.load(path)
    with pytest.raises(BadInput, match=r"no row with step = 14; step can be 0, 13"):
        Language.load(path, where={"step": 14})
    with pytest.raises(BadInput, match=r"unknown column.*Did you mean 'step'"):
        Language.load(path, where={"steps": 13})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", "[1, 2]\n{oops\n", "line 2: not JSON"),
        ("a.jsonl", "3\n", "line 1: expected an object or an array of integers, got int"),
        ("a.jsonl", "", "holds no utterances"),
        ("a.jsonl", "[1, 2.5]\n", r"list of integers, got \[1, 2.5\]"),
        ("a.jsonl", "[1, true]\n", "list of integers"),
        ("a.jsonl", f"[{2**70}]\n", "too large"),
        ("a.jsonl", '[1]\n{"message": [1], "meaning": [0]}\n', r"utterance 2 has other keys than the first one \(a0\)"),
        ("a.jsonl", '{"meaning": [0]}\n', "needs a column 'message'; got a0"),
        ("a.csv", "a0,message\n0.5,1 2\n1,2\n", "meanings must be integers"),
        ("a.csv", "a0,message\n0,1 x\n1,2\n", "integers separated by spaces, got '1 x'"),
        ("a.csv", "a0,message\n", "at least one row"),
        ("a.csv", "message,frequency\n1,0.5\n2,\n", "frequencies must be numbers"),
        ("a.parquet", "not parquet", "not readable as .parquet"),
        ("a.txt", "1 2", r"ends in one of .parquet, .csv, .jsonl, .npz .*; got 'a.txt'"),
    ],
)
def test_files_that_hold_no_language_are_refused_in_one_line(tmp_path, name: str, content: str, said: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=said) as refusal:
        Language.load(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        Language.load(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_old_file(language: Language, tmp_path, monkeypatch, suffix: str):
    path = tmp_path / f"spoken{suffix}"
    language.save(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        Language(None, [[1]]).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_a_storage_error(language: Language, tmp_path):
    with pytest.raises(StorageError, match="could not write"):
        language.save(tmp_path / "nowhere" / "spoken.csv")


def test_saving_needs_a_known_suffix(language: Language, tmp_path):
    with pytest.raises(BadInput, match=r"Did you mean '\.parquet'"):
        language.save(tmp_path / "spoken.parket")


def test_a_language_with_other_messages_keeps_all_else():
    own = Language(
        [[0, 1], [2, 0], [1, 1]],
        [[1, 2, 0], [3, 0, 0], [2, 2, 1]],
        frequencies=[0.5, 0.25, 0.25],
        speaker=7,
        step=11,
        symbols=5,
        sizes=(3, 2),
    )
    other = own.saying(np.array([[4, 0, 0], [5, 5, 5], [0, 0, 0]]))
    assert other.messages.tolist() == [[4, 0, 0], [5, 5, 5], [0, 0, 0]]
    for name in ("meanings", "frequencies"):
        assert np.array_equal(getattr(other, name), getattr(own, name))
    for name in ("speaker", "step", "symbols", "variable", "sizes", "max_length"):
        assert getattr(other, name) == getattr(own, name)
