"""A study that the system kills again and again, at any moment, ends like one that was left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from emcomm.studies.results import Results
from emcomm.studies.running import run_study

ROOT = Path(__file__).parents[2]

# Imports everything once; then a child of its own runs the study, and is killed after a while, over and over.
DRIVER = """
import importlib.util, os, signal, sys, time
from pathlib import Path

from emcomm.rng import generator
from emcomm.studies.running import run_study

spec = importlib.util.spec_from_file_location("tiny_conftest", sys.argv[1])
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
draws, killed, longest = generator(7, "kills"), 0, 0.1
while True:
    child = os.fork()
    if child == 0:
        run_study(tiny.tiny_study(**eval(sys.argv[2])), Path(sys.argv[3]), workers=1, checkpoint_every=0.0)
        os._exit(0)
    time.sleep(longest * draws.random())
    longest *= 1.1
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        break
    killed += 1
print(killed)
sys.exit(os.WEXITSTATUS(status))
"""
CHANGES = {"base": {"steps": 61, "evaluate_every": 3}, "max_stack": 4}


def frame(results, name):
    table = getattr(results, name).drop(columns="seconds", errors="ignore")
    return table.sort_values(list(table.columns[:4]), kind="stable").reset_index(drop=True)


def test_killed_processes_lose_nothing_and_record_nothing_twice(tiny, tmp_path):
    whole = run_study(tiny(**CHANGES), tmp_path / "whole", workers=1)
    arguments = [str(Path(__file__).with_name("conftest.py")), repr(CHANGES), str(tmp_path / "killed")]
    driver = [sys.executable, "-c", DRIVER, *arguments]
    done = subprocess.run(driver, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 3
    found = Results(tmp_path / "killed")
    assert found.finished
    for name in ("runs", "metrics", "languages", "verdicts"):
        pd.testing.assert_frame_equal(frame(found, name), frame(whole, name), check_exact=True)
    for agents in sorted((tmp_path / "whole").glob("agents/*/*")):
        twin = tmp_path / "killed" / agents.relative_to(tmp_path / "whole")
        assert twin.read_bytes() == agents.read_bytes()
    left = [path.name for path in (tmp_path / "killed").rglob("*") if path.name.endswith(("~", ".tmp"))]
    assert left == []
