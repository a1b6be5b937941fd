"""Hold-outs: how many, which, and what stays in training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld, Split
from emcomm.worlds.splits import compositional, cover, random


def seen_values(meanings: np.ndarray) -> list[set[int]]:
    return [set(column.tolist()) for column in meanings.T]


def is_partition(split: Split, n: int) -> bool:
    both = np.concatenate([split.train, split.held_out])
    ordered = all((np.diff(part) > 0).all() for part in (split.train, split.held_out))
    return ordered and sorted(both.tolist()) == list(range(n)) and split.train.dtype == split.held_out.dtype == np.int64


def test_without_a_split_everything_is_for_training() -> None:
    split = AttributeWorld(values=(7, 3)).split(np.random.default_rng(0))
    assert split.train.tolist() == list(range(21))
    assert split.held_out.shape == (0,)
    assert split.held_out.dtype == np.int64


@pytest.mark.parametrize("share", [0.1, 0.29, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["random", "compositional"])
def test_sizes_do_not_depend_on_the_draw(kind: str, share: float) -> None:
    world = AttributeWorld(values=(7, 5), split=kind, held_out=share)
    for seed in range(50):
        split = world.split(np.random.default_rng(seed))
        assert is_partition(split, 35)
        assert len(split.held_out) == round(share * 35)


@pytest.mark.parametrize("kind", ["random", "compositional"])
def test_equal_generators_give_equal_splits_and_others_differ(kind: str) -> None:
    world = AttributeWorld(values=(7, 5), split=kind, held_out=0.4)
    draws = [tuple(world.split(np.random.default_rng(seed)).held_out.tolist()) for seed in (3, 3, 4, 5)]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3


@pytest.mark.parametrize("values", [(7, 5), (2, 2), (5, 3, 2), (2, 11)])
def test_compositional_keeps_every_value_in_training_up_to_the_largest_share(values: tuple[int, ...]) -> None:
    n = int(np.prod(values))
    largest = n - max(values)  # as many meanings as the largest attribute has values must stay, and suffice
    for held in range(1, largest + 1):
        world = AttributeWorld(values=values, split="compositional", held_out=held / n)
        for seed in range(7):
            split = world.split(np.random.default_rng(seed))
            assert len(split.held_out) == held
            assert seen_values(world.meanings()[split.train]) == [set(range(size)) for size in values]


def test_compositional_asks_for_a_share_that_can_be_had() -> None:
    with pytest.raises(BadInput, match="at most 28 of these 35 meanings.*asks for 29, so choose at most 0.8"):
        AttributeWorld(values=(7, 5), split="compositional", held_out=29 / 35)
    assert AttributeWorld(values=(7, 5), split="compositional", held_out=0.8).held_out == 0.8


def test_the_largest_compositional_split_of_a_square_is_a_diagonal() -> None:
    # 3 x 3 with 6 held out: the 3 in training show 3 rows and 3 columns, so they are a permutation.
    world = AttributeWorld(values=(3, 3), split="compositional", held_out=6 / 9)
    trained = {tuple(world.split(np.random.default_rng(seed)).train.tolist()) for seed in range(200)}
    permutations = {(0, 4, 8), (0, 5, 7), (1, 3, 8), (1, 5, 6), (2, 3, 7), (2, 4, 6)}
    assert trained == permutations


@pytest.mark.parametrize("kind", ["random", "compositional"])
def test_no_meaning_is_preferred(kind: str) -> None:
    world = AttributeWorld(values=(5, 3), split=kind, held_out=0.4)
    counts = np.zeros(15)
    for seed in range(3000):
        counts[world.split(np.random.default_rng(seed)).held_out] += 1
    # Each of 15 meanings is held out with chance 6/15: 1200 of 3000, standard deviation sqrt(3000 * 0.4 * 0.6) = 27.
    assert np.abs(counts - 1200).max() < 5 * 27


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(5, 40))
def test_any_table_keeps_its_values_in_training(seed: int, attributes: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    meanings = np.unique(rng.integers(0, 5, size=(n, attributes)), axis=0)
    most = len(meanings) - len(cover(meanings))
    for held in range(1, most + 1):
        train, held_out = compositional(meanings, held, rng)
        assert is_partition(Split(train, held_out), len(meanings))
        assert len(held_out) == held
        assert seen_values(meanings[train]) == seen_values(meanings)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.data())
def test_random_parts_make_the_whole(seed: int, n: int, data: st.DataObject) -> None:
    held = data.draw(st.integers(0, n))
    train, held_out = random(n, held, np.random.default_rng(seed))
    assert is_partition(Split(train, held_out), n)
    assert len(held_out) == held


def test_cover_takes_the_fewest_meanings_of_a_grid() -> None:
    # 3 x 2 in lexicographic order: [0, 0] shows two new values, then [1, 1] (index 3), then [2, 0] (index 4).
    assert cover(AttributeWorld(values=(3, 2)).meanings()).tolist() == [0, 3, 4]


def test_a_value_seen_once_is_never_held_out() -> None:
    # Only meaning 2 has value 3 of the first attribute; it must be trained on.
    world = ArrayWorld(meanings=[[0, 0], [0, 1], [3, 1], [1, 0], [1, 1]], split="compositional", held_out=0.4)
    for seed in range(30):
        split = world.split(np.random.default_rng(seed))
        assert 2 in split.train
        assert len(split.held_out) == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"split": "rondom", "held_out": 0.2}, "split: unknown word 'rondom'.*Did you mean 'random'"),
        ({"split": "random"}, r"held_out=0\.0 of 21 meanings is 0, which leaves no held-out meanings"),
        ({"split": "random", "held_out": 0.02}, "leaves no held-out meanings; choose a share from 0.0476 to 0.952"),
        ({"split": "random", "held_out": 0.99}, r"held_out=0\.99 of 21 meanings is 21, which leaves no training"),
        ({"split": "random", "held_out": 1.0}, r"held_out: input should be less than 1, got 1\.0"),
        ({"split": "random", "held_out": -0.1}, r"held_out: input should be greater than or equal to 0, got -0\.1"),
        ({"held_out": 0.2}, r"held_out=0\.2 needs a split: 'random' or 'compositional', got 'none'"),
        ({"split": "compositional", "held_out": 0.8}, "at most 14 of these 21 meanings.*asks for 17"),
    ],
)
def test_impossible_splits_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        AttributeWorld(values=(7, 3), **settings)
    assert "\n" not in str(caught.value)


def test_one_attribute_has_no_combinations_to_hold_out() -> None:
    with pytest.raises(BadInput, match="at least 2 attributes, this world has 1; split='random' works"):
        AttributeWorld(values=(13,), split="compositional", held_out=0.3)
