"""``emcomm run``, a script's own command line, and `Study.run`: what they print and leave."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import emcomm
from emcomm.cli import main
from emcomm.errors import BadInput
from emcomm.pressures import PRESSURES
from emcomm.studies.results import Results
from emcomm.studies.scripts import load_study
from tests.cli.scripts import ROOT, SCRIPT


def test_run_prints_the_plan_and_ends_with_the_matrix_and_the_report(script, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        main(["run", str(script), "--out", str(out), "--seeds", "3", "--steps", "5", "--set", "channel.symbols=6"]) == 0
    )
    text = capsys.readouterr().out
    assert "2 conditions x 3 seeds = 6 runs in 1 stack; at most 210 games" in text  # 6 * 5 * 7
    assert text.index("condition") < text.index("100%, 6 of 6 runs ended") < text.index("Recovery matrix: tiny")
    assert text.splitlines()[-1] == f"report: {out / 'report.html'}"
    assert (out / "report.html").stat().st_size > 1000
    assert len(list((out / "figures").glob("*.pdf"))) >= 2
    study = Results.open(out).study
    assert (study.seeds, study.base.steps, study.base.channel.symbols) == (3, 5, 6)


def test_results_go_under_the_name_of_the_study(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(script), "--seeds", "1"]) == 0
    assert (tmp_path / "results" / "tiny" / "runs.parquet").exists()
    assert capsys.readouterr().out.endswith("report: results/tiny/report.html\n")


def test_a_script_has_the_same_command_line(script, tmp_path):
    command = [sys.executable, str(script), "--out", str(tmp_path / "out"), "--steps", "5", "--seeds", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "Recovery matrix: tiny" in done.stdout
    assert done.stderr == ""
    bad = subprocess.run([*command, "--set", "stepz=5"], capture_output=True, text=True, env=environment, check=False)
    assert bad.returncode == 2
    assert bad.stderr.startswith("emcomm: unknown setting 'stepz'")
    assert bad.stderr.count("\n") == 1


def test_a_study_runs_from_python_without_a_word(script, tmp_path, capsys):
    study = load_study(script)
    assert isinstance(study, emcomm.Study)
    results = study.run(tmp_path / "out", seeds=[5], steps=3, report=False)
    assert results.runs["run"].tolist() == ["off/5", "teaching/5"]
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "out" / "report.html").exists()
    assert study.run(tmp_path / "out", seeds=[5], steps=3).finished
    assert (tmp_path / "out" / "report.html").exists()
    with pytest.raises(BadInput, match="already holds results"):
        study.run(tmp_path / "out", seeds=[5], steps=3, resume=False)


def test_main_of_a_study_leaves_with_its_status(script, tmp_path, capsys):
    study = load_study(script)
    assert isinstance(study, emcomm.Study)
    with pytest.raises(SystemExit) as left:
        study.main(["--out", str(tmp_path / "out"), "--seeds", "1"])
    assert left.value.code == 0
    with pytest.raises(SystemExit) as left:
        study.main(["--seeds", "none"])
    assert left.value.code == 2
    assert "--seeds" in capsys.readouterr().err


def test_running_again_says_that_nothing_is_left(script, finished, capsys):
    assert main(["run", str(script), "--out", str(finished)]) == 0
    assert "1 of 1 stacks are finished already" in capsys.readouterr().out


def test_another_setting_is_refused_with_the_difference(script, finished, capsys):
    assert main(["run", str(script), "--out", str(finished), "--set", "channel.symbols=6"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"emcomm: {finished} holds results of another setting")
    assert second == "  base.channel.symbols: 7 → 6"


def test_failed_runs_are_named(script, tmp_path, capsys):
    setting = "base.listener_learning_rate=1e38"
    assert main(["run", str(script), "--out", str(tmp_path / "out"), "--set", setting]) == 1
    text, error = capsys.readouterr()
    assert "run off/0 failed at step" in text
    assert "4 failed" in text
    assert error.startswith("emcomm: all 4 runs failed; the first: loss was not a finite number at step")
    assert (tmp_path / "out" / "report.html").exists()


def test_processes_of_their_own_know_the_plugins_of_the_script(tmp_path, monkeypatch, capsys):
    own = """
from typing import ClassVar
from emcomm.pressures import Pressure

class Quiet(Pressure):
    name: ClassVar[str] = "quiet_pressure_of_a_test"
    family: ClassVar = "social"
    source: ClassVar[str] = "nobody"
"""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "with_own_pressure.py"
    path.write_text(own + SCRIPT.replace("ListenerReset(every=5)", "Quiet()"))
    options = ["--out", str(tmp_path / "out"), "--set", "max_stack=2", "--workers", "2"]
    try:
        assert main(["run", str(path), *options]) == 0
        assert set(Results(tmp_path / "out").runs["status"]) == {"done"}
    finally:
        PRESSURES._known.pop("quiet_pressure_of_a_test", None)
        sys.modules.pop("emcomm_script_with_own_pressure", None)
    assert "4 runs in 2 stacks" in capsys.readouterr().out
