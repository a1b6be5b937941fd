"""Runs that become ternary at different times share a stack, and nobody notices: not in one bit of anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from emcomm.agents import CNN, GRU, LSTM, Agent, Transformer
from emcomm.pressures import (
    ChannelNoise,
    Community,
    ImpatientListener,
    IteratedLearning,
    ListenerReset,
    ListenerRetraining,
    Pressure,
)
from emcomm.ternary import Schedule, preset
from emcomm.training import Finished, Observed, Run, Trainer, load_checkpoint, save_checkpoint, train
from emcomm.training.evaluation import observe
from emcomm.worlds import ImageWorld
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

STEPS = 11
SCHEDULES = {
    "never": Schedule(kind="never"),
    "scratch": Schedule(kind="step", start=0),
    "after": Schedule(kind="step", start=1),
    "line": Schedule(start=0.2, length=0.5),
    "curve": Schedule(kind="tanh", start=0.3, length=0.4, keep_optimizer=False),
    "reset": Schedule(kind="step", start=0.4, keep_optimizer=False),
}
SMALL = GRU(hidden=7, embedding=3, precision="ternary")
AGENTS: dict[str, tuple[Agent, Agent]] = {
    "gru": (SMALL, GRU(hidden=11, embedding=3, precision="ternary", recipe=preset("rnn"))),
    "lstm and a float listener": (LSTM(hidden=7, precision="ternary", recipe=preset("bitnet")), GRU(hidden=5)),
    "float speaker and a transformer": (
        GRU(hidden=5),
        Transformer(hidden=10, heads=2, precision="ternary", recipe=preset("reloaded")),
    ),
}
TEACHING: dict[str, Pressure] = {
    "noise": ChannelNoise(strength=0.2, effect="erase"),
    "rush": ImpatientListener(strength=0.5),
    "resets": ListenerReset(every=4),
    "practice": ListenerRetraining(every=3, updates=2),
}
Values = dict[tuple[str, int, str], float]


def stack(
    agents: tuple[Agent, Agent] = (SMALL, SMALL), names: Sequence[str] = (*SCHEDULES,), **changes: Any
) -> list[Run]:
    """A run for each schedule; of two seeds in turn."""
    fields = {"speaker": agents[0], "listener": agents[1], "steps": STEPS, "evaluate_every": 2, **changes}
    pressures: Mapping[str, Mapping[str, Pressure]] = fields.pop("pressures", {})
    return [
        small_run(name, (5, 7)[place % 2], pressures.get(name), quantisation=SCHEDULES[name], **fields)
        for place, name in enumerate(names)
    ]


def trained(trainer: Trainer) -> tuple[Values, dict[str, Finished]]:
    """All that is observed of a stack until the end, and how each run ended."""
    values: Values = {}
    ended: dict[str, Finished] = {}
    for event in train(trainer):
        if not isinstance(event, Observed):
            continue
        for seen in event.observations:
            values |= {(seen.run.name, seen.step, name): value for name, value in seen.values.items()}
        ended |= {each.run.name: each for each in event.finished}
    return values, ended


def same(one: Values, other: Values) -> bool:
    """Whether two runs were seen alike, to the last bit; NaN equals NaN."""
    return one.keys() == other.keys() and all(repr(value) == repr(other[key]) for key, value in one.items())


def assert_alone(runs: list[Run], together: tuple[Values, dict[str, Finished]]) -> None:
    values, ended = together
    for run in runs:
        own, end = trained(Trainer([run]))
        assert same({key: value for key, value in values.items() if key[0] == run.name}, own), run.name
        assert ended[run.name].status == end[run.name].status == "done"
        assert equal_weights(ended[run.name].weights, end[run.name].weights), run.name  # type: ignore[arg-type]


@pytest.mark.parametrize("estimator", ["greedy baseline", "straight through"])
@pytest.mark.parametrize("agents", AGENTS)
def test_six_schedules_in_a_stack_are_six_runs(agents: str, estimator: str):
    runs = stack(AGENTS[agents], estimator=ESTIMATORS[estimator])
    assert len({run.stack_key for run in runs}) == 1
    together = trained(Trainer(runs))
    assert_alone(runs, together)
    ends = {name: end.weights for name, end in together[1].items()}
    assert equal_weights(ends["never/5"], ends["after/5"])  # type: ignore[arg-type]
    others = ["never/5", "curve/5", "scratch/7", "line/7", "reset/7"]
    for place, name in enumerate(others):  # no other schedule is without effect
        assert not any(equal_weights(ends[name], ends[other]) for other in others[:place])  # type: ignore[arg-type]


def test_after_training_is_never_with_other_eyes():
    never, after = (trained(Trainer(stack(names=[name]))) for name in ("never", "after"))
    one, other = never[1]["never/5"].weights, after[1]["after/5"].weights
    assert equal_weights(one, other)  # type: ignore[arg-type]
    losses = [[value for (_, _, name), value in seen[0].items() if name == "loss"] for seen in (never, after)]
    assert len(losses[0]) == 7  # before, after every second of eleven steps, and at the end
    assert all(first != second for first, second in zip(*losses, strict=True))
    assert np.isfinite(losses).all()


def test_in_a_community_with_teachers_as_well():
    births = IteratedLearning(every=5, imitation=2, practice=2)
    acts = {"line": TEACHING, "reset": TEACHING, "curve": {"births": births}}
    group: dict[str, Pressure] = {"group": Community(size=3)}
    pressures = {name: {**group, **acts.get(name, {})} for name in SCHEDULES}
    runs = stack(AGENTS["gru"], ["never", "line", "curve", "reset"], pressures=pressures, pairs=3)
    assert_alone(runs, trained(Trainer(runs)))


def test_images_as_well():
    agent = GRU(hidden=7, encoder=CNN(channels=(2, 3)), precision="ternary", recipe=preset("bitnet"))
    images = ImageWorld(shapes=2, colours=3, pixels=9)
    runs = stack((agent, agent), ["never", "line", "reset"], world=images, steps=7)
    assert_alone(runs, trained(Trainer(runs)))


def test_who_leaves_takes_only_its_own_share():
    runs = stack()
    trainer = advanced(5, *runs)
    trainer.leave([runs[0].name, runs[3].name])
    for _ in range(3):
        trainer.advance()
    for run in trainer.runs:
        assert equal_weights(trainer.weights(run), advanced(8, run).weights(run)), run.name


def test_copies_of_agents_are_quantised_as_they_are():
    trainer = advanced(5, *stack(AGENTS["gru"], pairs=2))
    # At the fifth step (4 of 11): the line is at (4 - 2) / (8 - 2), the curve at tanh(2.5 (4 - 3) / (8 - 3)).
    shares = [0.0, 1.0, 0.0, 1 / 3, 0.46211715726, 1.0]
    assert trainer.listeners.shares == pytest.approx(shares)
    features, message = (
        trainer.board.features,
        torch.randint(0, 8, (12, 3, 5), generator=torch.Generator().manual_seed(1)),
    )
    candidates = torch.arange(3).expand(12, 3, 3)
    whole = trainer.listeners.listener()(message, features.expand(12, -1, -1), candidates)
    for runs in ([4], [3, 1], [0, 2]):
        rows = [2 * run + pair for run in runs for pair in range(2)]
        part = trainer.listeners.part(runs)
        assert part.shares == [trainer.listeners.shares[run] for run in runs]
        heard = part.listener()(message[rows], features.expand(len(rows), -1, -1), candidates[rows])
        assert torch.equal(heard, whole[rows])
    assert trainer.listeners.shares == pytest.approx(shares)  # the stack itself is as it was
    assert torch.equal(trainer.listeners.listener()(message, features.expand(12, -1, -1), candidates), whole)


@pytest.mark.parametrize("stop", [1, 4, 6, 10])
def test_going_on_from_a_checkpoint_is_not_having_stopped(stop: int, tmp_path: Path):
    runs = stack(AGENTS["gru"], pressures={"line": TEACHING}, evaluate_every=1)
    whole, ends = trained(Trainer(runs))
    trainer = Trainer(runs)
    values: Values = {}
    for event in train(trainer):
        if not isinstance(event, Observed):
            continue
        for seen in event.observations:
            values |= {(seen.run.name, seen.step, name): value for name, value in seen.values.items()}
        if trainer.step == stop:
            break
    save_checkpoint(tmp_path / "stack", trainer)
    rest, finished = trained(load_checkpoint(tmp_path / "stack", runs))
    assert same(whole, values | rest)
    assert any(value > 0 for (_, step, name), value in rest.items() if "flip_rate" in name and step == stop + 1)
    assert all(equal_weights(ends[name].weights, end.weights) for name, end in finished.items())  # type: ignore[arg-type]


def test_checkpoints_without_codes_are_read(tmp_path: Path):
    runs = stack(names=["line", "reset"])
    trainer = advanced(3, *runs)
    observe(trainer, record=False)
    save_checkpoint(tmp_path / "stack", trainer)
    with safe_open(tmp_path / "stack", framework="pt") as file:
        facts, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert tensors.pop("speakers.codes").numel()
    del tensors["listeners.codes"]
    save_file(tensors, tmp_path / "stack", metadata=facts)
    loaded = load_checkpoint(tmp_path / "stack", runs)
    assert loaded.speakers.codes is None
    loaded.advance()
    trainer.advance()
    assert all(equal_weights(loaded.weights(run), trainer.weights(run)) for run in runs)


def test_looking_changes_nothing():
    runs = stack()
    seen, unseen = Trainer(runs), Trainer(runs)
    for _ in range(7):
        observe(seen, record=True)
        seen.advance()
        unseen.advance()
    assert all(equal_weights(seen.weights(run), unseen.weights(run)) for run in runs)
