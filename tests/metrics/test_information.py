"""Mutual information and its shares: by hand, against a second opinion, at the limits, and what must not matter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import measure, message_entropy
from emcomm.metrics.information import (
    Normaliser,
    conditional_message_entropy,
    mutual_information,
    normalised_mutual_information,
    normaliser_of,
)
from emcomm.metrics.joint_entropy import Bits, bits_scorer, meaning_codes

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
LN2 = math.log(2)


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def two_by_two(*counts: int) -> Language:
    """Meanings 0 0 1 1 with messages 1 2 1 2, as many rows of each as counted."""
    cells = np.repeat(np.array([[0, 1], [0, 2], [1, 1], [1, 2]]), counts, axis=0)
    return Language(cells[:, :1], cells[:, 1:])


@st.composite
def languages(draw: st.DrawFn) -> Language:
    n = draw(st.integers(1, 11))
    meanings = draw(arrays(np.int64, (n, 2), elements=st.integers(0, 2)))
    messages = draw(arrays(np.int64, (n, 2), elements=st.integers(0, 2)))
    return Language(meanings, messages, frequencies=draw(arrays(np.int64, n, elements=st.integers(1, 5))))


# Worked values


def test_information_by_hand():
    # Rows 3 1 | 0 4 of 8: H(meaning) = 1, H(message) = h(3/8), H(both) of 3 1 4 = 3/8 log2(8/3) + 1/8 * 3 + 1/2
    language = two_by_two(3, 1, 0, 4)
    both = 3 / 8 * math.log2(8 / 3) + 3 / 8 + 1 / 2
    shared = 1 + binary(3 / 8) - both
    assert mutual_information(language) == pytest.approx(shared)
    assert normalised_mutual_information(language) == pytest.approx(shared / ((1 + binary(3 / 8)) / 2))
    assert normalised_mutual_information(language, normaliser="joint") == pytest.approx(shared / both)
    assert normalised_mutual_information(language, normaliser="max") == pytest.approx(shared)
    assert normalised_mutual_information(language, normaliser="min") == pytest.approx(shared / binary(3 / 8))
    geometric = normalised_mutual_information(language, normaliser="geometric")
    assert geometric == pytest.approx(shared / math.sqrt(binary(3 / 8)))
    assert conditional_message_entropy(language) == pytest.approx(both - 1)


def test_miller_and_madow_correct_all_three_entropies():
    # Two meanings, two messages and three pairs in 8 rows: (1 + 1 - 2) / 16 nats more
    language = two_by_two(3, 1, 0, 4)
    plain = mutual_information(language)
    assert mutual_information(language, bias="miller_madow") == pytest.approx(plain)
    # With all four pairs: (1 + 1 - 3) / 32 nats more, that is less
    language = two_by_two(7, 1, 1, 7)
    corrected = mutual_information(language) - 1 / 32 / LN2
    assert mutual_information(language, bias="miller_madow") == pytest.approx(corrected)
    given_meaning = conditional_message_entropy(language) + (3 - 1) / 32 / LN2
    assert conditional_message_entropy(language, bias="miller_madow") == pytest.approx(given_meaning)


def test_a_corrected_estimate_below_nothing_is_nothing():
    # Independent: 0 bits, and (1 + 1 - 3) / 8 nats more
    assert mutual_information(two_by_two(1, 1, 1, 1), bias="miller_madow") == 0.0
    assert normalised_mutual_information(two_by_two(1, 1, 1, 1), bias="miller_madow") == 0.0


def test_frequencies_weigh_rows():
    # As 3 1 0 4 of 8 rows, written with one row each
    whole = two_by_two(3, 1, 0, 4)
    short = Language([[0], [0], [1]], [[1], [2], [2]], frequencies=[3, 1, 4])
    for metric in (mutual_information, normalised_mutual_information, conditional_message_entropy):
        assert metric(short) == pytest.approx(metric(whole))
        assert metric(short, weighted=False) == pytest.approx(metric(two_by_two(1, 1, 0, 1)))


def test_attributes_one_by_one():
    # Two attributes of two values; the message is the first, so 1 bit of it and none of the other.
    language = Language([[0, 0], [0, 1], [1, 0], [1, 1]], [[1], [1], [2], [2]])
    assert [mutual_information(language, attribute=k) for k in (0, 1)] == pytest.approx([1, 0])
    assert mutual_information(language, attribute="mean") == pytest.approx(0.5)
    assert normalised_mutual_information(language, attribute="mean") == pytest.approx(0.5)
    assert conditional_message_entropy(language, attribute="mean") == pytest.approx(0.5)
    assert mutual_information(language) == pytest.approx(1.0)


# At the limits


def test_where_no_meaning_comes_twice_the_message_entropy_is_shared(grid):
    meanings = grid(3, 5)
    language = Language(meanings, np.random.default_rng(1).integers(1, 4, (15, 1)), frequencies=np.arange(1, 16))
    assert mutual_information(language) == pytest.approx(message_entropy(language))
    assert conditional_message_entropy(language) == 0.0


def test_independent_messages_tell_nothing_however_many_there_are():
    # Marginals summed, not averaged: four messages, each equally often with each of three meanings, give 0.
    meanings, messages = (side.ravel() for side in np.meshgrid(np.arange(3), np.arange(1, 5)))
    language = Language(meanings[:, None], messages[:, None])
    assert mutual_information(language) == pytest.approx(0.0, abs=1e-12)
    assert normalised_mutual_information(language) == pytest.approx(0.0, abs=1e-12)
    assert conditional_message_entropy(language) == pytest.approx(2.0)


def test_a_perfect_code_shares_everything(perfect):
    language = perfect(3, 5)
    assert mutual_information(language) == pytest.approx(math.log2(15))
    assert mutual_information(language, attribute="mean") == pytest.approx((math.log2(3) + math.log2(5)) / 2)
    normalisers: list[Normaliser] = ["arithmetic", "geometric", "min", "max", "joint"]
    for normaliser in normalisers:
        assert normalised_mutual_information(language, normaliser=normaliser) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("meanings", "messages", "information"),
    [
        ([[0, 1]], [[1, 2]], 0.0),  # a single row
        ([[0], [1], [2]], [[0], [0], [0]], 0.0),  # silence
        ([[0], [0], [0]], [[1], [2], [3]], 0.0),  # one meaning
        ([[0], [0]], [[1], [1]], 0.0),
    ],
)
def test_what_does_not_vary_shares_nothing(meanings: list[list[int]], messages: list[list[int]], information: float):
    language = Language(meanings, messages)
    assert mutual_information(language) == information
    varied = len(set(map(tuple, meanings))) > 1 or len(set(map(tuple, messages))) > 1
    assert normalised_mutual_information(language) == pytest.approx(0.0 if varied else math.nan, nan_ok=True)
    assert math.isnan(normalised_mutual_information(language, normaliser="min"))


def test_attributes_without_a_share_are_left_out():
    # The second attribute never varies: min(H) is 0 there, and the mean is over the first alone.
    language = Language([[0, 7], [1, 7]], [[1], [2]])
    assert normalised_mutual_information(language, attribute="mean", normaliser="min") == pytest.approx(1.0)
    assert normalised_mutual_information(language, attribute="mean") == pytest.approx(0.5)


def test_symbols_after_the_end_tell_nothing():
    plain = Language([[0], [1], [0], [1]], [[1, 0, 0], [2, 1, 0], [1, 0, 0], [2, 1, 0]])
    junk = Language([[0], [1], [0], [1]], [[1, 0, 3], [2, 1, 0], [1, 0, 2], [2, 1, 0]])
    assert mutual_information(junk) == mutual_information(plain) == pytest.approx(1.0)
    assert conditional_message_entropy(junk) == 0.0


# Against a second opinion, and what must not matter


@fixed
@given(languages())
def test_information_is_the_sum_over_pairs(language: Language):
    assert language.meanings is not None
    joint: dict[tuple[Any, Any], float] = {}
    rows = zip(language.meanings.tolist(), language.strings, language.frequencies.tolist(), strict=True)
    for meaning, message, frequency in rows:
        joint[tuple(meaning), message] = joint.get((tuple(meaning), message), 0.0) + frequency
    of_meaning = {m: sum(p for (k, _), p in joint.items() if k == m) for m, _ in joint}
    of_message = {m: sum(p for (_, k), p in joint.items() if k == m) for _, m in joint}
    expected = sum(p * math.log2(p / (of_meaning[m] * of_message[s])) for (m, s), p in joint.items())
    assert mutual_information(language) == pytest.approx(expected, abs=1e-12)


@fixed
@given(languages(), st.integers(0, 2**31))
def test_information_is_at_most_either_entropy_and_the_shares_are_ordered(language: Language, seed: int):
    (bits,) = bits_scorer(language, "test", None, True, "none")(np.arange(language.n), np.arange(language.n))
    assert -1e-12 <= bits.shared <= min(bits.meaning, bits.message) + 1e-12
    if bits.message > 1e-9 and bits.meaning > 1e-9:
        order: list[Normaliser] = ["joint", "max", "arithmetic", "geometric", "min"]
        shares = [normalised_mutual_information(language, normaliser=name) for name in order]
        assert (np.diff(shares) >= -1e-12).all()


def test_permuting_messages_is_chance(grid, perfect):
    # Each message names the first attribute: dealt at random, they tell less of it, but no less of the whole meaning.
    meanings = grid(5, 7)
    names = [f"{metric}/per_attribute" for metric in ("mutual_information", "normalised_mutual_information")]
    table = measure(Language(meanings, meanings[:, :1] + 1), [*names, "mutual_information"], resamples=99)
    assert table["p_value"][:2].tolist() == [0.01, 0.01]
    assert (table["null_mean"][:2] < table["value"][:2]).all()
    assert table["null_mean"][2] == pytest.approx(table["value"][2])
    assert table["p_value"][2] == 1.0
    # Where every row has a message of its own, any dealing tells all.
    assert measure(perfect(5, 7), names, resamples=99)["p_value"].tolist() == [1.0, 1.0]


# Parts and errors


def test_meanings_are_numbered_by_what_is_compared():
    language = Language([[4, 1], [2, 1], [4, 3]], [[1], [1], [1]])
    (whole,) = meaning_codes(language, "test", None)
    assert len(set(whole.tolist())) == 3
    np.testing.assert_array_equal(meaning_codes(language, "test", "mean"), [[1, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(meaning_codes(language, "test", 1), [[0, 0, 1]])


@pytest.mark.parametrize("attribute", [2, -1, True, 0.5, "first", [0], np.array([0, 1])])
def test_an_attribute_must_exist(attribute):
    with pytest.raises(BadInput, match=r"attribute must be None, 'mean' or a number in 0\.\.1, got"):
        mutual_information(Language([[0, 1]], [[1]]), attribute=attribute)


def test_a_normaliser_must_be_known():
    assert normaliser_of("joint")(Bits(1.0, 2.0, 2.5)) == 2.5
    with pytest.raises(BadInput, match=r"unknown normaliser 'joined'; known: .*Did you mean 'joint'"):
        normalised_mutual_information(Language([[0]], [[1]]), normaliser="joined")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="unknown bias correction"):
        mutual_information(Language([[0]], [[1]]), bias="all")  # type: ignore[arg-type]
