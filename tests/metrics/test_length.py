"""Length by type and token, abbreviation, its permutation test, and the shortest possible code."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import (
    abbreviation_p_value,
    length_frequency_correlation,
    mean_length_by_token,
    mean_length_by_type,
    measure,
    optimal_mean_length,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def of_lengths(lengths: list[int], frequencies: list[float] | None = None) -> Language:
    messages = np.array([[1] * length + [0] * (7 - length) for length in lengths])
    return Language(None, messages, frequencies=frequencies)


def zipf(n: int) -> np.ndarray:
    return 1 / np.arange(1, n + 1)


# Means


def test_means_by_hand():
    language = of_lengths([1, 3, 1], [0.2, 0.7, 0.1])
    assert mean_length_by_type(language) == pytest.approx(5 / 3)  # not the number of messages, 3
    assert mean_length_by_token(language) == pytest.approx(0.2 + 2.1 + 0.1)


def test_the_end_counts_when_asked_and_where_there_is_one():
    language = of_lengths([2, 0, 5], [0.5, 0.25, 0.25])
    assert mean_length_by_type(language, count_eos=True) == pytest.approx(10 / 3)
    assert mean_length_by_token(language, count_eos=True) == pytest.approx(3.25)
    full = Language(None, [[1, 2, 3], [2, 2, 2]], variable=False)
    assert mean_length_by_type(full, count_eos=True) == mean_length_by_token(full, count_eos=True) == 3.0


def test_silence_is_no_length_at_all():
    silence = of_lengths([0, 0])
    assert (mean_length_by_type(silence), mean_length_by_token(silence)) == (0.0, 0.0)


# Correlation with frequency rank


def test_correlation_by_hand():
    # frequency ranks 1 2 3 4; lengths 1 1 3 2 rank 1.5 1.5 4 3
    # centred (-1.5, -.5, .5, 1.5) . (-1, -1, 1.5, .5) = 3.5; squared lengths 5 and 4.5
    language = of_lengths([1, 1, 3, 2], [0.4, 0.3, 0.2, 0.1])
    assert length_frequency_correlation(language) == pytest.approx(3.5 / math.sqrt(22.5))


def test_correlation_with_tied_frequencies_by_hand():
    # frequencies .4 .4 .1 .1 rank 1.5 1.5 3.5 3.5; lengths 3 1 2 4 rank as they are
    # centred (-1, -1, 1, 1) . (.5, -1.5, -.5, 1.5) = 2; squared lengths 4 and 5
    language = of_lengths([3, 1, 2, 4], [0.4, 0.4, 0.1, 0.1])
    assert length_frequency_correlation(language) == pytest.approx(2 / math.sqrt(20))


def test_lengths_of_one_three_and_one_follow_the_frequencies():
    # ranks of frequency 2 1 3, of length 1.5 3 1.5: centred (0, -1, 1) . (-.5, 1, -.5) = -1.5; squared 2 and 1.5
    language = of_lengths([1, 3, 1], [0.2, 0.7, 0.1])
    assert length_frequency_correlation(language) == pytest.approx(-1.5 / math.sqrt(3))


def test_shorter_for_the_frequent_is_positive_and_the_reverse_negative():
    assert length_frequency_correlation(of_lengths([1, 2, 3], [5, 2, 1])) == pytest.approx(1.0)
    assert length_frequency_correlation(of_lengths([3, 2, 1], [5, 2, 1])) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("lengths", "frequencies"), [([1, 2, 3], None), ([2, 2, 2], [3, 2, 1]), ([0, 0], [2, 1]), ([3], [1])]
)
def test_nothing_to_correlate(lengths: list[int], frequencies: list[float] | None):
    language = of_lengths(lengths, frequencies)
    assert math.isnan(length_frequency_correlation(language))
    assert math.isnan(abbreviation_p_value(language, resamples=7))


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


@pytest.mark.parametrize("resamples", [0, 2.5, -3])
def test_p_value_needs_permutations(resamples):
    with pytest.raises(BadInput, match="resamples must be an integer of at least 1"):
        abbreviation_p_value(of_lengths([1, 2], [2, 1]), resamples)


# The shortest code


@pytest.mark.parametrize(
    ("n", "vocabulary", "by_type", "by_token"),
    [(1000, 40, 2.959, 2.295), (1000, 10, 4.078, 2.821), (100, 40, 2.590, 1.982), (100, 10, 2.980, 2.261)],
)
def test_published_optima(n: int, vocabulary: int, by_type: float, by_token: float):
    # The published vocabulary counts EOS, so it leaves vocabulary - 1 symbols; lengths count EOS too.
    optimum = optimal_mean_length(zipf(n), vocabulary - 1, count_eos=True)
    assert optimum.by_type == pytest.approx(by_type, abs=5e-4)
    assert optimum.by_token == pytest.approx(by_token, abs=5e-4)


def test_the_shortest_code_by_hand():
    # 2 symbols: lengths 0 1 1 2 2 2 2 3 for 8 meanings
    assert optimal_mean_length(8, 2) == pytest.approx((13 / 8, 13 / 8))
    # in any order: .5 at length 0, .3 and .1 at 1, .1 at 2
    assert optimal_mean_length([0.1, 0.5, 0.1, 0.3], 2).by_token == pytest.approx(0.6)
    # 1 symbol: lengths 0 1 2 3 4
    assert optimal_mean_length(5, 1).by_type == 2.0
    assert optimal_mean_length(1, 3) == (0.0, 0.0)


@fixed
@given(st.integers(1, 3), st.integers(2, 40), st.integers(0, 2**31))
def test_no_unambiguous_language_is_shorter(symbols: int, n: int, seed: int):
    rng = np.random.default_rng(seed)
    width = 6 if symbols > 1 else n
    shortest = (m for size in range(width + 1) for m in itertools.product(range(1, symbols + 1), repeat=size))
    messages = [list(m) + [0] * (width - len(m)) for m in itertools.islice(shortest, n + 5)]
    picked = rng.permutation(len(messages))[:n]
    language = Language(None, np.array(messages)[picked], frequencies=rng.random(len(picked)) + 0.01)
    optimum = optimal_mean_length(language.frequencies, symbols)
    assert optimum.by_type <= mean_length_by_type(language) + 1e-12
    assert optimum.by_token <= mean_length_by_token(language) + 1e-12


@pytest.mark.parametrize(
    ("frequencies", "symbols"),
    [(0, 3), ([], 3), ([0.0, 0.0], 3), ([1.0, -1.0], 3), ([np.nan], 3), ([[0.5, 0.5]], 3), (3, 0), (3, 1.5)],
)
def test_impossible_codes_are_refused(frequencies, symbols):
    with pytest.raises(BadInput):
        optimal_mean_length(frequencies, symbols)
