"""A script with a small study, and the folder of its results."""

from __future__ import annotations

import sys

import pytest

from emcomm.cli import main
from tests.cli.scripts import SCRIPT


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "tiny_script.py"
    path.write_text(SCRIPT)
    yield path
    sys.modules.pop("emcomm_script_tiny_script", None)


@pytest.fixture
def finished(script, tmp_path, capsys):
    """A results folder."""
    assert main(["run", str(script), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    return tmp_path / "out"
