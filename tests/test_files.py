"""Files are there whole or not at all, whoever writes them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emcomm.errors import StorageError
from emcomm.files import PART, replacing
from emcomm.language import Language
from emcomm.report.files import write_file
from emcomm.studies.files import atomic


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
        assert beside.parent == tmp_path  # a name on the same disk
        assert beside.name.startswith(".a.txt.")
        assert beside.name.endswith(PART)
    assert path.read_text() == "new"
    assert contents(tmp_path) == ["a.txt"]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with replacing(path) as one:
        one.write_text("one")
        with replacing(path) as other:
            assert other != one
            other.write_text("other")
        assert path.read_text() == "other"
    assert path.read_text() == "one"
    assert contents(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), ZeroDivisionError(), KeyboardInterrupt()], ids=repr)
def test_what_the_block_raises_is_passed_on_and_nothing_is_left(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as beside:
            beside.write_text("half")
            raise error

    with pytest.raises(type(error)) as caught:
        write_half()
    assert caught.value is error
    assert path.read_text() == "old"
    assert contents(tmp_path) == ["a.txt"]


def test_a_block_that_writes_nothing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_a_folder_that_cannot_be_flushed_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, flush, done = tmp_path / "a.txt", os.fsync, []

    def files_alone(handle: int) -> None:
        done.append(handle)
        if len(done) > 1:
            refuse()
        flush(handle)

    monkeypatch.setattr(os, "fsync", files_alone)
    with replacing(path) as beside:
        beside.write_text("new")
    assert len(done) == 2  # the file, then its folder
    assert path.read_text() == "new"


def save_language(path: Path) -> None:
    Language([[0], [1]], [[1], [2]]).save(path)


def save_page(path: Path) -> None:
    write_file(path, b"new")


def save_table(path: Path) -> None:
    with atomic(path) as beside:
        beside.write_text("new")


WRITERS = {"could not write {path}": save_language, "cannot write {path}": save_page}
WRITERS["{path} could not be written"] = save_table


@pytest.mark.parametrize("refused", ["fsync", "replace"])
@pytest.mark.parametrize(("sentence", "save"), WRITERS.items())
def test_a_full_disk_is_one_line_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, sentence: str, save: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    monkeypatch.setattr(os, refused, refuse)
    with pytest.raises(StorageError) as caught:
        save(path)
    assert str(caught.value).startswith(f"{sentence.format(path=path)}: No space left on device")
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old"
    assert contents(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("save", WRITERS.values())
def test_a_folder_that_is_a_file_is_a_storage_error(tmp_path: Path, save: Callable[[Path], None]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Not a directory|File exists"):
        save(tmp_path / "file" / "a.csv")
