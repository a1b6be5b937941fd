"""Positional informativeness: which symbols of a message change the listener's answer when they are replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.rng import generator

__all__ = ["Informativeness", "positional_informativeness"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Answer = Callable[[IntArray], ArrayLike]


class Informativeness(NamedTuple):
    """How often replacing a symbol by another changes the listener's answer.

    Attributes:
        changed: float64 ``[n, max_length]``, for each symbol of each message the share of its replacements that change
            the answer, in [0, 1]; NaN from EOS on.
        by_position: float64 ``[max_length]``, mean of `changed` over the messages that have a symbol there; NaN where
            none has.
        share: mean of `changed` over all symbols (rho_inf), in [0, 1]; NaN without any symbol.
        effective_length: mean over messages of the sum of `changed` (L_eff), in symbols, at most the mean length.
        mean_position: mean position, from 1, of the symbols weighted by `changed`; NaN when no replacement matters.
    """

    changed: FloatArray
    by_position: FloatArray
    share: float
    effective_length: float
    mean_position: float


def positional_informativeness(
    messages: ArrayLike,
    answer: Answer,
    symbols: int,
    *,
    replacements: int | None = None,
    frequencies: ArrayLike | None = None,
    seed: int = 0,
) -> Informativeness:
    """Replace each symbol of each message by others, one at a time, and see whether the listener's answer changes.

    Args:
        messages: integers ``[n, max_length]``, 0 = EOS; what follows the first 0 of a row is set to 0.
        answer: the listener: int64 ``[n, max_length]`` (a copy, to change at will) to integers ``[n]``. Row i is always
            message i with at most one symbol replaced, so that a listener may look at candidates of its own for each.
        symbols: size of the alphabet, EOS not counted, at least 2. EOS is never put in or taken out.
        replacements: how many of the ``symbols - 1`` others are tried, drawn at random without repetition for each
            symbol; None: all of them, which needs no randomness.
        frequencies: non-negative numbers ``[n]``, what each message counts in everything but `changed`; None: equally.
        seed: the same seed gives the same draws.

    Returns:
        `Informativeness`. Higher shares: more symbols matter to this listener. Cost: 1 + longest message * replacements
        calls of `answer`.

    Raises:
        BadInput: messages or frequencies as `Language` refuses them, fewer than two symbols, replacements outside
            ``1..symbols - 1``, or answers that are not one integer a message.

    Source: Rita et al. 2020, who replace each symbol once at random. Deviations: the share over replacements stands for
    their yes or no, whose mean over draws it is; a symbol is never replaced by itself; EOS is not replaced (their code
    does both); and what counts is whether the answer changes, not whether it becomes wrong.
    """
    symbols = whole_number("symbols", symbols, least=2)
    tried = symbols - 1 if replacements is None else whole_number("replacements", replacements, least=1)
    if tried > symbols - 1:
        raise BadInput(f"replacements must be in 1..{symbols - 1}, the other symbols; got {tried}")
    seed = whole_number("seed", seed, least=0)
    language = Language(None, messages, frequencies=frequencies, symbols=symbols)
    own = _answers(answer, language.messages.copy())
    rng = generator(seed, "informativeness")
    changed = np.full(language.messages.shape, np.nan)
    for position in range(int(language.lengths.max())):
        there = language.lengths > position
        shifts = _shifts(rng, len(there), symbols, tried)
        different = np.zeros(len(there))
        for shift in shifts.T:
            altered = language.messages.copy()
            # Symbols 1..symbols in a circle: a shift of 1..symbols - 1 steps leads to another one.
            altered[there, position] = (altered[there, position] - 1 + shift[there]) % symbols + 1
            different += _answers(answer, altered) != own
        changed[there, position] = different[there] / tried
    return _summary(changed, language.frequencies)


def _shifts(rng: np.random.Generator, n: int, symbols: int, tried: int) -> IntArray:
    """Return, for each of n messages, `tried` different numbers out of 1..symbols - 1: int64 ``[n, tried]``."""
    everything = np.broadcast_to(np.arange(1, symbols), (n, symbols - 1))
    return everything if tried == symbols - 1 else rng.permuted(everything, axis=1)[:, :tried]


def _answers(answer: Answer, messages: IntArray) -> IntArray:
    given, n = answer(messages), len(messages)
    try:
        answers = np.asarray(given)
    except (TypeError, ValueError):
        raise BadInput(f"the listener must give one integer for each of {n} messages, got rows of integers") from None
    if answers.shape != (n,) or answers.dtype.kind not in "iu":
        raise BadInput(
            f"the listener must give one integer for each of {n} messages, got {answers.dtype} {list(answers.shape)}"
        )
    return answers.astype(np.int64)


def _summary(changed: FloatArray, frequencies: FloatArray) -> Informativeness:
    here = ~np.isnan(changed)
    weights = frequencies[:, None] * here
    informative = weights * np.where(here, changed, 0.0)
    with np.errstate(invalid="ignore"):  # 0 / 0 where nothing is said
        by_position = informative.sum(axis=0) / weights.sum(axis=0)
        share = informative.sum() / weights.sum()
        mean_position = informative.sum(axis=0) @ np.arange(1, changed.shape[1] + 1) / informative.sum()
    return Informativeness(changed, by_position, float(share), float(informative.sum()), float(mean_position))
