"""Positional and bag-of-symbols disentanglement against worked values and a plain second implementation."""

from __future__ import annotations

import math
import tracemalloc
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.language import Language
from emcomm.metrics import (
    METRICS,
    bag_of_symbols_disentanglement,
    contingency,
    disentanglement,
    positional_disentanglement,
    topographic_similarity,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
BOTH = [positional_disentanglement, bag_of_symbols_disentanglement]


def bits(values: list[Any]) -> float:
    return -sum(count / len(values) * math.log2(count / len(values)) for count in Counter(values).values())


def gap(meanings: np.ndarray, features: list[list[int]]) -> float:
    """The definition, one feature at a time."""
    gaps = []
    for feature in features:
        if len(set(feature)) == 1:
            continue
        attributes = [column.tolist() for column in meanings.T]
        information = [bits(a) + bits(feature) - bits(list(zip(a, feature, strict=True))) for a in attributes]
        second, largest = sorted(information)[-2:]
        gaps.append((largest - second) / bits(feature))
    return sum(gaps) / len(gaps) if gaps else math.nan


@fixed
@given(
    arrays(np.int64, (7, 3), elements=st.integers(0, 2)),
    arrays(np.int64, (7, 5), elements=st.integers(0, 3)),
)
def test_both_agree_with_their_definitions(meanings: np.ndarray, messages: np.ndarray):
    language = Language(meanings, messages)
    positions = language.messages.T.tolist()
    counts = [(language.messages == symbol).sum(axis=1).tolist() for symbol in (1, 2, 3)]
    expected = gap(meanings, positions), gap(meanings, counts)
    assert [metric(language) for metric in BOTH] == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_a_perfect_code_with_its_own_symbols_for_each_position(perfect):
    language = perfect(8, 4)
    assert topographic_similarity(language) == pytest.approx(1.0)
    assert positional_disentanglement(language) == pytest.approx(1.0)
    assert bag_of_symbols_disentanglement(language) == pytest.approx(1.0)


def test_a_shared_vocabulary_leaves_only_the_positions(perfect):
    language = perfect(8, 4, shared=True)
    assert topographic_similarity(language) == pytest.approx(1.0)
    assert positional_disentanglement(language) == pytest.approx(1.0)
    assert bag_of_symbols_disentanglement(language) < 0.9


def test_a_shared_vocabulary_by_hand(perfect):
    # 2 x 3 meanings, message (a + 1, b + 1). Symbol 3 occurs when b = 2 and tells of b alone: 1.
    # Symbols 1 and 2 alike: the count is 2, 1, 0 in 1, 3, 2 of 6 cases: H = log2(6)/6 + 1/2 + log2(3)/3.
    # Given a it takes two values, 1/3 : 2/3 -> H(1/3) left; given b two values, 1/2 : 1/2 -> 1 bit left.
    entropy = math.log2(6) / 6 + 1 / 2 + math.log2(3) / 3
    left = math.log2(3) - 2 / 3
    expected = (1 + 2 * (1 - left) / entropy) / 3
    assert bag_of_symbols_disentanglement(perfect(2, 3, shared=True)) == pytest.approx(expected)


def test_permuted_codes_are_near_nothing(grid):
    rng, meanings = np.random.default_rng(13), grid(31, 31)
    language = Language(meanings, meanings[rng.permutation(961)] + [1, 32], variable=False)
    assert topographic_similarity(language) == pytest.approx(0.0, abs=0.01)
    assert positional_disentanglement(language) < 0.05
    assert bag_of_symbols_disentanglement(language) < 0.05


def test_every_position_counts_not_only_the_first(grid):
    # Position 0 says a, position 1 says a xor b: it varies and tells of neither alone. (1 + 0) / 2
    meanings = grid(2, 2)
    messages = np.stack([meanings[:, 0] + 1, (meanings[:, 0] ^ meanings[:, 1]) + 1], axis=1)
    assert positional_disentanglement(Language(meanings, messages, variable=False)) == pytest.approx(0.5)


def test_constant_positions_and_symbols_are_passed_over(perfect):
    language = perfect(3, 5)
    constant = np.full((15, 1), 9)
    longer = Language(language.meanings, np.concatenate([constant, language.messages, constant], axis=1))
    assert [metric(longer) for metric in BOTH] == pytest.approx([1.0, 1.0])


def test_the_place_of_the_end_is_part_of_a_position(grid):
    # Meaning a is said by symbol 1 or 2, b by whether a second symbol 3 follows.
    meanings = grid(2, 2)
    messages = np.stack([meanings[:, 0] + 1, 3 * meanings[:, 1]], axis=1)
    language = Language(meanings, messages)
    assert [metric(language) for metric in BOTH] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("metric", BOTH)
@pytest.mark.parametrize(
    ("meanings", "messages"),
    [
        ([[0], [1], [2]], [[1, 0], [2, 1], [3, 0]]),  # one attribute: none comes second
        ([[0, 0], [0, 1], [1, 1]], [[1, 2], [1, 2], [1, 2]]),  # nothing varies
        ([[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0]]),  # silence
        ([[0, 1]], [[1, 2]]),  # one message
    ],
)
def test_where_there_is_no_value(metric, meanings: list[list[int]], messages: list[list[int]]):
    assert math.isnan(metric(Language(meanings, messages)))


def test_anagrams_vary_in_position_only(grid):
    # 12 and 21: positions vary, counts do not.
    meanings = grid(2, 3)
    messages = np.stack([meanings[:, 0] + 1, 2 - meanings[:, 0]], axis=1)
    language = Language(meanings, messages, variable=False)
    assert positional_disentanglement(language) == pytest.approx(1.0)
    assert math.isnan(bag_of_symbols_disentanglement(language))


def test_attributes_that_never_vary_tell_nothing():
    language = Language([[0, 3], [1, 3], [0, 3], [1, 3]], [[1], [2], [1], [2]], variable=False)
    assert [metric(language) for metric in BOTH] == pytest.approx([1.0, 1.0])


def test_junk_after_the_end_is_never_seen(grid):
    # Perfect messages of two symbols, EOS, and then anything at all.
    rng, meanings = np.random.default_rng(17), grid(5, 7)
    tail = np.concatenate([np.zeros((35, 1), dtype=int), rng.integers(0, 23, (35, 5))], axis=1)
    messages = np.concatenate([meanings + np.array([1, 6]), tail], axis=1)
    assert [metric(Language(meanings, messages)) for metric in BOTH] == pytest.approx([1.0, 1.0])


def test_looking_at_blocks_changes_nothing(rich: Language, monkeypatch):
    rows = np.random.default_rng(2).integers(rich.n, size=rich.n)
    scorers = [METRICS.get(metric.__name__).scorer(rich) for metric in BOTH]
    whole = [score(rows, rows) for score in scorers]
    monkeypatch.setattr(contingency, "_BLOCK", 1)
    monkeypatch.setattr(disentanglement, "_BLOCK", 1)
    assert [score(rows, rows) for score in scorers] == pytest.approx(whole, abs=1e-14)


def test_one_is_one_without_rounding(perfect):
    for sizes in [(2, 2), (3, 5), (8, 4), (5, 7, 3)]:
        assert [metric(perfect(*sizes)) for metric in BOTH] == [1.0, 1.0]


def test_a_large_vocabulary_takes_little_memory():
    # 2,003 messages of 10 out of 5,003 symbols: one byte for each message and symbol is 10 MB, one number 80 MB.
    rng = np.random.default_rng(23)
    language = Language(rng.integers(0, 3, (2003, 2)), rng.integers(1, 5004, (2003, 10)), variable=False)
    expected = bag_of_symbols_disentanglement(Language(language.meanings, 5004 - language.messages))
    tracemalloc.start()
    try:
        assert bag_of_symbols_disentanglement(language) == pytest.approx(expected, abs=1e-9)
        assert tracemalloc.get_traced_memory()[1] < 250e6
    finally:
        tracemalloc.stop()
