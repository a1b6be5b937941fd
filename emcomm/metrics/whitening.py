"""Whitening and isotropy: how evenly points use their dimensions, and how to make them.

Points are float64 ``[n, dimensions]``, one row an object.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput

__all__ = ["Whitening", "centred", "isotropy_score", "points_of", "soft_zca", "soft_zca_pair"]

FloatArray = NDArray[np.float64]
_LARGEST = 1e100  # sums of squares of larger coordinates could be infinite


@dataclass(frozen=True, eq=False)
class Whitening:
    """A fitted whitening; call it on points ``[m, dimensions]`` to whiten them.

    Args:
        mean: float64 ``[dimensions]``, taken off.
        matrix: float64 ``[dimensions, dimensions]``, symmetric, multiplied with what is left.
        samples_per_dimension: points fitted on / dimensions; the covariance is guesswork unless far above 1.
    """

    mean: FloatArray
    matrix: FloatArray
    samples_per_dimension: float

    def __call__(self, points: ArrayLike) -> FloatArray:
        """Return whitened points, float64 ``[m, dimensions]``.

        Raises:
            BadInput: other dimensions than those it was fitted on.
        """
        given = points_of("points", points)
        if given.shape[1] != len(self.mean):
            raise BadInput(f"this whitening is of {len(self.mean)} dimensions, got points of {given.shape[1]}")
        return np.asarray((given - self.mean) @ self.matrix)


def soft_zca(points: ArrayLike, epsilon: float) -> Whitening:
    """Fit Soft-ZCA: W = U (L + epsilon I)^(-1/2) U', with U L U' the covariance (divided by n - 1) of the points.

    Whitened points (z - mean) W have no correlations left and, at epsilon 0, variance 1 everywhere (ZCA); a larger
    epsilon keeps more of the differences in variance. Fit on other points than you evaluate on, and never choose
    epsilon on those. Needs many more points than dimensions. Cost: O(n d^2 + d^3).

    Args:
        points: float ``[n, dimensions]``, n at least 2.
        epsilon: at least 0, in units of variance. It must be above 0 when the points lie in fewer dimensions.

    Returns:
        `Whitening`.

    Raises:
        BadInput: not points, a negative epsilon, or 0 with a singular covariance.

    Source: Diera, Galke & Scherp 2025. No deviation.
    """
    given = points_of("points", points, least=2)
    if not isinstance(epsilon, (int, float, np.number)) or isinstance(epsilon, bool) or not 0 <= epsilon < np.inf:
        raise BadInput(f"epsilon must be a finite number of at least 0, got {epsilon!r}")
    n, dimensions = given.shape
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(given, rowvar=False)))
    values = np.maximum(values, 0.0)
    if epsilon == 0 and values[0] <= values[-1] * dimensions * np.finfo(np.float64).eps:
        raise BadInput(f"{n} points do not fill {dimensions} dimensions: epsilon must be above 0")
    return Whitening(given.mean(axis=0), (vectors / np.sqrt(values + epsilon)) @ vectors.T, n / dimensions)


def soft_zca_pair(first: ArrayLike, second: ArrayLike, epsilon: float) -> tuple[FloatArray, FloatArray]:
    """Whiten two spaces of the same dimensions by one matrix, fitted on both stacked; each is centred on its own mean.

    Args:
        first: float ``[n, dimensions]``.
        second: float ``[m, dimensions]``, returned whitened like the first.
        epsilon: as in `soft_zca`.

    Raises:
        BadInput: as in `soft_zca`, or spaces of different dimensions.

    Source: Diera, Galke & Scherp 2025, the variant "combined" of their code: the covariance is that of the stack
    around the stack's mean.
    """
    one, two = points_of("the first space", first), points_of("the second space", second)
    if one.shape[1] != two.shape[1]:
        raise BadInput(f"one whitening needs spaces of the same dimensions, got {one.shape[1]} and {two.shape[1]}")
    matrix = soft_zca(np.concatenate([one, two]), epsilon).matrix
    return (one - one.mean(axis=0)) @ matrix, (two - two.mean(axis=0)) @ matrix


def isotropy_score(points: ArrayLike) -> float:
    """How evenly points use their dimensions (IsoScore): (tr(C)^2 / tr(C^2) - 1) / (d - 1), with C their covariance.

    tr(C)^2 / tr(C^2) is the number of dimensions in use. Range 0..1, no unit; 0: all on one line, 1: the same variance
    in every direction. NaN with one dimension, one point, or equal points. With n points it cannot exceed
    (n - 2) / (d - 1), so take many more points than dimensions. Invariant to shifts, rotations and one common scale.
    Cost: O(n d^2).

    Args:
        points: float ``[n, dimensions]``.

    Raises:
        BadInput: not points.

    Source: Rudman et al. 2022. Their seven steps (principal components, normalised variances, isotropy defect, share
    of dimensions used, rescaling) come to the expression above. Rows are points here; the first release of their
    package takes columns.
    """
    given = points_of("points", points)
    if len(given) < 2 or given.shape[1] < 2:
        return float("nan")
    given = centred(given)
    if not given.any():
        return float("nan")
    given = given / np.abs(given).max()
    covariance = given.T @ given
    used = np.trace(covariance) ** 2 / (covariance**2).sum()
    return float(np.clip((used - 1) / (given.shape[1] - 1), 0.0, 1.0))


def points_of(what: str, values: ArrayLike, least: int = 1) -> FloatArray:
    """Return points, float64 ``[n, dimensions]``.

    Raises:
        BadInput: anything else, or fewer than `least`; the message begins with `what`.
    """
    try:
        if np.iscomplexobj(values):
            raise TypeError
        points = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{what} must be numbers [n, dimensions]") from None
    if points.ndim != 2 or 0 in points.shape or len(points) < least:
        raise BadInput(f"{what} must be numbers [n, dimensions], n at least {least}; got {list(points.shape)}")
    if not (np.abs(points) <= _LARGEST).all():
        raise BadInput(f"{what} must be finite numbers, at most {_LARGEST:g} in size")
    return points


def centred(points: FloatArray) -> FloatArray:
    """Take off the mean; what is left by rounding alone is 0."""
    left = points - points.mean(axis=0)
    return left if np.abs(left).max() > 1e-12 * np.abs(points).max() else np.zeros_like(left)
