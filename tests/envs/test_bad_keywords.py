"""Keywords that environments refuse, each in one line that names what is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import networkx
import numpy as np
import pytest

from emcomm.channel import Channel
from emcomm.envs import (
    Concept,
    Discrimination,
    community_v0,
    concept_v0,
    dialogue_v0,
    discrimination_v0,
    guess_v0,
    reconstruction_v0,
)
from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld
from tests.envs.variants import FACES, Variant, every_default, every_face

MODULES = (discrimination_v0, reconstruction_v0, guess_v0, dialogue_v0, concept_v0, community_v0)
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])


@contextmanager
def refused(pattern: str) -> Iterator[None]:
    """Expect `BadInput` with one line that has something in it."""
    with pytest.raises(BadInput, match=pattern) as caught:
        yield
    assert "\n" not in str(caught.value)


def graph(*edges: tuple[int, int, float]) -> networkx.Graph:
    network = networkx.Graph()
    network.add_weighted_edges_from(edges)
    return network


# Every environment


@every_module
@every_face
def test_unknown_keywords_are_refused_with_the_nearest_one(module: Any, face: str) -> None:
    for wrong, right in (("rendermode", "render_mode"), ("round", "rounds"), ("action_masks", "action_mask")):
        with refused(rf"^\w+Settings: unknown key '{wrong}'; known: .*\b{right}\b.*\. Did you mean '{right}'\?$"):
            getattr(module, face)(**{wrong: 3})
    with pytest.raises(TypeError, match="positional"):
        getattr(module, face)(5)


@pytest.mark.parametrize(
    ("keywords", "pattern"),
    [
        ({"rounds": 0}, "rounds: input should be greater than 0, got 0"),
        ({"rounds": 1.5}, "rounds: .*valid integer.*, got 1.5"),
        ({"noise": 1.5}, "noise: .*probability: input should be less than or equal to 1, got 1.5"),
        ({"noise": -0.1}, "noise: .*probability: input should be greater than or equal to 0, got -0.1"),
        ({"noise": float("nan")}, "noise: .*probability: .*got nan"),
        ({"noise": "erase"}, "noise: .*got 'erase'"),
        ({"noise": {"effect": "swap"}}, "noise: .*effect: .*'replace' or 'erase', got 'swap'"),
        ({"noise": {"probabilty": 0.5}}, "unknown key .*probabilty"),
        ({"costs": -1}, "costs: .*symbol: input should be greater than or equal to 0, got -1"),
        ({"costs": float("nan")}, "costs: .*symbol: .*got nan"),
        ({"costs": float("inf")}, "costs: .*symbol: .*got inf"),
        ({"reward": "both"}, "reward: input should be 'team' or 'individual', got 'both'"),
        ({"credit": "half"}, "credit: input should be 'whole' or 'parts', got 'half'"),
        ({"targets": "test"}, "targets: input should be 'train', 'held_out' or 'all', got 'test'"),
        ({"split_seed": -1}, "split_seed: input should be greater than or equal to 0, got -1"),
        ({"action_mask": "maybe"}, "action_mask: input should be a valid boolean.*, got 'maybe'"),
        ({"render_mode": "text"}, "render_mode: input should be 'human', 'ansi' or 'rgb_array', got 'text'"),
        ({"world": 5}, "world: .*got 5"),
        ({"world": {"kind": "atribute"}}, "unknown world 'atribute'; known: .*Did you mean 'attribute'"),
        ({"channel": 7}, "channel: .*got 7"),
        ({"channel": {"symbols": 1, "max_length": 2}}, "channel.*symbols: .*greater than or equal to 2, got 1"),
    ],
    ids=str,
)
@every_module
def test_keywords_of_every_environment(module: Any, keywords: dict[str, Any], pattern: str) -> None:
    with refused(rf"^\w+Settings: .*{pattern}"):
        module.env(**keywords)


def test_a_keyword_of_several_lines_is_refused_in_one() -> None:
    with refused("^DiscriminationSettings: rounds: .*valid integer"):
        discrimination_v0.env(rounds=np.zeros((2, 2)))


def test_a_network_of_several_lines_is_refused_in_one() -> None:
    with refused(r"^CommunitySettings: network must be a matrix \[3, 3\] of numbers >= 0; got"):
        community_v0.env(network=np.full((3, 3), "much"))


@every_default
@every_face
def test_held_out_targets_need_a_hold_out(variant: Variant, face: str) -> None:
    with refused("^held-out targets asked for, but nothing is held out; "):
        variant.make(face, targets="held_out")


def test_a_concept_game_says_which_hold_out_it_means() -> None:
    with refused("nothing is held out; .*concepts"):
        concept_v0.env(targets="held_out", world=AttributeWorld(values=(3, 5), split="random", held_out=0.2))


@pytest.mark.parametrize("module", [discrimination_v0, dialogue_v0, community_v0])
def test_a_world_may_have_too_few_meanings(module: Any) -> None:
    with refused("^7 candidates asked for, but at most 6 are possible: some meaning has only 5 others"):
        module.env(world=AttributeWorld(values=(2, 3)), candidates=7)
    twins = ArrayWorld(meanings=[[0], [1], [2]], features=[[1.0], [1.0], [0.5]])
    with refused("^3 candidates asked for, but at most 2 are possible: some meaning has only 1 others"):
        module.env(world=twins, candidates=3)
    with refused("candidates: input should be greater than or equal to 2, got 1"):
        module.env(candidates=1)


def test_a_game_given_in_full_is_checked_too() -> None:
    few = AttributeWorld(values=(2, 3))
    for module in (dialogue_v0, community_v0):
        with refused("^7 candidates asked for, but at most 6 are possible"):
            module.env(world=few, game=Discrimination(candidates=7))
        with refused("^a set-reference game judges the speaker's 2 examples; got 6 candidates$"):
            module.env(world=few, game=Concept(mode="set_reference", examples=2, candidates=6))
        with refused("game: .*discriminate.*Did you mean 'discrimination'"):
            module.env(game={"kind": "discriminate"})


# Single environments


@pytest.mark.parametrize(
    ("keywords", "pattern"),
    [
        ({"examples": 3}, "^ConceptSettings: examples: input should be a multiple of 2, got 3$"),
        ({"candidates": 5}, "^ConceptSettings: candidates: input should be a multiple of 2, got 5$"),
        ({"examples": 0}, "^ConceptSettings: examples: input should be greater than or equal to 2, got 0$"),
        ({"mode": "sets"}, "^ConceptSettings: mode: input should be 'concept' or 'set_reference', got 'sets'$"),
        (
            {"mode": "set_reference", "examples": 2, "candidates": 6},
            "^a set-reference game judges the speaker's 2 examples; got 6 candidates$",
        ),
        ({"fixed": 3}, "^a concept cannot fix 3 attributes of a world that has 2$"),
        ({"fixed": 0}, "^ConceptSettings: fixed: input should be greater than 0, got 0$"),
        ({"held_out": 1.0}, "^ConceptSettings: held_out: input should be less than 1, got 1.0$"),
        (
            {"world": ArrayWorld(meanings=[[0, 0], [1, 1], [2, 2]])},  # 1·2 does not exist
            r"^concept \[1, 2\] \(0 = any value\) has no example or no counter-example among the 3 meanings in play; ",
        ),
        (
            {"world": ArrayWorld(meanings=[[0, 1], [0, 0]]), "fixed": 1},  # all are 0·any
            r"^concept \[1, 0\] \(0 = any value\) has no example or no counter-example among the 2 meanings in play; ",
        ),
        (
            {"world": AttributeWorld(values=(3, 5), split="random", held_out=0.2)},
            "has no example or no counter-example among the 12 meanings in play; hold out concepts",
        ),
    ],
    ids=str,
)
def test_keywords_of_concept_games(keywords: dict[str, Any], pattern: str) -> None:
    for face in FACES:
        with refused(pattern):
            getattr(concept_v0, face)(**keywords)


@pytest.mark.parametrize(
    ("keywords", "pattern"),
    [
        ({"turns": 1}, "^DialogueSettings: turns: input should be greater than or equal to 2, got 1$"),
        ({"roles": "random"}, "^DialogueSettings: roles: input should be 'fixed' or 'alternating', got 'random'$"),
        ({"channel": Channel(7, 2), "turn": 3}, "^DialogueSettings: unknown key 'turn'; .*Did you mean 'turns'"),
    ],
    ids=str,
)
def test_keywords_of_dialogues(keywords: dict[str, Any], pattern: str) -> None:
    with refused(pattern):
        dialogue_v0.env(**keywords)


@pytest.mark.parametrize(
    ("keywords", "pattern"),
    [
        ({"known": -1}, "^GuessSettings: known: input should be greater than or equal to 0, got -1$"),
        ({"known": 2}, "^known=2 leaves nothing to guess; the world has 2 attributes$"),
        (
            {"world": ArrayWorld(meanings=[[0, 0], [0, 1], [1, 0]])},
            "^the first 1 attributes leave open from 1 to 2 meanings, and the game needs the same number everywhere; ",
        ),
        (
            {"world": AttributeWorld(values=(3, 5), split="random", held_out=0.2)},
            "^every meaning is a candidate of the guess game; use a world without a hold-out$",
        ),
    ],
    ids=str,
)
def test_keywords_of_guessing_games(keywords: dict[str, Any], pattern: str) -> None:
    for face in FACES:
        with refused(pattern):
            getattr(guess_v0, face)(**keywords)


MATRIX = r"^CommunitySettings: network must be a matrix \[2, 3\] of numbers >= 0; got "
MEMBERS = r"^CommunitySettings: network must be a matrix \[3, 3\] of numbers >= 0 or a networkx graph; got "


@pytest.mark.parametrize(
    ("network", "pattern"),
    [
        ([[1, 2], [3, 4], [5, 6]], MATRIX + r"the shape \[3, 2\]$"),
        ([1, 2, 3], MATRIX + r"the shape \[3\]$"),
        ([], MATRIX + r"the shape \[0\]$"),
        (5, MATRIX + r"the shape \[\]$"),
        ([[1, 2, 3], [4, 5]], MATRIX),
        ([["a", "b", "c"], ["d", "e", "f"]], MATRIX),
        ("ring", MATRIX + "'ring'$"),
        ([[1, 1, 1], [1, -2, 1]], MATRIX + "-2.0$"),
        ([[1, 1, 1], [1, float("nan"), 1]], MATRIX + "nan$"),
        ([[1, 1, 1], [1, float("inf"), 1]], MATRIX + "inf$"),
        ([[1, 1, 1], [0, 0, 0]], "^CommunitySettings: network: speaker 1 never meets anybody$"),
        ([[1, 1, 0], [1, 1, 0]], "^CommunitySettings: network: listener 2 never meets anybody$"),
        ([[0, 0, 0], [0, 0, 0]], "^CommunitySettings: network: speaker 0 never meets anybody$"),
        (networkx.cycle_graph(5), "^CommunitySettings: a graph joins agents of both roles: give members="),
    ],
    ids=str,
)
def test_networks_of_speakers_and_listeners(network: Any, pattern: str) -> None:
    for face in FACES:
        with refused(pattern):
            getattr(community_v0, face)(speakers=2, listeners=3, network=network)


@pytest.mark.parametrize(
    ("network", "pattern"),
    [
        (np.ones((2, 3)), MEMBERS + r"the shape \[2, 3\]$"),
        ([[0, 1, 1], [1, 0, 1], [1, 1, 2]], "^CommunitySettings: network: agent 2 cannot talk to itself$"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], "^CommunitySettings: network: agent 2 never meets anybody$"),
        (networkx.cycle_graph(5), r"network's nodes must be 0\.\.2; got \['0', '1', '2', '3', '4'\]$"),
        (networkx.relabel_nodes(networkx.cycle_graph(3), {2: "two"}), r"network's nodes must be 0\.\.2; got"),
        (graph((0, 1, 1.0), (1, 2, -1.0)), MEMBERS + "-1.0$"),
        (graph((0, 1, 1.0), (1, 2, float("nan"))), MEMBERS + "nan$"),
        (graph((0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0)), "^CommunitySettings: network: agent 2 cannot talk to itself$"),
        (graph((0, 1, 1.0), (1, 2, 0.0)), "^CommunitySettings: network: agent 2 never meets anybody$"),
        (graph((0, 1, 1.0), (1, 2, "much")), "^CommunitySettings: network"),  # type: ignore[arg-type]
    ],
    ids=lambda value: " ".join(str(value).split()),
)
def test_networks_of_members(network: Any, pattern: str) -> None:
    with refused(pattern):
        community_v0.env(members=3, network=network)


def test_members_stand_in_place_of_speakers_and_listeners() -> None:
    with refused("members play both roles; give members=, or speakers= and listeners=, not both$"):
        community_v0.env(members=3, speakers=2)
    with refused("members play both roles; give members=, or speakers= and listeners=, not both$"):
        community_v0.env(members=3, listeners=2)
    with refused("members: input should be greater than or equal to 2, got 1$"):
        community_v0.env(members=1)
    with refused("speakers: input should be greater than 0, got 0$"):
        community_v0.env(speakers=0)


def test_weights_that_do_not_add_up_to_a_number_are_refused() -> None:
    with refused(r"^CommunitySettings: network must be a matrix \[2, 2\] of numbers >= 0.*; got "):
        community_v0.env(speakers=2, listeners=2, network=[[1e308, 1e308], [1e308, 1e308]])
    for largest in (1e-300, 1e300):
        env = community_v0.parallel_env(speakers=2, listeners=2, network=[[largest, largest], [largest, largest]])
        assert env.match.cast.chances == pytest.approx((0.25, 0.5, 0.75, 1.0))
