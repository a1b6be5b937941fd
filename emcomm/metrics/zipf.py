"""Zipf's law of frequencies: the exponent of rank against frequency by maximum likelihood, and how well it fits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from emcomm.errors import BadInput, shown
from emcomm.language import Language, whole_number
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.bias import row_weights
from emcomm.metrics.units import Unit, units_of
from emcomm.rng import generator

__all__ = ["ZipfFit", "zipf_exponent", "zipf_fit", "zipf_fit_of_counts"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_RANKS = 100  # of the variant that leaves out the tail
_ROUNDING = 1e-13  # of a mean log rank
_MOST = 2**53  # words that are still counted one by one in a float


class ZipfFit(NamedTuple):
    """A fit of p(rank) ~ rank^-exponent to the counts of words, and a test of it.

    Attributes:
        exponent: the exponent of greatest likelihood, at least 0.
        standard_error: of the exponent, from the curvature of the likelihood, for ranks that were known beforehand.
        distance: Kolmogorov-Smirnov distance, the largest difference of the fitted and the observed share of words up
            to a rank, in [0, 1].
        p_value: share of texts of equally many words drawn from the fit, ranked and fitted anew, that are at least as
            far from their own fit, the observed one among them, in (0, 1]. Small: not Zipf's law.
        log_likelihood: of the words given the fit, in nats, at most 0.
        types: kinds of words fitted.
        tokens: words fitted.
    """

    exponent: float
    standard_error: float
    distance: float
    p_value: float
    log_likelihood: float
    types: int
    tokens: int


def _scorer(language: Language, unit: Unit = "symbol", ranks: int | None = None, weighted: bool = True) -> Scorer:
    units, weights = units_of(language, unit), row_weights(language, weighted, "none")
    ranks = None if ranks is None else whole_number("ranks", ranks, least=2)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        masses = np.sort(units.masses(message_rows, weights[meaning_rows]))[::-1][:ranks]
        if len(masses) < 2:
            raise Undefined(f"there are no two kinds of {unit}")
        return _exponent(masses)

    return score


def _exponent(masses: FloatArray) -> float:
    """Return the exponent under which the mean log rank is that of the masses, largest first, ``[ranks]`` with >= 2."""
    log_ranks = np.log(np.arange(1, len(masses) + 1))
    observed = float(masses @ log_ranks / masses.sum())

    def excess(exponent: float) -> float:
        powers = np.exp(-exponent * log_ranks)
        return float(powers @ log_ranks / powers.sum()) - observed

    # The mean log rank falls as the exponent grows; sorted masses never exceed that of exponent 0, but for rounding.
    if excess(0.0) <= _ROUNDING:
        return 0.0
    high = 1.0
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-14))


def _shares(exponent: float, ranks: int) -> FloatArray:
    powers = np.exp(-exponent * np.log(np.arange(1, ranks + 1)))
    shares: FloatArray = powers / powers.sum()
    return shares


def _distance(masses: FloatArray, exponent: float) -> float:
    return float(np.abs(np.cumsum(masses) / masses.sum() - np.cumsum(_shares(exponent, len(masses)))).max())


@metric(
    definition=(
        "Exponent a of p(rank) ~ rank^-a, ranks from 1 (most frequent) to the number of kinds seen, by maximum "
        "likelihood, for symbols (EOS not among them), each message weighted by its meaning's frequency. Variant "
        "messages: for whole messages; first_100: for the 100 most frequent symbols alone."
    ),
    unit="none",
    range=(0.0, np.inf),
    direction="higher: a few kinds are most of what is said; 0 when all are equally frequent, about 1 in texts",
    source="Zipf 1949; likelihood as in Clauset, Shalizi & Newman 2009 on a finite number of ranks",
    needs_meanings=False,
    null="greater",
    null_model="random",
    variants={"by_type": {"weighted": False}, "first_100": {"ranks": _RANKS}, "messages": {"unit": "message"}},
    prepare=_scorer,
)
def zipf_exponent(
    language: Language, *, unit: Unit = "symbol", ranks: int | None = None, weighted: bool = True
) -> float:
    """Exponent of Zipf's law, a in p(rank) = rank^-a / sum over ranks, by maximum likelihood; a pure number.

    The greatest likelihood is where the mean of log rank under the law is the observed one.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        unit: what is counted: ``"symbol"``, EOS not among them, or whole ``"message"``, the empty one included.
        ranks: fit the most frequent kinds alone, at least 2; None: all that occur.
        weighted: weight messages by their meaning's frequency (tokens); False counts every row once.

    Returns:
        a number of at least 0, higher where few kinds make up more of what is said; 0 when all are equally frequent.
        NaN with fewer than two kinds. Cost: O(words + kinds log kinds).

    Raises:
        BadInput: unknown unit, or fewer than two ranks.

    Source: Zipf 1949; Clauset, Shalizi & Newman 2009, section 3, for the likelihood. Deviations: the law ends at the
    last kind seen, where they let it go on for ever, and no lowest rank is searched for. Ranks come from the same text,
    so that short texts of equally frequent kinds score above 0 (Piantadosi 2014); the test of `zipf_fit` allows for it.
    """
    return evaluate(_scorer, language, unit=unit, ranks=ranks, weighted=weighted)


def zipf_fit(
    language: Language, *, unit: Unit = "symbol", ranks: int | None = None, resamples: int = 1000, seed: int = 0
) -> ZipfFit:
    """Fit Zipf's law to a corpus and test it; each row is one utterance.

    Args:
        language: n utterances of equal frequency; meanings are not needed.
        unit: what is counted: ``"symbol"``, EOS not among them, or whole ``"message"``, the empty one included.
        ranks: fit the most frequent kinds alone, at least 2; None: all that occur.
        resamples: texts drawn from the fit for the p-value, at least 1.
        seed: the same seed gives the same value.

    Returns:
        `ZipfFit`; its numbers are NaN with fewer than two kinds of words. Its exponent is that of `zipf_exponent`.

    Raises:
        BadInput: unequal frequencies (the fit needs to know how many words were said; give counts to
            `zipf_fit_of_counts`), unknown unit, fewer than two ranks or one resample.

    Source: as `zipf_fit_of_counts`.
    """
    if np.ptp(language.frequencies) > 0:
        raise BadInput("zipf_fit takes each row for one utterance, and these have unequal frequencies; give counts")
    counts = units_of(language, unit).masses(np.arange(language.n), np.ones(language.n))
    return zipf_fit_of_counts(counts, ranks=ranks, resamples=resamples, seed=seed)


def zipf_fit_of_counts(counts: ArrayLike, *, ranks: int | None = None, resamples: int = 1000, seed: int = 0) -> ZipfFit:
    """Fit Zipf's law to how often each kind of word was said, in any order, and test it.

    Args:
        counts: whole numbers of at least 0, ``[kinds]``; kinds with 0 are left out.
        ranks: fit the most frequent kinds alone, at least 2; None: all that occur.
        resamples: texts drawn from the fit for the p-value, at least 1.
        seed: the same seed gives the same value.

    Returns:
        `ZipfFit`; its numbers are NaN with fewer than two kinds. Cost: O(resamples * kinds log kinds).

    Raises:
        BadInput: counts that are none or sum to more than 2^53, fewer than two ranks or one resample.

    Source: Clauset, Shalizi & Newman 2009, section 4 (they rule the law out below p = 0.1). Deviations: those of
    `zipf_exponent`; drawn texts are ranked anew, which allows for ranks that come from the text itself; and the
    observed text counts as one of the drawn ones, so that p is never 0 (Phipson & Smyth 2010).
    """
    ranks = None if ranks is None else whole_number("ranks", ranks, least=2)
    resamples, seed = whole_number("resamples", resamples, least=1), whole_number("seed", seed, least=0)
    given = _whole(counts)
    masses = np.sort(given[given > 0])[::-1][:ranks]
    kinds, tokens = len(masses), int(masses.sum())
    if kinds < 2:
        nan = float("nan")
        return ZipfFit(nan, nan, nan, nan, nan, kinds, tokens)
    exponent = _exponent(masses)
    shares, log_ranks = _shares(exponent, kinds), np.log(np.arange(1, kinds + 1))
    variance = shares @ log_ranks**2 - (shares @ log_ranks) ** 2
    distance = _distance(masses, exponent)
    rng = generator(seed, "zipf/fit")
    far = sum(_own_distance(rng.multinomial(tokens, shares)) >= distance - 1e-12 for _ in range(resamples))
    log_likelihood = float(masses @ np.log(shares))
    standard_error = float(1 / np.sqrt(tokens * variance))
    p_value = (1 + far) / (1 + resamples)
    return ZipfFit(exponent, standard_error, distance, p_value, log_likelihood, kinds, tokens)


def _whole(counts: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.full(1, np.nan)
    if given.ndim != 1 or not np.isfinite(given).all() or (given < 0).any() or (given != np.round(given)).any():
        raise BadInput(f"counts must be whole numbers of at least 0, [kinds]; got {shown(counts)}")
    if given.sum() > _MOST:
        raise BadInput(f"counts must sum to at most {_MOST}, got {given.sum():.3g}")
    return given


def _own_distance(text: IntArray) -> float:
    """Return how far a drawn text is from the fit to itself; 0 for a text of one kind, which any steep law fits."""
    masses = np.sort(text[text > 0])[::-1].astype(np.float64)
    return _distance(masses, _exponent(masses)) if len(masses) > 1 else 0.0
