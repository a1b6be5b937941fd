"""Heaps' exponent: growth of the vocabulary by hand, against all orders, and at the limits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.heaps import expected_types, heaps_exponent

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=40)


def text(*symbols: int) -> Language:
    return Language(None, np.array(symbols)[:, None])


def slope(types: list[float]) -> float:
    """Least squares through (ln 1, ln types[0]), (ln 2, ln types[1]), ..."""
    return float(np.polyfit(np.log(np.arange(1, len(types) + 1)), np.log(types), 1)[0])


def test_growth_by_hand():
    # a a b: of two words picked, one pair in three is a a: 1/3 * 1 + 2/3 * 2
    np.testing.assert_allclose(expected_types(np.array([2, 1]), np.array([1, 2, 3])), [1, 5 / 3, 2])
    # Said anew with 2/3 and 1/3: 1 - (1/3)^2 + 1 - (2/3)^2
    np.testing.assert_allclose(expected_types(np.array([2, 1]), np.array([1, 2]), replace=True), [1, 13 / 9])
    np.testing.assert_allclose(expected_types(np.array([0.2, 0.1]), np.array([1, 2]), replace=True), [1, 13 / 9])


@fixed
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_growth_is_the_mean_over_all_orders(words: list[int]):
    orders = list(itertools.permutations(words))
    expected = [np.mean([len(set(order[:k])) for order in orders]) for k in range(1, len(words) + 1)]
    counts = np.unique(words, return_counts=True)[1]
    np.testing.assert_allclose(expected_types(counts, np.arange(1, len(words) + 1)), expected)


def test_the_exponent_by_hand():
    assert heaps_exponent(text(1, 1, 2)) == pytest.approx(slope([1, 5 / 3, 2]))
    # With frequencies 2 : 1 and the two words of the rows: (ln 1, 0), (ln 2, ln(13/9))
    language = Language(None, [[1], [2]], frequencies=[2, 1])
    assert heaps_exponent(language, weighted=True) == pytest.approx(math.log2(13 / 9))
    assert heaps_exponent(language) == pytest.approx(1.0)


def test_words_said_once_keep_coming_and_one_word_does_not():
    assert heaps_exponent(text(*range(1, 102))) == pytest.approx(1.0)
    assert heaps_exponent(text(*[5] * 101)) == 0.0
    assert heaps_exponent(text(*[5] * 101), weighted=True) == 0.0


def test_symbols_or_messages_are_counted():
    # Symbols 1 2 | 2 1 | 1 2: three of each; messages 1 2 twice and 2 1 once. The empty message is a message.
    language = Language(None, [[1, 2, 0, 4], [2, 1, 0, 3], [1, 2, 0, 0]])
    growth = expected_types(np.array([3, 3]), np.arange(1, 7)).tolist()
    assert heaps_exponent(language) == pytest.approx(slope(growth))
    assert heaps_exponent(language, unit="message") == pytest.approx(slope([1, 5 / 3, 2]))
    assert heaps_exponent(Language(None, [[0], [1]]), unit="message") == pytest.approx(1.0)


def test_neither_order_nor_frequencies_matter_unless_asked():
    rng = np.random.default_rng(2)
    messages, order = rng.integers(0, 5, (31, 4)), rng.permutation(31)
    plain = heaps_exponent(Language(None, messages))
    assert heaps_exponent(Language(None, messages[order], frequencies=rng.random(31))) == pytest.approx(plain)
    uneven = Language(None, messages, frequencies=np.arange(1, 32.0))
    assert heaps_exponent(uneven, weighted=True) != pytest.approx(plain, abs=1e-3)


def test_growth_follows_the_skew():
    # The steeper Zipf's law, the slower the vocabulary grows.
    rng = np.random.default_rng(8)
    values = []
    for exponent in (0.5, 1.0, 1.5):
        shares = np.arange(1, 1010) ** -exponent
        values.append(heaps_exponent(text(*(rng.choice(1009, size=4001, p=shares / shares.sum()) + 1))))
    assert values[0] > values[1] + 0.05 > values[2] + 0.1


def test_long_texts_are_measured_at_64_lengths():
    # Every one of 1,000 words said 7 times: the mean number of types at each length, and the line through 64 of them
    lengths = np.unique(np.round(np.geomspace(1, 7000, 64)).astype(int))
    growth = 1000 * (1 - np.array([math.comb(6993, int(t)) / math.comb(7000, int(t)) for t in lengths]))
    expected = np.polyfit(np.log(lengths), np.log(growth), 1)[0]
    assert heaps_exponent(text(*np.repeat(np.arange(1, 1001), 7))) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("messages", [[[0, 1], [0, 0]], [[3]], [[3, 0], [0, 2]]])
def test_fewer_than_two_words_are_no_text(messages: list[list[int]]):
    assert math.isnan(heaps_exponent(Language(None, messages)))
    assert math.isnan(heaps_exponent(Language(None, messages), weighted=True))


def test_words_that_are_never_said_are_no_text():
    assert math.isnan(heaps_exponent(Language(None, [[1, 2], [0, 0]], frequencies=[0, 1]), weighted=True))


def test_only_two_units():
    with pytest.raises(BadInput, match="unknown unit"):
        heaps_exponent(text(1, 2), unit="words")  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [17, 1009, 10_007])
def test_long_texts_of_new_words_grow_as_they_do(words: int):
    # The logarithms of factorials of a long text are rounded; words said once need none.
    assert heaps_exponent(text(*range(1, words + 1))) == pytest.approx(1.0, abs=1e-14)
    np.testing.assert_allclose(expected_types(np.ones(words), [1, 7, words]), [1, 7, words], rtol=1e-14)


@pytest.mark.parametrize(
    ("counts", "tokens", "said"),
    [
        (["a"], [1], r"counts must be a list of finite numbers, got \['a'\]"),
        ([], [1], "counts must be a list"),
        ([3, -2], [1], "counts must be above 0, got -2"),
        ([3, 2], 2, "tokens must be a list of finite numbers, got 2"),
        ([1, 2], [5], r"tokens must be in 1\.\.3, got \[5\]"),
        ([1, 2], [0], r"tokens must be in 1\.\.3"),
    ],
)
def test_what_is_no_text_is_refused(counts: list[float], tokens: list[int], said: str):
    with pytest.raises(BadInput, match=said):
        expected_types(counts, tokens)
