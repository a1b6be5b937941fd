"""Whichever face a game is played through, it is dealt, transmitted and scored by the rules that training uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from emcomm.channel import Channel, erase_symbols, message_lengths, replace_symbols
from emcomm.envs import (
    Concept,
    Discrimination,
    Game,
    Guess,
    Reconstruction,
    Round,
    batched,
    community_v0,
    concept_v0,
    dialogue_v0,
    discrimination_v0,
    guess_v0,
    reconstruction_v0,
)
from emcomm.envs.deck import Deck
from emcomm.worlds import AttributeWorld

WORLD = AttributeWorld(values=(3, 5), frequencies="zipf", split="random", held_out=0.2)
CHANNEL = Channel(7, 3)
ROUNDS = 53
CASES: dict[str, tuple[Any, dict[str, Any], Game]] = {
    "discrimination": (discrimination_v0, {"candidates": 3}, Discrimination(candidates=3)),
    "hard": (
        discrimination_v0,
        {"candidates": 3, "distractors": "hard"},
        Discrimination(candidates=3, distractors="hard"),
    ),
    "reconstruction": (reconstruction_v0, {}, Reconstruction()),
    "guess": (guess_v0, {"known": 1, "world": AttributeWorld(values=(3, 5))}, Guess(known=1)),
    "dialogue": (dialogue_v0, {"game": Reconstruction()}, Reconstruction()),
    "concept": (
        concept_v0,
        {"fixed": 1, "examples": 4, "candidates": 2, "world": AttributeWorld(values=(3, 5))},
        Concept(fixed=1, examples=4, candidates=2),
    ),
    "community": (community_v0, {"candidates": 2, "speakers": 2, "listeners": 5}, Discrimination(candidates=2)),
}


def turn_by_turn(env: Any, rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[float]]:
    """Play one episode of random legal actions; return the infos of its rounds and what all agents got in each."""
    infos, rewards, so_far = [], [], 0.0
    env.reset(seed=11)
    for agent in env.agent_iter():
        *_, over, _, info = env.last()
        env.step(None if over else int(rng.choice(info["action_mask"].nonzero()[0])))
        if not over:
            so_far += sum(env.rewards.values())
            if env.infos[agent]["finished"]:
                infos.append(env.infos[agent])
                rewards.append(so_far)
                so_far = 0.0
    return infos, rewards


def step_by_step(env: Any, rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[float]]:
    records, gains, so_far = [], [], 0.0
    _, infos = env.reset(seed=11)
    while env.agents:
        actions = {agent: int(rng.choice(infos[agent]["action_mask"].nonzero()[0])) for agent in env.agents}
        _, rewards, _, _, infos = env.step(actions)
        so_far += sum(rewards.values())
        info = next(iter(infos.values()))
        if info["finished"]:
            records.append(info)
            gains.append(so_far)
            so_far = 0.0
    return records, gains


def side_by_side(env: Any, rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[float]]:
    """The same through game 0 of a batch of three."""
    records, gains, so_far = [], [], 0.0
    _, infos = env.reset(seed=11)
    over = False
    while not over:
        masks = infos["action_mask"]
        actions = {
            agent: torch.from_numpy(rng.random(mask.shape) * mask.numpy()).argmax(-1) for agent, mask in masks.items()
        }
        _, rewards, terminations, _, infos = env.step(actions)
        so_far += sum(float(reward[0]) for reward in rewards.values())
        over = bool(next(iter(terminations.values()))[0])
        if infos["finished"][0]:
            record = {name: part[0].numpy() for name, part in infos.items() if name not in ("finished", "action_mask")}
            records.append(record)
            gains.append(so_far)
            so_far = 0.0
    return records, gains


def dealt_by_the_engine(module: Any, keywords: dict[str, Any], game: Game) -> tuple[Deck, Round]:
    """The rounds of seed 11, dealt by `Deck` as training deals them."""
    env = module.raw_env(**keywords)
    deck = Deck(game, env.settings.world, [0])
    draws = torch.from_numpy(np.random.default_rng(11).random((ROUNDS, env.match.draws), dtype=np.float32))
    extra = draws[:, 2 : 2 + deck.needed].view(1, 1, ROUNDS, -1) if deck.needed else None
    return deck, deck.deal(draws[:, 0].view(1, 1, ROUNDS), extra).each(lambda part: part[0])


def score(game: Game, deck: Deck, round: Round, records: list[dict[str, Any]]) -> list[bool]:
    """What the engine says of these answers, each taken for certain."""
    choices = game.choices(WORLD)
    answers = torch.from_numpy(np.stack([record["answer"] for record in records]))
    logits = torch.cat([one_hot(answers[:, part], size) for part, size in enumerate(choices)], -1).float() * 100
    return game.score(deck.board, round, logits).correct.tolist()


@pytest.mark.parametrize("face", [turn_by_turn, step_by_step, side_by_side])
@pytest.mark.parametrize("case", CASES)
def test_episodes_score_what_the_engine_scores(case: str, face: Any):
    module, keywords, game = CASES[case]
    keywords = {"world": WORLD, "channel": CHANNEL, "rounds": ROUNDS, "costs": 0.125, **keywords}
    if face is side_by_side:
        env = batched(lambda: module.env(**keywords), 3)
    else:
        env = module.env(**keywords) if face is turn_by_turn else module.parallel_env(**keywords)
    records, gains = face(env, np.random.default_rng(5))
    deck, round = dealt_by_the_engine(module, keywords, game)
    assert [record["games"] for record in records] == list(range(1, ROUNDS + 1))
    meanings = torch.from_numpy(game.meanings(keywords["world"]))[round.target]
    assert np.array_equal([record["meaning"] for record in records], meanings)
    assert np.array_equal([record["right"] for record in records], round.answer.view(ROUNDS, -1))
    correct = score(game, deck, round, records)
    assert [bool(record["correct"]) for record in records] == correct
    assert 0 < sum(correct) < ROUNDS
    for record, gain, won in zip(records, gains, correct, strict=True):  # the two share success and costs
        credit = record["share"] if case == "concept" else won
        symbols = np.count_nonzero(record["message"]) + np.count_nonzero(record.get("question", 0))
        assert gain == pytest.approx(2 * (credit - 0.125 * symbols), abs=1e-6)


@pytest.mark.parametrize(("effect", "change"), [("replace", replace_symbols), ("erase", erase_symbols)])
def test_what_arrives_is_what_the_channel_makes_of_it(effect: str, change: Any):
    keywords = {"world": WORLD, "channel": CHANNEL, "rounds": ROUNDS, "noise": {"probability": 0.4, "effect": effect}}
    env = discrimination_v0.env(**keywords)
    records, _ = turn_by_turn(env, np.random.default_rng(5))
    raw = discrimination_v0.raw_env(**keywords)
    draws = torch.from_numpy(np.random.default_rng(11).random((ROUNDS, raw.match.draws), dtype=np.float32))
    said = torch.from_numpy(np.stack([record["message"] for record in records]))
    heard = torch.from_numpy(np.stack([record["heard"] for record in records]))
    assert torch.equal(heard, change(said, torch.tensor(0.4), draws[:, -3:], CHANNEL))
    assert torch.equal(message_lengths(heard), message_lengths(said))
    assert 0.25 < (heard != said)[said > 0].float().mean() < 0.55


def test_noise_and_costs_change_nothing_that_is_dealt():
    plain = discrimination_v0.parallel_env(world=WORLD, rounds=ROUNDS)
    other = discrimination_v0.parallel_env(world=WORLD, rounds=ROUNDS, noise=0.5, costs=0.5, reward="individual")
    rights = [[r["right"].tolist() for r in step_by_step(env, np.random.default_rng(5))[0]] for env in (plain, other)]
    assert rights[0] == rights[1]


def test_each_pays_its_own_costs_if_rewards_are_individual():
    env = dialogue_v0.parallel_env(
        candidates=2, turns=2, costs={"symbol": 0.25, "question": 2.0}, reward="individual", channel=Channel(7, 2)
    )
    env.reset(seed=3)
    gains = []
    for speaker, listener in ((4, 0), (0, 0), (0, 6), (0, 0), (3, 0), (1, 0)):  # say 4; ask 6; say 3 1; answer
        _, rewards, *_ = env.step({"speaker_0": speaker, "listener_0": listener})
        gains.append((rewards["speaker_0"], rewards["listener_0"]))
    assert gains == [(-0.25, 0.0), (0.0, 0.0), (0.0, -2.25), (0.0, 0.0), (-0.25, 0.0), (-0.25, 0.0)]
    _, rewards, terminations, _, infos = env.step({"listener_0": 8})  # 0..7 are symbols, then come the candidates
    assert rewards["speaker_0"] == rewards["listener_0"] == float(infos["speaker_0"]["correct"])
    assert terminations == {"speaker_0": True, "listener_0": True}
