"""What goes wrong on the command line is one line on stderr and an exit status."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest

from tests.cli.scripts import ROOT, refused


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rnu"], "No such command 'rnu'"),
        (["run"], "Missing argument 'SCRIPT_OR_NAME'"),
        (["run", "x", "--sedes", "3"], "No such option: --sedes"),
        (["run", "x", "--seeds", "0"], "'--seeds'"),
        (["run", "missing.py"], "there is no script 'missing.py'"),
        (["run", "{script}", "--set", "stepz=3"], "unknown setting 'stepz'"),
        (["run", "{script}", "--set", "steps"], "dotted.key=value"),
        (
            ["run", "{script}", "--executor", "lokal"],
            "unknown executor 'lokal'; known: local, ray. Did you mean 'local'?",
        ),
        (["run", "{script}", "--device", "gpu"], "unknown device 'gpu'"),
        (["list", "pressure"], "unknown family 'pressure'; known: agents, encoders, games, metrics, pressures"),
        (["report", "missing"], "missing holds no study"),
        (["export", "missing", "--csv"], "missing holds no study"),
        (["measure", "missing.csv"], "missing.csv"),
        (["measure", "missing.csv", "--json", "--csv"], "as --csv or as --json, not as both"),
        (["measure", "missing.csv", "--where", "step"], "--where is written COLUMN=VALUE (like step=3000), got 'step'"),
        (["measure", "missing.csv", "--resamples", "-1"], "'--resamples'"),
        (
            ["measure", "missing.csv", "--null", "untrianed"],
            "unknown null 'untrianed'; known: between, meanings, random, untrained, within. Did you mean 'untrained'?",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(script, tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert sentence in refused(capsys, *[argument.format(script=script) for argument in arguments])


def test_a_folder_that_cannot_be_written_is_one_line_and_status_1(script, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    line = refused(capsys, "run", script, "--out", tmp_path / "file" / "out", status=1)
    assert "could not be made a folder: Not a directory" in line


def test_a_full_disk_is_one_line_and_status_1(script, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left on device" in refused(capsys, "run", script, "--out", tmp_path / "out", status=1)


def test_interrupting_says_how_to_go_on_and_leaves_with_130(script, tmp_path):
    command = [sys.executable, "-u", str(script), "--out", str(tmp_path / "out"), "--set", "steps=100000000"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore it, as would it
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("2 conditions"):
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    expected = "emcomm: interrupted; run the script again with the same options to go on from its last checkpoint\n"
    assert errors == expected
