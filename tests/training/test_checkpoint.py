"""Stopping and going on equals not having stopped, bit for bit; what cannot be read is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emcomm.channel import Channel
from emcomm.envs import Discrimination
from emcomm.errors import StorageError
from emcomm.pressures import ChannelNoise, Community, ImpatientListener, LengthCost, ListenerReset
from emcomm.training import (
    GumbelSoftmax,
    Observed,
    Progress,
    Reinforce,
    Run,
    Trainer,
    load_checkpoint,
    loop,
    save_checkpoint,
    train,
)
from emcomm.worlds import AttributeWorld
from tests.training.small import small_run

QUICK = {
    "world": AttributeWorld(values=(2, 3)),
    "game": Discrimination(candidates=2),
    "channel": Channel(7, 2, variable=False),
    "estimator": Reinforce(reward="success"),
    "speaker_entropy": 0.02,
    "batch_size": 53,
    "speaker_learning_rate": 0.02,
    "listener_learning_rate": 0.02,
}

CASES: dict[str, list[Run]] = {
    "runs that leave, groups, resets in turn": [
        small_run(
            "a",
            seed,
            {"teaching": ListenerReset(every=30, staggered=True, strength=0.7), "group": Community(size=3)},
            **QUICK,
            pairs=3,
            steps=61,
            evaluate_every=5,
            record_every=11,
            stop_accuracy=0.6,
        )
        for seed in (2, 3, 5, 7)
    ],
    "mean baseline, two arms": [
        small_run("off", 5, evaluate_every=7),
        small_run("on", 5, {"effort": LengthCost(schedule="accuracy", exponent=1.0), "noise": ChannelNoise()}),
    ],
    "greedy baseline, one length": [
        small_run(
            "a", seed, channel=Channel(7, 3, variable=False), estimator=Reinforce(baseline="greedy", reward="accuracy")
        )
        for seed in (5, 7)
    ],
    "falling temperature": [
        small_run("a", seed, estimator=GumbelSoftmax(temperature=2.0, final_temperature=0.3)) for seed in (5, 7)
    ],
    "bfloat16, impatience, partners, hold-out": [
        small_run(
            "a",
            seed,
            {"rush": ImpatientListener(strength=0.5), "group": Community(size=2)},
            pairs=2,
            steps=11,
            matmul="bfloat16",
            world=AttributeWorld(values=(3, 5), split="random", held_out=0.2, frequencies="zipf"),
        )
        for seed in (5, 7)
    ],
}
CASES["mean baseline, two arms"][1] = Run(
    "on", 5, CASES["mean baseline, two arms"][0].setup, CASES["mean baseline, two arms"][1].pressures
)


@pytest.fixture(autouse=True)
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report after every step, so that a stack can be stopped anywhere."""
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_REPORTS", -1.0)


def facts(event: Observed | Progress) -> Any:
    """Everything an event says, comparable bit for bit."""
    if isinstance(event, Progress):
        return event
    seen = [
        (o.run.name, o.step, o.record, o.messages.tobytes(), list(o.values), np.array([*o.values.values()]).tobytes())
        for o in event.observations
    ]
    ends = [
        (e.run.name, e.step, e.status, e.note, {name: part.numpy().tobytes() for name, part in e.weights.items()})  # type: ignore[attr-defined]
        for e in event.finished
    ]
    return seen, ends


def played(trainer: Trainer) -> list[Any]:
    return [facts(event) for event in train(trainer)]


def stopped(runs: list[Run], events: int, path: Path) -> list[Any]:
    """Play until so many events have come, save, and forget about it."""
    trainer = Trainer(runs)
    loop_: Iterator[Any] = train(trainer)
    seen = [facts(next(loop_)) for _ in range(events)]
    save_checkpoint(path, trainer)
    for _ in range(3):  # what happens after the last checkpoint is lost
        next(loop_, None)
    return seen


@pytest.fixture(scope="module")
def whole() -> dict[str, list[Any]]:
    """What happens without stopping."""
    return {}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.35, 0.6, 0.85, 1.0])
def test_going_on_equals_not_having_stopped(case: str, share: float, whole: dict[str, list[Any]], tmp_path: Path):
    runs = CASES[case]
    if case not in whole:
        before = loop.SECONDS_BETWEEN_REPORTS
        assert before < 0
        whole[case] = played(Trainer(runs))
    expected = whole[case]
    events = round(share * len(expected))
    path = tmp_path / "stack.safetensors"
    first = stopped(runs, events, path)
    trainer = load_checkpoint(path, runs)
    assert first + played(trainer) == expected


def test_runs_did_leave_at_different_steps_in_that_test(whole: dict[str, list[Any]]):
    case = "runs that leave, groups, resets in turn"
    events = whole.get(case) or played(Trainer(CASES[case]))
    steps = {end[1] for event in events if isinstance(event, tuple) for end in event[1]}
    assert len(steps) > 1


def test_a_run_that_broke_before_the_stop_is_reported_with_its_step_after_it(tmp_path: Path):
    runs, path = [small_run("a", seed, evaluate_every=23, record_every=23) for seed in (5, 7)], tmp_path / "stack"
    trainer = Trainer(runs)
    for step in range(7):
        if step == 3:
            with torch.no_grad():
                trainer.listeners.weights[0] = torch.nan
        trainer.advance()
    save_checkpoint(path, trainer)
    ends = [
        end for event in train(load_checkpoint(path, runs)) if isinstance(event, Observed) for end in event.finished
    ]
    assert [(end.run.name, end.step, end.status) for end in ends] == [("a/5", 3, "failed"), ("a/7", 23, "done")]


def test_stopping_at_every_step_equals_not_stopping(tmp_path: Path):
    runs, path = CASES["mean baseline, two arms"], tmp_path / "stack.safetensors"
    expected, found = played(Trainer(runs)), []
    trainer = Trainer(runs)
    while True:
        event = next(train(trainer), None)
        if event is None:
            break
        found.append(facts(event))
        save_checkpoint(path, trainer)
        trainer = load_checkpoint(path, runs)
    assert [each for each in found if isinstance(each, tuple)] == [e for e in expected if isinstance(e, tuple)]


def test_a_checkpoint_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path):
    trainer, path = Trainer([small_run()]), tmp_path / "stack.safetensors"
    for _ in range(2):
        trainer.advance()
        save_checkpoint(path, trainer)
    assert [each.name for each in tmp_path.iterdir()] == ["stack.safetensors"]
    assert load_checkpoint(path, [small_run()]).step == 2


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    trainer, path = Trainer([small_run()]), tmp_path / "stack.safetensors"
    save_checkpoint(path, trainer)
    before = path.read_bytes()
    trainer.advance()

    def full(_: object, file: Path, **__: object) -> None:
        file.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emcomm.training.checkpoint.save_file", full)
    with pytest.raises(StorageError, match="could not write the checkpoint .*No space left on device") as caught:
        save_checkpoint(path, trainer)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["stack.safetensors"]


def test_a_folder_that_does_not_exist_is_a_storage_error(tmp_path: Path):
    with pytest.raises(StorageError, match="could not write the checkpoint"):
        save_checkpoint(tmp_path / "nowhere" / "stack.safetensors", Trainer([small_run()]))
    with pytest.raises(StorageError, match="could not read the checkpoint"):
        load_checkpoint(tmp_path / "nowhere" / "stack.safetensors", [small_run()])


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "other metadata", "no metadata"])
def test_a_damaged_checkpoint_is_a_storage_error(damage: str, tmp_path: Path):
    from safetensors.torch import save_file

    path = tmp_path / "stack.safetensors"
    save_checkpoint(path, Trainer([small_run()]))
    whole = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "text":
            path.write_text("not a checkpoint at all, but long enough to be taken for one")
        case "other metadata":
            save_file({"x": torch.zeros(3)}, path, metadata={"emcomm": '{"step": 3}'})
        case "no metadata":
            save_file({"x": torch.zeros(3)}, path)
    with pytest.raises(StorageError, match="could not read the checkpoint .*stack.safetensors") as caught:
        load_checkpoint(path, [small_run()])
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_other_runs_is_refused(tmp_path: Path):
    path = tmp_path / "stack.safetensors"
    save_checkpoint(path, Trainer([small_run("a", 5), small_run("a", 7)]))
    for others in ([small_run("a", 5)], [small_run("a", 7), small_run("a", 5)], [small_run("b", 5), small_run("a", 7)]):
        with pytest.raises(StorageError, match="belongs to other runs: a/5, a/7"):
            load_checkpoint(path, others)


def test_a_checkpoint_of_other_agents_is_refused(tmp_path: Path):
    path = tmp_path / "stack.safetensors"
    save_checkpoint(path, Trainer([small_run()]))
    for changes in ({"channel": Channel(11, 5)}, {"pairs": 2}):
        with pytest.raises(StorageError, match="checkpoint .*stack.safetensors"):
            load_checkpoint(path, [small_run(**changes)])
