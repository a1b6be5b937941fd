"""Length by type and by token, and its correlation with frequency rank."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import abbreviation_saving, length_frequency_correlation, mean_length_by_token, mean_length_by_type
from emcomm.metrics.length import mean_length


def of_lengths(lengths: list[int], frequencies: list[float] | None = None) -> Language:
    messages = np.array([[1] * length + [0] * (7 - length) for length in lengths])
    return Language(None, messages, frequencies=frequencies)


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


def test_one_door_to_both_means():
    language = of_lengths([1, 3, 1], [0.2, 0.7, 0.1])
    # by type (1 + 3 + 1) / 3, by token 0.2 + 2.1 + 0.1; EOS is one more
    assert mean_length(language) == mean_length(language, "type") == pytest.approx(5 / 3)
    assert mean_length(language, by="token") == pytest.approx(2.4)
    assert mean_length(language, by="type", count_eos=True) == pytest.approx(8 / 3)
    assert mean_length(language, "token", True) == pytest.approx(3.4)


def test_what_follows_the_end_has_no_length():
    language = Language(None, [[1, 0, 2, 2], [2, 1, 0, 3]], frequencies=[3, 1])
    assert mean_length(language) == 1.5
    assert mean_length(language, "token") == 1.25


def test_there_are_two_means():
    with pytest.raises(BadInput, match=r"unknown kind of mean 'tokens'; known: token, type\. Did you mean 'token'"):
        mean_length(of_lengths([1]), by="tokens")  # type: ignore[arg-type]


def test_saving_is_the_difference_of_the_means():
    language = of_lengths([1, 3, 1], [0.2, 0.7, 0.1])
    assert abbreviation_saving(language) == pytest.approx(5 / 3 - 2.4)
    assert abbreviation_saving(of_lengths([2, 2], [3, 1])) == 0.0


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


def test_equal_lengths_or_frequencies_save_exactly_nothing():
    rng = np.random.default_rng(3)
    for n in (3, 11, 101):
        even = of_lengths([2] * n, rng.random(n).tolist())
        assert mean_length_by_token(even) == mean_length_by_type(even) == 2.0
        assert abbreviation_saving(even) == 0.0
        assert abbreviation_saving(of_lengths(rng.integers(0, 7, n).tolist())) == 0.0
