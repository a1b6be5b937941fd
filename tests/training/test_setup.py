"""Set-ups: defaults, what is refused and in which words, schedules, writing and reading."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from emcomm.agents import CNN, GRU, FeedForward
from emcomm.channel import Channel
from emcomm.envs import Discrimination, Reconstruction
from emcomm.errors import BadInput
from emcomm.training import PPO, ActorCritic, GumbelSoftmax, Reinforce, Setup
from emcomm.worlds import ArrayWorld, AttributeWorld
from tests.training.small import small_setup


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"step": 3}, "unknown key 'step'; known: .*Did you mean 'steps'"),
        ({"steps": 0}, "steps: .*greater than 0, got 0"),
        ({"batch_size": 2.5}, "batch_size: .*integer.*got 2.5"),
        ({"speaker_learning_rate": 0.0}, "speaker_learning_rate: .*greater than 0, got 0.0"),
        ({"listener_learning_rate": -1e-3}, "listener_learning_rate: .*greater than 0, got -0.001"),
        ({"speaker_entropy": -0.1}, "speaker_entropy: .*greater than or equal to 0, got -0.1"),
        ({"speaker_anchor": -0.5}, "speaker_anchor: .*greater than or equal to 0, got -0.5"),
        ({"speaker_anchor": float("inf")}, "speaker_anchor: .*finite.*got inf"),
        ({"anchor_decay": 1.0}, "anchor_decay: .*less than 1, got 1.0"),
        (
            {"listener_loss": "policy_gradient", "estimator": GumbelSoftmax()},
            "listener_loss='policy_gradient' needs rewards, and with the estimator 'gumbel_softmax' the speaker learns",
        ),
        ({"estimator": PPO(minibatches=18)}, "estimator.minibatches must be at most batch_size=17, got 18"),
        ({"pairs": 0}, "pairs: .*greater than 0, got 0"),
        ({"stop_accuracy": 1.2}, "stop_accuracy: .*less than or equal to 1, got 1.2"),
        ({"stop_accuracy": 0.0}, "stop_accuracy: .*greater than 0, got 0.0"),
        ({"matmul": "float16"}, "matmul: .*'float32' or 'bfloat16', got 'float16'"),
        ({"listener_loss": "hinge"}, "listener_loss: .*'success' or 'policy_gradient', got 'hinge'"),
        ({"game": {"kind": "reconstructoin"}}, "unknown game 'reconstructoin'.*Did you mean 'reconstruction'"),
        ({"world": {"kind": "atribute", "values": [3]}}, "unknown world 'atribute'.*Did you mean 'attribute'"),
        ({"speaker": {"kind": "lsmt"}}, "unknown agent 'lsmt'; known: .*gru"),
        ({"estimator": {"kind": "dqn"}}, "estimator: unknown kind 'dqn'; known: actor_critic, .*gumbel_softmax, ppo"),
        ({"estimator": "ppo"}, "estimator: must be one of Reinforce.*got 'ppo'. Did you mean 'PPO'"),
        ({"speaker": GRU(encoder=CNN())}, "speaker: the encoder 'cnn' reads Image meanings, got Flat"),
        ({"listener": FeedForward()}, "listener: feed_forward agents say one symbol"),
        ({"channel": {"symbols": 1, "max_length": 2}}, "channel: .*symbols: .*got 1"),
        ({"game": Discrimination(candidates=16)}, "16 candidates asked for, but at most 15 are possible"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_line(changes: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        small_setup(**changes)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_asked_for():
    with pytest.raises(BadInput, match="'world' is required; 'game' is required; 'channel' is required"):
        Setup()  # type: ignore[call-arg]


def test_only_training_meanings_can_be_distractors():
    world = AttributeWorld(values=(3, 5), split="random", held_out=0.6)  # 6 of 15 stay in training
    small_setup(world=world, game=Discrimination(candidates=6))
    with pytest.raises(BadInput, match="7 candidates asked for, but at most 6"):
        small_setup(world=world, game=Discrimination(candidates=7))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"baseline": "median"}, "baseline: .*'none', 'mean' or 'greedy', got 'median'"),
        ({"baseline_decay": 1.0}, "baseline_decay: .*less than 1, got 1.0"),
        ({"reward": "points"}, "reward: .*got 'points'"),
    ],
)
def test_reinforce_refuses_what_it_does_not_know(settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence):
        Reinforce(**settings)


@pytest.mark.parametrize("kind", [ActorCritic, PPO])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"reward": "points"}, "reward: .*got 'points'"),
        ({"value_weight": -1.0}, "value_weight: .*greater than or equal to 0, got -1.0"),
        ({"value_reaches": "body"}, "value_reaches: .*'head' or 'agent', got 'body'"),
        ({"baseline": "mean"}, "unknown key 'baseline'; known: .*value_weight"),
    ],
)
def test_critics_refuse_what_they_do_not_know(kind: Any, settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        kind(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"clip": 0.0}, "clip: .*greater than 0, got 0.0"),
        ({"clip": 1.0}, "clip: .*less than 1, got 1.0"),
        ({"epochs": 0}, "epochs: .*greater than 0, got 0"),
        ({"minibatches": 0}, "minibatches: .*greater than 0, got 0"),
        ({"normalise": "yes, please"}, "normalise: .*got 'yes, please'"),
    ],
)
def test_proximal_updates_refuse_what_they_do_not_know(settings: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        PPO(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"final_temperature": -1.0}])
def test_a_temperature_is_above_zero(settings: dict[str, float]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*greater than 0"):
        GumbelSoftmax(**settings)


def test_temperatures_fall_by_equal_factors_from_first_to_last_step():
    schedule = GumbelSoftmax(temperature=8.0, final_temperature=0.5)
    # Four steps apart: 8 (1/16)^(k/4) = 8, 4, 2, 1, 1/2.
    assert [schedule.temperature_at(step, 5) for step in range(5)] == pytest.approx([8, 4, 2, 1, 0.5])
    assert schedule.temperature_at(9, 5) == pytest.approx(0.5)
    assert GumbelSoftmax(temperature=1.5).temperature_at(3, 5) == 1.5
    assert schedule.temperature_at(0, 1) == 8.0


def test_the_default_rhythm_is_twenty_evaluations_and_five_snapshots():
    assert (small_setup(steps=1000).evaluation_interval, small_setup(steps=1000).record_interval) == (50, 200)
    assert (small_setup(steps=3).evaluation_interval, small_setup(steps=3).record_interval) == (1, 1)
    setup = small_setup(evaluate_every=7, record_every=11)
    assert (setup.evaluation_interval, setup.record_interval) == (7, 11)


def test_products_follow_the_precision():
    assert small_setup().products == torch.float32
    assert small_setup(matmul="bfloat16").products == torch.bfloat16


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"estimator": GumbelSoftmax(temperature=2.0, final_temperature=0.5), "speaker": GRU(hidden=3)},
        {"world": ArrayWorld(meanings=[[0, 1], [1, 0], [1, 1]], frequencies=[1, 2, 3]), "game": Reconstruction()},
        {"world": AttributeWorld(values=(3, 5), frequencies="zipf", split="compositional", held_out=0.2)},
        {"estimator": ActorCritic(value_reaches="agent"), "speaker_anchor": 0.5, "anchor_decay": 0.9},
        {"estimator": PPO(epochs=3, minibatches=2), "listener_loss": "policy_gradient"},
        {"channel": Channel(7, 2, variable=False), "estimator": Reinforce(reward="accuracy", baseline="greedy")},
    ],
)
def test_a_set_up_survives_being_written_and_read(changes: dict[str, Any]):
    setup = small_setup(**changes)
    assert Setup.model_validate_json(setup.model_dump_json()) == setup
    assert Setup.model_validate(setup.model_dump(mode="json")) == setup


def test_a_set_up_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        small_setup().steps = 5  # type: ignore[misc]
