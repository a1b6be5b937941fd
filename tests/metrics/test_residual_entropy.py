"""Residual entropy: worked values, every division tried, and where there is none."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import measure
from emcomm.metrics.residual_entropy import residual_entropy

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=40)
PARTITIONS: Any = ("informative", "best")


def bits(values: list[Any]) -> float:
    return -sum(count / len(values) * math.log2(count / len(values)) for count in Counter(values).values())


def least(meanings: np.ndarray, messages: np.ndarray) -> float:
    """Every way to give each position to one attribute."""
    attributes, positions = meanings.shape[1], messages.shape[1]
    found = []
    for owners in itertools.product(range(attributes), repeat=positions):
        left = []
        for attribute, column in enumerate(meanings.T.tolist()):
            mine = messages[:, [owner == attribute for owner in owners]]
            told = [tuple(row) for row in mine.tolist()]
            left.append((bits(list(zip(told, column, strict=True))) - bits(told)) / bits(column))
        found.append(sum(left) / attributes)
    return min(found)


@fixed
@given(
    arrays(np.int64, (7, 2), elements=st.integers(0, 2)),
    arrays(np.int64, (7, 4), elements=st.integers(0, 2)),
)
def test_the_best_division_is_the_least_of_all(meanings: np.ndarray, messages: np.ndarray):
    language = Language(meanings, messages)
    if np.ptp(meanings, axis=0).all():
        best = residual_entropy(language, "best")
        assert best == pytest.approx(least(meanings, language.messages), abs=1e-12)
        assert residual_entropy(language) >= best - 1e-12


def test_by_hand(grid):
    # 2 x 3 meanings. Position 0 says a. Position 1 says whether b = 0, and nothing of a: b keeps 1 bit in 4 of 6
    # cases, 2/3 of log2(3). Position 2 never varies.
    meanings = grid(2, 3)
    messages = np.stack([meanings[:, 0] + 1, (meanings[:, 1] > 0) + 1, np.full(6, 5)], axis=1)
    for partition in PARTITIONS:
        value = residual_entropy(Language(meanings, messages), partition)
        assert value == pytest.approx((0 + (2 / 3) / math.log2(3)) / 2)


def test_perfect_codes_leave_nothing_and_silence_everything(perfect, grid):
    silence = Language(grid(5, 7), np.zeros((35, 2), dtype=int))
    for partition in PARTITIONS:
        assert residual_entropy(perfect(5, 7, 3), partition) == pytest.approx(0.0)
        assert residual_entropy(perfect(5, 7, 3, shared=True), partition) == pytest.approx(0.0)
        assert residual_entropy(silence, partition) == 1.0


def test_bits_of_a_number_belong_together(grid):
    # Two digits below 4 as two bits each, mixed: a high, b high, a low, b low.
    meanings = grid(4, 4)
    messages = np.stack([meanings >> 1, meanings & 1], axis=1).reshape(16, 4) + 1
    for partition in PARTITIONS:
        assert residual_entropy(Language(meanings, messages, variable=False), partition) == pytest.approx(0.0)


def test_what_only_two_positions_say_together_counts_for_one_attribute(grid):
    # Position 0 says a, position 1 says a xor b. One of the attributes gets both and is clear, or each gets one and b
    # is a coin: half of the entropy is left either way.
    meanings = grid(2, 2)
    messages = np.stack([meanings[:, 0], meanings[:, 0] ^ meanings[:, 1]], axis=1) + 1
    for partition in PARTITIONS:
        assert residual_entropy(Language(meanings, messages, variable=False), partition) == pytest.approx(0.5)


def test_giving_a_position_away_beforehand_can_cost(grid):
    # Two positions say a and one of them is needed for b as well: position 0 is the pair (a, b), position 1 is a.
    # Position 0 says all of both; beforehand it goes to a, the first of equals, and b is left with nothing.
    meanings = grid(3, 3)
    messages = np.stack([3 * meanings[:, 0] + meanings[:, 1], meanings[:, 0]], axis=1) + 1
    language = Language(meanings, messages, variable=False)
    assert residual_entropy(language) == pytest.approx(0.5)
    assert residual_entropy(language, "best") == pytest.approx(0.0)


def test_permuted_codes_leave_what_chance_leaves(grid):
    meanings = grid(17, 19)
    dealt = np.random.default_rng(3).permutation(len(meanings))
    language = Language(meanings, meanings[dealt] + [1, 18], variable=False)
    row = measure(language, "residual_entropy", resamples=99).loc[0]
    # Both positions together name the meaning, so where one attribute happens to get both, it is clear by chance and
    # the other keeps everything: 1/2. Where each gets one, more is left of both.
    assert 0.499 < row["value"] < 0.9
    assert 0.499 < row["null_mean"] < 0.9
    assert row["p_value"] > 0.05
    assert "p for low values" in row["note"]


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize(("meanings", "messages"), [([[0, 1]], [[1, 2]]), ([[2, 2], [2, 2]], [[1, 0], [2, 1]])])
def test_without_a_choice_there_is_nothing_to_guess(partition: Any, meanings: Any, messages: Any):
    language = Language(meanings, messages)
    assert math.isnan(residual_entropy(language, partition))
    assert measure(language, "residual_entropy", resamples=3)["note"][0] == "undefined: no attribute varies"


def test_attributes_that_never_vary_are_left_out_and_one_is_enough():
    language = Language([[0, 5], [1, 5], [2, 5]], [[1], [2], [2]])
    # H(a) = log2(3); symbol 2 leaves one bit in two of three cases
    for partition in PARTITIONS:
        assert residual_entropy(language, partition) == pytest.approx(2 / 3 / math.log2(3))


def test_bad_input_is_refused(rich: Language):
    with pytest.raises(BadInput, match="unknown partition 'least'; known: best, informative"):
        residual_entropy(rich, "least")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"unknown partition array"):
        residual_entropy(rich, np.zeros(2))  # type: ignore[arg-type]
    long = Language([[0], [1]], [list(range(1, 14)), list(range(2, 15))])
    with pytest.raises(BadInput, match="partition='best' is for messages of at most 12 positions that vary, got 13"):
        residual_entropy(long, "best")
    assert residual_entropy(long) == pytest.approx(0.0)
    constant = np.concatenate([np.array(long.messages[:, :12]), np.full((2, 30), 3)], axis=1)
    assert residual_entropy(Language([[0], [1]], constant), "best") == pytest.approx(0.0)
