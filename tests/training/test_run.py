"""Runs: names, which can share a stack, and what acts in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import ImpatientListener, LengthCost, ListenerReset
from emcomm.training import Run, Trainer, build_agents
from emcomm.training.run import slots
from tests.training.small import small_run, small_setup


def test_a_run_is_named_by_condition_and_seed():
    assert small_run("teaching", 7).name == "teaching/7"


@pytest.mark.parametrize(
    "changes",
    [
        {"speaker_learning_rate": 0.5},
        {"listener_learning_rate": 0.5},
        {"speaker_entropy": 0.5},
        {"listener_entropy": 0.5},
    ],
)
def test_runs_that_differ_in_numbers_share_a_stack(changes: dict[str, float]):
    plain = small_run()
    assert plain.stack_key == small_run("other", 7, {"cost": LengthCost()}, **changes).stack_key


@pytest.mark.parametrize(
    "changes",
    [
        {"speaker": GRU(hidden=7)},
        {"pairs": 2},
        {"batch_size": 19},
        {"channel": Channel(7, 4)},
        {"game": Reconstruction()},
        {"steps": 29},
        {"stop_accuracy": 0.5},
        {"matmul": "bfloat16"},
    ],
)
def test_runs_that_differ_in_shape_do_not(changes: dict[str, Any]):
    plain, other = small_run("a"), small_run("b", **changes)
    assert plain.stack_key != other.stack_key
    allowed = "may differ in seed, rates, entropy weights, speaker_anchor, quantisation and strengths"
    with pytest.raises(BadInput, match=allowed):
        Trainer([plain, other])


@pytest.mark.parametrize(
    ("runs", "device", "sentence"),
    [
        ([], "cpu", "a trainer needs at least one run, got none"),
        ([small_run("a", 3), small_run("b", 3), small_run("a", 3)], "cpu", "different names, got 'a/3' twice"),
        ([small_run()], "meta", "unknown device 'meta'; known: cpu, cuda"),
    ],
)
def test_a_stack_that_cannot_be_is_refused_in_one_line(runs: list[Run], device: str, sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        Trainer(runs, device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(BadInput, match="device 'cuda' asked for, but torch finds none here; allowed: 'cpu'"):
        Trainer([small_run()], device="cuda")


def test_a_device_that_torch_does_not_know_is_refused():
    with pytest.raises(BadInput, match="unknown device 'gpu'"):
        Trainer([small_run()], device="gpu")


def test_slots_are_the_pressures_that_are_on_somewhere():
    cheap, dear, late = LengthCost(strength=0.5), LengthCost(strength=2.0), LengthCost(schedule="accuracy")
    impatient = ImpatientListener(strength=0.0)
    runs = [
        small_run("off"),
        small_run("one", pressures={"cost": cheap, "rush": impatient}),
        small_run("two", pressures={"other": cheap, "cost": dear}),
        small_run("three", pressures={"cost": late}),
    ]
    found = slots(runs, torch.device("cpu"))
    assert [(slot.name, slot.pressure.off(), slot.strength.tolist()) for slot in found] == [
        ("cost", cheap.off(), [0.0, 0.5, 2.0, 0.0]),
        ("cost", late.off(), [0.0, 0.0, 0.0, pytest.approx(0.1)]),
        ("other", cheap.off(), [0.0, 0.0, 0.5, 0.0]),
    ]


def test_pressures_act_in_the_order_of_the_list_whoever_shares_the_stack():
    one, other = ListenerReset(every=2), LengthCost(strength=0.5)
    both = small_run("both", pressures={"one": one, "other": other})
    last = small_run("last", pressures={"one": one.off(), "other": other})  # switched off, it keeps its place
    for runs in ([both], [last, both], [both, last]):
        assert [slot.name for slot in slots(runs, torch.device("cpu"))] == ["one", "other"]


def test_agents_are_built_for_the_world_the_channel_and_the_game():
    speaker, listener = build_agents(small_setup())
    shapes = {name: tuple(each.shape) for name, each in [*speaker.named_parameters(), *listener.named_parameters()]}
    assert shapes["encoder.weight"] == (11, 8)  # 3 + 5 features
    assert shapes["out.weight"] == (13, 8)  # the listener's came last: it points, and embeds meanings
    speaker, listener = build_agents(small_setup(game=Reconstruction(), channel=Channel(7, 5, variable=False)))
    assert speaker.get_parameter("out.weight").shape == (7, 11)  # no column for the end
    assert listener.get_parameter("out.weight").shape == (8, 13)
