"""Effectiveness, consistency and expressivity: homonyms lower the one, synonyms the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.bias import CORRECTIONS, Bias
from emcomm.metrics.consistency import consistency, effectiveness, expressivity
from emcomm.metrics.information import conditional_message_entropy, mutual_information, normalised_mutual_information

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
LN2 = math.log(2)


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_homonyms_lower_effectiveness_alone():
    # Four meanings, two messages: 1 of 2 bits is told; the meaning gives the message.
    language = Language([[0], [1], [2], [3]], [[1], [1], [2], [2]])
    assert effectiveness(language) == pytest.approx(0.5)
    assert consistency(language) == 1.0
    assert expressivity(language) == 0.5


def test_synonyms_lower_consistency_alone():
    # Two meanings, four messages: 1 of 2 bits of the message follows from the meaning.
    language = Language([[0], [0], [1], [1]], [[1], [2], [3], [0]])
    assert effectiveness(language) == pytest.approx(1.0)
    assert consistency(language) == pytest.approx(0.5)
    assert expressivity(language) == 2.0


def test_both_by_hand():
    # Rows 3 1 | 0 4: H(meaning) = 1, H(message) = h(3/8), H(both) of 3 1 4 of 8
    language = Language([[0]] * 4 + [[1]] * 4, [[1]] * 3 + [[2]] * 5)
    both = 3 / 8 * math.log2(8 / 3) + 3 / 8 + 1 / 2
    assert effectiveness(language) == pytest.approx(1 - (both - binary(3 / 8)) / 1)
    assert consistency(language) == pytest.approx(1 - (both - 1) / binary(3 / 8))
    assert expressivity(language) == 1.0
    # Miller and Madow: 2, 2 and 3 values of 8 rows
    meaning, message, pairs = 1 + 1 / 16 / LN2, binary(3 / 8) + 1 / 16 / LN2, both + 2 / 16 / LN2
    assert effectiveness(language, bias="miller_madow") == pytest.approx(1 - (pairs - message) / meaning)
    assert consistency(language, bias="miller_madow") == pytest.approx(1 - (pairs - meaning) / message)


def test_rows_weigh_by_frequency():
    whole = Language([[0]] * 4 + [[1]] * 4, [[1]] * 3 + [[2]] * 5)
    short = Language([[0], [0], [1]], [[1], [2], [2]], frequencies=[3, 1, 4])
    for metric in (effectiveness, consistency):
        assert metric(short) == pytest.approx(metric(whole))
        assert metric(short, weighted=False) != pytest.approx(metric(whole))


def test_attributes_one_by_one():
    # The message is the first attribute. It gives all of that and nothing of the other; the first gives all of it.
    language = Language([[0, 0], [0, 1], [1, 0], [1, 1]], [[1], [1], [2], [2]])
    assert [effectiveness(language, attribute=k) for k in (0, 1)] == pytest.approx([1, 0])
    assert [consistency(language, attribute=k) for k in (0, 1)] == pytest.approx([1, 0])
    assert effectiveness(language, attribute="mean") == consistency(language, attribute="mean") == pytest.approx(0.5)


def test_attributes_that_never_vary_are_left_out_of_effectiveness():
    language = Language([[0, 7], [1, 7]], [[1], [2]])
    assert effectiveness(language, attribute="mean") == pytest.approx(1.0)
    assert consistency(language, attribute="mean") == pytest.approx(0.5)  # of the constant, the message tells nothing
    assert math.isnan(effectiveness(language, attribute=1))


@pytest.mark.parametrize(
    ("meanings", "messages", "values"),
    [
        ([[0, 1]], [[1, 2]], (math.nan, math.nan, 1.0)),
        ([[0], [1], [2]], [[0], [0], [0]], (0.0, math.nan, 1 / 3)),
        ([[0], [0], [0]], [[1], [2], [3]], (math.nan, 0.0, 3.0)),
        ([[0], [1]], [[1], [2]], (1.0, 1.0, 1.0)),
    ],
)
def test_degenerate_languages(meanings: list[list[int]], messages: list[list[int]], values: tuple[float, ...]):
    language = Language(meanings, messages)
    found = (effectiveness(language), consistency(language), expressivity(language))
    assert found == pytest.approx(values, nan_ok=True)


def test_symbols_after_the_end_make_no_synonyms():
    language = Language([[0], [0], [1]], [[1, 0, 2], [1, 0, 3], [2, 2, 2]])
    assert consistency(language) == 1.0
    assert expressivity(language) == 1.0


@fixed
@given(
    arrays(np.int64, (11, 1), elements=st.integers(0, 3)),
    arrays(np.int64, (11, 1), elements=st.integers(0, 3)),
)
def test_the_arithmetic_share_lies_between_the_two(meanings: np.ndarray, messages: np.ndarray):
    # I / mean(H, H') is the harmonic mean of I / H and I / H'.
    language = Language(meanings, messages)
    one, two = effectiveness(language), consistency(language)
    if one > 1e-9 and two > 1e-9:
        assert normalised_mutual_information(language) == pytest.approx(2 / (1 / one + 1 / two))


@fixed
@given(arrays(np.int64, (7, 2), elements=st.integers(0, 1)), arrays(np.int64, (7, 1), elements=st.integers(0, 3)))
def test_consistency_is_what_the_meaning_leaves_of_the_message_entropy(meanings: np.ndarray, messages: np.ndarray):
    language = Language(meanings, messages)
    if len(np.unique(messages)) > 1:
        left = conditional_message_entropy(language)
        everything = left / (1 - consistency(language)) if consistency(language) < 1 - 1e-9 else None
        shares = np.unique(messages, return_counts=True)[1] / 7
        assert everything is None or everything == pytest.approx(-shares @ np.log2(shares))


def test_all_three_need_meanings():
    for metric in (effectiveness, consistency, expressivity):
        with pytest.raises(BadInput, match=f"{metric.__name__} needs meanings"):
            metric(Language(None, [[1]]))


@fixed
@given(st.integers(2, 103), st.integers(0, 2**31))
def test_what_follows_from_the_other_side_follows_exactly(n: int, seed: int):
    # Sums of the same shares in another order differ in the last digits: 0.999999999999998 would be no 1.
    rng = np.random.default_rng(seed)
    own, shared = rng.permutation(n)[:, None], np.concatenate([[0, 1], rng.integers(0, 5, n - 2)])[:, None]
    frequencies = rng.random(n) + 0.01
    perfect = Language(own, rng.permutation(n)[:, None] + 1, frequencies=frequencies)
    assert effectiveness(perfect) == consistency(perfect) == normalised_mutual_information(perfect) == 1.0
    assert conditional_message_entropy(perfect) == 0.0
    assert consistency(Language(own, shared + 1, frequencies=frequencies)) == 1.0
    assert effectiveness(Language(shared, own + 1, frequencies=frequencies)) == 1.0


@pytest.mark.parametrize("bias", CORRECTIONS)
def test_corrections_leave_what_does_not_vary_without_entropy(bias: Bias):
    # Grassberger's estimate for 3 observations of one value is 0.37 nats, which would be shared with the messages.
    one_meaning, one_message = Language([[1]] * 3, [[1], [2], [2]]), Language([[1], [2], [2]], [[1]] * 3)
    assert math.isnan(effectiveness(one_meaning, bias=bias))
    assert math.isnan(consistency(one_message, bias=bias))
    assert mutual_information(one_meaning, bias=bias) == mutual_information(one_message, bias=bias) == 0.0
