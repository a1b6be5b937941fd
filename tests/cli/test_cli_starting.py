"""Help, public names, and what is not imported for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import emcomm
from emcomm.cli import main
from tests.cli.scripts import ROOT


def test_the_module_and_its_help(capsys):
    done = subprocess.run(
        [sys.executable, "-m", "emcomm", "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0
    for command in ("run", "report", "measure", "pack", "list", "export"):
        assert f" {command} " in done.stdout
    assert main([]) == 2
    assert capsys.readouterr().err == ""


def test_public_names_are_there_and_others_are_not():
    for name in emcomm.__all__:
        assert getattr(emcomm, name) is not None
    assert set(emcomm.__all__) <= set(dir(emcomm))
    with pytest.raises(AttributeError, match="emcomm has no 'Studdy'; it has: Channel, Condition"):
        _ = emcomm.Studdy


@pytest.mark.parametrize("module", ["emcomm", "emcomm.cli", "emcomm.studies.results", "emcomm.report"])
def test_help_and_reports_need_no_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
