"""The batched face: game by game the same as the PettingZoo faces, and what only it can do."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.channel import Channel
from emcomm.envs import (
    BatchedEnv,
    Reconstruction,
    batched,
    community_v0,
    concept_v0,
    dialogue_v0,
    discrimination_v0,
    guess_v0,
    reconstruction_v0,
)
from emcomm.errors import BadInput

GAMES = 7
CASES: list[tuple[Any, dict[str, Any]]] = [
    (discrimination_v0, {"rounds": 3}),
    (discrimination_v0, {"channel": Channel(7, 2, variable=False), "action_mask": True, "rounds": 2}),
    (reconstruction_v0, {"rounds": 2, "noise": 0.3, "costs": 0.25}),
    (guess_v0, {"rounds": 3, "known": 0}),
    (
        dialogue_v0,
        {"rounds": 3, "costs": {"symbol": 0.5, "question": 0.25}, "noise": {"probability": 0.4, "effect": "erase"}},
    ),
    (
        dialogue_v0,
        {"rounds": 5, "roles": "alternating", "game": Reconstruction(), "reward": "individual", "costs": 0.5},
    ),
    (dialogue_v0, {"channel": Channel(7, 1, variable=False), "turns": 5, "roles": "alternating"}),
    (concept_v0, {"rounds": 2}),
    (concept_v0, {"mode": "set_reference", "credit": "whole"}),
    (community_v0, {"rounds": 4, "speakers": 2, "listeners": 3}),
    (community_v0, {"rounds": 5, "members": 5, "network": nx.cycle_graph(5), "noise": 0.2}),
]


def random_actions(env: BatchedEnv, rng: np.random.Generator) -> dict[str, Tensor]:
    """Any actions at all, legal or not."""
    games = env.num_games
    return {a: torch.from_numpy(rng.integers(env.action_space(a).n, size=games)) for a in env.possible_agents}


def numbers(view: Any) -> Any:
    return view["observation"] if isinstance(view, dict) else view


@pytest.mark.parametrize("case", range(len(CASES)))
def test_every_game_goes_as_it_goes_alone(case: int):
    module, keywords = CASES[case]
    env = batched(lambda: module.env(**keywords), GAMES)
    singles = [module.parallel_env(**keywords) for _ in range(GAMES)]
    views, infos = env.reset(seed=11)
    alone = [single.reset(seed=11 + game) for game, single in enumerate(singles)]
    rng = np.random.default_rng(1)
    for _ in range(200):
        for game, (seen, told) in enumerate(alone):
            for agent in seen:
                assert np.array_equal(numbers(views[agent])[game], numbers(seen[agent]))
                assert set(told[agent]) == set(infos)
                assert torch.equal(infos["action_mask"][agent][game], torch.from_numpy(told[agent]["action_mask"]))
                for name in set(infos) - {"action_mask"}:
                    assert np.allclose(infos[name][game], told[agent][name], rtol=0, atol=1e-7), name
        if not any(single.agents for single in singles):
            return
        actions = random_actions(env, rng)
        views, rewards, terminations, truncations, infos = env.step(actions)
        for game, single in enumerate(singles):
            if not single.agents:
                assert all(rewards[agent][game] == 0 for agent in rewards)
                alone[game] = (alone[game][0], {a: {**i, "finished": 0} for a, i in alone[game][1].items()})
                continue
            seen, gains, ends, _, told = single.step({agent: int(actions[agent][game]) for agent in actions})
            alone[game] = (seen, told)
            for agent in gains:
                assert float(rewards[agent][game]) == pytest.approx(gains[agent], abs=1e-6)
                assert bool(terminations[agent][game]) == ends[agent]
                assert not truncations[agent][game]
    pytest.fail("some game does not end")


def test_a_game_does_not_care_how_many_others_there_are():
    few, many = (batched(lambda: discrimination_v0.env(rounds=50, noise=0.2), games) for games in (3, 131))
    few.reset(seed=5)
    many.reset(seed=5)
    rng = np.random.default_rng(2)
    for _ in range(150):
        actions = random_actions(many, rng)
        here, gains, *_ = few.step({agent: action[:3] for agent, action in actions.items()})
        there, other_gains, *_ = many.step(actions)
        for agent in here:
            assert torch.equal(here[agent], there[agent][:3])
            assert torch.equal(gains[agent], other_gains[agent][:3])


@pytest.mark.parametrize("which", [torch.tensor([1, 4]), torch.tensor([False, True, False, False, True])])
def test_single_games_are_reset_while_the_others_go_on(which: Tensor):
    env, twin = (batched(lambda: discrimination_v0.env(rounds=2), 5) for _ in range(2))
    rng = np.random.default_rng(3)
    for each in (env, twin):
        each.reset(seed=7)
    actions = random_actions(env, rng)
    env.step(actions)
    twin.step(actions)
    views, infos = env.reset(seed=[100, 200], games=which)
    fresh, _ = batched(lambda: discrimination_v0.env(rounds=2), 101).reset(seed=100)
    assert torch.equal(views["listener_0"][[1, 4]], fresh["listener_0"][[0, 100]])
    assert infos["games"].tolist() == [0] * 5
    actions = random_actions(env, rng)
    views, rewards, *_ = env.step(actions)
    other_views, other_rewards, *_ = twin.step(actions)
    for agent in views:
        assert torch.equal(views[agent][[0, 2, 3]], other_views[agent][[0, 2, 3]])
        assert torch.equal(rewards[agent][[0, 2, 3]], other_rewards[agent][[0, 2, 3]])


def test_all_games_can_be_reset_in_any_order():
    env, twin = (batched(lambda: discrimination_v0.env(rounds=2), 3) for _ in range(2))
    env.reset(seed=1)
    views, _ = env.reset(seed=[30, 10, 20], games=torch.tensor([2, 0, 1]))
    other, _ = twin.reset(seed=[10, 20, 30])
    assert torch.equal(views["speaker_0"], other["speaker_0"])


def test_games_begin_their_next_episode_by_themselves():
    env = batched(lambda: dialogue_v0.env(rounds=2, roles="alternating"), 5, autoreset=True)
    single = dialogue_v0.parallel_env(rounds=2, roles="alternating")
    views, _ = env.reset(seed=7)
    seen, _ = single.reset(seed=7)
    rng, episodes = np.random.default_rng(4), 0
    for _ in range(150):
        actions = random_actions(env, rng)
        views, rewards, terminations, _, infos = env.step(actions)
        seen, gains, ends, _, told = single.step({agent: int(action[0]) for agent, action in actions.items()})
        assert float(rewards["agent_0"][0]) == pytest.approx(gains["agent_0"])
        assert bool(terminations["agent_0"][0]) == ends["agent_0"]
        assert int(infos["games"][0]) == told["agent_0"]["games"] or not infos["finished"][0]
        if ends["agent_0"]:
            episodes += 1
            seen, _ = single.reset()
        assert all(np.array_equal(views[agent][0], seen[agent]) for agent in seen)
    assert episodes > 3


def test_whoever_writes_into_what_was_returned_changes_nothing_else():
    env, twin = (batched(lambda: reconstruction_v0.env(rounds=3), 5) for _ in range(2))
    rng = np.random.default_rng(8)
    results = [env.reset(seed=2), twin.reset(seed=2)]
    for _ in range(12):
        for view in results[0][0].values():
            view.fill_(7.0)
        for name, part in results[0][-1].items():
            for tensor in part.values() if name == "action_mask" else [part]:
                tensor.fill_(1)
        actions = random_actions(env, rng)
        results = [each.step(actions) for each in (env, twin)]  # type: ignore[misc]
        assert all(torch.equal(results[0][0][agent], results[1][0][agent]) for agent in actions)
        assert all(torch.equal(results[0][-1][name], results[1][-1][name]) for name in ("games", "message", "finished"))


def relaxed(numbers_: list[int], actions: int, soft: float = 0.1) -> Tensor:
    """Rows whose largest entries are these numbers."""
    rows = torch.full((len(numbers_), actions), soft / actions)
    rows[range(len(numbers_)), numbers_] += 1 - soft
    return rows.requires_grad_()


def test_gradients_flow_through_symbols_into_what_the_other_sees():
    env = batched(lambda: discrimination_v0.env(channel=Channel(5, 2, variable=False)), 3)
    env.reset(seed=1)
    first = relaxed([1, 4, 2], 5)
    views, *_ = env.step({"speaker_0": first})
    heard = env.match.layouts[1]["message"].slice
    message = views["listener_0"][:, heard].view(3, 2, 6)
    assert torch.equal(message[:, 0, 1:], first)
    assert (message[:, 0, 0] == 0).all()
    message[1].sum().backward()
    assert first.grad is not None
    assert first.grad.tolist() == [[0.0] * 5, [1.0] * 5, [0.0] * 5]  # no game's gradient reaches another
    second = relaxed([0, 0, 3], 5)
    views, *_ = env.step({"speaker_0": second})
    message = views["listener_0"][:, heard].view(3, 2, 6)
    assert torch.equal(message[:, :, 1:].detach(), torch.stack([first, second], 1).detach())
    assert torch.equal(views["speaker_0"][:, env.match.layouts[0]["message"].slice], message.flatten(1))


def test_gradients_flow_into_rewards_and_costs():
    env = batched(lambda: discrimination_v0.env(channel=Channel(3, 2), candidates=2, costs=0.5), 2)
    env.reset(seed=1)
    said = relaxed([2, 0], 4, soft=0.4)  # 0.7 for the number itself, 0.1 for each of the others
    _, rewards, *_ = env.step({"speaker_0": said})
    torch.testing.assert_close(rewards["listener_0"], torch.tensor([-0.45, -0.15]))  # 0.5 x what is not EOS
    right = env.tables.right[:, 0]
    ends = relaxed([0, 0], 4, soft=0.4)
    env.step({"speaker_0": ends, "listener_0": torch.zeros(2, dtype=torch.int64)})
    answer = torch.tensor([[0.75, 0.25], [0.25, 0.75]], requires_grad=True)
    _, rewards, terminations, _, infos = env.step(
        {"listener_0": answer, "speaker_0": torch.zeros(2, dtype=torch.int64)}
    )
    assert terminations["speaker_0"][0]
    assert float(rewards["speaker_0"][0].detach()) == pytest.approx(float(answer[0, right[0]].detach()))
    assert infos["correct"][0] == (right[0] == 0)
    rewards["speaker_0"][0].backward()
    assert answer.grad is not None
    assert answer.grad[0, right[0]] == 1
    assert answer.grad.count_nonzero() == 1


def test_a_row_that_is_one_hot_is_the_number():
    envs = [batched(lambda: dialogue_v0.env(rounds=2, noise=0.4, costs=0.5), 5) for _ in range(2)]
    rng = np.random.default_rng(6)
    for env in envs:
        env.reset(seed=9)
    for _ in range(30):
        actions = random_actions(envs[0], rng)
        rows = {a: torch.nn.functional.one_hot(n, int(envs[0].action_space(a).n)).float() for a, n in actions.items()}
        results = [env.step(given) for env, given in zip(envs, (actions, rows), strict=True)]
        for agent in actions:
            assert torch.equal(results[0][0][agent], results[1][0][agent])
            torch.testing.assert_close(results[0][1][agent], results[1][1][agent])


def test_a_disturbed_symbol_arrives_as_a_number_and_without_a_gradient():
    env = batched(lambda: discrimination_v0.env(noise={"probability": 1.0, "effect": "erase"}), 3)
    env.reset(seed=1)
    said = relaxed([3, 5, 7], 11)
    views, *_ = env.step({"speaker_0": said})
    heard = views["listener_0"][:, env.match.layouts[1]["message"].slice].view(3, 3, 12)
    assert heard[:, 0].argmax(-1).tolist() == [11, 11, 11]
    assert not heard.requires_grad or torch.autograd.grad(heard.sum(), said)[0].count_nonzero() == 0


def test_detach_cuts_what_was_said():
    env = batched(discrimination_v0.env, 2)
    env.reset(seed=1)
    env.step({"speaker_0": relaxed([3, 5], 11)})
    env.detach()
    views, *_ = env.step({"speaker_0": torch.tensor([2, 2]), "listener_0": torch.zeros(2, dtype=torch.int64)})
    assert not views["listener_0"].requires_grad


def test_a_game_that_is_over_stays_as_it_is():
    env = batched(lambda: discrimination_v0.env(channel=Channel(3, 1)), 2)
    env.reset(seed=1)
    zeros = torch.zeros(2, dtype=torch.int64)
    env.step({"speaker_0": zeros})
    before, _, terminations, _, infos = env.step({"listener_0": zeros})
    assert terminations["listener_0"].all()
    assert infos["finished"].all()
    after, rewards, _, _, infos = env.step({"listener_0": zeros + 99})
    assert torch.equal(before["listener_0"], after["listener_0"])
    assert not rewards["speaker_0"].any()
    assert not infos["finished"].any()


def test_what_cannot_be_done_is_said_in_one_line():
    with pytest.raises(BadInput, match="needs a function that makes an emcomm environment"):
        batched(lambda: 5, 3)
    with pytest.raises(BadInput, match="num_games must be at least 1, got 0"):
        batched(discrimination_v0.env, 0)
    env = batched(discrimination_v0.env, 3)
    zeros = torch.zeros(3, dtype=torch.int64)
    with pytest.raises(BadInput, match="before reset"):
        env.step({"speaker_0": zeros})
    with pytest.raises(BadInput, match="the first reset.. is of all games"):
        env.reset(games=torch.tensor([1]))
    for seed in ([1, 2], -1, 1.5, [1, 2, "x"]):
        with pytest.raises(BadInput, match=r"seed must be an integer >= 0, or one for each of the 3 games; got"):
            env.reset(seed=seed)  # type: ignore[arg-type]
    env.reset(seed=1)
    for actions, sentence in (
        ({"speaker_0": zeros + 11}, r"speaker_0's actions must be 0..10; got 11 in game 0"),
        ({"speaker_0": zeros.int()}, r"int64 \[3\] or float \[3, 11\]; got torch.int32 \[3\]"),
        ({"speaker_0": torch.zeros(3, 7)}, r"int64 \[3\] or float \[3, 11\]; got torch.float32 \[3, 7\]"),
        ({"speaker_0": np.zeros(3)}, r"got array"),
        ({"listener_0": zeros}, "it is speaker_0's turn in game 0; got no actions of it"),
        ({"speaker": zeros}, "unknown agent 'speaker'.*Did you mean 'speaker_0'"),
    ):
        with pytest.raises(BadInput, match=sentence):
            env.step(actions)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"games must be bool \[3\], or different int64 indices below 3"):
        env.reset(games=torch.tensor([1, 1]))
    with pytest.raises(BadInput, match="unknown agent 'listener'"):
        env.observation_space("listener")
