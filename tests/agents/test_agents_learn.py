"""Every kind of agent learns to talk about a tiny world, whatever it learns from and however it sees the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from emcomm.agents import AGENTS, CNN, GNN, GRU, LSTM, MLP, Agent, Encoder, SetEncoder, Transformer
from emcomm.channel import Channel
from emcomm.envs import Discrimination, Reconstruction
from emcomm.training import GumbelSoftmax, Observed, Run, Setup, Trainer, train
from emcomm.training.setup import Reinforce
from emcomm.worlds import WORLDS, AttributeWorld, GraphWorld, ImageWorld, World
from emcomm.worlds.form import Set
from tests.agents.kinds import channel_for

pytestmark = pytest.mark.slow
RELAXED: dict[str, Any] = {
    "game": Discrimination(candidates=3),
    "estimator": GumbelSoftmax(),
    "speaker_entropy": 0.1,
}


def accuracy(agent: Agent, **changes: Any) -> float:
    """The median share of games won after training, over three seeds; 3 x 3 meanings and 5 symbols unless changed."""
    if channel_for(agent, True).max_length == 1:  # all meanings need a symbol of their own
        changes = {"channel": Channel(29, 1)} | changes
    quick = 1e-3 if isinstance(agent, Transformer) else 2e-3
    fields: dict[str, Any] = {
        "world": AttributeWorld(values=(3, 3)),
        "game": Reconstruction(),
        "channel": Channel(5, 2),
        "steps": 600 if isinstance(agent, Transformer) else 1000,
        "batch_size": 64,
        "speaker_learning_rate": quick,
        "listener_learning_rate": quick,
        "speaker_entropy": 0.3,
        "estimator": Reinforce(baseline="greedy"),
    }
    setup = Setup(**{**fields, "speaker": agent, "listener": agent, **changes})
    events = train(Trainer([Run("a", seed, setup) for seed in (2, 3, 5)]))
    *_, last = (event for event in events if isinstance(event, Observed))
    return sorted(seen.values["accuracy"] for seen in last.observations)[1]


@pytest.mark.parametrize("name", AGENTS.names())
def test_every_agent_names_what_is_meant(name: str):
    assert accuracy(AGENTS.get(name)()) > 0.9


@pytest.mark.parametrize("name", AGENTS.names())
def test_every_agent_points_at_what_is_meant_through_relaxed_symbols(name: str):
    assert accuracy(AGENTS.get(name)(), **RELAXED) > 0.9


@pytest.mark.parametrize("agent", [GRU(reading="attention"), LSTM(reading="attention")], ids=["gru", "lstm"])
def test_those_who_attend_to_what_they_read_learn_as_well(agent: Agent):
    assert accuracy(agent) > 0.9


class Pairs(World):
    """Two of four different tokens, in either order: sets of two members.

    Source: none.
    """

    name: ClassVar[str] = "pairs_of_this_test"

    def build_meanings(self) -> NDArray[np.int64]:
        return np.stack(np.triu_indices(4, 1), axis=1).astype(np.int64)

    def build_features(self) -> NDArray[np.float32]:
        return np.eye(4, dtype=np.float32)[self.meanings()].reshape(6, 8)

    @property
    def form(self) -> Set:
        return Set(2, 4)


@pytest.fixture(autouse=True, scope="module")
def pairs() -> Iterator[None]:
    """The world of this file is known by name no longer than it runs."""
    yield
    WORLDS._known.pop(Pairs.name, None)


@pytest.mark.parametrize(
    ("world", "encoder"),
    [
        (AttributeWorld(values=(3, 3)), MLP(layers=(16,))),
        (ImageWorld(shapes=3, colours=3, pixels=8), CNN(channels=(8, 16))),
        (GraphWorld(graphs=9, nodes=4), GNN()),
        (Pairs(), SetEncoder(layers=(16,))),
    ],
    ids=["mlp", "cnn", "gnn", "set"],
)
def test_every_way_of_seeing_learns(world: World, encoder: Encoder):
    assert accuracy(GRU(encoder=encoder), world=world, **RELAXED) > 0.9
