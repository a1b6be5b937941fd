"""Distributions as tables: checked input, the information in a joint table, and the prior that suits a channel best."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput, shown

__all__ = ["capacity_prior", "distributions", "joint_information", "prior_over"]

FloatArray = NDArray[np.float64]
_SUM = 1e-4  # by how much a distribution that was stored in few digits may miss 1
_SETTLED = 1e-6  # bits between what a prior reaches and what no prior can surpass
_UPDATES = 100_000


def distributions(what: str, values: ArrayLike) -> FloatArray:
    """Return distributions as float64 ``[rows, columns]``, every row scaled to sum 1.

    Args:
        what: what they are, for the error.
        values: ``[rows, columns]``, numbers of at least 0; rows may miss the sum 1 by 0.0001, as in stored tables.

    Raises:
        BadInput: anything else.
    """
    try:
        rows = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{what} must be numbers in rows of equal length") from None
    if rows.ndim != 2 or rows.size == 0:
        raise BadInput(f"{what} must have two dimensions, neither of them 0; got the shape {list(rows.shape)}")
    if not np.isfinite(rows).all() or rows.min() < 0:
        raise BadInput(f"{what} must be finite numbers of at least 0")
    sums = rows.sum(axis=1, keepdims=True)
    worst = int(np.abs(sums - 1).argmax())
    if abs(sums[worst, 0] - 1) > _SUM:
        raise BadInput(f"{what} must be distributions, one a row; row {worst} sums to {sums[worst, 0]:.6g}, not to 1")
    return rows / sums


def prior_over(n: int, prior: ArrayLike | None) -> FloatArray:
    """Return a distribution over n meanings, float64 ``[n]``; None: all equal.

    Raises:
        BadInput: another size, or no distribution.
    """
    if prior is None:
        return np.full(n, 1 / n)
    try:
        given = np.asarray(prior, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"the prior must be {n} numbers, one a meaning; got {shown(prior)}") from None
    if given.shape != (n,):
        raise BadInput(f"the prior must be {n} numbers, one a meaning; got the shape {list(given.shape)}")
    return distributions("the prior", given[None])[0]


def joint_information(joint: FloatArray) -> float:
    """Mutual information of two variables from their joint distribution, in bits.

    Args:
        joint: non-negative numbers ``[rows, columns]`` that sum to 1.

    Returns:
        a number of at least 0, at most the entropy of either side.
    """
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    there = (joint > 0) & (apart > 0)  # tiny products can vanish
    return max(float(joint[there] @ np.log2(joint[there] / apart[there])), 0.0)


def capacity_prior(channel: ArrayLike) -> FloatArray:
    """The prior under which a channel carries most information: what has to be told apart if the channel is to pay.

    Args:
        channel: p(y|x), ``[x, y]``, each row a distribution: what people say for each colour, or meanings themselves.

    Returns:
        p(x), float64 ``[x]``; I(X;Y) under it lies within 0.000001 bits of the capacity. Rows that are all alike
        leave it open, and it is uniform then.

    Raises:
        BadInput: rows that are no distributions.

    Cost: O(x y) an update, up to 100,000 updates where many rows are nearly alike.

    Source: Arimoto 1972, Blahut 1972. Zaslavsky et al. 2018 take the mean of the capacity priors of many languages'
    naming data as the prior over colours.
    """
    rows = distributions("the channel", channel)
    logs = np.log2(np.where(rows > 0, rows, 1.0))
    certainty = (rows * logs).sum(axis=1)
    prior = np.full(len(rows), 1 / len(rows))
    for _ in range(_UPDATES):
        mixture = prior @ rows
        gains = certainty - rows @ np.log2(np.where(mixture > 0, mixture, 1.0))
        if gains.max() - prior @ gains < _SETTLED:
            break
        prior = prior * np.exp2(gains - gains.max())
        prior /= prior.sum()
    return prior
