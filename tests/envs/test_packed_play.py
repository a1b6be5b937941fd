"""A packed agent plays as the trained one does, whole episodes of it, in every face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emcomm import Channel, Results, Setup, Study
from emcomm.agents import load_packed
from emcomm.agents.gru import GRU
from emcomm.agents.transformer import Transformer
from emcomm.envs import (
    Discrimination,
    Reconstruction,
    batched,
    discrimination_v0,
    play_games,
    reconstruction_v0,
    trained_policy,
)
from emcomm.worlds import AttributeWorld

WORLD = AttributeWorld(values=(3, 5))
CASES: dict[str, dict[str, Any]] = {
    "discrimination": {
        "game": Discrimination(candidates=3),
        "channel": Channel(7, 3),
        "speaker": GRU(hidden=17, precision="ternary"),
        "listener": GRU(hidden=13, precision="ternary"),
    },
    "reconstruction": {
        "game": Reconstruction(),
        "channel": Channel(7, 2, variable=False),
        "speaker": Transformer(hidden=12, precision="ternary", recipe="bitnet"),
        "listener": GRU(hidden=13, precision="ternary", recipe="rnn"),
    },
}
RATES: dict[str, Any] = {"speaker_learning_rate": 0.01, "listener_learning_rate": 0.01}
SHARED: dict[str, Any] = {"world": WORLD, "rounds": 7}
Modules = dict[str, Any]


@pytest.fixture(scope="module", params=CASES)
def agents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Modules, Modules]:
    """The game, and a trained pair, as the results folder gives it and as it comes from files."""
    folder: Path = tmp_path_factory.mktemp("play")
    base = Setup(world=WORLD, steps=150, batch_size=67, evaluate_every=150, **RATES, **CASES[request.param])
    study = Study(name="play", source="none", base=base, design="off", pressures={}, patterns=[], seeds=1)
    results = Results(study.run(folder / "out", report=False).path)
    trained: Modules = {}
    packed: Modules = {}
    for role in ("speaker", "listener"):
        results.pack(role, "off/0", folder / role)
        trained[role], packed[role] = results.agent(role, "off/0"), load_packed(folder / role)
    return request.param, trained, packed


def parallel(game: str, **keywords: Any) -> Any:
    channel = CASES[game]["channel"]
    if game == "discrimination":
        return discrimination_v0.parallel_env(candidates=3, channel=channel, **SHARED, **keywords)
    return reconstruction_v0.parallel_env(channel=channel, **SHARED, **keywords)


def turns(game: str) -> Any:
    channel = CASES[game]["channel"]
    if game == "discrimination":
        return discrimination_v0.env(candidates=3, channel=channel, **SHARED)
    return reconstruction_v0.env(channel=channel, **SHARED)


def policies(env: Any, modules: Modules, draws: int | None = None) -> dict[str, Any]:
    def rng() -> np.random.Generator | None:
        return None if draws is None else np.random.default_rng(draws)

    return {
        "speaker_0": trained_policy(env, "speaker_0", speaker=modules["speaker"], rng=rng()),
        "listener_0": trained_policy(env, "listener_0", listener=modules["listener"], rng=rng()),
    }


def episode(env: Any, acting: dict[str, Any], seed: int) -> list[tuple[dict[str, int], dict[str, float]]]:
    """Actions and rewards of every step until the episode ends."""
    observations, infos = env.reset(seed=seed)
    steps = []
    while env.agents:
        actions = {agent: acting[agent](observations[agent], infos[agent]) for agent in env.agents}
        observations, rewards, _, _, infos = env.step(actions)
        steps.append((actions, rewards))
    return steps


@pytest.mark.parametrize("draws", [None, 5])
def test_a_whole_parallel_episode_is_the_same(agents: tuple[str, Modules, Modules], draws: int | None):
    game, trained, packed = agents
    env, acted = parallel(game), set[int]()
    for seed in range(3):
        steps = episode(env, policies(env, packed, draws), seed)
        assert steps == episode(env, policies(env, trained, draws), seed)
        assert len(steps) >= SHARED["rounds"]
        acted |= {action for actions, _ in steps for action in actions.values()}
    assert len(acted) > 2


def test_a_whole_episode_in_turns_is_the_same(agents: tuple[str, Modules, Modules]):
    game, trained, packed = agents
    env, done = turns(game), []
    for modules in (packed, trained):
        acting = policies(env, modules)
        env.reset(seed=3)
        did = []
        for agent in env.agent_iter():
            observation, reward, over, cut, info = env.last()
            action = None if over or cut else acting[agent](observation, info)
            did.append((agent, reward, action))
            env.step(action)
        done.append(did)
    assert done[0] == done[1]
    assert len(done[0]) > 2 * SHARED["rounds"]


def test_many_games_at_once_are_the_same(agents: tuple[str, Modules, Modules]):
    game, trained, packed = agents
    many = batched(lambda: parallel(game), 16)
    one, other = (play_games(many, policies(many, modules), 112, seed=2) for modules in (packed, trained))
    assert np.array_equal(one.message, other.message)
    assert np.array_equal(one.answer, other.answer)
    assert one.accuracy == other.accuracy
