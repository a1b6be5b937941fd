"""Set-ups, runs and stacks small enough to train within a test; sizes that could be mistaken for others are primes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Discrimination
from emcomm.pressures import Pressure
from emcomm.training import PPO, ActorCritic, GumbelSoftmax, Reinforce, Run, Setup, Trainer
from emcomm.training.setup import Estimator
from emcomm.worlds import AttributeWorld

__all__ = ["ESTIMATORS", "advanced", "equal_weights", "small_run", "small_setup"]

ESTIMATORS: dict[str, Estimator] = {
    "no baseline": Reinforce(baseline="none"),
    "mean baseline": Reinforce(baseline="mean"),
    "greedy baseline": Reinforce(baseline="greedy", reward="success"),
    "straight through": GumbelSoftmax(temperature=1.5, final_temperature=0.5),
    "soft": GumbelSoftmax(straight_through=False),
    "actor-critic": ActorCritic(reward="success", value_reaches="agent"),
    "proximal": PPO(epochs=2, minibatches=2),
}


def small_setup(**changes: Any) -> Setup:
    """A set-up of 3 x 5 meanings, 7 symbols and at most 5 of them in a message, with some fields changed."""
    fields: dict[str, Any] = {
        "world": AttributeWorld(values=(3, 5)),
        "game": Discrimination(candidates=3),
        "channel": Channel(symbols=7, max_length=5),
        "speaker": GRU(hidden=11, embedding=3),
        "listener": GRU(hidden=13, embedding=2),
        "batch_size": 17,
        "steps": 23,
    }
    return Setup(**{**fields, **changes})


def small_run(
    condition: str = "off", seed: int = 5, pressures: Mapping[str, Pressure] | None = None, **changes: Any
) -> Run:
    """A run of a small set-up."""
    return Run(condition, seed, small_setup(**changes), dict(pressures or {}))


def advanced(steps: int, *runs: Run) -> Trainer:
    """A stack of runs after some steps."""
    trainer = Trainer(runs)
    for _ in range(steps):
        trainer.advance()
    return trainer


def equal_weights(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two runs have the same weights, bit for bit; NaN equals nothing."""
    return one.keys() == other.keys() and all(torch.equal(weights, other[name]) for name, weights in one.items())
