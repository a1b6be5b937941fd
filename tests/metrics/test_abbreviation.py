"""Abbreviation against chance, by correlation and by mean length, and the shortest possible code."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import length_frequency_correlation, mean_length_by_token, mean_length_by_type, measure
from emcomm.metrics.abbreviation import (
    abbreviation,
    abbreviation_p_value,
    optimal_code_length,
    optimal_mean_length,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def of_lengths(lengths: list[int], frequencies: list[float] | None = None) -> Language:
    messages = np.array([[1] * length + [0] * (7 - length) for length in lengths])
    return Language(None, messages, frequencies=frequencies)


def zipf(n: int) -> np.ndarray:
    return 1 / np.arange(1, n + 1)


# Permutation test


def test_p_value_against_all_permutations():
    frequencies, lengths = np.array([0.4, 0.3, 0.2, 0.1]), [1, 3, 2, 3]
    own = frequencies @ lengths
    everything = [frequencies @ order for order in itertools.permutations(lengths)]
    exact = np.mean([mean <= own + 1e-12 for mean in everything])  # 1.9 twice and 2.0 four times
    assert exact == pytest.approx(6 / 24)
    estimated = abbreviation_p_value(of_lengths(lengths, frequencies.tolist()), resamples=4000, seed=3)
    assert estimated == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))


def test_abbreviated_and_anti_efficient_codes():
    frequencies = zipf(31).tolist()
    lengths = sorted(np.random.default_rng(1).integers(1, 8, 31).tolist())
    assert abbreviation_p_value(of_lengths(lengths, frequencies), resamples=499) == pytest.approx(1 / 500)
    assert abbreviation_p_value(of_lengths(lengths[::-1], frequencies), resamples=499) == 1.0


def test_p_value_is_seeded_and_is_the_one_of_the_table():
    rng = np.random.default_rng(5)
    language = of_lengths(rng.integers(0, 8, 23).tolist(), rng.random(23).tolist())
    first, again, other = (abbreviation_p_value(language, 200, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert measure(language, "mean_length_by_token", resamples=200, seed=1)["p_value"][0] == first


@pytest.mark.parametrize(
    ("lengths", "frequencies"), [([1, 2, 3], None), ([2, 2, 2], [3, 2, 1]), ([0, 0], [2, 1]), ([3], [1])]
)
def test_nothing_to_correlate(lengths: list[int], frequencies: list[float] | None):
    language = of_lengths(lengths, frequencies)
    assert math.isnan(abbreviation_p_value(language, resamples=7))
    assert all(math.isnan(number) for number in abbreviation(language, resamples=7))


@pytest.mark.parametrize("test", [abbreviation, abbreviation_p_value])
@pytest.mark.parametrize("resamples", [0, 2.5, -3])
def test_a_test_needs_permutations(test, resamples):
    with pytest.raises(BadInput, match="resamples must be an integer of at least 1"):
        test(of_lengths([1, 2], [2, 1]), resamples=resamples)
    with pytest.raises(BadInput, match="seed must be an integer of at least 0"):
        test(of_lengths([1, 2], [2, 1]), seed=-1)


def test_the_correlation_is_tested_against_all_permutations():
    # frequency ranks 1 2 3 4 against lengths 1 3 2 3, ranks 1 3.5 2 3.5: centred (-1.5 -.5 .5 1.5) . (-1.5 1 -.5 1)
    # = 3, squares 5 and 4.5. Of the 12 orders of the lengths three do as well: 1 3 2 3, 2 1 3 3 (3.5), 1 2 3 3 (4.5).
    language = of_lengths([1, 3, 2, 3], [0.4, 0.3, 0.2, 0.1])
    found = abbreviation(language, resamples=4000, seed=3)
    assert found.correlation == pytest.approx(3 / math.sqrt(22.5)) == length_frequency_correlation(language)
    orders = itertools.permutations([1, 3, 2, 3])
    everything = [length_frequency_correlation(of_lengths(list(order), [0.4, 0.3, 0.2, 0.1])) for order in orders]
    exact = np.mean([value >= found.correlation - 1e-12 for value in everything])
    assert exact == pytest.approx(3 / 12)
    assert found.p_value == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))
    assert found.null_mean == pytest.approx(np.mean(everything), abs=4 * float(np.std(everything)) / math.sqrt(4000))


def test_abbreviated_codes_correlate_beyond_chance_and_others_do_not():
    frequencies = zipf(31).tolist()
    lengths = sorted(np.random.default_rng(1).integers(1, 8, 31).tolist())
    short, long = (abbreviation(of_lengths(order, frequencies), resamples=499) for order in (lengths, lengths[::-1]))
    assert short.correlation > 0.9
    assert short.p_value == pytest.approx(1 / 500)
    assert abs(short.null_mean) < 0.05
    assert long.correlation == pytest.approx(-short.correlation)
    assert long.p_value == 1.0


def test_the_correlations_p_is_the_one_of_the_table():
    rng = np.random.default_rng(5)
    language = of_lengths(rng.integers(0, 8, 23).tolist(), rng.random(23).tolist())
    row = measure(language, "length_frequency_correlation", resamples=200, seed=1).loc[0]
    assert abbreviation(language, resamples=200, seed=1) == (row["value"], row["p_value"], row["null_mean"])


def test_names_of_symbols_order_and_what_follows_the_end_do_not_matter():
    rng = np.random.default_rng(6)
    language = Language(None, rng.integers(0, 4, (17, 5)), frequencies=rng.random(17))
    junk = np.concatenate([language.messages, np.zeros((17, 1), int), rng.integers(0, 9, (17, 2))], axis=1)
    renamed = np.array([0, 3, 9, 1])[language.messages]
    for other in (junk, renamed):
        assert abbreviation(Language(None, other, frequencies=language.frequencies)) == abbreviation(language)
    order = rng.permutation(17)
    moved = abbreviation(language.rearranged(order, order))
    assert moved.correlation == pytest.approx(abbreviation(language).correlation)
    assert moved.p_value == pytest.approx(abbreviation(language).p_value, abs=0.06)


# The shortest code


@pytest.mark.parametrize(
    ("n", "vocabulary", "by_type", "by_token"),
    [(1000, 40, 2.959, 2.295), (1000, 10, 4.078, 2.821), (100, 40, 2.590, 1.982), (100, 10, 2.980, 2.261)],
)
def test_published_optima(n: int, vocabulary: int, by_type: float, by_token: float):
    # The published vocabulary counts EOS, so it leaves vocabulary - 1 symbols; lengths count EOS too.
    optimum = optimal_code_length(zipf(n), vocabulary - 1)
    assert optimum == pytest.approx((by_type, by_token), abs=5e-4)
    assert optimal_code_length(zipf(n)[::-1], vocabulary - 1, count_eos=False) == pytest.approx(
        (optimum.by_type - 1, optimum.by_token - 1)
    )


def test_the_published_frequencies_are_these():
    assert (zipf(1000) / zipf(1000).sum())[0] == pytest.approx(0.1336, abs=5e-5)


def test_the_older_name_leaves_eos_out():
    assert optimal_mean_length(8, 2) == optimal_code_length(8, 2, count_eos=False) == (13 / 8, 13 / 8)
    assert optimal_mean_length(8, 2, count_eos=True) == optimal_code_length(8, 2)


def test_the_shortest_code_by_hand():
    # 2 symbols: lengths 0 1 1 2 2 2 2 3 for 8 meanings, and EOS
    assert optimal_code_length(8, 2) == pytest.approx((21 / 8, 21 / 8))
    # in any order: .5 at length 0, .3 and .1 at 1, .1 at 2
    assert optimal_code_length([0.1, 0.5, 0.1, 0.3], 2, count_eos=False).by_token == pytest.approx(0.6)
    # 1 symbol: lengths 0 1 2 3 4
    assert optimal_code_length(5, 1, count_eos=False).by_type == 2.0
    assert optimal_code_length(1, 3) == (1.0, 1.0)


@fixed
@given(st.integers(1, 3), st.integers(2, 40), st.integers(0, 2**31))
def test_no_unambiguous_language_is_shorter(symbols: int, n: int, seed: int):
    rng = np.random.default_rng(seed)
    width = 6 if symbols > 1 else n
    shortest = (m for size in range(width + 1) for m in itertools.product(range(1, symbols + 1), repeat=size))
    messages = [list(m) + [0] * (width - len(m)) for m in itertools.islice(shortest, n + 5)]
    picked = rng.permutation(len(messages))[:n]
    language = Language(None, np.array(messages)[picked], frequencies=rng.random(len(picked)) + 0.01)
    optimum = optimal_code_length(language.frequencies, symbols, count_eos=False)
    assert optimum.by_type <= mean_length_by_type(language) + 1e-12
    assert optimum.by_token <= mean_length_by_token(language) + 1e-12


@pytest.mark.parametrize(
    ("frequencies", "symbols"),
    [(0, 3), ([], 3), ([0.0, 0.0], 3), ([1.0, -1.0], 3), ([np.nan], 3), ([[0.5, 0.5]], 3), (3, 0), (3, 1.5)],
)
def test_impossible_codes_are_refused(frequencies, symbols):
    with pytest.raises(BadInput):
        optimal_code_length(frequencies, symbols)


@pytest.mark.parametrize("frequencies", ["abc", ["a"], [[1], [1, 2]], None, [1j], 8.0, True])
def test_what_is_no_frequency_is_refused(frequencies):
    with pytest.raises(BadInput, match="frequencies must be"):
        optimal_code_length(frequencies, 3)


def test_large_numbers_neither_overflow_nor_fill_the_memory():
    assert optimal_code_length([1e308, 1e308], 3) == (1.5, 1.5)
    # 1 + 10 + ... + 10^11 messages of length 0..11, and the rest of 10^12 has length 12.
    shorter = sum(10**k for k in range(12))
    expected = (sum(k * 10**k for k in range(12)) + 12 * (10**12 - shorter)) / 10**12
    assert optimal_code_length(10**12, 10, count_eos=False) == pytest.approx((expected, expected))
