"""Runs of agents with critics and drawn answers keep to themselves, go on from checkpoints, and bear every pressure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from emcomm.agents import GRU, LSTM, Agent, Transformer
from emcomm.envs import Reconstruction
from emcomm.pressures import ChannelNoise, Community, ImpatientListener, ListenerDropout, ListenerReset, Regularity
from emcomm.training import PPO, ActorCritic, Reinforce, Run, load_checkpoint, save_checkpoint
from emcomm.training.setup import Estimator
from tests.training.small import advanced, equal_weights, small_run

PRESSURES = {
    "noise": ChannelNoise(strength=0.2),
    "rush": ImpatientListener(strength=0.5),
    "dropout": ListenerDropout(strength=0.3),
    "order": Regularity(strength=0.1),
    "teaching": ListenerReset(every=2),
    "group": Community(size=2),
}
WAYS: dict[str, Estimator] = {
    "reinforce": Reinforce(),
    "actor-critic": ActorCritic(reward="success"),
    "proximal": PPO(epochs=2, minibatches=3),
}
KINDS: dict[str, Agent] = {"gru": GRU(), "lstm": LSTM(reading="attention"), "transformer": Transformer(layers=2)}
BY_ESTIMATOR = pytest.mark.parametrize("name", WAYS)
BY_LISTENER = pytest.mark.parametrize("listener_loss", ["log_likelihood", "policy_gradient"])


def run_of(
    name: str, listener_loss: str, seed: int = 5, pressures: Any = None, kind: str = "gru", **changes: Any
) -> Run:
    agents = {"speaker": KINDS[kind], "listener": KINDS[kind], "pairs": 2}
    return small_run("a", seed, pressures, estimator=WAYS[name], listener_loss=listener_loss, **{**agents, **changes})


@BY_ESTIMATOR
@BY_LISTENER
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_alone_is_the_same_run_beside_others(name: str, listener_loss: str, kind: str):
    changes: dict[str, Any] = {"kind": kind} | ({"game": Reconstruction()} if kind == "lstm" else {})
    runs = [run_of(name, listener_loss, seed, its, **changes) for seed, its in ((5, PRESSURES), (7, None))]
    at_birth, together = advanced(0, *runs), advanced(3, *runs)
    assert (together.broken_at == -1).all()
    for run in runs:
        assert not equal_weights(at_birth.weights(run), together.weights(run))
        assert equal_weights(together.weights(run), advanced(3, run).weights(run))


@BY_LISTENER
@pytest.mark.parametrize("name", ["actor-critic", "proximal"])
def test_a_value_head_has_the_same_bits_in_a_stack_of_one_agent(name: str, listener_loss: str):
    runs = [run_of(name, listener_loss, seed, pairs=1, batch_size=37) for seed in (5, 7, 11)]
    together = advanced(2, *runs)
    for run in runs:  # a stack of one is multiplied by another kernel, which adds up a single column in another order
        assert equal_weights(together.weights(run), advanced(2, run).weights(run))


@BY_ESTIMATOR
@BY_LISTENER
def test_the_numbers_of_one_run_change_no_bit_of_another(name: str, listener_loss: str):
    first, last = run_of(name, listener_loss), run_of(name, listener_loss, 7, PRESSURES)
    found = []
    numbers: list[dict[str, Any]] = [
        {},
        {"speaker_entropy": 3.0},
        {"speaker_anchor": 2.0},
        {"listener_learning_rate": 0.1},
    ]
    for changes in numbers:
        other = Run("b", 5, run_of(name, listener_loss, **changes).setup)
        trainer = advanced(3, first, other, last)
        found.append((trainer.weights(first), trainer.weights(last), trainer.weights(other)))
    for changed in found[1:]:
        assert equal_weights(changed[0], found[0][0])
        assert equal_weights(changed[1], found[0][1])
        assert not equal_weights(changed[2], found[0][2])


@BY_ESTIMATOR
@BY_LISTENER
def test_going_on_from_a_checkpoint_equals_not_having_stopped(name: str, listener_loss: str, tmp_path: Path):
    runs = [run_of(name, listener_loss, seed, PRESSURES, kind="gru", speaker=GRU(hidden=11)) for seed in (5, 7)]
    whole, trainer = advanced(5, *runs), advanced(3, *runs)
    save_checkpoint(tmp_path / "stack", trainer)
    resumed = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(2):
        resumed.advance()
    assert all(equal_weights(whole.weights(run), resumed.weights(run)) for run in runs)


@BY_ESTIMATOR
def test_a_run_that_leaves_changes_nothing_for_the_others(name: str):
    runs = [run_of(name, "policy_gradient", seed, PRESSURES) for seed in (5, 7)]
    whole, trainer = advanced(4, *runs), advanced(2, *runs)
    trainer.leave([runs[0].name])
    for _ in range(2):
        trainer.advance()
    assert equal_weights(whole.weights(runs[1]), trainer.weights(runs[1]))


@BY_ESTIMATOR
def test_the_global_generators_are_left_alone(name: str):
    before = torch.get_rng_state()
    advanced(2, run_of(name, "policy_gradient"))
    assert torch.equal(torch.get_rng_state(), before)
