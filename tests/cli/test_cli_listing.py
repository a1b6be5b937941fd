"""``emcomm list``: a line on each member of a family."""

from __future__ import annotations

import pytest

from emcomm.cli import main
from tests.cli.scripts import SCRIPT


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("worlds", "attribute"),
        ("games", "discrimination"),
        ("agents", "gru"),
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


def test_studies_are_listed(tmp_path, monkeypatch, capsys):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "first.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    assert main(["list", "studies"]) == 0
    assert capsys.readouterr().out == "first  experiments/first.py\n"
