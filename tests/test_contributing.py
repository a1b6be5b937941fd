"""The examples of docs/contributing.md run as they stand, each plug-in through the front door of its family."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch

import emcomm.metrics
import emcomm.pressures
import emcomm.worlds
from emcomm.registry import FAMILIES

TEXT = (Path(__file__).parents[1] / "docs" / "contributing.md").read_text(encoding="utf-8")
BLOCKS = [textwrap.dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```", TEXT, re.DOTALL | re.MULTILINE)]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the examples define, filed under their names for the length of a test."""
    for registry in FAMILIES.values():
        monkeypatch.setattr(registry, "_known", dict(registry._known))
    names: dict[str, Any] = {"__name__": "example"}
    for block in BLOCKS:
        exec(compile(block, "docs/contributing.md", "exec", dont_inherit=True), names)  # the asserts in them count
    return names


def test_every_example_runs_and_is_known_by_name(written: dict[str, Any]) -> None:
    assert len(BLOCKS) == 5
    assert emcomm.pressures.PRESSURES.get("speaker_amnesia") is written["SpeakerAmnesia"]
    assert emcomm.metrics.METRICS.get("silence").function is written["silence"]
    assert emcomm.worlds.WORLDS.get("kinship") is written["KinshipWorld"]


def test_speakers_forget_when_due_under_the_example_pressure(written: dict[str, Any]) -> None:
    class Village:
        shape = (2, 3)

        def __init__(self) -> None:
            self.calls: list[tuple[str, list[list[bool]]]] = []

        def forget(self, role: str, which: torch.Tensor) -> None:
            self.calls.append((role, which.tolist()))

    village, strength = Village(), torch.tensor([0.0, 0.5])
    draws = torch.tensor([[0.0, 0.2, 0.9], [0.1, 0.7, 0.4]])
    pressure = written["SpeakerAmnesia"](every=7)
    for step in (1, 7, 13):
        pressure.between(village, emcomm.pressures.Moment(step, strength, lambda *shape: draws))
    # Only step 7 is due; run 0 has strength 0, and in run 1 draws of 0.1 and 0.4 fall below 0.5.
    assert village.calls == [("speaker", [[False] * 3, [True, False, True]])]


def test_the_points_in_the_table_are_those_of_the_contract() -> None:
    points = re.findall(r"^ *\| [a-z ]+ \| `(\w+)` \|", TEXT, re.MULTILINE)
    assert points == ["shape", "partners", "transmit", "attend", "cost", "between"]
    assert all(callable(getattr(emcomm.pressures.Pressure, point)) for point in points)


def test_the_entry_point_groups_are_the_families() -> None:
    groups = set(re.findall(r"`emcomm\.(\w+)`", TEXT.partition("The groups are")[2].partition("\n")[0]))
    assert set(FAMILIES) <= groups
