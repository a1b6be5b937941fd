"""Ranks and correlations with ties against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, rankdata, spearmanr

from emcomm.metrics import Undefined
from emcomm.metrics.correlation import midranks, settled, spearman, table_correlation

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=80)
small = st.lists(st.integers(0, 4), min_size=2, max_size=23)


@fixed
@given(small)
def test_ties_share_their_mean_rank(values: list[int]):
    np.testing.assert_array_equal(midranks(np.array(values)), rankdata(values))


@fixed
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=2, max_size=31))
def test_vectors_and_tables_agree_with_scipy(pairs: list[tuple[int, int]]):
    x, y = np.array(pairs).T
    assume(len(set(x)) > 1 and len(set(y)) > 1)
    table = np.zeros((5, 7), dtype=np.int64)
    np.add.at(table, (x, y), 1)
    rows, columns = np.arange(5.0) ** 2, np.arange(7.0) ** 3
    ranked = spearmanr(x, y).statistic
    assert spearman(x, y) == pytest.approx(ranked)
    assert table_correlation(table, rows, columns, "spearman") == pytest.approx(ranked)
    assert table_correlation(table, rows, columns, "pearson") == pytest.approx(pearsonr(x**2, y**3).statistic)


def test_many_pairs_lose_no_precision():
    table = np.diag([3, 5, 7]) * 10**9
    assert table_correlation(table, np.arange(3.0), np.arange(3.0), "spearman") == 1.0


def test_scores_are_settled_without_the_noise_of_summing():
    assert [settled(value, -1.0, 1.0) for value in (1 - 3e-16, 1 + 3e-16, -1 - 1e-13)] == [1.0, 1.0, -1.0]
    assert [str(settled(value, 0.0, 1.0)) for value in (-0.0, -1e-16, 1e-16)] == ["0.0", "0.0", "0.0"]
    assert settled(np.float64(1 / 3), 0.0, 1.0) == pytest.approx(1 / 3, abs=5e-13)
    assert settled(1e-9, 0.0, 1.0) == 1e-9  # small is not nothing


@pytest.mark.parametrize("kind", ["spearman", "pearson"])
@pytest.mark.parametrize("table", [[[3, 4], [0, 0]], [[3, 0], [4, 0]], [[0, 0], [0, 0]]])
def test_a_constant_side_has_no_correlation(kind, table: list[list[int]]):
    with pytest.raises(Undefined):
        table_correlation(np.array(table), np.array([0.1, 0.3]), np.array([1.0, 2.0]), kind)
    with pytest.raises(Undefined):
        spearman(np.array([0.1, 0.1, 0.1]), np.array([1, 2, 3]))
