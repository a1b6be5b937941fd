"""Conflict count against trying every permutation, worked values, and degenerate languages."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.language import Language
from emcomm.metrics.conflict_count import conflict_count

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def by_permutations(meanings: np.ndarray, messages: np.ndarray) -> int:
    """The published procedure: as many positions as attributes, every mapping tried."""
    totals = []
    for mapping in itertools.permutations(range(meanings.shape[1])):
        conflicts = 0
        for position, attribute in enumerate(mapping):
            meant: defaultdict[int, Counter[int]] = defaultdict(Counter)
            for meaning, message in zip(meanings.tolist(), messages.tolist(), strict=True):
                meant[message[position]][meaning[attribute]] += 1
            conflicts += sum(count for symbol in meant.values() for _, count in symbol.most_common()[1:])
        totals.append(conflicts)
    return min(totals)


@fixed
@given(
    arrays(np.int64, (11, 3), elements=st.integers(0, 3)),
    arrays(np.int64, (11, 3), elements=st.integers(1, 4)),
)
def test_as_many_positions_as_attributes_is_the_published_count(meanings: np.ndarray, messages: np.ndarray):
    assert conflict_count(Language(meanings, messages, variable=False)) == by_permutations(meanings, messages)


def test_random_languages_have_the_published_count():
    rng = np.random.default_rng(29)
    for _ in range(50):
        meanings, messages = rng.integers(0, 3, (7, 3)), rng.integers(1, 4, (7, 3))
        assert conflict_count(Language(meanings, messages, variable=False)) == by_permutations(meanings, messages)


def test_two_attributes_never_share_a_position():
    # Position 0 tells both attributes, which go together; one of them has to make do with position 1, which is always
    # 7 and so stands for the value of 3 of 5 meanings.
    meanings = np.array([[0, 0], [0, 0], [1, 1], [1, 1], [1, 1]])
    assert conflict_count(Language(meanings, np.stack([meanings[:, 0] + 1, np.full(5, 7)], axis=1))) == 5 - 3


def test_by_hand(grid):
    # 2 x 3 meanings, position 1 says a, position 0 says b but calls b = 2 of a = 1 by the symbol of b = 0: one conflict
    meanings = grid(2, 3)
    messages = meanings[:, ::-1] + 1
    assert conflict_count(Language(meanings, messages)) == 0
    messages[5, 0] = 1
    assert conflict_count(Language(meanings, messages)) == 1
    assert conflict_count(Language(meanings, messages), share=True) == pytest.approx(1 / (6 * 2))


def test_the_other_assignment_would_be_worse(grid):
    # Position 0 read as a: symbols b + 1 go with each a equally often: 3 symbols x 1 conflict. Position 1 read as b:
    # symbols a + 1 go with each b once: 2 symbols x 2 conflicts. 7 in all, and 0 the other way round.
    meanings = grid(2, 3)
    language = Language(meanings, meanings[:, ::-1] + 1)
    assert by_permutations(meanings[:, ::-1], language.messages) == 0
    assert conflict_count(language) == 0


def test_positions_left_over_may_say_anything(perfect):
    language, rng = perfect(5, 7), np.random.default_rng(3)
    padded = np.concatenate([rng.integers(1, 9, (35, 2)), language.messages, rng.integers(1, 9, (35, 3))], axis=1)
    assert conflict_count(Language(language.meanings, padded)) == 0


def test_an_attribute_without_a_position_is_guessed(grid):
    # 2 x 3 x 5 = 30 meanings and one position, which says the third attribute. The other two are guessed: of 30
    # meanings 15 have the most frequent a, and 10 the most frequent b.
    meanings = grid(2, 3, 5)
    assert conflict_count(Language(meanings, meanings[:, 2:] + 1)) == (30 - 15) + (30 - 10)
    # One message for all: the third attribute is guessed too, 6 of 30 right.
    everything = Language(meanings, np.ones((30, 1), dtype=int))
    assert conflict_count(everything) == 15 + 20 + 24
    assert conflict_count(everything, share=True) == pytest.approx(59 / 90)
    assert conflict_count(Language(meanings, np.zeros((30, 4), dtype=int))) == 15 + 20 + 24


def test_a_rotated_code_is_all_conflicts(grid):
    # a + b and a - b modulo 4: each symbol goes with each value equally often. 16 meanings, 4 of 16 right, twice.
    meanings = grid(4, 4)
    rotated = np.stack([meanings.sum(axis=1) % 4, (meanings[:, 0] - meanings[:, 1]) % 4], axis=1) + 1
    assert conflict_count(Language(meanings, rotated)) == 12 + 12


@pytest.mark.parametrize(
    ("meanings", "messages", "expected"),
    [
        ([[0, 1]], [[1, 2]], 0),  # one row
        ([[0, 1]], [[0, 0]], 0),
        ([[0], [1], [2]], [[1], [2], [3]], 0),  # one attribute
        ([[0], [1], [2]], [[0], [0], [0]], 2),  # ... of which nothing is said
        ([[4, 4], [4, 4]], [[1, 2], [3, 1]], 0),  # one meaning
    ],
)
def test_degenerate_languages(meanings: list[list[int]], messages: list[list[int]], expected: int):
    assert conflict_count(Language(meanings, messages)) == expected


def test_more_structure_has_fewer_conflicts(perfect, grid):
    meanings, rng = grid(5, 7), np.random.default_rng(11)
    messages = meanings + np.array([1, 6])
    counts = []
    for noisy in (0, 5, 11, 35):
        changed = messages.copy()
        changed[:noisy] = rng.integers(1, 13, (noisy, 2))
        counts.append(conflict_count(Language(meanings, changed, variable=False)))
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] > counts[1] > 0
