"""Distances between meanings, worked and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from emcomm.errors import BadInput
from emcomm.metrics.meaning_distances import MEANING_DISTANCES, hamming_distances, meaning_levels

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
MEANINGS = np.array([[0, 1, 2], [1, 2, 0], [0, 1, 5]])


def distances(meanings: np.ndarray, name: str) -> np.ndarray:
    levels = meaning_levels(meanings, name)
    return levels.values[levels.matrix()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hamming", [3, 1, 3]),
        ("cosine", [1, 1 / 3, 1]),  # 1 - shared / 3
        ("edit", [2, 1, 3]),  # 012, 120: the 0 taken out and put in behind; 120, 015: 0 put in, 5 for 2, 0 taken out
        ("manhattan", [4, 3, 7]),  # 1 + 1 + 2; 0 + 0 + 3; 1 + 1 + 5
    ],
)
def test_worked_distances(name: str, expected: list[float]):
    np.testing.assert_allclose(distances(MEANINGS, name)[np.triu_indices(3, k=1)], expected)


@fixed
@given(arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 4)), elements=st.integers(-3, 300)))
def test_stripes_and_single_pairs_agree_with_scipy(meanings: np.ndarray):
    n, attributes = meanings.shape
    i, j = np.indices((n, n)).reshape(2, -1)
    for name in MEANING_DISTANCES:
        levels = meaning_levels(meanings, name)
        np.testing.assert_array_equal(levels.pairs(i, j), levels.matrix().ravel())
        assert (np.diff(levels.values) > 0).all()
        assert levels.values[0] == 0
    differing = cdist(meanings, meanings, "hamming")
    np.testing.assert_allclose(distances(meanings, "cosine"), differing)
    np.testing.assert_allclose(distances(meanings, "hamming"), attributes * differing)
    np.testing.assert_array_equal(hamming_distances(meanings), attributes * differing)
    np.testing.assert_allclose(distances(meanings, "manhattan"), cdist(meanings, meanings, "cityblock"))


def test_many_values_are_told_apart():
    meanings = np.arange(70_000)[:, None][::-7] - 40_000
    i, j = np.arange(9_999), np.arange(1, 10_000)
    for name in ("hamming", "edit", "cosine"):
        assert (meaning_levels(meanings, name).pairs(i, j) == 1).all()


def test_quantities_too_far_apart_for_a_table_are_refused():
    assert meaning_levels(np.array([[0, 0], [65_000, 535]]), "manhattan").matrix()[0, 1] == 65_535
    with pytest.raises(BadInput, match="meanings at most 65535 apart; these are up to 65536"):
        meaning_levels(np.array([[0, 0], [65_000, 536]]), "manhattan")


def test_an_unknown_distance_is_refused():
    with pytest.raises(BadInput, match="unknown meaning distance 'haming'.*Did you mean 'hamming'"):
        meaning_levels(MEANINGS, "haming")


def test_meanings_are_whole_numbers_in_rows():
    assert hamming_distances([[1, 2], [3, 2]]).tolist() == [[0, 1], [1, 0]]  # type: ignore[arg-type]
    floats, flat, none = np.zeros((2, 2)), np.arange(3), np.zeros((0, 2), dtype=int)
    for wrong, got in [(floats, "float64 .2, 2."), (flat, "int64 .3."), (none, "int64 .0, 2.")]:
        with pytest.raises(BadInput, match=f"meanings must be integers .n, attributes., got {got}"):
            hamming_distances(wrong)
