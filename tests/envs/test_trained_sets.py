"""Agents trained on sets of examples act in the environment, and do there what they do in the engine, game by game."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from emcomm import Channel, Results, Setup, Study
from emcomm.agents import GRU, SetEncoder
from emcomm.agents.speaking import speak
from emcomm.envs import Concept, Game, batched, play_games, trained_policy
from emcomm.envs.deck import Deck
from emcomm.worlds import AttributeWorld

GAMES: dict[str, Game] = {
    "concept": Concept(fixed=1, examples=6, candidates=4, held_out=0.25),
    "set reference": Concept(mode="set_reference", fixed=1, examples=2, candidates=2, held_out=0.25),
}
ROUNDS = 211


@pytest.fixture(scope="module", params=GAMES)
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    base = Setup(
        world=AttributeWorld(values=(3, 5)),
        game=GAMES[request.param],
        channel=Channel(7, 3),
        speaker=GRU(hidden=17, encoder=SetEncoder(layers=(19,))),
        listener=GRU(hidden=17),
        steps=150,
        evaluation_rounds=300,
        evaluate_every=150,
    )
    study = Study(name="sets", source="none", base=base, design="off", pressures={}, patterns=[], seeds=1)
    folder: Path = tmp_path_factory.mktemp("results") / "sets"
    return study.run(folder, report=False)


def test_an_episode_goes_as_the_engine_says(results: Results):
    speaker, listener = (results.agent(role, "off/0") for role in ("speaker", "listener"))
    setup = results.study.base
    game, world = setup.game, setup.world
    env = results.parallel_env("off/0", rounds=ROUNDS, targets="all")
    agents = {
        "speaker": trained_policy(env, "speaker_0", speaker=speaker),
        "listener": trained_policy(env, "listener_0", listener=listener),
    }
    played = play_games(env, agents, ROUNDS, seed=11)
    # The same rounds, dealt and played without an environment.
    deck = Deck(game, world, [0], "all")
    draws = torch.from_numpy(np.random.default_rng(11).random((ROUNDS, env.unwrapped.match.draws), dtype=np.float32))
    extra = draws[:, 2 : 2 + deck.needed].view(1, 1, ROUNDS, -1)
    round = deck.deal(draws[:, 0].view(1, 1, ROUNDS), extra).each(lambda part: part[0])
    sight = game.sight(deck.board, round.target, round.examples)
    with torch.no_grad():
        said = speak(speaker, *sight, None).symbols  # type: ignore[arg-type]
        logits = listener(said, deck.board.features, round.candidates)
    outcome = game.score(deck.board, round, logits)
    assert np.array_equal(played.message, said)
    assert np.array_equal(played.answer, (logits > 0).long())
    assert np.array_equal(played.right, round.answer)
    assert np.array_equal(played.correct, outcome.correct)
    assert 0 < played.correct.sum() < ROUNDS
    assert len(np.unique(played.message, axis=0)) > 1


@pytest.mark.parametrize(("part", "name"), [("train", "accuracy"), ("held_out", "accuracy_held_out")])
def test_a_trained_pair_reaches_its_recorded_accuracy(results: Results, part: str, name: str):
    env = results.parallel_env("off/0", targets=part, rounds=5)
    rows = results.metrics[results.metrics["metric"] == name].sort_values("step")
    expected = float(rows["value"].iloc[-1])
    many = batched(lambda: env, 64)
    agents = {
        "speaker": trained_policy(many, "speaker_0", speaker=results.agent("speaker", "off/0")),
        "listener": trained_policy(many, "listener_0", listener=results.agent("listener", "off/0")),
    }
    games = play_games(many, agents, 3200)
    # Both are samples: 3200 games, and 300 rounds of at least two concepts.
    error = 3.5 * np.sqrt(max(expected * (1 - expected), 0.01) * (1 / 3200 + 1 / 600))
    assert games.accuracy == pytest.approx(expected, abs=error)


def test_the_recorded_language_is_read_back_as_concepts(results: Results):
    language = results.language("off/0")
    assert language.meanings is not None
    assert np.array_equal(language.meanings, results.study.base.game.meanings(results.study.base.world))
    assert language.sizes == (4, 6)
    rows = results.languages[results.languages["step"] == 150]
    assert np.array_equal(rows.sort_values("meaning")[["a0", "a1"]].to_numpy(), language.meanings)
