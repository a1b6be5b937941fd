"""Entropy of messages and positions, and the number of distinct messages, by hand and at their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.language import Language
from emcomm.metrics import METRICS, distinct_messages, message_entropy
from emcomm.metrics.bias import CORRECTIONS, Bias, entropy_from_counts
from emcomm.metrics.entropy import position_entropies, positional_entropy


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_entropy_by_hand():
    language = Language(None, [[1, 2], [1, 2], [2, 1]], frequencies=[0.5, 0.25, 0.25])
    assert message_entropy(language) == pytest.approx(binary(0.25))
    assert message_entropy(language, weighted=False) == pytest.approx(binary(1 / 3))


def test_entropy_lies_between_none_and_that_of_the_meanings():
    frequencies = np.array([3, 2, 1, 1]) / 7
    apart = Language(None, [[1], [2], [3], [0]], frequencies=frequencies)
    together = Language(None, [[2], [2], [2], [2]], frequencies=frequencies)
    assert message_entropy(apart) == pytest.approx(-frequencies @ np.log2(frequencies))
    assert message_entropy(apart, weighted=False) == pytest.approx(2.0)
    assert message_entropy(together) == 0.0
    assert math.copysign(1, message_entropy(together)) == 1.0


def test_meanings_that_never_occur_add_nothing():
    language = Language(None, [[1], [2], [3]], frequencies=[0.5, 0.5, 0])
    assert message_entropy(language) == pytest.approx(1.0)


@pytest.mark.parametrize("bias", CORRECTIONS)
def test_each_correction_is_a_variant_that_counts_rows(bias: Bias):
    # Messages are said 2 1 1 times; what each correction makes of that is worked by hand in its own tests.
    language = Language(None, [[1, 0], [2, 1], [1, 0], [3, 3]], frequencies=[0.4, 0.3, 0.2, 0.1])
    variant = METRICS.get("message_entropy").options(bias)
    assert message_entropy(language, **variant) == pytest.approx(entropy_from_counts([2, 1, 1], bias))
    assert message_entropy(language, **variant) > message_entropy(language, weighted=False) + 0.3


@pytest.mark.parametrize("unseen", range(3))
def test_guess_number_bounds(unseen: int, grid):
    # 5 bits of which the listener knows k: a speaker who says exactly the others has entropy 5 - k.
    meanings = grid(2, 2, 2, 2, 2)
    language = Language(meanings, meanings[:, unseen:] + 1, variable=False)
    assert message_entropy(language) == pytest.approx(5 - unseen)
    assert distinct_messages(language) == 2 ** (5 - unseen)


def test_distinct_messages_compare_what_stands_before_the_end():
    language = Language(None, [[1, 0, 2], [1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 0]])
    assert distinct_messages(language) == 3.0


def test_messages_that_only_look_alike_in_a_string_differ():
    assert distinct_messages(Language(None, [[1, 12], [11, 2]])) == 2.0


# Positions


def test_positions_by_hand():
    # Position 1: 1 1 2 1 -> h(1/4); position 2: 1 2 end end -> 1.5; position 3: end end end 0 -> nobody speaks there.
    language = Language(None, [[1, 1, 0, 3], [1, 2, 0, 1], [2, 0, 1, 1], [1, 0, 2, 2]])
    np.testing.assert_allclose(position_entropies(language), [binary(0.25), 1.5])
    assert positional_entropy(language) == pytest.approx((binary(0.25) + 1.5) / 2)
    # Miller and Madow: 2 and 3 values of 4 rows, so 1/8 and 2/8 nats more
    corrected = [binary(0.25) + 0.125 / math.log(2), 1.5 + 0.25 / math.log(2)]
    np.testing.assert_allclose(position_entropies(language, bias="miller_madow"), corrected)


def test_positions_are_weighted_by_frequency():
    language = Language(None, [[1, 2], [2, 2], [1, 1]], frequencies=[0.5, 0.25, 0.25])
    np.testing.assert_allclose(position_entropies(language), [binary(0.25), binary(0.25)])
    np.testing.assert_allclose(position_entropies(language, weighted=False), [binary(1 / 3), binary(1 / 3)])
    assert positional_entropy(language, weighted=False) == pytest.approx(binary(1 / 3))


def test_a_constant_position_has_no_entropy_and_lowers_the_mean():
    language = Language(None, [[1, 2], [1, 1]], variable=False)
    np.testing.assert_array_equal(position_entropies(language), [0, 1])
    assert positional_entropy(language) == 0.5


def test_silence_has_no_positions():
    silence = Language(None, [[0, 1], [0, 2]])
    assert position_entropies(silence).shape == (0,)
    assert math.isnan(positional_entropy(silence))


def test_names_of_symbols_and_room_that_is_not_used_do_not_matter(rich: Language):
    wider = np.concatenate([np.array([0, 9, 4, 7])[rich.messages], np.zeros((11, 1), int), np.ones((11, 2), int)], 1)
    other = Language(rich.meanings, wider, frequencies=rich.frequencies)
    np.testing.assert_allclose(position_entropies(other), position_entropies(rich))


def test_a_long_message_that_is_never_said_makes_no_positions():
    # 1 or 2 on position 0: 1 bit. The third message has room for three positions and a frequency of 0.
    language = Language(None, [[1, 0, 0], [2, 0, 0], [1, 2, 3]], frequencies=[1, 1, 0])
    assert position_entropies(language).tolist() == [1.0]
    assert positional_entropy(language) == 1.0
    assert len(position_entropies(language, weighted=False)) == 3
    assert math.isnan(positional_entropy(Language(None, [[0, 0], [1, 2]], frequencies=[1, 0])))
