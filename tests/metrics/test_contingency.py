"""Entropies and exceptions of many variables at once, against counting one at a time."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.metrics import contingency
from emcomm.metrics.contingency import dense, entropies, exceptions, joint_entropies, numbered

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def bits(values: list[Any]) -> float:
    return -sum(count / len(values) * math.log2(count / len(values)) for count in Counter(values).values())


def wrong(told: list[int], telling: list[int]) -> int:
    companions: defaultdict[int, list[int]] = defaultdict(list)
    for value, symbol in zip(told, telling, strict=True):
        companions[symbol].append(value)
    return sum(len(values) - Counter(values).most_common()[0][1] for values in companions.values())


@fixed
@given(arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 13)), elements=st.integers(-3, 3)))
def test_entropies_are_those_of_each_row(codes: np.ndarray):
    expected = [bits(row) for row in codes.tolist()]
    np.testing.assert_allclose(entropies(codes), expected, atol=1e-12)
    np.testing.assert_allclose(entropies(1_000_000 * codes), expected, atol=1e-12)  # far apart: sorted, not counted


@fixed
@given(
    arrays(np.int64, (2, 11), elements=st.integers(0, 5)),
    arrays(np.int64, (3, 11), elements=st.sampled_from([0, 1, 2, 9_000])),
)
def test_pairs_of_variables_are_counted_together(first: np.ndarray, second: np.ndarray):
    expected = [[bits(list(zip(a, b, strict=True))) for b in second.tolist()] for a in first.tolist()]
    np.testing.assert_allclose(joint_entropies(first, second), expected, atol=1e-12)
    expected_exceptions = [[wrong(a, b) for b in second.tolist()] for a in first.tolist()]
    np.testing.assert_array_equal(exceptions(first, second), expected_exceptions)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 5, (3, 17)), rng.integers(0, 7, (11, 17))
    whole = joint_entropies(first, second)
    monkeypatch.setattr(contingency, "_BLOCK", 1)
    np.testing.assert_allclose(joint_entropies(first, second), whole, atol=1e-14)


def test_exceptions_by_hand():
    # a a b | b b a a c: symbol 0 goes with a twice and with b once, symbol 5 with a and b twice and with c once
    told, telling = np.array([[0, 0, 1, 1, 1, 0, 0, 2]]), np.array([[0, 0, 0, 5, 5, 5, 5, 5]])
    assert exceptions(told, telling).tolist() == [[1 + 3]]
    # the other way: a goes with 0 twice and with 5 twice, b with 5 twice and with 0 once, c with 5
    assert exceptions(telling, told).tolist() == [[2 + 1 + 0]]


def test_columns_are_renumbered_and_values_numbered_through():
    meanings = np.array([[7, 30, 2], [5, 30, 2], [7, 10, 2]])
    np.testing.assert_array_equal(dense(meanings), [[1, 0, 1], [1, 1, 0], [0, 0, 0]])
    codes, count = numbered(meanings)
    np.testing.assert_array_equal(codes, [[1, 3, 4], [0, 3, 4], [1, 2, 4]])
    assert count == 5


def test_a_row_that_does_not_vary_has_exactly_no_entropy():
    # n log2(n) / n differs from log2(n) in the last digit for n = 11, 13, 29, ...
    for n in range(1, 104):
        assert entropies(np.full((2, n), 5)).tolist() == [0.0, 0.0]
        assert joint_entropies(np.zeros((1, n), dtype=np.int64), np.zeros((1, n), dtype=np.int64)).tolist() == [[0.0]]
