"""Heaps' law: how the number of different words grows with the length of a text."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from emcomm.errors import BadInput, shown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.units import Unit, units_of

__all__ = ["expected_types", "heaps_exponent"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_POINTS = 64  # lengths of text that the line goes through, evenly spaced on a log scale


def expected_types(counts: ArrayLike, tokens: ArrayLike, *, replace: bool = False) -> FloatArray:
    """Mean number of different words among words picked at random from a text.

    Args:
        counts: how often each kind of word was said, ``[kinds]``, each above 0, with sum N; any masses with `replace`.
        tokens: int64 ``[points]``, how many words are picked, at least 1; at most N without `replace`.
        replace: pick with replacement, that is, say words anew according to their shares.

    Returns:
        float64 ``[points]`` in ``0..kinds``. Cost: O(points * different counts).

    Raises:
        BadInput: counts or tokens that are none, or more tokens than there are words.

    Source: Hurlbert 1971 (rarefaction): the sum over kinds of 1 - C(N - count, tokens) / C(N, tokens); with `replace`
    of 1 - (1 - share)^tokens.
    """
    masses, given = _vector("counts", counts), _vector("tokens", tokens)
    if not (masses > 0).all():
        raise BadInput(f"counts must be above 0, got {masses.min():g}")
    sizes, times = np.unique(masses, return_counts=True)
    total, picked = float(masses.sum()), given[:, None]
    if (given < 1).any() or (not replace and (given > round(total)).any()):
        raise BadInput(f"tokens must be in 1..{'' if replace else round(total)}, got {shown(tokens)}")
    if replace:
        with np.errstate(divide="ignore"):  # a kind that is everything is never missed
            found = -np.expm1(picked * np.log1p(-np.minimum(sizes / total, 1.0)))
    else:
        rest = np.maximum(total - sizes - picked, 0.0)
        log_missed = gammaln(total - sizes + 1) - gammaln(rest + 1) + gammaln(total - picked + 1) - gammaln(total + 1)
        found = np.where(total - sizes >= picked, -np.expm1(log_missed), 1.0)
        # One word of a kind, or one word picked, needs no logarithms, which would round the growth of long texts.
        found = np.where(np.minimum(sizes, picked) == 1, np.maximum(sizes, picked) / total, found)
    grown: FloatArray = found @ times
    return grown


def _vector(what: str, values: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.ndim != 1 or not len(given) or not np.isfinite(given).all():
        raise BadInput(f"{what} must be a list of finite numbers, got {shown(values)}")
    return given


def _scorer(language: Language, unit: Unit = "symbol", weighted: bool = False) -> Scorer:
    units = units_of(language, unit)
    ones, frequencies = np.ones(language.n), language.frequencies

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        counts = units.masses(message_rows, ones[meaning_rows])
        total = round(counts.sum())
        if total < 2:
            raise Undefined(f"there are no two {unit}s")
        if weighted:
            counts = units.masses(message_rows, frequencies[meaning_rows])
            if not len(counts):
                raise Undefined(f"no {unit} is ever said")
        lengths = np.unique(np.round(np.geomspace(1, total, _POINTS)).astype(np.int64))
        x, y = np.log(lengths), np.log(expected_types(counts, lengths, replace=weighted))
        x = x - x.mean()
        return float(np.clip(x @ y / (x @ x), 0.0, 1.0))

    return score


@metric(
    definition=(
        "Exponent b of types ~ tokens^b: the slope of the least-squares line through log number of different symbols "
        "against log number of symbols, at up to 64 lengths of text evenly spaced on a log scale from 1 to all; every "
        "row is one utterance, and the number of types is the mean over all orders of the symbols. Variant messages: "
        "of whole messages; by_frequency: of texts as long, said anew, each message as frequent as its meaning."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction="higher: new words keep coming; 1 when no word is said twice, 0 when there is one",
    source="Heaps 1978; Hurlbert 1971 for the mean over orders",
    needs_meanings=False,
    null="either",
    null_model="random",
    variants={"by_frequency": {"weighted": True}, "messages": {"unit": "message"}},
    prepare=_scorer,
)
def heaps_exponent(language: Language, *, unit: Unit = "symbol", weighted: bool = False) -> float:
    """Exponent of Heaps' law, b in types = k tokens^b, by least squares on log scales; a pure number.

    Args:
        language: n messages; frequencies ``[n]`` when `weighted`; meanings are not needed.
        unit: what is counted: ``"symbol"``, EOS not among them, or whole ``"message"``, the empty one included.
        weighted: False: the rows are a text, each one utterance. True: the text, with as many words as the rows hold,
            is said anew with each message as frequent as its meaning.

    Returns:
        a number in [0, 1], higher where new words keep coming; 1 when no word is said twice, 0 when there is one kind.
        NaN with fewer than two words. Cost: O(words), and 64 times the number of different counts.

    Raises:
        BadInput: unknown unit.

    Source: Heaps 1978. Deviation: texts are usually read in their order; here the number of types is its mean over all
    orders (`expected_types`), so that the order of the rows does not matter.
    """
    return evaluate(_scorer, language, unit=unit, weighted=weighted)
