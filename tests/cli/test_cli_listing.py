"""``emcomm list``: a line on each member of a family."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from emcomm import registry
from emcomm.cli import main
from emcomm.cli.listing import FAMILIES
from tests.cli.scripts import SCRIPT


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("worlds", "attribute"),
        ("games", "discrimination"),
        ("agents", "gru"),
        ("encoders", "linear  One affine map of the row"),
        ("pressures", "listener_reset  Replace every listener by a new one at regular intervals."),
        ("metrics", "topographic_similarity  Correlation between"),
        ("probes", "ease_of_teaching"),
    ],
)
def test_families_are_listed_with_a_line_each(family, expected, capsys):
    assert main(["list", family]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(expected) for line in lines)
    assert all("  " in line for line in lines)


def test_every_family_of_plugins_is_listed():
    for package in ("agents", "envs", "metrics", "pressures", "probes", "worlds"):
        importlib.import_module(f"emcomm.{package}")
    ours = {name for name, known in registry.FAMILIES.items() if any(_is_ours(plugin) for _, plugin in known)}
    assert {"agents", "encoders", "worlds"} <= ours <= set(FAMILIES)


def _is_ours(plugin: Any) -> bool:
    return plugin.__module__.startswith("emcomm.")


def test_an_unknown_family_is_refused_with_the_nearest(capsys):
    assert main(["list", "encoder"]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "unknown family 'encoder'" in said
    assert "Did you mean 'encoders'?" in said


def test_studies_are_listed(tmp_path, monkeypatch, capsys):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "first.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    assert main(["list", "studies"]) == 0
    assert capsys.readouterr().out == "first  experiments/first.py\n"


def test_where_there_are_no_studies_a_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["list", "studies"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("emcomm: there are no studies here: no scripts in a folder experiments/")
