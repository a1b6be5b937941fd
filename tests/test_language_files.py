"""NumPy arrays as languages, and files that are broken, hostile, or not what their name says."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput, EmcommError, StorageError
from emcomm.language import Language
from emcomm.language_files import INTERACTIONS, SUFFIXES


class Hostile:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def language() -> Language:
    return Language(
        [[0, 2], [1, 0], [1, 1], [0, 0], [0, 1]],
        [[3, 0, 0, 0], [1, 2, 3, 0], [0, 0, 0, 0], [2, 2, 0, 0], [3, 0, 0, 0]],
        frequencies=[5, 3, 2, 2, 1],
        speaker=2,
        step=700,
        symbols=7,
        sizes=(2, 3),
    )


def refused(path: Path, said: str, **options: Any) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        Language.load(path, **options)
    assert "\n" not in str(refusal.value)


# NumPy arrays


@pytest.mark.parametrize("speaker", [2, "ann", None])
def test_arrays_give_back_every_bit(language: Language, tmp_path, speaker: int | str | None):
    saved = Language(
        language.meanings,
        language.messages,
        frequencies=language.frequencies,
        speaker=speaker,
        step=700,
        symbols=7,
        sizes=(2, 3),
    )
    saved.save(tmp_path / "spoken.npz")
    back = Language.load(tmp_path / "spoken.npz")
    assert back.meanings is not None
    np.testing.assert_array_equal(back.meanings, language.meanings)
    np.testing.assert_array_equal(back.messages, language.messages)
    np.testing.assert_array_equal(back.frequencies, language.frequencies)
    assert (back.speaker, back.step, back.symbols, back.sizes, back.variable) == (speaker, 700, 7, (2, 3), True)
    assert [path.name for path in tmp_path.iterdir()] == ["spoken.npz"]


@pytest.mark.parametrize(
    "corpus",
    [
        Language(None, [[1, 2], [2, 1], [1, 1]], variable=False, speaker="ann"),
        Language([[4], [2]], [[0, 0, 0], [0, 0, 0]], sizes=(11,)),
        Language(None, [[2**62, 5]]),
    ],
)
def test_little_known_languages_come_back_as_arrays(tmp_path, corpus: Language):
    corpus.save(tmp_path / "corpus.npz")
    back = Language.load(tmp_path / "corpus.npz")
    assert repr(back) == repr(corpus)
    np.testing.assert_array_equal(back.messages, corpus.messages)
    assert (back.symbols, back.variable, back.sizes, back.speaker) == (
        corpus.symbols,
        corpus.variable,
        corpus.sizes,
        corpus.speaker,
    )


def test_the_arrays_in_the_file_are_plain(language: Language, tmp_path):
    language.save(tmp_path / "spoken.npz")
    with np.load(tmp_path / "spoken.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) >= {"meanings", "messages", "frequencies", "sizes", "step", "speaker", "symbols"}
        np.testing.assert_array_equal(arrays["messages"], language.messages)
        np.testing.assert_array_equal(arrays["meanings"], language.meanings)
        assert arrays["sizes"].tolist() == [2, 3]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, ">i4"])
def test_messages_alone_are_a_corpus(tmp_path, dtype: Any):
    np.save(tmp_path / "corpus.npy", np.array([[3, 1, 0], [2, 0, 0]], dtype=dtype))
    corpus = Language.load(tmp_path / "corpus.npy")
    assert corpus.meanings is None
    assert corpus.messages.tolist() == [[3, 1, 0], [2, 0, 0]]


def test_zero_can_be_a_symbol_of_an_array(tmp_path):
    np.save(tmp_path / "corpus.npy", np.array([[0, 3], [2, 0]]))
    assert Language.load(tmp_path / "corpus.npy", zero="symbol").messages.tolist() == [[1, 4], [3, 1]]
    with pytest.warns(UserWarning, match="1 utterances were cut at a 0"):
        cut = Language.load(tmp_path / "corpus.npy")
    assert cut.messages.tolist() == [[0, 0], [2, 0]]


def test_one_language_is_chosen_by_an_array_of_columns(tmp_path):
    messages = np.array([[1, 2], [2, 1], [3, 1], [3, 3]])
    np.savez(tmp_path / "many.npz", messages=messages, speaker=[0, 0, 5, 5], embeddings=np.ones((4, 7)))
    chosen = Language.load(tmp_path / "many.npz", where={"speaker": 5})
    assert chosen.messages.tolist() == [[3, 1], [3, 3]]
    assert chosen.speaker == 5
    refused(tmp_path / "many.npz", "column 'speaker' holds 2 values")


def test_extra_arrays_cannot_pass_for_messages(tmp_path):
    messages = np.array([[1, 2], [2, 1]])
    np.savez(tmp_path / "odd.npz", messages=messages, meanings=[[1], [0]], message=[7, 7], a0=[9, 9])
    language = Language.load(tmp_path / "odd.npz")
    assert language.messages.tolist() == messages.tolist()
    assert language.meanings is not None
    assert language.meanings.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"message": [[1]]}, "needs an array 'messages'; got message$"),
        ({"messages": [[1.0, 2.0]]}, r"messages must be integers \[n, max_length\], got float64 \[1, 2\]"),
        ({"messages": [[True, False]]}, "got bool"),
        ({"messages": [1, 2]}, r"got int64 \[2\]"),
        ({"messages": np.zeros((0, 3), int)}, r"got int64 \[0, 3\]"),
        ({"messages": [[1], [-2]]}, "got -2"),
        ({"messages": np.array([[2**63]], dtype=np.uint64)}, "too large for a 64-bit integer"),
        ({"messages": [[1], [2]], "meanings": [[1]]}, "got 1 meanings and 2 messages"),
        ({"messages": [[1]], "meanings": [0]}, r"meanings must be integers \[n, attributes\], got int64 \[1\]"),
        ({"messages": [[1]], "meanings": [[0.5]]}, "meanings must be integers"),
        ({"messages": [[1], [2]], "frequencies": [1, 2, 3]}, r"must be one value or 2 of them, got the shape \[3\]"),
        ({"messages": [[1], [2]], "frequencies": [0.5, -1]}, "not negative"),
        ({"messages": [[1], [2]], "sizes": [[2]], "meanings": [[0], [1]]}, "sizes must be integers"),
        ({"messages": [[1], [2]], "sizes": [1], "meanings": [[0], [1]]}, r"values 0\.\.0; got 1"),
        ({"messages": [[5]], "symbols": 3}, r"alphabet is 1\.\.3"),
        ({"messages": [[5]], "symbols": 5.5}, "symbols must be one integer, got 5.5"),
        ({"messages": [[5]], "variable": 0}, "variable must be True or False, got 0"),
        ({"messages": [[5]], "speaker": 0.5}, "a speaker is an integer or a name, got 0.5"),
        ({"messages": [[5]], "frequencies": 1j}, "frequencies must be numbers"),
        ({"messages": [[5]], "meanings": np.array([[2**63]], dtype=np.uint64)}, "at most 9223372036854775807; got 92"),
        ({"messages": [[5]], "max_length": -3}, "max_length must be at least 1, got -3"),
        ({"messages": [[5]], "max_length": 2**30}, "too many symbols, at most 100000000"),
        ({"messages": [[5]], "sizes": [0]}, "a size must be an integer of at least 1, got 0"),
    ],
)
def test_arrays_that_are_no_language_are_refused(tmp_path, arrays: dict[str, Any], said: str):
    np.savez(tmp_path / "odd.npz", **arrays)
    refused(tmp_path / "odd.npz", said)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_nothing_in_an_array_file_is_unpickled(tmp_path, suffix: str):
    mark, path = tmp_path / "mark", tmp_path / f"hostile{suffix}"
    hostile = np.array([[Hostile(mark)]], dtype=object)
    (np.save if suffix == ".npy" else np.savez)(path, hostile)
    refused(path, "it holds pickled objects, which are never read")
    path.write_bytes(pickle.dumps(Hostile(mark)))
    refused(path, "not readable as NumPy arrays")
    assert not mark.exists()


def test_array_files_that_promise_too_much_are_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (2**50, 3)})
    (tmp_path / "huge.npy").write_bytes(header.getvalue())
    refused(tmp_path / "huge.npy", "not readable as NumPy arrays")


def test_archives_that_unpack_to_too_much_are_refused_before_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("emcomm.language_arrays._MOST_BYTES", 2**20)
    np.savez_compressed(tmp_path / "bomb.npz", messages=np.ones((2**17, 8), dtype=np.uint8))  # 128 bytes of header
    assert (tmp_path / "bomb.npz").stat().st_size < 2**13
    refused(tmp_path / "bomb.npz", "its 'messages.npy' unpacks to 1048704 bytes, at most 1048576")


def test_an_archive_without_arrays_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("messages", "not an array")
    refused(tmp_path / "other.npz", "needs an array 'messages'; got none")


# Names


def test_only_some_kinds_of_file_are_written(language: Language, tmp_path):
    for suffix in (".npy", ".pt", "", ".txt"):
        with pytest.raises(BadInput, match=r"written to one of .parquet, .csv, .jsonl, .npz; got 'spoken"):
            language.save(tmp_path / f"spoken{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path):
    refused(tmp_path, "no such file")
    refused(tmp_path / "nowhere.npz", "no such file")


# Broken and hostile files


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".npy", *INTERACTIONS])
def test_a_pickle_is_not_read_whatever_it_is_called(tmp_path, suffix: str):
    mark, path = tmp_path / "mark", tmp_path / f"hostile{suffix}"
    path.write_bytes(pickle.dumps(Hostile(mark)))
    refused(path, "not readable|not JSON|needs a column")
    assert not mark.exists()


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".npy"])
def test_damage_is_told_in_one_line(language: Language, tmp_path, suffix: str):
    path, rng = tmp_path / f"spoken{suffix}", np.random.default_rng(3)
    if suffix == ".npy":
        np.save(path, language.messages)
    else:
        language.save(path)
    whole = path.read_bytes()
    told: list[str] = []
    for _ in range(60):
        damaged = bytearray(whole[: rng.integers(len(whole))] if rng.random() < 0.5 else whole)
        for place in rng.integers(len(damaged), size=3) if damaged else []:
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # about a zero in the middle of a message
                Language.load(path)
        except EmcommError as error:
            told.append(str(error))
    assert len(told) > 30
    assert not any("\n" in line for line in told)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", "[" * 100_000, "not readable as .jsonl"),
        ("a.jsonl", json.dumps({"message": [1], "max_length": 10**12}), "too many symbols"),
        ("a.jsonl", json.dumps({"message": [1], "max_length": "long"}), "max_length must be one integer, got 'long'"),
        ("a.jsonl", json.dumps({"message": [1], "symbols": "many"}), "symbols must be one integer, got 'many'"),
        ("a.jsonl", json.dumps({"message": [1], "step": [1, 2]}), r"'step' must hold plain values, got \[1, 2\]"),
        ("a.jsonl", json.dumps({"message": [1], "meaning": [0], "sizes": "a b"}), "sizes must be integers"),
        ("a.jsonl", json.dumps({"message": ["x" * 500]}), r"got \['x+\.\.\.$"),
        ("a.csv", "message\n" + "9" * 5000 + "\n", "integers separated by spaces"),
        ("a.csv", "", "not readable as .csv"),
        ("a.csv", "message\n-1 2\n", "got -1"),
        ("a.csv", "message\n1.0 2\n", "integers separated by spaces, got '1.0 2'"),
        ("a.csv", "message\n1_0 2\n", "integers separated by spaces, got '1_0 2'"),
        ("a.csv", "message\n1,2,3\n2,3,4\n", "line 2: 3 cells under a header of 1; symbols are separated by spaces"),
        ("a.csv", "a0,a1,message\n0,1,1 2,\n1,1,2 3,\n", "line 2: 4 cells under a header of 3"),
        ("a.csv", "a0,a1,message\n0,1,1 2\n1,1\n", "line 3: 2 cells under a header of 3"),
        ("a.csv", "message,variable\n1,no\n", "variable must be True or False, got 'no'"),
        ("a.csv", f"a0,message\n{2**63},1\n", "meanings must be 64-bit integers"),
        ("a.jsonl", '{"message": [1], "meaning": "red"}', "a meaning is a list of at least one integer, got 'red'"),
        ("a.jsonl", '{"message": [1], "meaning": 3}', "line 1: a meaning is a list"),
        ("a.jsonl", '{"message": [1], "meaning": []}', "line 1: a meaning is a list"),
    ],
)
def test_strange_tables_are_told_in_one_line(tmp_path, name: str, content: str, said: str):
    (tmp_path / name).write_text(content)
    refused(tmp_path / name, said)


@pytest.mark.parametrize(("name", "content"), [("a.csv", "message\n0 2\n-1 3\n"), ("a.jsonl", "[0, 2]\n[-1, 3]")])
def test_where_zero_is_a_symbol_minus_one_is_none(tmp_path, name: str, content: str):
    # Shifted up by one, -1 would end the message at once.
    (tmp_path / name).write_text(content)
    refused(tmp_path / name, "symbols are 0, 1, ...; got -1", zero="symbol")


@pytest.mark.parametrize("speaker", ["007", "7.0", "True", "NA", "ann", 7])
def test_names_of_speakers_come_back_from_text(tmp_path, speaker: int | str):
    Language(None, [[1, 2]], speaker=speaker).save(tmp_path / "spoken.csv")
    assert Language.load(tmp_path / "spoken.csv").speaker == speaker


def test_a_message_longer_than_a_cell_of_the_csv_module_is_read(tmp_path):
    language = Language(None, np.full((1, 70_000), 11))
    language.save(tmp_path / "long.csv")
    assert Language.load(tmp_path / "long.csv").messages.tolist() == language.messages.tolist()


def test_integers_that_a_table_with_gaps_holds_as_floats(tmp_path):
    table = pd.DataFrame({"message": ["1", "2", "3"], "step": [5, None, 5], "run": ["a", "b", "a"]})
    table.to_parquet(tmp_path / "many.parquet")
    assert Language.load(tmp_path / "many.parquet", where={"run": "a"}).step == 5


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Language.load(5), "a path must be text or a path, got int"),  # type: ignore[arg-type]
        (lambda: Language(None, [[1]]).save(None), "a path must be text or a path, got NoneType"),  # type: ignore[arg-type]
        (lambda: Language.from_frame("a.csv"), "must be a table of pandas, got str"),  # type: ignore[arg-type]
        (lambda: Language(None, [[1]], sizes=5), r"sizes must be integers \[attributes\], got 5"),  # type: ignore[arg-type]
        (lambda: Language(None, [[1]], sizes=["x"]), "a size must be an integer"),  # type: ignore[list-item]
        (lambda: Language([[2]], [[1]], sizes=[3.5]), "a size must be an integer"),  # type: ignore[list-item]
        (lambda: Language(None, [[1]], speaker=[1]), r"a speaker is an integer or a name, got \[1\]"),  # type: ignore[arg-type]
        (lambda: Language(None, [[1]], variable="no"), "variable must be True or False, got 'no'"),  # type: ignore[arg-type]
        (lambda: Language(None, [[1], [2]], frequencies=[1e308, 1e308]), "must be finite"),
        (lambda: Language(None, np.array([[2**63]], dtype=np.uint64)), "messages must be 64-bit integers"),
    ],
)
def test_wrong_types_are_told_in_one_line(call: Callable[[], object], said: str):
    with pytest.raises(BadInput, match=said) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_rows_are_chosen_by_columns_and_their_values(language: Language, tmp_path):
    language.save(tmp_path / "spoken.npz")
    refused(tmp_path / "spoken.npz", "where must name columns and their values", where="step")


def test_ragged_and_long_cells_are_shown_in_one_line(tmp_path):
    pd.DataFrame({"message": [[1.5] * 300, [2.0]]}).to_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", r"list of integers, got \[1\.5, .*\.\.\.$")


@pytest.mark.parametrize(
    ("suffix", "reader"),
    [(".csv", "pandas.read_csv"), (".npz", "numpy.load"), ("", "emcomm.language_egg.get_unsafe_globals_in_checkpoint")],
)
def test_a_locked_file_is_a_storage_error(tmp_path, monkeypatch, suffix: str, reader: str):
    def locked(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(reader, locked)
    path = tmp_path / f"locked{suffix}"
    path.touch()
    with pytest.raises(StorageError, match=f"could not read {path}: Permission denied"):
        Language.load(path)
