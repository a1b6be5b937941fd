"""Entropy from counts: each correction worked by hand, against loops, and by what it is for: less bias."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import message_entropy
from emcomm.metrics.bias import CORRECTIONS, Bias, entropy_from_counts, row_weights

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
LN2 = math.log(2)


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_the_corrections_by_hand():
    # Counts 2 1 1: N = 4, K = 3, f1 = 2; plug-in 1/2 * 1 + 2 * 1/4 * 2 = 1.5 bits.
    counts = [2, 1, 1]
    assert entropy_from_counts(counts) == pytest.approx(1.5)
    # (K - 1) / 2N = 2/8 nats more
    assert entropy_from_counts(counts, "miller_madow") == pytest.approx(1.5 + 0.25 / LN2)
    # Without one of the first (two ways): 1 1 1, log2 3. Without one of the others: 2 1, h(1/3).
    left_out = (2 * math.log2(3) + 2 * binary(1 / 3)) / 4
    assert entropy_from_counts(counts, "jackknife") == pytest.approx(4 * 1.5 - 3 * left_out)
    # G(1) = -gamma - ln 2, G(2) = 2 - gamma - ln 2, so ln 4 - (2 G(2) + 2 G(1)) / 4 = 3 ln 2 + gamma - 1 nats
    assert entropy_from_counts(counts, "grassberger") == pytest.approx((3 * LN2 + np.euler_gamma - 1) / LN2)
    # Coverage 1/2, so shares 1/4 1/8 1/8; seen with the chances 1 - (3/4)^4 = 175/256 and 1 - (7/8)^4 = 1695/4096.
    assert entropy_from_counts(counts, "chao_shen") == pytest.approx(0.5 / (175 / 256) + 0.75 / (1695 / 4096))


def test_chao_and_shen_where_every_value_was_seen_once():
    # Counts 1 1 1: f1 = 3 = N becomes 2, coverage 1/3, shares 1/9, seen with the chance 1 - (8/9)^3 = 217/729.
    expected = 3 * (1 / 9) * math.log2(9) / (217 / 729)
    assert entropy_from_counts([1, 1, 1], "chao_shen") == pytest.approx(expected)


@pytest.mark.parametrize("bias", get_args(Bias))
@pytest.mark.parametrize("counts", [[1], [7], [0, 5, 0]])
def test_one_value_has_no_entropy(bias: Bias, counts: list[int]):
    bits = entropy_from_counts(counts, bias)
    # Grassberger's estimate of one observation is -G(1) = gamma + ln 2 nats: it knows nothing, and says so.
    expected = {1: (np.euler_gamma + LN2) / LN2}.get(sum(counts), bits) if bias == "grassberger" else 0.0
    assert bits == pytest.approx(expected)
    assert bits >= 0
    assert math.copysign(1, bits) == 1


def test_grassbergers_negative_estimates_are_given_as_0():
    # Two observations of one value: ln 2 - G(2) = 2 ln 2 + gamma - 2 = -0.036 nats
    assert 2 * LN2 + np.euler_gamma - 2 < 0
    assert entropy_from_counts([2], "grassberger") == 0.0


@fixed
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(lambda counts: sum(counts) > 1))
def test_the_jackknife_is_the_one_of_the_books(counts: list[int]):
    n = sum(counts)
    without = []
    for value in np.repeat(np.arange(len(counts)), counts):
        left = [count - int(other == value) for other, count in enumerate(counts)]
        without.append(float(entropy_from_counts(left)))
    expected = n * float(entropy_from_counts(counts)) - (n - 1) * sum(without) / n
    assert entropy_from_counts(counts, "jackknife") == pytest.approx(max(expected, 0), abs=1e-9)


@pytest.mark.parametrize("bias", CORRECTIONS)
def test_corrections_take_off_most_of_the_bias(bias: Bias):
    # 23 observations of 11 equally frequent values, 400 times: the truth is log2 11 = 3.46 bits.
    counts = np.random.default_rng(3).multinomial(23, np.full(11, 1 / 11), size=400)
    plug_in = entropy_from_counts(counts).mean() - math.log2(11)
    corrected = entropy_from_counts(counts, bias).mean() - math.log2(11)
    assert plug_in < -0.25
    assert abs(corrected) < 0.35 * abs(plug_in)


@pytest.mark.parametrize("bias", get_args(Bias))
def test_rows_are_taken_one_by_one_and_zeros_do_not_count(bias: Bias):
    counts = np.array([[3, 0, 2], [1, 1, 0], [0, 0, 5]])
    rows = [float(entropy_from_counts(row[row > 0], bias)) for row in counts]
    np.testing.assert_allclose(entropy_from_counts(counts, bias), rows)
    np.testing.assert_allclose(entropy_from_counts(counts[:, ::-1], bias), rows)
    assert entropy_from_counts(counts.reshape(3, 1, 3), bias).shape == (3, 1)


def test_nothing_seen_has_no_entropy_and_masses_need_no_scale():
    assert np.isnan(entropy_from_counts([0, 0]))
    assert np.isnan(entropy_from_counts(np.zeros((2, 0)))).all()
    np.testing.assert_allclose(entropy_from_counts([[0.1, 0.3], [1.0, 3.0]]), binary(0.25))


@pytest.mark.parametrize(
    ("counts", "bias", "said"),
    [
        ([1, 2], "miller", "unknown bias correction 'miller'; known: .*Did you mean 'miller_madow'"),
        ([1, -2], "none", "counts must be finite numbers of at least 0"),
        ([1, np.inf], "none", "counts must be finite"),
        (3, "none", "counts must be finite"),
        (["a"], "none", r"counts must be finite .*; got \['a'\]"),
        ([[1], [1, 2]], "none", r"counts must be finite .*; got \[\[1\], \[1, 2\]\]"),
        ([1, 2], ["none"], r"unknown bias correction \['none'\]"),
        ([0.5, 2], "jackknife", "bias='jackknife' needs counts, which are whole numbers"),
    ],
)
def test_what_is_no_count_is_refused(counts, bias, said: str):
    with pytest.raises(BadInput, match=said):
        entropy_from_counts(counts, bias)


def test_rows_count_by_frequency_or_one_each():
    even, uneven = Language(None, [[1], [2]]), Language(None, [[1], [2]], frequencies=[3, 1])
    np.testing.assert_array_equal(row_weights(uneven, True, "none"), [0.75, 0.25])
    np.testing.assert_array_equal(row_weights(uneven, False, "none"), [1, 1])
    np.testing.assert_array_equal(row_weights(uneven, False, "chao_shen"), [1, 1])
    np.testing.assert_array_equal(row_weights(even, True, "chao_shen"), [1, 1])
    with pytest.raises(BadInput, match="bias='chao_shen' needs rows that are a sample.*weighted=False counts rows"):
        message_entropy(uneven, bias="chao_shen")


@pytest.mark.parametrize("bias", ["none", "miller_madow", "jackknife", "chao_shen"])
def test_one_value_has_exactly_no_entropy_in_samples_of_any_size(bias: Bias):
    # The jackknife is N times a difference of two numbers that are equal but for rounding, e.g. for N = 7, 23, 27.
    np.testing.assert_array_equal(entropy_from_counts(np.arange(1, 500)[:, None], bias), 0.0)
