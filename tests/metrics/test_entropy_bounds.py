"""Bounds of the message entropy: published ones, by hand, and that speakers stay within them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import message_entropy
from emcomm.metrics.entropy_bounds import EntropyBounds, entropy_bounds

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


@pytest.mark.parametrize("known", range(9))
def test_published_bounds_of_guess_number(grid, known: int):
    # 8 bits of which the listener has k: max(0, 8 - k) and 8.
    bounds = entropy_bounds(grid(*[2] * 8), known=range(known))
    assert bounds == pytest.approx((max(0, 8 - known), 8))


@pytest.mark.parametrize("known", range(6))
def test_the_shortest_report_sits_on_the_lower_bound(grid, known: int):
    meanings = grid(*[2] * 5)
    rest = meanings[:, known:] + 1 if known < 5 else np.ones((32, 1), dtype=int)
    assert message_entropy(Language(meanings, rest)) == pytest.approx(
        entropy_bounds(meanings, known=range(known)).lower
    )


def test_a_class_to_name():
    # Ten equally frequent digits in 2 classes: 1 bit at least, log2 10 at most.
    digits = np.stack([np.arange(10), np.arange(10) % 2], axis=1)
    assert entropy_bounds(digits, asked=[1]) == pytest.approx((1.0, math.log2(10)))
    # Who knows the digit needs no message.
    assert entropy_bounds(digits, known=[0], asked=[1]).lower == pytest.approx(0.0)


def test_frequencies_by_hand():
    # 0 0: 1/2, 0 1: 1/4, 1 0: 1/8, 1 1: 1/8. H = 1.75, of the first h(1/4), of the second (5/8, 3/8) h(3/8).
    meanings, frequencies = [[0, 0], [0, 1], [1, 0], [1, 1]], [4, 2, 1, 1]
    assert entropy_bounds(meanings, frequencies=frequencies) == pytest.approx((1.75, 1.75))
    assert entropy_bounds(meanings, frequencies=frequencies, asked=[0]).lower == pytest.approx(binary(1 / 4))
    bounds = entropy_bounds(meanings, frequencies=frequencies, known=[1])
    assert bounds == pytest.approx((1.75 - binary(3 / 8), 1.75))


def test_dependent_attributes_need_fewer_bits():
    # The second attribute repeats the first.
    assert entropy_bounds([[0, 0], [1, 1], [2, 2]], known=[0], asked=[1]) == pytest.approx((0, math.log2(3)))


def test_meanings_that_come_twice_count_together():
    assert entropy_bounds([[0], [0], [1], [1]]) == pytest.approx((1, 1))


def test_fewer_right_answers_need_fewer_bits():
    # Fano with 4 answers and 1 in 5 wrong: 2 - h(1/5) - 1/5 log2 3
    meanings = [[0, 0], [0, 1], [1, 0], [1, 1]]
    expected = 2 - binary(0.2) - 0.2 * math.log2(3)
    assert entropy_bounds(meanings, accuracy=0.8) == pytest.approx((expected, 2))
    # Guessing is right once in 4 without any message.
    assert entropy_bounds(meanings, accuracy=0.25).lower == pytest.approx(0.0, abs=1e-12)
    # Two answers: 1 - h(1/10)
    assert entropy_bounds(meanings, asked=[1], accuracy=0.9).lower == pytest.approx(1 - binary(0.1))


@pytest.mark.parametrize("known", [(), [0]])
def test_one_meaning_needs_no_message(known):
    bounds = entropy_bounds([[3, 5]], known=known)
    assert bounds == EntropyBounds(0.0, 0.0)
    assert entropy_bounds([[3, 5]], known=known, accuracy=0.5) == (0.0, 0.0)


@fixed
@given(
    arrays(np.int64, (7, 3), elements=st.integers(0, 2)),
    arrays(np.int64, 7, elements=st.integers(1, 5)),
    st.permutations(range(7)),
    st.permutations(range(3)),
)
def test_knowing_more_never_asks_for_more_and_names_do_not_matter(
    meanings: np.ndarray, frequencies: np.ndarray, order: list[int], names: list[int]
):
    lower = [entropy_bounds(meanings, known=range(k), frequencies=frequencies).lower for k in range(4)]
    assert min(lower) >= 0
    assert max(np.diff(lower)) <= 1e-12
    assert lower[3] == pytest.approx(0.0, abs=1e-12)
    other = entropy_bounds(np.array(names)[meanings][order], known=[0], frequencies=frequencies[order])
    assert other == pytest.approx(entropy_bounds(meanings, known=[0], frequencies=frequencies))


@fixed
@given(arrays(np.int64, (11, 2), elements=st.integers(0, 2)), arrays(np.int64, 3, elements=st.integers(1, 3)))
def test_a_speaker_whom_the_listener_understands_stays_within(meanings: np.ndarray, words: np.ndarray):
    # The message is a word for the second attribute; the listener has the first. Understood if no two share a word.
    messages = words[meanings[:, 1:]]
    understood = len(set(words[np.unique(meanings[:, 1])].tolist())) == len(np.unique(meanings[:, 1]))
    bounds = entropy_bounds(meanings, known=[0])
    bits = message_entropy(Language(meanings, messages))
    assert bits <= bounds.upper + 1e-12
    assert bits >= bounds.lower - 1e-12 or not understood


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"known": [2]}, r"known must be a list of different attributes out of 0\.\.1, got \[2\]"),
        ({"known": [0, 0]}, "known must be a list of different attributes"),
        ({"known": 1}, "known must be a list of different attributes"),
        ({"asked": []}, r"asked must be a list of different attributes out of 0\.\.1, got \[\]"),
        ({"asked": [0.5]}, "asked must be a list of different attributes"),
        ({"accuracy": 0.0}, r"accuracy must be in \(0, 1\], got 0.0"),
        ({"accuracy": 1.5}, "accuracy must be in"),
        ({"accuracy": "high"}, r"accuracy must be in \(0, 1\], got 'high'"),
        ({"accuracy": None}, "accuracy must be in"),
        ({"accuracy": math.nan}, "accuracy must be in"),
        ({"known": [True]}, r"out of 0\.\.1, got \[True\]"),
        ({"frequencies": [1]}, "frequencies must be 2 numbers, one a meaning"),
    ],
)
def test_impossible_games_are_refused(options, said: str):
    with pytest.raises(BadInput, match=said):
        entropy_bounds([[0, 1], [1, 1]], **options)


@pytest.mark.parametrize("meanings", [[[0.5]], [0, 1], [[0], [1, 2]], [], 3])
def test_meanings_are_integers_in_rows(meanings):
    with pytest.raises(BadInput, match="meanings must be integers"):
        entropy_bounds(meanings)
