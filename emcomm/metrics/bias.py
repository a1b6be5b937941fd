"""Entropy of a sample, plug-in or corrected for the sample being small; every correction by name.

The plug-in entropy of a sample is too low on average, and what is built on it (mutual information above all) is off
too. Corrections are for rows that are a sample of utterances. Where the rows are all meanings there are, nothing was
sampled and ``"none"`` is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, xlogy

from emcomm.errors import BadInput, shown, unknown
from emcomm.language import Language

__all__ = ["CORRECTIONS", "Bias", "entropy_from_counts", "row_weights"]

FloatArray = NDArray[np.float64]
Bias = Literal["none", "miller_madow", "jackknife", "grassberger", "chao_shen"]
CORRECTIONS = ("miller_madow", "jackknife", "grassberger", "chao_shen")


def entropy_from_counts(counts: ArrayLike, bias: Bias = "none") -> FloatArray:
    """Entropy of a discrete variable from how often each of its values was seen, in bits.

    With n_i of N observations having value i, K values seen at all, f_1 of them once, H the plug-in entropy in nats:

    * ``"none"``: H = -sum (n_i / N) ln (n_i / N);
    * ``"miller_madow"``: H + (K - 1) / (2 N);
    * ``"jackknife"``: N H - (N - 1) / N * sum n_i H(one observation of i left out);
    * ``"grassberger"``: ln N - sum (n_i / N) G(n_i), G(n) = psi(n) + (-1)^n / 2 * (psi((n + 1) / 2) - psi(n / 2));
    * ``"chao_shen"``: with q_i = (1 - f_1 / N) n_i / N, -sum q_i ln q_i / (1 - (1 - q_i)^N).

    Args:
        counts: non-negative numbers ``[..., values]``; zeros are values that were not seen. Corrections need counts,
            that is whole numbers; ``"none"`` takes any masses.
        bias: name of the correction.

    Returns:
        float64 ``[...]``, at least 0 (an estimate below is given as 0); NaN where nothing was seen. The plug-in value
        is at most log2 of the number of values seen; corrected ones may be larger. Cost: O(size of counts).

    Raises:
        BadInput: unknown correction, or counts that are none.

    Source: Miller 1955; Zahl 1977 (jackknife); Grassberger 2003; Chao & Shen 2003.
    Where every value was seen once, Chao & Shen's coverage would be 0; then f_1 = N - 1, as in the R package "entropy".
    """
    if bias not in tuple(_ESTIMATORS):
        raise unknown("bias correction", bias, _ESTIMATORS)
    try:
        seen = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"counts must be finite numbers of at least 0, [..., values]; got {shown(counts)}") from None
    if seen.ndim == 0 or not np.isfinite(seen).all() or (seen < 0).any():
        raise BadInput(f"counts must be finite numbers of at least 0, [..., values]; got {shown(counts)}")
    if bias != "none" and (seen != np.round(seen)).any():
        raise BadInput(f"bias={bias!r} needs counts, which are whole numbers; only bias='none' takes other masses")
    totals = seen.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        nats = _ESTIMATORS[bias](seen, totals)
    # Adding 0 turns the -0.0 of a constant into 0.0.
    bits: FloatArray = np.where(totals[..., 0] > 0, np.maximum(nats / np.log(2), 0.0) + 0.0, np.nan)
    return bits


def row_weights(language: Language, weighted: bool, bias: Bias) -> FloatArray:
    """Return what each row counts in an entropy: its frequency, or 1 where rows are counted. float64 ``[n]``.

    Raises:
        BadInput: unknown correction, or a correction is asked for where rows have unequal frequencies: these are
            masses, and only counts say how large the sample was.
    """
    if bias not in tuple(_ESTIMATORS):
        raise unknown("bias correction", bias, _ESTIMATORS)
    if not weighted or (bias != "none" and np.ptp(language.frequencies) == 0):
        return np.ones(language.n)
    if bias != "none":
        raise BadInput(
            f"bias={bias!r} needs rows that are a sample; these have unequal frequencies (weighted=False counts rows)"
        )
    return language.frequencies


def _plug_in(seen: FloatArray, totals: FloatArray) -> FloatArray:
    share = seen / totals
    nats: FloatArray = -xlogy(share, share).sum(axis=-1)
    return nats


def _miller_madow(seen: FloatArray, totals: FloatArray) -> FloatArray:
    return _plug_in(seen, totals) + (np.count_nonzero(seen, axis=-1) - 1) / (2 * totals[..., 0])


def _jackknife(seen: FloatArray, totals: FloatArray) -> FloatArray:
    less = np.maximum(seen - 1, 0)
    whole, n = xlogy(seen, seen).sum(axis=-1, keepdims=True), totals[..., 0]
    # Entropy without one observation of value i, for every i: ln (N - 1) - (sum of m ln m over what is left) / (N - 1).
    left_out = np.log(totals - 1) - (whole - xlogy(seen, seen) + xlogy(less, less)) / (totals - 1)
    mean = (seen * left_out).sum(axis=-1) / n
    # One value has no entropy whatever is left out; the difference would be the rounding of two large numbers.
    varied = np.count_nonzero(seen, axis=-1) > 1
    return np.where(varied, n * _plug_in(seen, totals) - (n - 1) * mean, 0.0)


def _grassberger(seen: FloatArray, totals: FloatArray) -> FloatArray:
    n = np.maximum(seen, 1.0)
    sign = np.where(n % 2 == 0, 1.0, -1.0)
    terms = digamma(n) + sign / 2 * (digamma((n + 1) / 2) - digamma(n / 2))
    nats: FloatArray = np.log(totals[..., 0]) - (seen * terms).sum(axis=-1) / totals[..., 0]
    return nats


def _chao_shen(seen: FloatArray, totals: FloatArray) -> FloatArray:
    once = np.count_nonzero(seen == 1, axis=-1)[..., None]
    once = np.where(once == totals, totals - 1, once)
    share = (1 - once / totals) * seen / totals
    inclusion = -np.expm1(totals * np.log1p(-share))  # the chance that a value with this share was seen at all
    return np.where(seen > 0, -xlogy(share, share) / inclusion, 0.0).sum(axis=-1)


_ESTIMATORS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "none": _plug_in,
    "miller_madow": _miller_madow,
    "jackknife": _jackknife,
    "grassberger": _grassberger,
    "chao_shen": _chao_shen,
}
