"""Trained agents act in the environments, and reach there what was recorded of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emcomm import Channel, Results, Setup, Study
from emcomm.agents.gru import GRU
from emcomm.envs import (
    Discrimination,
    Game,
    Reconstruction,
    batched,
    community_v0,
    dialogue_v0,
    play_games,
    trained_policy,
)
from emcomm.errors import BadInput
from emcomm.worlds import AttributeWorld

WORLD = AttributeWorld(values=(3, 5), split="random", held_out=0.2)


def study(game: Game, channel: Channel) -> Study:
    base = Setup(
        world=WORLD,
        game=game,
        channel=channel,
        steps=150,
        evaluation_rounds=300,
        evaluate_every=150,
        speaker=GRU(hidden=17),
        listener=GRU(hidden=17),
    )
    return Study(name="acting", source="none", base=base, design="off", pressures={}, patterns=[], seeds=2)


@pytest.fixture(scope="module", params=["pointing", "naming"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    game, channel = {
        "pointing": (Discrimination(candidates=3), Channel(7, 3)),
        "naming": (Reconstruction(), Channel(7, 2, variable=False)),
    }[request.param]
    folder: Path = tmp_path_factory.mktemp("results") / request.param
    return study(game, channel).run(folder)


def pair(results: Results, run: str, env: Any, **changes: Any) -> dict[str, Any]:
    return {
        "speaker": trained_policy(env, "speaker_0", speaker=results.agent("speaker", run=run), **changes),
        "listener": trained_policy(env, "listener_0", listener=results.agent("listener", run=run), **changes),
    }


def recorded(results: Results, run: str, name: str) -> float:
    rows = results.metrics[(results.metrics["run"] == run) & (results.metrics["metric"] == name)]
    return float(rows.sort_values("step")["value"].iloc[-1])


@pytest.mark.parametrize("run", ["off/0", "off/1"])
@pytest.mark.parametrize(("part", "name"), [("train", "accuracy"), ("held_out", "accuracy_held_out")])
def test_a_trained_pair_reaches_its_recorded_accuracy(results: Results, run: str, part: Any, name: str):
    env = results.parallel_env(run, targets=part, rounds=5)
    expected = recorded(results, run, name)
    many = batched(lambda: env, 64)
    games = play_games(many, pair(results, run, many), 6400)
    error = 3.5 * np.sqrt(max(expected * (1 - expected), 0.01) * (1 / 6400 + 1 / (3 * 300)))
    assert games.accuracy == pytest.approx(
        expected, abs=error
    )  # both are samples: 6400 games, and 300 rounds a meaning
    assert games.accuracy > 1.5 / 15 or part == "held_out"


def test_the_language_collected_is_the_language_recorded(results: Results):
    run = "off/0"
    env = results.parallel_env(run, targets="all", rounds=50)
    language = play_games(env, pair(results, run, env), 400).language()
    there = results.language(run)
    assert there.meanings is not None
    assert language.meanings is not None
    known = {tuple(m): tuple(s) for m, s in zip(there.meanings.tolist(), there.messages.tolist(), strict=True)}
    spoken = {tuple(m): tuple(s) for m, s in zip(language.meanings.tolist(), language.messages.tolist(), strict=True)}
    assert spoken == known


def test_every_face_hears_the_same(results: Results):
    env = results.parallel_env("off/1", rounds=5)
    many = batched(lambda: env, 1)
    single = play_games(env, pair(results, "off/1", env), 25, seed=3)
    batch = play_games(many, pair(results, "off/1", many), 25, seed=3)
    assert np.array_equal(single.message, batch.message)
    assert np.array_equal(single.answer, batch.answer)


def test_with_a_generator_they_draw(results: Results):
    env = results.parallel_env("off/0", rounds=50)
    drawn = [
        play_games(env, pair(results, "off/0", env, rng=np.random.default_rng(seed)), 60, seed=1) for seed in (1, 1, 2)
    ]
    greedy = play_games(env, pair(results, "off/0", env), 60, seed=1)
    assert np.array_equal(drawn[0].message, drawn[1].message)
    assert not np.array_equal(drawn[0].message, drawn[2].message)
    assert not np.array_equal(drawn[0].message, greedy.message)


def test_agents_of_both_roles_need_both_modules(results: Results):
    setup = results.study.base
    shared = {"world": WORLD, "channel": setup.channel, "game": setup.game}
    speaker, listener = (results.agent(role, run="off/0") for role in ("speaker", "listener"))
    for env in (
        dialogue_v0.parallel_env(roles="alternating", rounds=6, **shared),
        community_v0.parallel_env(members=3, rounds=6, **shared),
    ):
        with pytest.raises(BadInput, match="agent_0 of .* needs a trained listener: give listener="):
            trained_policy(env, "agent_0", speaker=speaker)
        both = {
            "agent": trained_policy(env, "agent_0", speaker=speaker, listener=listener),
            **{a: trained_policy(env, a, speaker=speaker, listener=listener) for a in env.possible_agents},
        }
        games = play_games(env, both, 300)
        assert games.accuracy == pytest.approx(recorded(results, "off/0", "accuracy"), abs=0.15)
        assert len(set(games.speaker.tolist())) == len(env.possible_agents)


def test_a_listener_that_names_one_attribute_acts_too(tmp_path: Path):
    base = Setup(world=AttributeWorld(values=(5,)), game=Reconstruction(), channel=Channel(7, 2), steps=60)
    one = Study(name="one", source="none", base=base, design="off", pressures={}, patterns=[], seeds=1).run(
        tmp_path / "one"
    )
    env = one.parallel_env("off/0", rounds=5)
    games = play_games(env, pair(one, "off/0", env), 200)
    assert games.accuracy == pytest.approx(recorded(one, "off/0", "accuracy"), abs=0.15)  # every meaning counts a fifth


def test_what_they_cannot_do_is_said(results: Results):
    speaker = results.agent("speaker", run="off/0")
    env = results.parallel_env("off/0")
    with pytest.raises(BadInput, match="unknown agent 'speaker'.*Did you mean 'speaker_0'"):
        trained_policy(env, "speaker", speaker=speaker)
    with pytest.raises(BadInput, match="speaker_0 of .* needs a trained speaker"):
        trained_policy(env, "speaker_0", listener=speaker)
    with pytest.raises(BadInput, match="unknown run 'off/7'"):
        results.parallel_env("off/7")
