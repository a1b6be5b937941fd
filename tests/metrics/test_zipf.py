"""Zipf's exponent and its fit: worked values, recovery of known exponents, and what the test accepts and rejects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.zipf import zipf_exponent, zipf_fit, zipf_fit_of_counts

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def corpus(*counts: int) -> Language:
    """One symbol a message, symbol k said as often as counted."""
    return Language(None, np.repeat(np.arange(1, len(counts) + 1), counts)[:, None])


def drawn(exponent: float, kinds: int, tokens: int, seed: int) -> np.ndarray:
    shares = np.arange(1, kinds + 1) ** -exponent
    return np.random.default_rng(seed).multinomial(tokens, shares / shares.sum())


# The exponent


def test_two_kinds_by_hand():
    # Two ranks fit exactly: 2^a = 8 / 2
    assert zipf_exponent(corpus(2, 8)) == pytest.approx(2.0)
    assert zipf_exponent(corpus(5, 5)) == 0.0


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.3, 11.0])
def test_exact_laws_are_found(exponent: float):
    frequencies = np.arange(1, 14.0) ** -exponent
    language = Language(None, np.random.default_rng(1).permutation(13)[:, None] + 1, frequencies=frequencies)
    assert zipf_exponent(language) == pytest.approx(exponent, abs=1e-9)
    assert zipf_exponent(language, unit="message") == pytest.approx(exponent, abs=1e-9)
    assert zipf_exponent(language, weighted=False) == 0.0
    # The law holds on the first ranks too.
    assert zipf_exponent(language, ranks=5) == pytest.approx(exponent, abs=1e-9)


@fixed
@given(st.lists(st.integers(1, 30), min_size=2, max_size=7))
def test_the_likelihood_is_greatest_there(counts: list[int]):
    ordered, log_ranks = np.sort(counts)[::-1], np.log(np.arange(1, len(counts) + 1))

    def loss(exponent: float) -> float:
        return float(ordered @ (exponent * log_ranks) + ordered.sum() * np.log(np.exp(-exponent * log_ranks).sum()))

    found = zipf_exponent(corpus(*counts))
    best = minimize_scalar(loss, bounds=(0, 12), method="bounded", options={"xatol": 1e-9})
    assert found == pytest.approx(best.x, abs=1e-4)
    assert loss(found) <= best.fun + 1e-9


def test_symbols_and_messages_are_counted_as_they_are_said():
    # Symbols: 1 with 0.5 * 2 + 0.25, 2 with 0.25 * 2: 2.5 to 1; messages 2 to 1 to 1.
    language = Language(None, [[1, 1, 0], [2, 0, 1], [1, 2, 0]], frequencies=[2, 1, 1])
    assert zipf_exponent(language) == pytest.approx(math.log2(2.5))
    # By type: 1 three times, 2 twice
    assert zipf_exponent(language, weighted=False) == pytest.approx(math.log2(1.5))
    # Mean log rank (ln 2 + ln 3) / 4 = ln(6) / 4
    a = zipf_exponent(language, unit="message")
    powers = np.array([1, 2, 3]) ** -a
    assert powers @ np.log([1, 2, 3]) / powers.sum() == pytest.approx(math.log(6) / 4)


def test_a_dominant_word_has_a_steep_but_finite_law():
    language = Language(None, [[1], [2]], frequencies=[1 - 1e-12, 1e-12])
    assert zipf_exponent(language) == pytest.approx(math.log2(1e12), abs=1e-3)


@pytest.mark.parametrize("messages", [[[0, 1], [0, 0]], [[1, 1], [1, 0]], [[3]]])
def test_without_two_kinds_there_is_no_law(messages: list[list[int]]):
    language = Language(None, messages)
    assert math.isnan(zipf_exponent(language))
    fit = zipf_fit(language)
    assert all(math.isnan(number) for number in fit[:5])
    assert (fit.types, fit.tokens) == (len(np.unique(language.messages[language.messages > 0])), language.lengths.sum())


# The fit


def test_the_fit_by_hand():
    # 8 and 2 of 10: a = 2, fitted exactly; ln L = 8 ln 0.8 + 2 ln 0.2; the variance of log rank is 0.16 ln(2)^2.
    fit = zipf_fit(corpus(2, 8), resamples=7)
    assert fit.exponent == pytest.approx(2.0)
    assert fit.standard_error == pytest.approx(1 / math.sqrt(10 * 0.16) / math.log(2))
    assert fit.distance == pytest.approx(0.0, abs=1e-12)
    assert fit.p_value == 1.0
    assert fit.log_likelihood == pytest.approx(8 * math.log(0.8) + 2 * math.log(0.2))
    assert (fit.types, fit.tokens) == (2, 10)


def test_the_distance_is_the_largest_step_between_the_shares():
    counts = np.array([5, 5, 2])
    fit = zipf_fit_of_counts(counts, resamples=1)
    shares = np.arange(1, 4) ** -fit.exponent
    assert fit.distance == pytest.approx(max(abs(np.cumsum(counts / 12) - np.cumsum(shares / shares.sum()))))
    assert fit.distance > 0.02


def test_a_long_text_gives_its_exponent_back():
    fit = zipf_fit_of_counts(drawn(1.1, 211, 50_021, seed=3), resamples=99)
    assert fit.exponent == pytest.approx(1.1, abs=4 * fit.standard_error)
    assert fit.standard_error < 0.01
    assert fit.p_value > 0.1


def test_texts_under_the_law_are_rejected_as_often_as_p_says():
    # Even short ones, whose ranks are noisy: p spreads evenly over 0..1, and is below 0.1 for a tenth of these 60. If
    # drawn texts were not ranked anew they would lie farther off, and the mean p would be 0.67.
    p = np.array([zipf_fit_of_counts(drawn(1.0, 53, 307, seed), resamples=49, seed=seed).p_value for seed in range(60)])
    assert np.count_nonzero(p <= 0.1) <= 14
    assert 0.4 < p.mean() < 0.6


@pytest.mark.parametrize(
    "counts", [np.round(10_007 * 0.5 ** np.arange(1, 12)), np.arange(61, 0, -1), [400] * 10 + [10] * 30]
)
def test_other_laws_are_rejected(counts):
    assert zipf_fit_of_counts(counts, resamples=199).p_value <= 0.02


def test_the_fit_of_a_corpus_is_that_of_its_counts():
    rng = np.random.default_rng(5)
    language = Language(None, rng.integers(0, 6, (53, 4)))
    counts = np.bincount(language.messages.ravel())[1:]
    assert zipf_fit(language, resamples=29, seed=2) == zipf_fit_of_counts(counts, resamples=29, seed=2)
    assert zipf_fit(language, resamples=1).exponent == zipf_exponent(language)
    messages = np.bincount(language.message_ids)
    assert zipf_fit(language, unit="message", ranks=7, resamples=29) == zipf_fit_of_counts(
        np.sort(messages)[::-1][:7], resamples=29
    )


def test_names_order_zeros_and_what_follows_the_end_do_not_matter():
    counts = [3, 11, 0, 5, 2, 2]
    plain = zipf_fit_of_counts(counts, resamples=29)
    assert zipf_fit_of_counts(counts[::-1], resamples=29) == plain
    language = corpus(3, 11, 5, 2, 2)
    junk = np.concatenate([language.messages, np.zeros((23, 1), int), np.full((23, 2), 9)], axis=1)
    assert zipf_fit(Language(None, junk), resamples=29) == zipf_fit(language, resamples=29) == plain


def test_the_seed_decides():
    counts = drawn(1.0, 17, 101, seed=9)
    first, again, other = (zipf_fit_of_counts(counts, resamples=199, seed=seed).p_value for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ranks": 1}, "ranks must be an integer of at least 2"),
        ({"resamples": 0}, "resamples must be an integer of at least 1"),
        ({"seed": -1}, "seed must be an integer of at least 0"),
    ],
)
def test_impossible_options_are_refused(options, said: str):
    with pytest.raises(BadInput, match=said):
        zipf_fit(corpus(2, 3), **options)


@pytest.mark.parametrize("counts", [[0.5, 1], [-1, 2], [[1, 2]], [np.nan], ["a"], [[1], [1, 2]], None])
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(BadInput, match="counts must be whole numbers of at least 0"):
        zipf_fit_of_counts(counts)


def test_a_fit_needs_to_know_how_much_was_said():
    with pytest.raises(BadInput, match="these have unequal frequencies; give counts"):
        zipf_fit(Language(None, [[1], [2]], frequencies=[2, 1]))
    with pytest.raises(BadInput, match="ranks must be an integer of at least 2"):
        zipf_exponent(corpus(2, 3), ranks=1)
    with pytest.raises(BadInput, match="unknown unit 'word'"):
        zipf_exponent(corpus(2, 3), unit="word")  # type: ignore[arg-type]


def test_equally_frequent_kinds_have_exactly_no_slope():
    # The mean log rank of 158 equal shares is rounded in another way than that of the law.
    for kinds in (2, 158, 189, 1009):
        assert zipf_exponent(Language(None, np.arange(1, kinds + 1)[:, None])) == 0.0
        assert zipf_fit_of_counts(np.full(kinds, 3), resamples=1).exponent == 0.0


def test_more_words_than_can_be_counted_are_refused():
    with pytest.raises(BadInput, match=r"counts must sum to at most 9007199254740992, got 1e\+19"):
        zipf_fit_of_counts([1e19, 2])
