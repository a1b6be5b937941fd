"""Agents do learn to understand each other."""

from __future__ import annotations

import pytest

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.training import PPO, ActorCritic, GumbelSoftmax, Observed, Reinforce, Run, Setup, Trainer, train
from emcomm.training.setup import Estimator
from emcomm.worlds import AttributeWorld


@pytest.mark.slow
@pytest.mark.parametrize(
    "estimator",
    [Reinforce(baseline="mean"), Reinforce(baseline="greedy"), GumbelSoftmax(temperature=1.0)],
    ids=["mean", "greedy", "gumbel"],
)
def test_they_name_most_meanings_of_a_small_world(estimator: Estimator):
    setup = Setup(
        world=AttributeWorld(values=(5, 3)),
        game=Reconstruction(),
        channel=Channel(symbols=11, max_length=2, variable=False),
        speaker=GRU(hidden=32, embedding=8),
        listener=GRU(hidden=32, embedding=8),
        estimator=estimator,
        steps=2500,
        batch_size=128,
        speaker_learning_rate=5e-3,
        listener_learning_rate=5e-3,
        speaker_entropy=0.2,
    )
    *_, last = (
        event for event in train(Trainer([Run("a", seed, setup) for seed in (2, 3, 5)])) if isinstance(event, Observed)
    )
    accuracy = sorted(seen.values["accuracy"] for seen in last.observations)
    assert accuracy[1] > 0.9  # the median of three seeds
    assert accuracy[0] > 5 / 15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "steps"),
    [(ActorCritic(reward="success"), 1500), (PPO(reward="success"), 500)],
    ids=["actor-critic", "proximal"],
)
def test_both_learn_by_policy_gradient_with_critics(estimator: Estimator, steps: int):
    setup = Setup(
        world=AttributeWorld(values=(3, 2)),
        game=Reconstruction(),
        channel=Channel(symbols=5, max_length=2, variable=False),
        speaker=GRU(hidden=16, embedding=8),
        listener=GRU(hidden=16, embedding=8),
        estimator=estimator,
        listener_loss="policy_gradient",
        steps=steps,
        batch_size=64,
        speaker_learning_rate=1e-2,
        listener_learning_rate=1e-2,
        speaker_entropy=0.05,
        listener_entropy=0.02,
    )
    *_, last = (
        event for event in train(Trainer([Run("a", seed, setup) for seed in (2, 3, 5)])) if isinstance(event, Observed)
    )
    accuracy = sorted(seen.values["accuracy"] for seen in last.observations)
    assert accuracy[1] >= 0.9  # the median of three seeds
    assert accuracy[0] > 1 / 6
