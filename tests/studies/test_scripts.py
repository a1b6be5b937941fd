"""Finding the study of a script, an experiment or an installed package."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from emcomm.errors import BadInput
from emcomm.pressures import PRESSURES
from emcomm.studies import scripts
from emcomm.studies.scripts import find_study, known_studies, load_plugins, load_study

STUDY = """
from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.studies.study import Study
from emcomm.training import Setup
from emcomm.worlds import AttributeWorld

def made(name):
    setup = Setup(world=AttributeWorld(values=(3,)), game=Reconstruction(), channel=Channel(symbols=5, max_length=1))
    return Study(name=name, base=setup)
"""
PRESSURE = """
from typing import ClassVar
from emcomm.pressures import Pressure

class Own(Pressure):
    name: ClassVar[str] = "own_pressure_of_a_script"
    family: ClassVar = "social"
    source: ClassVar[str] = "nobody"
"""


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in [name for name in sys.modules if name.startswith("emcomm_script_")]:
        del sys.modules[name]


def script(folder, text, name="script.py"):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(STUDY + text)
    return path


def test_the_one_study_of_a_script(tmp_path):
    path = script(tmp_path, "anything = made('a')\nagain = anything\n")
    assert load_study(path).name == "a"
    assert find_study(str(path)) == (load_study(path), path.resolve())


def test_one_called_study_comes_before_others(tmp_path):
    assert load_study(script(tmp_path, "first = made('a')\nstudy = made('b')\n")).name == "b"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it holds none"),
        ("a = made('a')\nb = made('b')\n", "it holds a, b"),
        ("\n\n1 / 0\n", r"script\.py, line 14 could not be loaded: ZeroDivisionError"),
        ("def f(:\n", "could not be loaded: SyntaxError"),
        ("import not_installed_anywhere\n", "ModuleNotFoundError: No module named 'not_installed_anywhere'"),
        ("made('a').set({'stepz': 1})\n", r"script\.py, line 12: unknown setting 'stepz'"),
    ],
)
def test_scripts_without_a_usable_study(tmp_path, text, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        load_study(script(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"there is no script 'other\.py' in "):
        find_study("other.py")


def test_a_script_can_import_what_lies_beside_it(tmp_path):
    (tmp_path / "beside_the_script.py").write_text("NAME = 'from beside'")
    path = script(tmp_path, "from beside_the_script import NAME\nstudy = made(NAME)\n")
    assert load_study(path).name == "from beside"


def test_experiments_are_known_by_name(tmp_path, monkeypatch):
    script(tmp_path, "study = made('a')\n", "experiments/ease_of_teaching.py")
    monkeypatch.chdir(tmp_path)
    assert known_studies() == {"ease_of_teaching": "experiments/ease_of_teaching.py"}
    assert find_study("ease_of_teaching")[0].name == "a"
    with pytest.raises(BadInput, match="unknown study 'ease_of_teching'; known: ease_of_teaching.*Did you mean"):
        find_study("ease_of_teching")


def test_installed_studies_are_known_by_name(tmp_path, monkeypatch):
    script(tmp_path, "study = made('a')\nother = 5\n", "installed_study.py")
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        EntryPoint(name, f"installed_study:{attribute}", "emcomm.studies")
        for name, attribute in (("good", "study"), ("wrong", "other"), ("gone", "missing"))
    ]
    monkeypatch.setattr(scripts, "entry_points", lambda group: points)
    found, path = find_study("good")
    assert (found.name, path) == ("a", None)
    with pytest.raises(BadInput, match=r"study 'wrong' \(installed_study:other\) is not a Study but a int"):
        find_study("wrong")
    with pytest.raises(BadInput, match=r"study 'gone' \(installed_study:missing\) could not be loaded"):
        find_study("gone")


def test_plugins_of_a_script_are_known_once_it_is_loaded(tmp_path):
    path = tmp_path / "with_pressure.py"
    path.write_text(PRESSURE)
    load_plugins(None)
    try:
        load_plugins(path)
        first = PRESSURES.get("own_pressure_of_a_script")
        load_plugins(path)
        assert PRESSURES.get("own_pressure_of_a_script") is first
    finally:
        PRESSURES._known.pop("own_pressure_of_a_script", None)


def test_plugins_of_the_running_script_are_not_loaded_twice(tmp_path, monkeypatch):
    path = tmp_path / "running.py"
    path.write_text("raise RuntimeError")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(path), raising=False)
    load_plugins(path)


def test_the_line_is_told_of_a_script_named_from_its_folder(tmp_path, monkeypatch):
    script(tmp_path, "\n\n1 / 0\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"^script\.py, line 14 could not be loaded: ZeroDivisionError"):
        load_study(Path("script.py"))
