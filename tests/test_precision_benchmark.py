"""Ternary training is compared with the same architecture in float, phase by phase, in one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import precision, throughput
from benchmarks.architectures import ARCHITECTURES, PHASES, Architecture
from benchmarks.players import Spell
from emcomm.ternary import quantised
from emcomm.training import build_agents


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES.keys())
def test_ternary_agents_are_compared_with_their_own_architecture_in_float(architecture: Architecture) -> None:
    parameters = {}
    for way in architecture.ways(5):
        runs = architecture.runs(way, 5)
        assert len({run.stack_key for run in runs}) == 1
        assert len({run.name for run in runs}) == 5
        speaker, listener = build_agents(runs[0].setup)
        parameters[way] = [(n, p.shape) for agent in (speaker, listener) for n, p in agent.named_parameters()]
        ternary = len(quantised(speaker)), len(quantised(listener))
        assert (min(ternary) > 0) == (max(ternary) > 0) == (way not in ("plain float", "float"))
    assert len({str(names) for way, names in parameters.items() if way != "plain float"}) == 1
    assert "mixed" not in architecture.ways(1)


def test_phases_last_as_long_as_anybody_plays() -> None:
    expected = {"before": [0.0], "rising": [1e-6], "after": [1.0], "mixed": [0.0, 1e-6, 1.0, 2.5e-6]}
    for phase, schedules in PHASES.items():
        for step in (1, 1000):
            found = [schedule.share_at(step, 10**6) for schedule in schedules]
            assert found == pytest.approx(
                [share if share == 1 else share * step for share in expected[phase]], rel=0.01
            )


def test_ternary_training_is_compared_round_by_round() -> None:
    spells = {
        (2, "float"): [Spell(60, 1.0), Spell(30, 1.0), Spell(32, 1.0)],
        (2, "plain float"): [Spell(60, 1.0), Spell(30, 1.0), Spell(32, 1.0)],
        (2, "rising"): [Spell(20, 1.0), Spell(20, 1.0), Spell(20, 1.0)],  # times as long: 3, 1.5 and 1.6
        (2, "after"): [Spell(30, 1.0), Spell(20, 1.0), Spell(10, 1.0)],  # times as long: 2, 1.5 and 3.2
    }
    compared = precision.Compared(ARCHITECTURES["gru"], spells)  # type: ignore[arg-type]
    assert [compared.times_float(2, way) for way in ("float", "rising", "after")] == [1.0, 1.6, 2.0]
    assert [compared.reached(2, way) for way in ("plain float", "rising", "after")] == [None, True, False]
    assert precision.Compared(ARCHITECTURES["cnn"], spells).reached(2, "rising") is None  # type: ignore[arg-type]


def test_architectures_from_command_line_to_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = Architecture("tiny gru", "gru", hidden=7, batch_size=11, length=2, symbols=13)
    monkeypatch.setattr(throughput, "ARCHITECTURES", {"tiny gru": tiny})
    file = tmp_path / "speed.json"
    argv = ["--settings", "tiny gru", "--runs", "1", "2", "--seconds", "1e-9", "--rounds", "1", "--json", str(file)]
    assert throughput.main(argv) == 0
    said = capsys.readouterr().out
    assert "tiny gru: world 10 x 10, width 7, batch 11, 2 of 13 symbols" in said
    assert all(words in said for words in ("plain float", "ternary, mixed", "at most 1.6: "))
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["settings"] == []
    played = written["architectures"][0]["played"]
    ways = ["plain float", "float", "before", "rising", "after"]
    assert [(each["runs"], each["training"]) for each in played] == [
        *((1, way) for way in ways), *((2, way) for way in (*ways, "mixed")),
    ]  # fmt: skip
    assert all(len(each["spells"]) == throughput.FINER and min(each["spells"]) > 0 for each in played)
    assert all(each["times_float"] == 1.0 for each in played if each["training"] == "float")
