"""Message length: its mean over meanings and over use, and whether frequent meanings have the shorter messages."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, metric
from emcomm.metrics.correlation import spearman

__all__ = [
    "abbreviation_saving",
    "length_frequency_correlation",
    "length_frequency_scorer",
    "mean_length",
    "mean_length_by_token",
    "mean_length_by_type",
    "token_length_scorer",
]

IntArray = NDArray[np.int64]
_WITH_EOS = {"with_eos": {"count_eos": True}}
_LENGTH = "A message's length is the number of symbols before EOS; the variant with_eos counts EOS as one more."


def _lengths(language: Language, count_eos: bool) -> IntArray:
    return language.lengths + int(count_eos and language.variable)


def _by_type(language: Language, count_eos: bool = False) -> Scorer:
    lengths = _lengths(language, count_eos)
    return lambda _, message_rows: float(lengths[message_rows].mean())


def token_length_scorer(language: Language, count_eos: bool = False) -> Scorer:
    """Return the scorer of the mean length by token; arguments as in `mean_length_by_token`."""
    lengths = _lengths(language, count_eos)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        weights = language.frequencies[meaning_rows]
        if not weights.any():
            raise Undefined("all frequencies are 0")
        spoken = lengths[message_rows]
        # Counted from one of them, so that equal lengths have exactly that mean.
        return float(spoken[0] + weights @ (spoken - spoken[0]) / weights.sum())

    return score


def length_frequency_scorer(language: Language) -> Scorer:
    """Return the scorer of `length_frequency_correlation`."""
    frequencies, lengths = language.frequencies, language.lengths

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        weights, spoken = frequencies[meaning_rows], lengths[message_rows]
        if (weights == weights[0]).all():
            raise Undefined("all meanings are equally frequent")
        if (spoken == spoken[0]).all():
            raise Undefined("all messages are equally long")
        return spearman(spoken, -weights)

    return score


def mean_length(language: Language, by: Literal["type", "token"] = "type", count_eos: bool = False) -> float:
    """Mean message length, by type or by token, in symbols.

    Args:
        language: n messages, and frequencies ``[n]`` for ``"token"``; meanings are not needed.
        by: ``"type"``: every meaning counted once, `mean_length_by_type`; ``"token"``: each weighted by its frequency,
            `mean_length_by_token`.
        count_eos: count EOS as one more symbol of every message (of none with ``variable=False``, which has no EOS).

    Returns:
        a number in ``0..max_length`` (one more with EOS), higher for longer messages. NaN never. Cost: O(n).

    Raises:
        BadInput: `by` is neither.

    Source: Chaabouni et al. 2019; Rita et al. 2020.
    """
    if by not in ("type", "token"):
        raise unknown("kind of mean", by, ("type", "token"))
    return (mean_length_by_type if by == "type" else mean_length_by_token)(language, count_eos=count_eos)


@metric(
    definition=f"Mean message length, every meaning counted once. {_LENGTH}",
    unit="symbols",
    range=(0.0, np.inf),
    direction="higher: longer messages",
    source="Chaabouni et al. 2019; L_type of Rita et al. 2020, who count EOS",
    needs_meanings=False,
    variants=_WITH_EOS,
    prepare=_by_type,
)
def mean_length_by_type(language: Language, *, count_eos: bool = False) -> float:
    """Mean message length with every meaning counted once (L_type), in symbols.

    Args:
        language: n messages; meanings are not needed.
        count_eos: count EOS as one more symbol of every message (of none with ``variable=False``, which has no EOS).

    Returns:
        a number in ``0..max_length`` (one more with EOS), higher for longer messages. NaN never. Cost: O(n).

    Source: Chaabouni et al. 2019; Rita et al. 2020.
    """
    return evaluate(_by_type, language, count_eos=count_eos)


@metric(
    definition=f"Mean message length, each meaning weighted by its frequency. {_LENGTH}",
    unit="symbols",
    range=(0.0, np.inf),
    direction="higher: longer messages in use; below the mean by type when frequent meanings have short messages",
    source="Chaabouni et al. 2019; L_token of Rita et al. 2020, who count EOS",
    needs_meanings=False,
    null="less",
    variants=_WITH_EOS,
    prepare=token_length_scorer,
)
def mean_length_by_token(language: Language, *, count_eos: bool = False) -> float:
    """Mean message length weighted by the meanings' frequencies (L_token), in symbols.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.
        count_eos: count EOS as one more symbol of every message (of none with ``variable=False``, which has no EOS).

    Returns:
        a number in ``0..max_length`` (one more with EOS), higher for longer messages; below `mean_length_by_type` when
        frequent meanings have short messages. NaN never. Cost: O(n).

    Source: Chaabouni et al. 2019; Rita et al. 2020.
    """
    return evaluate(token_length_scorer, language, count_eos=count_eos)


@metric(
    definition=(
        "Spearman's correlation between message length and frequency rank (rank 1 = the most frequent meaning), ties "
        "averaged. EOS counted or not gives the same value."
    ),
    unit="none",
    range=(-1.0, 1.0),
    direction="higher: rarer meanings have longer messages; positive is Zipf's law of abbreviation",
    source="Zipf 1949; Chaabouni et al. 2019 (as curves); Rita et al. 2020",
    needs_meanings=False,
    null="greater",
    prepare=length_frequency_scorer,
)
def length_frequency_correlation(language: Language) -> float:
    """Spearman's correlation of message length with frequency rank, ties averaged; positive is abbreviation.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.

    Returns:
        a number in [-1, 1], no unit; NaN when all frequencies, or all lengths, are equal. Cost: O(n log n).

    Source: Zipf 1949. Published work shows curves or tests the mean length by token (`abbreviation_p_value`).
    """
    return evaluate(length_frequency_scorer, language)


def _saving(language: Language) -> Scorer:
    frequencies, lengths = language.frequencies, language.lengths

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        weights, spoken = frequencies[meaning_rows], lengths[message_rows]
        if not weights.any():
            raise Undefined("all frequencies are 0")
        # The difference of the means is this covariance; it is exactly 0 where either is constant.
        return float((weights[0] - weights) @ (spoken - spoken.mean()) / weights.sum()) + 0.0

    return score


@metric(
    definition=(
        "Mean message length by type less mean length by token: the symbols an average use saves because frequent "
        "meanings have short messages. Unlike the correlation of length with rank it has a value (0) when all messages "
        "are equally long."
    ),
    unit="symbols",
    range=(-np.inf, np.inf),
    direction="higher: frequent meanings have shorter messages; positive is Zipf's law of abbreviation",
    source="the difference of L_type and L_token of Chaabouni et al. 2019 and Rita et al. 2020",
    needs_meanings=False,
    null="greater",
    prepare=_saving,
)
def abbreviation_saving(language: Language) -> float:
    """Mean length by type less mean length by token, in symbols; positive when frequent messages are the shorter ones.

    Args:
        language: n messages and frequencies ``[n]``; meanings are not needed.

    Returns:
        a number in ``-max_length..max_length``; exactly 0 when all lengths, or all frequencies, are equal. NaN never.
        Cost: O(n).

    Source: Chaabouni et al. 2019 and Rita et al. 2020 report the two means side by side.
    """
    return evaluate(_saving, language)
