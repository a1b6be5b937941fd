"""``emcomm pack``: files and their table, one run or all, and what is refused."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from emcomm.agents import AGENTS, load_packed
from emcomm.cli import main
from emcomm.studies.claiming import claim
from emcomm.studies.folder import StudyFolder
from emcomm.studies.results import Results
from emcomm.studies.running import run_study
from emcomm.studies.scripts import load_study
from emcomm.studies.study import Study
from emcomm.ternary import read_header, size_report
from tests.cli.scripts import SCRIPT, refused

# Two pressures in one condition, as a user may call it; three agents of each role in another.
CHANGES = """
from emcomm import Condition
from emcomm.pressures import Community

study = study.set({
    "base.speaker": GRU(hidden=5, precision="ternary").model_dump(mode="json", serialize_as_any=True),
    "base.listener": GRU(hidden=5, precision="ternary").model_dump(mode="json", serialize_as_any=True),
    "pressures.group": Community(size=3).model_dump(mode="json"),
    "design": "explicit", "patterns": [], "seeds": 2,
    "conditions": {
        "off": {},
        "teaching + group": {"pressures": ["teaching", "group"]},
        "float": {"settings": {"speaker.precision": "float", "listener.precision": "float"}},
        "half float": {"settings": {"listener.precision": "float"}},
    },
})
"""
BODY = SCRIPT.partition("if __name__")[0] + CHANGES
FILES = {
    *(f"off/{seed}-{role}-0.trits" for seed in (0, 1) for role in ("speaker", "listener")),
    *(f"teaching + group/{s}-{role}-{i}.trits" for s in (0, 1) for i in range(3) for role in ("speaker", "listener")),
    *(f"half float/{seed}-speaker-0.trits" for seed in (0, 1)),
}


@pytest.fixture(scope="module")
def study() -> Study:
    names: dict[str, Any] = {"__name__": "packing"}
    exec(compile(BODY, "script", "exec", dont_inherit=True), names)
    found = names["study"]
    assert isinstance(found, Study)
    return found


@pytest.fixture(scope="module")
def trained(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "out"
    run_study(study, folder, workers=1)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A results folder that a test may write into."""
    return Path(shutil.copytree(trained, tmp_path / "my results"))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def rows(printed: str) -> dict[str, list[str]]:
    lines = [line.rsplit(maxsplit=7) for line in printed.splitlines() if ".trits" in line]
    return {name: numbers for name, *numbers in lines}


def test_every_ternary_agent_of_a_folder_is_packed(folder: Path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["pack", str(folder)]) == 0
    assert files(folder / "packed") == FILES
    printed = capsys.readouterr().out
    table = rows(printed)
    assert table.keys() == FILES
    for name, numbers in table.items():
        size = size_report(folder / "packed" / name)
        weights, bits, scaled, floats, in_bytes, as_float, smaller = numbers
        assert int(weights.replace(",", "")) == size.weights
        assert (bits, scaled) == (f"{size.bits_per_weight:.3f}", f"{size.bits_with_scales:.3f}")
        assert int(floats.replace(",", "")) == size.others
        assert int(in_bytes.replace(",", "")) == (folder / "packed" / name).stat().st_size
        assert int(as_float.replace(",", "")) == 4 * (size.weights + size.others)
        assert smaller == f"{size.float_bytes / size.file_bytes:.2f}x"
    plain = " ".join(printed.split())
    assert "embeddings, heads, biases, scales and header are counted" in plain
    assert "Left out: 6 that are not ternary; the first: speaker 0 of run 'float/0'" in plain
    assert printed.splitlines()[-1] == f"packed: {folder / 'packed'}"
    before = {name: (folder / "packed" / name).read_bytes() for name in FILES}
    assert main(["pack", str(folder)]) == 0
    assert {name: (folder / "packed" / name).read_bytes() for name in files(folder / "packed")} == before
    assert Results(folder).finished  # the folder is still what it was


@pytest.mark.parametrize("named", ["{}/teaching + group/1", "{}/agents/teaching + group/1.safetensors"])
def test_one_run_and_one_agent_of_it(folder: Path, tmp_path: Path, capsys, named: str):
    out = tmp_path / "else" / "where"
    arguments = ["--role", "listener", "--index", "2", "--half", "--out", str(out)]
    assert main(["pack", named.format(folder), *arguments]) == 0
    assert files(out) == {"teaching + group/1-listener-2.trits"}
    assert not (folder / "packed").exists()
    path = out / "teaching + group" / "1-listener-2.trits"
    header = read_header(path)
    assert {entry["kind"] for entry in header["rest"].values()} == {"float16"}
    assert header["about"]["origin"] == {"study": "tiny", "run": "teaching + group/1", "index": 2}
    assert not load_packed(path).training
    assert capsys.readouterr().out.endswith(f"packed: {out}\n")


def test_inside_of_a_results_folder_its_runs_have_short_names(folder: Path, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["pack", "half float/1"]) == 0
    assert files(folder / "packed") == {"half float/1-speaker-0.trits"}
    printed = " ".join(capsys.readouterr().out.split())
    assert "Left out: 1 that are not ternary; the first: listener 0 of run 'half float/1'" in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{}/of/0"], "unknown run 'of/0'; known: float/0, .*Did you mean 'off/0'?"),
        (["{}/off"], "unknown run 'off'"),
        (["{}/float/1"], "speaker 0 of run 'float/1': only agents with ternary weights can be packed: train with"),
        (["{}/half float/1", "--role", "listener"], "listener 0 of run 'half float/1'"),
        (["{}/off/0", "--role", "lisener"], "unknown role 'lisener'; known: both, listener, speaker"),
        (["{}/off/0", "--index", "1"], "run 'off/0' has 1 of each role, counted from 0; got 1"),
        (["{}/off/0", "--index", "-1"], "'--index'"),
        (["{}/off/0", "--script", "nowhere.py"], "there is no script 'nowhere.py'"),
        (["nowhere/off/0"], "nowhere/off/0 is neither a results folder nor one of its runs (FOLDER/CONDITION/SEED)"),
        ([], "Missing argument 'RUN'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(trained: Path, tmp_path: Path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, "pack", *(argument.format(trained) for argument in arguments))
    start, _, end = sentence.partition(".*")
    assert start in line
    assert end in line
    assert not (trained / "packed").exists()


def test_runs_that_have_not_ended_are_refused(study: Study, tmp_path: Path, capsys):
    claim(StudyFolder(tmp_path), study, "cpu")
    assert "no run of" in refused(capsys, "pack", tmp_path)
    assert "run 'off/0' has no trained agents yet" in refused(capsys, "pack", tmp_path / "off" / "0")


def test_agents_of_a_script_are_packed_with_the_script(tmp_path: Path, monkeypatch, capsys):
    own = BODY.replace('"base.speaker": GRU(', '"base.speaker": Mine(').replace(
        "study = study.set({", 'class Mine(GRU):\n    """My own."""\n\n    name = "mine"\n\n\nstudy = study.set({'
    )
    assert own.count("Mine") == 2
    script, out = tmp_path / "own_script.py", tmp_path / "out"
    script.write_text(own)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for known in ([], ["--script", str(script)]):
        with monkeypatch.context() as patch:
            patch.setattr(AGENTS, "_known", dict(AGENTS._known))
            if not out.exists():
                run_study(load_study(script).set({"steps": 2, "seeds": 1}), out, workers=1)
            else:
                assert main(["pack", str(out / "off" / "0"), *known]) == 0
        sys.modules.pop("emcomm_script_own_script", None)
        if not known:
            assert "unknown agent 'mine'" in refused(capsys, "pack", out / "off" / "0")
    assert files(out / "packed") == {f"off/0-{role}-0.trits" for role in ("speaker", "listener")}
