"""Representations: are the spaces in which speakers and listeners think alike, and do they use all their dimensions?

A space is an array of points ``[n, dimensions]``, one row an object; spaces that are compared have the same objects in
the same order. Whiten before comparing where a few directions carry most of the variance (`isotropy_score` low).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist
from scipy.spatial.distance import pdist, squareform

from emcomm.errors import BadInput, unknown
from emcomm.language import Language, whole_number
from emcomm.metrics.base import Undefined, meanings_of
from emcomm.metrics.correlation import Correlation, midranks
from emcomm.metrics.resampling import null_values, p_value
from emcomm.metrics.whitening import Whitening, isotropy_score, points_of, soft_zca, soft_zca_pair
from emcomm.metrics.whitening import centred as centre

__all__ = [
    "Whitening",
    "centred_kernel_alignment",
    "compare_spaces",
    "dissimilarities",
    "isotropy_score",
    "meaning_space",
    "message_dissimilarities",
    "representational_similarity",
    "soft_zca",
    "soft_zca_pair",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Distance = Literal["cosine", "euclidean", "correlation"]
_Score = Callable[[IntArray, IntArray], float]
_NOISE = 1e-10  # a share of the largest number; what is smaller is rounding


def meaning_space(language: Language) -> FloatArray:
    """Return the meanings as concatenated one-hots: float64 ``[n, values of all attributes]``.

    Cosine distance between two rows is the share of attributes in which the meanings differ.

    Raises:
        BadInput: a corpus without meanings.

    Source: none.
    """
    columns = meanings_of(language, "meaning_space").T
    return np.concatenate([column[:, None] == np.unique(column) for column in columns], axis=1).astype(np.float64)


def message_dissimilarities(language: Language) -> FloatArray:
    """Edit distances of all pairs i < j of messages: float64 ``[n (n - 1) / 2]``, in the order of `dissimilarities`.

    Cost: O(n^2 max_length), and 12 n^2 bytes.

    Source: Levenshtein 1966.
    """
    strings = language.strings
    return squareform(cdist(strings, strings, scorer=Levenshtein.distance, dtype=np.float64), checks=False)


def dissimilarities(points: ArrayLike, distance: Distance = "cosine") -> FloatArray:
    """Distances of all pairs i < j of points: (0, 1), (0, 2), ..., (1, 2), ...

    Args:
        points: float ``[n, dimensions]``.
        distance: ``"cosine"`` (1 - cosine), ``"euclidean"`` or ``"correlation"`` (1 - Pearson's over dimensions).

    Returns:
        float64 ``[n (n - 1) / 2]``; NaN where undefined (cosine with a point at 0, correlation with a constant one).

    Raises:
        BadInput: not points, or another distance.

    Source: Kriegeskorte, Mur & Bandettini 2008.
    """
    if distance not in ("cosine", "euclidean", "correlation"):
        raise unknown("distance of representations", distance, ("cosine", "euclidean", "correlation"))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(pdist(points_of("points", points), distance), dtype=np.float64)


def representational_similarity(
    first: ArrayLike,
    second: ArrayLike,
    *,
    distance: Distance = "cosine",
    correlation: Correlation = "spearman",
    whiten: float | None = None,
) -> float:
    """Representational similarity (RSA): correlation of the distances in two spaces, over all pairs i < j of objects.

    Range -1..1, no unit; higher: objects that are near in one space are near in the other; 0 is expected of unrelated
    spaces. NaN when all distances of a space are equal (but for rounding: to ten digits), or one is undefined (see
    `dissimilarities`). Spaces may have different dimensions. Cost: O(n^2 d).

    Args:
        first: float ``[n, dimensions]``; or distances of the n (n - 1) / 2 pairs, e.g. `message_dissimilarities`.
        second: likewise, of the same objects in the same order.
        distance: how points are compared, see `dissimilarities`.
        correlation: ``"spearman"`` (ties averaged) or ``"pearson"``.
        whiten: epsilon of Soft-ZCA, fitted on each space by itself, before distances are taken; None: as they are.

    Raises:
        BadInput: not the same number of objects, unknown options, or spaces that cannot be whitened.

    Source: Kriegeskorte, Mur & Bandettini 2008; Bouchacourt & Baroni 2018 (Spearman, cosine).
    """
    one, two = (_distances(space, distance, whiten) for space in (first, second))
    return _value(_similarity_score(one, two, correlation), len(one))


def centred_kernel_alignment(
    first: ArrayLike,
    second: ArrayLike,
    *,
    debiased: bool = False,
    whiten: float | None = None,
) -> float:
    """Linear centred kernel alignment (CKA): HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)), K and L all products of points.

    Range 0..1, no unit; 1: the same up to rotation, shift and scale. Unrelated spaces score above 0 unless n is far
    above the dimensions; `debiased` expects 0 there, in -1..1. NaN when all points of a space are equal, and for
    `debiased` with fewer than 4 objects, or when all points of a space are equally far apart (one-hots: to the debiased
    estimate they have no structure). Cost: O(n^2 d); memory: about 3 n^2 numbers.

    Args:
        first: float ``[n, dimensions]``.
        second: float ``[n, other dimensions]``, the same objects in the same order.
        debiased: estimate HSIC without bias.
        whiten: epsilon of Soft-ZCA, fitted on each space by itself, before products are taken; None: as they are.

    Raises:
        BadInput: not the same number of objects, or spaces that cannot be whitened.

    Source: Kornblith et al. 2019; Song et al. 2012 for `debiased`. No deviation; other kernels are left out.
    """
    one, two = _gram(first, whiten), _gram(second, whiten)
    return _value(_alignment_score(one, two, debiased), len(one))


def compare_spaces(
    spaces: Mapping[str, ArrayLike],
    *,
    method: Literal["rsa", "cka"] = "rsa",
    whiten: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare every two spaces, e.g. the speaker's, the listener's and that of the meanings, each beside chance.

    Args:
        spaces: name to float ``[n, dimensions]``, for the same objects in the same order; at least two.
        method: ``"rsa"``: `representational_similarity`; ``"cka"``: debiased `centred_kernel_alignment`.
        whiten: as there.
        resamples: permutations of one space's objects for the null; 0: none. Cost of each: O(n^2).
        seed: the same seed gives the same table.

    Returns:
        one row a pair: ``first, second, value, null_mean, p_value`` (one-sided, for high values), ``n``, and
        ``samples_per_dimension`` of the wider of the two, which whitening needs far above 1.

    Raises:
        BadInput: fewer than two spaces, or as in the method.

    Source: as the methods; Mantel 1967 for the test.
    """
    if method not in ("rsa", "cka"):
        raise unknown("comparison of spaces", method, ("rsa", "cka"))
    resamples, seed = whole_number("resamples", resamples, least=0), whole_number("seed", seed, least=0)
    if not isinstance(spaces, Mapping):
        raise BadInput(f"spaces must map names to points, got {type(spaces).__name__}")
    if len(spaces) < 2:
        raise BadInput(f"spaces must be at least two to be compared, got {len(spaces)}")
    points = {name: points_of(f"the space {name!r}", space) for name, space in spaces.items()}
    if method == "rsa":
        sides = {name: _distances(space, "cosine", whiten) for name, space in points.items()}
    else:
        sides = {name: _gram(space, whiten) for name, space in points.items()}
    rows = []
    for one, two in itertools.combinations(points, 2):
        n, widest = len(points[one]), max(points[one].shape[1], points[two].shape[1])
        pair = sides[one], sides[two]
        score = _similarity_score(*pair, "spearman") if method == "rsa" else _alignment_score(*pair, debiased=True)
        value = _value(score, n)
        null = null_values(score, n, resamples if np.isfinite(value) else 0, seed)
        mean, p = (float(np.nanmean(null)), p_value(value, null, "greater")) if len(null) else (np.nan, np.nan)
        rows.append((one, two, value, mean, p, n, n / widest))
    columns = ["first", "second", "value", "null_mean", "p_value", "n", "samples_per_dimension"]
    return pd.DataFrame(rows, columns=columns)


def _distances(space: ArrayLike, distance: Distance, whiten: float | None) -> FloatArray:
    """Return distances ``[n, n]``, rounded so that those that are equal but for rounding tie."""
    try:
        given = np.ndim(space) == 1
    except ValueError:  # ragged; told below
        given = False
    if given:
        pairs = points_of("distances", np.atleast_2d(np.asarray(space)))[0]
    else:
        points = points_of("a space", space)
        points = points if whiten is None else soft_zca(points, whiten)(points)
        pairs = dissimilarities(points / (np.abs(points).max() or 1.0), distance)
    scale = 1.0 if not given and distance != "euclidean" else np.abs(pairs).max(initial=0) or 1.0
    try:
        return squareform(np.round(pairs / scale, 10), checks=False)
    except ValueError:
        raise BadInput(f"distances must be those of all n (n - 1) / 2 pairs, got {len(pairs)}") from None


def _gram(space: ArrayLike, whiten: float | None) -> FloatArray:
    points = points_of("a space", space)
    points = centre(points if whiten is None else soft_zca(points, whiten)(points))
    points = points / (np.abs(points).max() or 1.0)
    return points @ points.T


def _similarity_score(one: FloatArray, two: FloatArray, correlation: Correlation) -> _Score:
    if correlation not in ("spearman", "pearson"):
        raise unknown("correlation", correlation, ("spearman", "pearson"))

    def centred(distances: FloatArray) -> FloatArray:
        pairs = squareform(distances, checks=False)
        if len(pairs) and (pairs == pairs[0]).all():
            return np.zeros_like(distances)
        ranks = midranks(pairs) if correlation == "spearman" and not np.isnan(pairs).any() else pairs
        return squareform(ranks - ranks.sum() / max(1, len(ranks)), checks=False)

    return _inner_score(centred(one), centred(two))


def _alignment_score(one: FloatArray, two: FloatArray, debiased: bool) -> _Score:
    def centred(gram: FloatArray) -> FloatArray:
        n = len(gram)
        if not debiased:
            return gram - gram.mean(axis=0) - gram.mean(axis=1, keepdims=True) + gram.mean()
        if n < 4:
            return np.zeros_like(gram)
        hollow = gram - np.diag(np.diag(gram))
        sums = hollow.sum(axis=0) / (n - 2)
        hollow = hollow - sums - sums[:, None] + hollow.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(hollow, 0.0)
        return hollow if np.abs(hollow).max() > _NOISE * np.abs(gram).max() else np.zeros_like(hollow)

    return _inner_score(centred(one), centred(two))


def _inner_score(one: FloatArray, two: FloatArray) -> _Score:
    """Return the scorer of the cosine of two symmetric ``[n, n]``, the rows and columns of the second rearranged."""
    if one.shape != two.shape:
        raise BadInput(f"spaces that are compared have the same objects, got {len(one)} and {len(two)}")
    scale = float(np.sqrt(np.vdot(one, one) * np.vdot(two, two)))  # exactly the score of a space beside itself

    def score(_: IntArray, rows: IntArray) -> float:
        if not scale > 0:  # NaN, too
            raise Undefined("a space has no differences, or undefined ones")
        return float(np.clip(np.vdot(one, two[np.ix_(rows, rows)]) / scale, -1.0, 1.0))

    return score


def _value(score: _Score, n: int) -> float:
    try:
        return score(np.arange(n), np.arange(n))
    except Undefined:
        return float("nan")
