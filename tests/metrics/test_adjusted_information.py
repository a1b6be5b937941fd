"""Adjusted mutual information: its expectation against all permutations, worked values, and its limits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import adjusted_information, measure
from emcomm.metrics.adjusted_information import adjusted_mutual_information, expected_mutual_information
from emcomm.metrics.information import Normaliser, mutual_information, normaliser_of
from emcomm.metrics.joint_entropy import bits_scorer

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=25)


def of(meanings: list[int], messages: list[int]) -> Language:
    return Language(np.array(meanings)[:, None], np.array(messages)[:, None])


def adjusted(meanings: np.ndarray, messages: np.ndarray) -> float:
    """The textbook formula over the contingency table of two labellings from 0."""
    n, table = len(meanings), np.zeros((meanings.max() + 1, messages.max() + 1))
    np.add.at(table, (meanings, messages), 1 / n)
    outer = table.sum(1, keepdims=True) * table.sum(0)
    shared = float(np.sum(table[table > 0] * np.log2(table[table > 0] / outer[table > 0])))
    sides = [np.bincount(side) for side in (meanings, messages)]
    room = np.mean([-(c / n) @ np.log2(c / n) for c in sides])
    chance = expected_mutual_information(*sides)
    return float((shared - chance) / (room - chance))


def over_all_permutations(meanings: list[int], messages: list[int]) -> float:
    # Each different order comes equally often among all permutations.
    dealt = [mutual_information(of(meanings, list(order))) for order in set(itertools.permutations(messages))]
    return float(np.mean(dealt))


def test_two_and_two_by_hand():
    # a a b b against 1 1 2 2: of the 6 ways to deal, 2 keep the pairs together (1 bit) and 4 share nothing: 1/3 bit.
    assert expected_mutual_information(np.array([2, 2]), np.array([2, 2])) == pytest.approx(1 / 3)
    together, apart = of([0, 0, 1, 1], [1, 1, 2, 2]), of([0, 0, 1, 1], [1, 2, 1, 2])
    assert adjusted_mutual_information(together) == pytest.approx(1.0)
    assert adjusted_mutual_information(apart) == pytest.approx((0 - 1 / 3) / (1 - 1 / 3))


def test_one_and_three_by_hand():
    # a b b b against 1 1 1 2: the 2 goes with a in 1 way of 4, h(1/4) bits, and else with a b: pairs 1, 2, 1 of 4,
    # 2 h(1/4) - 1.5 bits.
    h = -0.25 * math.log2(0.25) - 0.75 * math.log2(0.75)
    expected = h / 4 + 3 / 4 * (2 * h - 1.5)
    assert expected_mutual_information(np.array([1, 3]), np.array([3, 1])) == pytest.approx(expected)
    value = adjusted_mutual_information(of([0, 1, 1, 1], [1, 2, 1, 1]))
    assert value == pytest.approx((2 * h - 1.5 - expected) / (h - expected))


@fixed
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=6))
def test_the_expectation_is_the_mean_over_all_permutations(rows: list[tuple[int, int]]):
    meanings, messages = ([row[side] for row in rows] for side in (0, 1))
    counts = (np.unique(side, return_counts=True)[1] for side in (meanings, messages))
    assert expected_mutual_information(*counts) == pytest.approx(over_all_permutations(meanings, messages), abs=1e-12)


@fixed
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=2, max_size=6))
def test_the_mean_over_all_permutations_is_0(rows: list[tuple[int, int]]):
    meanings, messages = ([row[side] for row in rows] for side in (0, 1))
    orders = set(itertools.permutations(messages))
    values = [adjusted_mutual_information(of(meanings, list(order))) for order in orders]
    assume(not math.isnan(values[0]))
    assert np.mean(values) == pytest.approx(0.0, abs=1e-9)


def test_every_normaliser_leaves_its_own_room():
    language = of([0, 0, 1, 1, 2, 2, 2], [1, 1, 2, 2, 2, 3, 3])
    (bits,) = bits_scorer(language, "test", None, False, "none")(np.arange(7), np.arange(7))
    chance = over_all_permutations([0, 0, 1, 1, 2, 2, 2], [1, 1, 2, 2, 2, 3, 3])
    names: list[Normaliser] = ["arithmetic", "geometric", "min", "max", "joint"]
    for name in names:
        value = adjusted_mutual_information(language, normaliser=name)
        assert value == pytest.approx((bits.shared - chance) / (normaliser_of(name)(bits) - chance))


def test_attributes_are_averaged_and_those_without_room_left_out(grid):
    # The message is the first attribute; of the second it tells less than chance does, and the third never varies.
    meanings = np.concatenate([grid(2, 2), np.zeros((4, 1), int)], axis=1)
    language = Language(meanings, meanings[:, :1] + 1)
    assert [adjusted_mutual_information(language, attribute=k) for k in range(3)] == pytest.approx([1.0, -0.5, 0.0])
    assert adjusted_mutual_information(language) == pytest.approx(0.5 / 3)
    # The least of the two entropies is 0 where an attribute never varies, so there is no room.
    assert math.isnan(adjusted_mutual_information(language, attribute=2, normaliser="min"))
    assert adjusted_mutual_information(language, normaliser="min") == pytest.approx(0.25)


def test_random_messages_tell_nothing_beyond_chance():
    # About 50 different messages for 101 rows of 7 kinds: the plain share is high, the adjusted one about 0.
    rng = np.random.default_rng(4)
    values = [
        adjusted_mutual_information(Language(rng.integers(0, 7, (101, 1)), rng.integers(1, 61, (101, 1))))
        for _ in range(50)
    ]
    assert np.mean(values) == pytest.approx(0.0, abs=4 * float(np.std(values)) / math.sqrt(50))
    assert np.std(values) < 0.05


def test_where_no_meaning_comes_twice_every_dealing_is_as_good():
    assert adjusted_mutual_information(of([0, 1, 2, 3], [1, 1, 2, 3]), attribute=None) == 0.0


@pytest.mark.parametrize(
    ("meanings", "messages"),
    [([0], [1]), ([0, 0, 0], [1, 1, 1]), ([0, 1, 2], [1, 2, 3]), ([0, 0, 0], [0, 0, 0])],
)
def test_where_chance_leaves_no_room_there_is_no_value(meanings: list[int], messages: list[int]):
    assert math.isnan(adjusted_mutual_information(of(meanings, messages)))


def test_frequencies_do_not_matter(rich: Language):
    even = Language(rich.meanings, rich.messages)
    assert adjusted_mutual_information(rich) == adjusted_mutual_information(even)


def test_permutations_compute_the_expectation_once(rich: Language, monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []

    def counted(first: np.ndarray, second: np.ndarray) -> float:
        calls.append(1)
        return expected_mutual_information(first, second)

    monkeypatch.setattr(adjusted_information, "expected_mutual_information", counted)
    score, rows, rng = adjusted_information._adjusted(rich), np.arange(rich.n), np.random.default_rng(1)
    for _ in range(7):
        score(rows, rng.permutation(rich.n))
    assert len(calls) == 2  # once for each attribute


def test_names_of_a_class_are_told_from_chance(grid):
    meanings = grid(5, 7)
    table = measure(Language(meanings, meanings[:, :1] + 1), "adjusted_mutual_information/default", resamples=99)
    assert table["p_value"][0] == 0.01
    assert abs(table["null_mean"][0]) < 0.02
    assert table["value"][0] == pytest.approx((1 + adjusted(meanings[:, 1], meanings[:, 0])) / 2)


def test_where_every_row_has_a_message_of_its_own_nothing_is_told_beyond_chance(perfect):
    assert adjusted_mutual_information(perfect(5, 7)) == 0.0


def test_only_known_options():
    with pytest.raises(BadInput, match="unknown normaliser"):
        adjusted_mutual_information(of([0], [1]), normaliser="sum")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="adjusted_mutual_information needs meanings"):
        adjusted_mutual_information(Language(None, [[1]]))


@pytest.mark.parametrize("n", [11, 1009, 10_007])
def test_large_languages_without_a_doublet_leave_no_room_either(n: int):
    # The logarithms of factorials of 1,000 and more are rounded by more than is allowed for here.
    rng = np.random.default_rng(n)
    own, few = rng.permutation(n), np.arange(n) % 5
    assert math.isnan(adjusted_mutual_information(of(own.tolist(), (own + 1).tolist()), attribute=None))
    assert adjusted_mutual_information(of(few.tolist(), (own + 1).tolist())) == 0.0
    assert adjusted_mutual_information(of(own.tolist(), (few + 1).tolist()), attribute=None) == 0.0
    entropy = -sum(c / n * math.log2(c / n) for c in np.bincount(few).tolist())
    assert expected_mutual_information(np.ones(n, dtype=int), np.bincount(few)) == pytest.approx(entropy)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([1, 2], [5], "both variables need as many observations; got 3 and 5"),
        ([0, 3], [1, 2], r"counts must be whole numbers of at least 1, \[values\]; got \[0, 3\]"),
        ([1.5, 1.5], [1, 2], "counts must be whole numbers"),
        ([1, 2], [], "counts must be whole numbers"),
    ],
)
def test_what_is_no_count_is_refused(first: list[float], second: list[float], said: str):
    with pytest.raises(BadInput, match=said):
        expected_mutual_information(first, second)
