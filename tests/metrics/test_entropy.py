"""Message entropy and the number of distinct messages, by hand and at their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.language import Language
from emcomm.metrics import distinct_messages, message_entropy


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
