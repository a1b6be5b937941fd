"""Files are there as a whole or not at all, and two writers never share a folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emcomm.errors import StorageError
from emcomm.studies.files import FolderLock, atomic, make_folder, read_json, remove, sweep, write_json


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_written_file_reads_back(tmp_path):
    data = {"é": [1, None, {"a": 0.1}], "empty": {}}
    write_json(tmp_path / "a.json", data)
    assert read_json(tmp_path / "a.json") == data
    assert contents(tmp_path) == {"a.json"}


@pytest.mark.parametrize("refusing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, refusing):
    write_json(tmp_path / "a.json", "old")

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, refusing, refuse)
    with pytest.raises(
        StorageError, match="a.json could not be written: No space left on device; what was stored"
    ) as caught:
        write_json(tmp_path / "a.json", "new")
    assert "\n" not in str(caught.value)
    assert read_json(tmp_path / "a.json") == "old"
    assert contents(tmp_path) == {"a.json"}


def test_an_error_inside_the_block_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", "old")

    def write_half():
        with atomic(tmp_path / "a.json") as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert read_json(tmp_path / "a.json") == "old"
    assert contents(tmp_path) == {"a.json"}


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be made a folder: Not a directory") as caught:
        make_folder(tmp_path / "file" / "folder")
    assert "\n" not in str(caught.value)


def test_reading_says_what_is_wrong(tmp_path):
    with pytest.raises(StorageError, match="could not be read: No such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"half":')
    with pytest.raises(StorageError, match="it is not JSON"):
        read_json(tmp_path / "a.json")


def test_sweeping_deletes_half_written_files_and_what_is_not_wanted(tmp_path):
    for name in ("kept", "other", ".kept.1.part~", ".lock"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    sweep(tmp_path)
    assert contents(tmp_path) == {"kept", "other", ".lock", "folder"}
    sweep(tmp_path, {"kept"}.__contains__)
    assert contents(tmp_path) == {"kept", ".lock", "folder"}
    remove(tmp_path / "kept")
    remove(tmp_path / "kept")
    assert contents(tmp_path) == {".lock", "folder"}


def test_a_lock_keeps_others_out_until_it_is_released(tmp_path):
    with (
        FolderLock(tmp_path),
        pytest.raises(StorageError, match=f"is being written by process {os.getpid()} on .*; wait"),
        FolderLock(tmp_path),
    ):
        pass
    with FolderLock(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    code = f"""
import sys
from pathlib import Path
from emcomm.studies.files import FolderLock
with FolderLock(Path({str(tmp_path)!r})):
    print("locked", flush=True)
    sys.stdin.read()
"""
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(StorageError, match=f"is being written by process {other.pid} on"), FolderLock(tmp_path):
            pass
        other.kill()
        other.wait()
        with FolderLock(tmp_path):
            assert (tmp_path / ".lock").read_text().startswith(f"process {os.getpid()} on")
