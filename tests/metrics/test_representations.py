"""Similarity of spaces, isotropy and whitening: by hand, against second definitions, and what must not matter."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import topographic_similarity
from emcomm.metrics.representations import (
    centred_kernel_alignment,
    compare_spaces,
    dissimilarities,
    isotropy_score,
    meaning_space,
    message_dissimilarities,
    representational_similarity,
    soft_zca,
    soft_zca_pair,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=30)
CROSS = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])  # variances 2/3 and 8/3, no covariance


def random_points(seed: int, n: int = 23, dimensions: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dimensions)) @ rng.normal(size=(dimensions, dimensions)) + rng.normal(size=dimensions)


def rotation(seed: int, dimensions: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimensions, dimensions)))[0]


# Representational similarity


def test_similarity_by_hand():
    # distances of 0, 1, 3: 1, 3, 2; of 0, 2, 3: 2, 3, 1; ranks differ by 1, 0, 1: 1 - 6 * 2 / (3 * 8)
    one, two = [[0.0], [1.0], [3.0]], [[0.0], [2.0], [3.0]]
    for correlation in ("spearman", "pearson"):
        value = representational_similarity(one, two, distance="euclidean", correlation=correlation)
        assert value == pytest.approx(0.5)


def test_cosine_and_correlation_distances_by_hand():
    points = [[1.0, 0.0], [0.0, 3.0], [2.0, 2.0]]
    np.testing.assert_allclose(dissimilarities(points), [1, 1 - math.sqrt(0.5), 1 - math.sqrt(0.5)])
    # over dimensions less their mean: (1, -1), (-1, 1), (0, 0): opposite, and no correlation with a constant
    np.testing.assert_allclose(dissimilarities(points, "correlation"), [2, np.nan, np.nan])
    np.testing.assert_allclose(dissimilarities([[1.0, 0.0], [0.0, 0.0]]), [np.nan])


@fixed
@given(st.integers(0, 2**31))
def test_similarity_agrees_with_its_definition(seed: int):
    one, two = random_points(seed), random_points(seed + 1, dimensions=7)
    expected = spearmanr(pdist(one, "cosine"), pdist(two, "cosine"))[0]
    assert representational_similarity(one, two) == pytest.approx(expected, abs=1e-6)
    expected = pearsonr(pdist(one), pdist(two))[0]
    value = representational_similarity(one, two, distance="euclidean", correlation="pearson")
    assert value == pytest.approx(expected, abs=1e-8)


def test_meanings_against_messages_is_topographic_similarity(rich: Language):
    meanings = meaning_space(rich)
    assert meanings.shape == (11, 3 + 5)
    np.testing.assert_array_equal(meanings.sum(axis=1), 2)
    value = representational_similarity(meanings, message_dissimilarities(rich))
    assert value == pytest.approx(topographic_similarity(rich))


def test_distances_that_differ_by_rounding_alone_are_ties():
    # 11 orthogonal points and a turn of them: all cosines are 0, up to rounding; there is nothing to correlate
    turned = np.eye(11) @ rotation(3, 11)
    assert np.ptp(pdist(turned, "cosine")) > 0
    assert math.isnan(representational_similarity(turned, random_points(1, 11)))


# Centred kernel alignment


def test_alignment_of_lines_is_the_squared_correlation():
    # less their means: -1, 0, 1 and -2, -1, 3: (2 + 3)^2 / (2 * 14); with -1, 2, -1: 0
    line = [[0.0], [1.0], [2.0]]
    assert centred_kernel_alignment(line, [[0.0], [1.0], [5.0]]) == pytest.approx(25 / 28)
    assert centred_kernel_alignment(line, [[0.0], [1.0], [0.0]]) == pytest.approx(0.0)


def hsic(k: np.ndarray, m: np.ndarray) -> float:
    """Song et al. 2012, the estimate without bias, as printed."""
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    rest = k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ m).sum()
    return float((np.trace(k @ m) + rest) / (n * (n - 3)))


@fixed
@given(st.integers(0, 2**31), st.integers(4, 13))
def test_alignment_agrees_with_its_definitions(seed: int, n: int):
    one, two = random_points(seed, n), random_points(seed + 1, n, 3)
    a, b = one - one.mean(axis=0), two - two.mean(axis=0)
    features = np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    assert centred_kernel_alignment(one, two) == pytest.approx(features)
    k, m = a @ a.T, b @ b.T
    expected = hsic(k, m) / math.sqrt(hsic(k, k) * hsic(m, m))
    assert centred_kernel_alignment(one, two, debiased=True) == pytest.approx(expected, abs=1e-9)


def test_unrelated_spaces_align_by_chance_unless_debiased():
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(31, 53)), rng.normal(size=(31, 47))) for _ in range(20)]
    assert min(centred_kernel_alignment(*pair) for pair in pairs) > 0.5
    assert abs(np.mean([centred_kernel_alignment(*pair, debiased=True) for pair in pairs])) < 0.02


@pytest.mark.parametrize("n", [4, 5, 7, 11, 29])
def test_points_that_are_equally_far_apart_have_no_structure(n: int):
    # What is left of them by rounding must not be taken for some.
    points = random_points(n, n, 3)
    for space in (np.eye(n), np.eye(n) + 0.1, np.eye(n) @ rotation(n, n), 0.3 * np.eye(n) @ rotation(n, n)):
        assert math.isnan(centred_kernel_alignment(space, points, debiased=True))
        assert math.isnan(centred_kernel_alignment(points, space, debiased=True))
        for distance in ("cosine", "euclidean"):
            assert math.isnan(representational_similarity(space, points, distance=distance, correlation="pearson"))
    assert math.isnan(representational_similarity(np.eye(n), points, distance="correlation", correlation="pearson"))
    table = compare_spaces({"one-hot": np.eye(n), "points": points}, method="cka", resamples=9)
    assert table[["value", "null_mean", "p_value"]].isna().all(axis=None)


def test_a_space_beside_itself_is_exactly_one():
    for seed in range(20):
        points = random_points(seed, 7, 3)
        assert centred_kernel_alignment(points, points) == 1.0
        assert centred_kernel_alignment(points, points, debiased=True) == 1.0
        assert representational_similarity(points, points) == 1.0


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_the_scale_of_a_space_does_not_matter_however_far_it_is_from_one(scale: float):
    one, two = random_points(1, 11), random_points(2, 11)
    for compare in (centred_kernel_alignment, representational_similarity):
        assert compare(scale * one, two) == pytest.approx(compare(one, two))
    assert isotropy_score(scale * one) == pytest.approx(isotropy_score(one))


# Comparisons, beside chance


def test_spaces_compared_in_a_table():
    rng = np.random.default_rng(11)
    meaning = rng.normal(size=(41, 3))
    speaker = np.concatenate([meaning, 0.3 * rng.normal(size=(41, 2))], axis=1) @ rotation(1, 5)
    spaces = {"speaker": speaker, "meaning": meaning, "noise": rng.normal(size=(41, 7))}
    for method, single in (("rsa", {}), ("cka", {"debiased": True})):
        table = compare_spaces(spaces, method=method, resamples=199)  # type: ignore[arg-type]
        assert table["first"].tolist() == ["speaker", "speaker", "meaning"]
        assert table["second"].tolist() == ["meaning", "noise", "noise"]
        compare: Any = representational_similarity if method == "rsa" else centred_kernel_alignment
        expected = [
            compare(spaces[a], spaces[b], **single) for a, b in zip(table["first"], table["second"], strict=True)
        ]
        np.testing.assert_allclose(table["value"], expected)
        assert table["p_value"][0] == pytest.approx(1 / 200)
        assert (table["p_value"][1:] > 0.02).all()
        assert table["null_mean"].abs().max() < 0.05
        assert table["n"].tolist() == [41] * 3
        np.testing.assert_allclose(table["samples_per_dimension"], [41 / 5, 41 / 7, 41 / 7])


def test_a_table_without_null_and_of_a_space_without_differences():
    spaces = {"same": np.ones((7, 2)), "points": random_points(1, 7), "more": random_points(2, 7)}
    table = compare_spaces(spaces, resamples=0)
    assert table["value"].isna().tolist() == [True, True, False]
    assert table["p_value"].isna().all()
    assert compare_spaces(spaces, method="cka", resamples=3)["p_value"].isna().tolist() == [True, True, False]


# Isotropy


def test_isotropy_by_hand():
    # variances in the ratio 1 to 4: ((1 + 4)^2 / (1 + 16) - 1) / (2 - 1)
    assert isotropy_score(CROSS) == pytest.approx(25 / 17 - 1)
    assert isotropy_score(CROSS / [1, 2]) == pytest.approx(1.0)
    line = np.arange(7.0)[:, None] * [1, 2, 3]
    assert isotropy_score(line + 5) == pytest.approx(0.0)


@pytest.mark.parametrize(("used", "dimensions"), [(1, 5), (2, 5), (3, 7), (7, 7)])
def test_isotropy_is_the_share_of_dimensions_in_use(used: int, dimensions: int):
    corners = np.concatenate([np.eye(dimensions)[:used], -np.eye(dimensions)[:used]])
    turned = corners @ rotation(2, dimensions)
    assert isotropy_score(turned) == pytest.approx((used - 1) / (dimensions - 1))


def iso_score(points: np.ndarray) -> float:
    """The seven steps as printed: principal components, variances, normalise, isotropy defect, rescale."""
    variances = np.linalg.eigvalsh(np.cov(points, rowvar=False))
    d = len(variances)
    normalised = variances * math.sqrt(d) / np.linalg.norm(variances)
    defect = np.linalg.norm(normalised - 1) / math.sqrt(2 * (d - math.sqrt(d)))
    return float(((d - defect**2 * (d - math.sqrt(d))) ** 2 - d) / (d * (d - 1)))


@fixed
@given(st.integers(0, 2**31), st.integers(2, 7))
def test_isotropy_agrees_with_the_published_steps(seed: int, dimensions: int):
    points = random_points(seed, 19, dimensions)
    assert isotropy_score(points) == pytest.approx(iso_score(points), abs=1e-9)
    assert 0 <= isotropy_score(points) <= 1
    changed = 1e-9 * points[::-1] @ rotation(seed, dimensions) + 3e-9
    assert isotropy_score(changed) == pytest.approx(isotropy_score(points), abs=1e-6)


# Whitening


def test_whitening_by_hand():
    # epsilon 1/3: variances 2/3 and 8/3 are divided by 1 and 3
    whitening = soft_zca(CROSS + np.array([5, 7]), 1 / 3)
    np.testing.assert_allclose(whitening.mean, [5, 7])
    np.testing.assert_allclose(whitening.matrix, np.diag([1, 1 / math.sqrt(3)]), atol=1e-12)
    assert whitening.samples_per_dimension == 2.0
    np.testing.assert_allclose(whitening([[6, 10]]), [[1, math.sqrt(3)]])


@fixed
@given(st.integers(0, 2**31))
def test_no_epsilon_leaves_the_identity(seed: int):
    points = random_points(seed)
    whitening = soft_zca(points, 0)
    np.testing.assert_allclose(np.cov(whitening(points), rowvar=False), np.eye(5), atol=1e-6)
    np.testing.assert_allclose(whitening.matrix, whitening.matrix.T, atol=1e-9)
    assert isotropy_score(whitening(points)) == pytest.approx(1.0)


def test_epsilon_goes_from_white_to_as_it_was():
    points = random_points(4)
    scores = [isotropy_score(soft_zca(points, epsilon)(points)) for epsilon in (0, 0.1, 1, 10, 1e6)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == pytest.approx(isotropy_score(points), abs=1e-4)
    small = soft_zca(points, 1e9)(points) * math.sqrt(1e9)
    np.testing.assert_allclose(small, points - points.mean(axis=0), atol=1e-5)


def test_whitening_fitted_on_some_points_whitens_others():
    points = random_points(5, 60)
    whitening = soft_zca(points[:47], 0.1)
    np.testing.assert_allclose(whitening(points[47:]), (points[47:] - whitening.mean) @ whitening.matrix)
    assert whitening.samples_per_dimension == pytest.approx(47 / 5)


def test_two_spaces_by_one_whitening():
    one, two = random_points(6, 13), random_points(7, 17)
    stack = np.concatenate([one, two])
    values, vectors = np.linalg.eigh(np.cov(stack, rowvar=False))
    matrix = vectors @ np.diag(1 / np.sqrt(values + 0.2)) @ vectors.T
    for whitened, space in zip(soft_zca_pair(one, two, 0.2), (one, two), strict=True):
        np.testing.assert_allclose(whitened, (space - space.mean(axis=0)) @ matrix, atol=1e-12)


def test_whitening_uncovers_what_one_loud_direction_hides():
    rng = np.random.default_rng(8)
    shared = rng.normal(size=(97, 4))
    one, two = (np.concatenate([shared, 50 * rng.normal(size=(97, 1))], axis=1) for _ in range(2))
    for compare in (representational_similarity, centred_kernel_alignment):
        assert compare(one, two) < 0.1
        assert compare(one, two, whiten=0.01) > 0.5


# What must not matter, and where there is no value


@fixed
@given(st.integers(0, 2**31))
def test_what_must_not_matter_to_comparisons_does_not(seed: int):
    one, two = random_points(seed, 11, 3), random_points(seed + 1, 11, 5)
    order = np.random.default_rng(seed).permutation(11)
    turned = 7.0 * one @ rotation(seed, 3)
    comparisons: list[Callable[[Any, Any], float]] = [
        representational_similarity,
        lambda a, b: representational_similarity(a, b, distance="euclidean", correlation="pearson"),
        centred_kernel_alignment,
        lambda a, b: centred_kernel_alignment(a, b, debiased=True),
        lambda a, b: centred_kernel_alignment(a, b, whiten=1e-12),
    ]
    for compare in comparisons:
        value = compare(one, two)
        assert -1 <= value <= 1
        assert compare(two, one) == pytest.approx(value, abs=1e-9)
        assert compare(one[order], two[order]) == pytest.approx(value, abs=1e-6)
        assert compare(turned, two) == pytest.approx(value, abs=1e-6)
        assert compare(one, turned) == pytest.approx(1.0, abs=1e-6)
    shifted = representational_similarity(one + 9, two, distance="euclidean")
    assert shifted == pytest.approx(representational_similarity(one, two, distance="euclidean"), abs=1e-6)
    assert centred_kernel_alignment(one + 9, two) == pytest.approx(centred_kernel_alignment(one, two), abs=1e-9)


@pytest.mark.parametrize(
    "space",
    [np.full((7, 3), 0.1), np.zeros((7, 3)), np.full((7, 1), 1e9 / 3)],
)
def test_a_space_without_differences_has_no_similarity(space: np.ndarray):
    points = random_points(9, 7)
    assert math.isnan(representational_similarity(space, points))
    assert math.isnan(representational_similarity(points, space, distance="euclidean"))
    assert math.isnan(centred_kernel_alignment(space, points))
    assert math.isnan(centred_kernel_alignment(points, space, debiased=True))
    assert math.isnan(isotropy_score(space))


def test_too_few_objects_or_dimensions():
    assert math.isnan(representational_similarity([[1.0, 2.0]], [[3.0, 4.0]]))
    assert math.isnan(representational_similarity(random_points(1, 2), random_points(2, 2)))
    assert math.isnan(centred_kernel_alignment([[1.0, 2.0]], [[3.0, 4.0]]))
    assert math.isnan(centred_kernel_alignment(random_points(1, 3), random_points(2, 3), debiased=True))
    assert math.isnan(isotropy_score([[1.0, 2.0]]))
    assert math.isnan(isotropy_score([[1.0], [2.0], [4.0]]))


# Bad input


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: representational_similarity(CROSS, CROSS[:3]), "the same objects, got 4 and 3"),
        (lambda: centred_kernel_alignment(CROSS, CROSS[:3]), "the same objects, got 4 and 3"),
        (lambda: representational_similarity([1.0, 2.0], CROSS), r"all n \(n - 1\) / 2 pairs, got 2"),
        (lambda: representational_similarity(CROSS, CROSS, distance="cosin"), "Did you mean 'cosine'?"),  # type: ignore[arg-type]
        (lambda: representational_similarity(CROSS, CROSS, correlation="kendall"), "unknown correlation"),  # type: ignore[arg-type]
        (lambda: isotropy_score([[1.0, np.nan]]), "must be finite numbers"),
        (lambda: isotropy_score([[1.0, 1e200]]), "must be finite numbers, at most 1e[+]100"),
        (lambda: isotropy_score([[1.0, 1j]]), r"must be numbers \[n, dimensions\]"),
        (lambda: representational_similarity([[1.0], [2.0, 3.0]], CROSS), r"must be numbers \[n, dimensions\]"),
        (lambda: soft_zca(CROSS, "x"), "epsilon must be a finite number of at least 0, got 'x'"),  # type: ignore[arg-type]
        (lambda: soft_zca(CROSS, True), "epsilon must be a finite number of at least 0, got True"),
        (lambda: centred_kernel_alignment(CROSS, CROSS, whiten=[1]), "epsilon must be"),  # type: ignore[arg-type]
        (lambda: compare_spaces([CROSS, CROSS]), "spaces must map names to points, got list"),  # type: ignore[arg-type]
        (lambda: isotropy_score([[1.0], [2.0, 3.0]]), r"must be numbers \[n, dimensions\]"),
        (lambda: isotropy_score([1.0]), r"got \[1\]"),
        (lambda: soft_zca(CROSS, -1), "epsilon must be a finite number of at least 0, got -1"),
        (lambda: soft_zca(CROSS[:1], 1), r"n at least 2; got \[1, 2\]"),
        (lambda: soft_zca(np.eye(3), 0), "3 points do not fill 3 dimensions: epsilon must be above 0"),
        (lambda: soft_zca(np.ones((5, 2)), 0), "epsilon must be above 0"),
        (lambda: soft_zca(CROSS, 1)(np.eye(3)), "of 2 dimensions, got points of 3"),
        (lambda: soft_zca_pair(CROSS, np.eye(3), 1), "the same dimensions, got 2 and 3"),
        (lambda: compare_spaces({"one": CROSS}), "at least two to be compared, got 1"),
        (lambda: compare_spaces({"one": CROSS, "two": [1.0]}), r"the space 'two' must be numbers \[n, dimensions\]"),
        (lambda: compare_spaces({"a": CROSS, "b": CROSS}, method="rsm"), "Did you mean 'rsa'?"),  # type: ignore[arg-type]
        (lambda: meaning_space(Language(None, [[1]])), "meaning_space needs meanings"),
    ],
)
def test_bad_input_is_refused_in_one_line(call: Callable[[], Any], told: str):
    with pytest.raises(BadInput, match=told) as error:
        call()
    assert "\n" not in str(error.value)
