"""Studies of ternary agents: what is recorded, one stack for several schedules, settings from text, older folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from emcomm.agents import GRU
from emcomm.cli import main
from emcomm.errors import BadInput
from emcomm.studies.condition import Condition
from emcomm.studies.plan import make_plan
from emcomm.studies.results import Results
from emcomm.studies.running import run_study
from emcomm.ternary import Quantised, Schedule
from emcomm.training import Setup
from tests.cli.scripts import SCRIPT

TERNARY = GRU(hidden=5, precision="ternary", recipe="bitnet")
HEALTH = {f"{role}_{name}" for role in ("speaker", "listener") for name in ("zero_share", "flip_rate", "saturation")}
NEW = ("precision", "recipe", "encoder", "reading", "quantisation")  # settings that older folders do not know


def schedules(**kinds: dict[str, Any]) -> dict[str, Condition]:
    """A condition for each schedule."""
    return {name: Condition(settings={"base.quantisation": settings}) for name, settings in kinds.items()}


def test_conditions_that_differ_in_schedule_share_a_stack_and_report_how_it_goes(tiny, tmp_path):
    conditions = schedules(
        floats={"kind": "never"}, scratch={"kind": "step", "start": 0}, line={"start": 0.3, "length": 0.4}
    )
    study = tiny(
        base={"speaker": TERNARY, "listener": TERNARY},
        conditions=conditions,
        pressures={},
        patterns=[],
        seeds=1,
        design="explicit",
    )
    (stack,) = make_plan(study).stacks
    assert [run.setup.quantisation.kind for run in stack.runs] == ["never", "step", "linear"]
    results = run_study(study, tmp_path, workers=1)
    assert set(results.metrics["metric"]) >= {"quantised_share", *HEALTH}
    table = results.metrics.pivot_table(index="step", columns=["run", "metric"], values="value", dropna=False)
    assert table["floats/0"]["quantised_share"].unique().tolist() == [0.0]
    assert table["scratch/0"]["quantised_share"].unique().tolist() == [1.0]
    # Of 23 steps the rise takes those from 7 (0.3 * 23) to 16 (0.7 * 23): at 10 it is at 3/9, at 15 at 8/9.
    line = table["line/0"]["quantised_share"]
    assert [line[step] for step in (0, 5, 10, 15, 20, 23)] == pytest.approx([0, 0, 3 / 9, 8 / 9, 1, 1])
    assert table["floats/0"][[*HEALTH]].isna().to_numpy().all()
    assert table["line/0"]["speaker_zero_share"].between(0.05, 0.9).all()
    trained = {name: results.agent("speaker", f"{name}/0") for name in conditions}
    shares = {name: {m.share for m in agent.modules() if isinstance(m, Quantised)} for name, agent in trained.items()}
    assert shares == {"floats": {0.0}, "scratch": {1.0}, "line": {1.0}}
    features = torch.from_numpy(study.base.world.features())
    for name, agent in trained.items():  # as it was evaluated: it says first what it said at the end
        first = agent.start(features)[1].argmax(-1)  # type: ignore[operator]
        said = results.language(f"{name}/0").messages[:, 0]
        assert first.tolist() == said.tolist()


def test_float_agents_report_nothing_of_it(tiny, tmp_path):
    results = run_study(tiny(seeds=1, pressures={}, patterns=[], base={"steps": 2}), tmp_path, workers=1)
    assert not set(results.metrics["metric"]) & {"quantised_share", *HEALTH}


def test_settings_from_the_command_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "tiny_ternary.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    command = ["run", "tiny_ternary.py", "--out", "out", "--steps", "3", "--seeds", "1"]
    settings = ["base.quantisation.start=0.5", "base.speaker.precision=ternary", "base.speaker.recipe=rnn"]
    assert main([*command, *(part for setting in settings for part in ("--set", setting))]) == 0
    study = Results.open("out").study
    assert study.base.quantisation.start == 0.5
    assert study.base.speaker == GRU(**{**dict(study.base.speaker), "precision": "ternary", "recipe": "rnn"})
    capsys.readouterr()
    bare = {"kind": "gru", "precision": "ternary", "recipe": {"ternary": None}}
    for setting, sentence in (
        ("base.quantisation.start=1.5", "start"),
        ("base.quantisation.start=0.95", "a schedule longer than training: start 0.95 + length 0.1 = 1.05, at most 1"),
        ('base.quantisation={"kind": "step", "length": 0.2}', "a step has length 0, got 0.2"),
        ("base.quantisation.kind=stp", "'step'"),
        ("base.quantisation.begin=0.5", "begin"),
        (
            "base.speaker.recipe=bitnets",
            "unknown recipe 'bitnets'; known: bitnet, reloaded, rnn. Did you mean",
        ),
        ("base.speaker.precision=binary", "'float' or 'ternary'"),
        ('base.speaker.encoder={"kind": "cnn"}', "the encoder 'cnn' reads Image meanings"),
        (f"base.speaker={json.dumps(bare)}", "a recipe with a quantiser"),
    ):
        assert main([*command[:2], "--out", "other", "--set", setting]) == 2, setting
        captured = capsys.readouterr()
        assert sentence in captured.err
        assert captured.err.count("\n") == 1
    assert not Path("other").exists() or not list(Path("other").iterdir())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"start": -0.1}, "start"),
        ({"start": 0.5, "length": 0.6}, "a schedule longer than training: start 0.5 [+] length 0.6 = 1.1, at most 1"),
        ({"kind": "step", "length": 0.1}, "a step has length 0, got 0.1; linear and tanh take time"),
    ],
)
def test_schedules_that_cannot_be_are_refused_by_the_set_up(tiny, settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        tiny().set({"base.quantisation": settings})
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match=sentence) as caught:
        Setup(**{**dict(tiny().base), "quantisation": settings})
    assert "\n" not in str(caught.value)


def test_older_folders_open_go_on_and_load(tiny, tmp_path):
    study = tiny(seeds=1)
    fresh = run_study(study, tmp_path, workers=1)
    weights = fresh.agent("listener", "off/0").state_dict()
    file = tmp_path / "study.json"

    def older(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: older(value) for key, value in data.items() if key not in NEW}
        return [older(value) for value in data] if isinstance(data, list) else data

    before = json.loads(file.read_text())
    file.write_text(json.dumps(older(before)))
    assert json.loads(file.read_text()) != before
    results = Results.open(tmp_path)
    assert results.study == study
    assert results.study.base.quantisation == Schedule()
    again = results.agent("listener", "off/0").state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in weights.items())
    more = run_study(tiny(seeds=2), tmp_path, workers=1)  # what is there is kept, what is new is trained
    assert more.finished
    assert more.runs["seed"].tolist() == [0, 1] * 3
