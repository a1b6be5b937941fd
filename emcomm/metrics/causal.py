"""Causal: do messages say what their speaker does, do listeners act on them, and what if a message were another?

The first two measures look at what happened; `causal_influence` at what the listener would do after each message. The
knock-outs and shuffles at the end change messages, for a listener to answer them once more.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from emcomm.errors import BadInput, unknown
from emcomm.language import Language, whole_number
from emcomm.metrics.contingency import entropies
from emcomm.metrics.resampling import PermutationTest, p_value
from emcomm.rng import generator

__all__ = [
    "causal_influence",
    "causal_influences",
    "dependence_test",
    "instantaneous_coordination",
    "knock_out",
    "knock_out_each_position",
    "shuffle_messages",
    "shuffle_position",
    "shuffle_symbols",
    "speaker_consistency",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
KnockOut = Literal["erase", "remove", "replace"]
_BLOCK = 1 << 22  # numbers sorted at once
_TOLERANCE = 1e-3  # by which given probabilities may miss the sum 1, as those in half precision do


def speaker_consistency(messages: ArrayLike, actions: ArrayLike, *, normalised: bool = False) -> float:
    """How far a speaker's message tells what the speaker does or sees: I(message; own action), from counts.

    H(messages) + H(actions) - H(both), in bits, of the shares with which they occur together. Range
    0..log2(number of messages or actions, the smaller); higher: messages tell more. Always defined as it is;
    normalised, in 0..1, NaN when there is one message or one action. Few rows bias it upwards, by about
    (messages - 1)(actions - 1) / (2 n ln 2) bits: see `dependence_test`. Cost: O(n log n).

    Args:
        messages: the speaker's messages: integers ``[n]``, or ``[n, max_length]`` with 0 = EOS.
        actions: what the same speaker did, or saw, at the same moments: integers ``[n]`` or ``[n, parts]``.
        normalised: mean of I / H(messages) and I / H(actions), which is 1 when each tells the other.

    Raises:
        BadInput: not integers, or not as many messages as actions.

    Source: Jaques et al. 2019; Lowe et al. 2019, in nats there (`normalised=False`). The normalised form is after the
    former's score in 0..1, not their formula.
    """
    return _dependence(messages, actions, normalised)


def instantaneous_coordination(messages: ArrayLike, next_actions: ArrayLike, *, normalised: bool = False) -> float:
    """How far a speaker's message tells what the listener does next: I(message; listener's next action), from counts.

    Formula, range, bias and cost as in `speaker_consistency`. It shows that they go together, not that the listener
    acts on the message: both may follow something else. For that see `causal_influence`.

    Args:
        messages: the speaker's messages: integers ``[n]``, or ``[n, max_length]`` with 0 = EOS.
        next_actions: what the listener did right after each: integers ``[n]`` or ``[n, parts]``.
        normalised: as in `speaker_consistency`.

    Raises:
        BadInput: not integers, or not as many messages as actions.

    Source: Jaques et al. 2019; Lowe et al. 2019, in nats there.
    """
    return _dependence(messages, next_actions, normalised)


def dependence_test(
    messages: ArrayLike, actions: ArrayLike, *, resamples: int = 1000, seed: int = 0
) -> PermutationTest:
    """`speaker_consistency` (or coordination) beside chance: the actions dealt to the messages at random.

    Args:
        messages: as there.
        actions: as there.
        resamples: how often to deal, at least 1. Cost: O(resamples x n log n).
        seed: the same seed gives the same result.

    Returns:
        `PermutationTest`, value and null mean in bits; p for at least as much information.

    Raises:
        BadInput: as there, or fewer than one resample.

    Source: none; a permutation test of the measures of Jaques et al. 2019 and Lowe et al. 2019.
    """
    resamples, seed = whole_number("resamples", resamples, least=1), whole_number("seed", seed, least=0)
    said, done = _codes(messages, actions)
    rng, null = generator(seed, "dependence/null"), np.empty(resamples)
    for start in range(0, resamples, step := max(1, _BLOCK // len(done))):
        block = null[start : start + step]
        block[:] = _information(said, rng.permuted(np.tile(done, (len(block), 1)), axis=1))
    value = float(_information(said, done[None])[0])
    return PermutationTest(value, float(null.mean()), p_value(value, null, "greater"))


def _dependence(messages: ArrayLike, actions: ArrayLike, normalised: bool) -> float:
    said, done = _codes(messages, actions)
    bits = float(_information(said, done[None])[0])
    if not normalised:
        return bits
    each = entropies(np.stack([said, done]))
    return float(np.clip((bits / each).mean(), 0.0, 1.0)) if each.all() else float("nan")


def _information(said: IntArray, done: IntArray) -> FloatArray:
    """Mutual information in bits of ``[n]`` with each row of ``[rows, n]``; margins and joint are normalised alike."""
    both = said * (done.max() + 1) + done
    return np.maximum(entropies(said[None]) + entropies(done[:1]) - entropies(both), 0.0)


def _codes(messages: ArrayLike, actions: ArrayLike) -> tuple[IntArray, IntArray]:
    try:
        said, done = np.asarray(messages), np.asarray(actions)
    except (TypeError, ValueError):
        raise BadInput("messages and actions must be integers in arrays without gaps") from None
    words = Language(None, said[:, None] if said.ndim == 1 else said)
    if done.ndim not in (1, 2) or done.dtype.kind not in "iub" or not done.size:
        raise BadInput(f"actions must be integers [n] or [n, parts], got {done.dtype} {list(done.shape)}")
    if len(done) != words.n:
        raise BadInput(f"every message goes with one action: got {words.n} messages and {len(done)} actions")
    return words.message_ids, np.unique(done, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def causal_influence(
    action_probabilities: ArrayLike,
    message_probabilities: ArrayLike | None = None,
    *,
    state_weights: ArrayLike | None = None,
) -> float:
    """Causal influence of communication: I(message; listener's action) when messages are set by intervention.

    In each state, sum over messages m and actions a of p(m) p(a | do(m)) log2(p(a | do(m)) / p(a)), where
    p(a) = sum over m of p(m) p(a | do(m)); then the mean over states. In bits, 0..log2(number of messages or actions,
    the smaller); 0: the listener does the same whatever is said. Always defined. Cost: O(states x messages x actions).

    Args:
        action_probabilities: p(a | do(m)), float ``[states, messages, actions]``, or ``[messages, actions]`` for one
            state; a listener's greedy answers ``[states, messages]`` become such by ``np.eye(actions)[answers]``.
        message_probabilities: p(m), ``[states, messages]``, or ``[messages]`` for all states; None: all alike. With
            the speaker's own p(m | state), a speaker that always says the same in a state has no influence there.
        state_weights: how often each state occurs, ``[states]``, scaled to sum 1; None: all alike.

    Raises:
        BadInput: shapes that do not fit, or numbers that are no probabilities.

    Source: Lowe et al. 2019, who take the speaker's own p(m | state) and nats. Their code takes p(a) as the mean over
    messages where the definition has the sum, which adds ln(number of messages); here the sum is taken.
    """
    each = causal_influences(action_probabilities, message_probabilities)
    weights = np.ones(len(each)) if state_weights is None else _numbers("state_weights", state_weights)
    if weights.shape != each.shape or weights.min() < 0 or not weights.any():
        raise BadInput(f"state_weights must be {len(each)} numbers of at least 0, not all 0; got {list(weights.shape)}")
    return float(each @ weights / weights.sum())


def causal_influences(action_probabilities: ArrayLike, message_probabilities: ArrayLike | None = None) -> FloatArray:
    """The influence in each state, in bits: float64 ``[states]``; `causal_influence` is its mean.

    Args, errors and cost as there.

    Source: Lowe et al. 2019; see `causal_influence`.
    """
    acts = _numbers("action_probabilities", action_probabilities)
    acts = acts[None] if acts.ndim == 2 else acts
    if acts.ndim != 3 or 0 in acts.shape:
        raise BadInput(f"action_probabilities must be [states, messages, actions], got {list(acts.shape)}")
    states, messages, _ = acts.shape
    says = np.ones(messages) / messages
    if message_probabilities is not None:
        says = _numbers("message_probabilities", message_probabilities)
    if says.shape not in ((messages,), (states, messages)):
        wanted = f"[{messages}] or [{states}, {messages}]"
        raise BadInput(f"message_probabilities must be {wanted}, got {list(says.shape)}")
    acts = _shares("action_probabilities", acts)
    says = np.broadcast_to(_shares("message_probabilities", says), (states, messages))
    margin = np.einsum("sm,sma->sa", says, acts)
    nats = entr(margin).sum(axis=1) - (says * entr(acts).sum(axis=2)).sum(axis=1)
    return np.asarray(np.maximum(nats / np.log(2), 0.0))


def _numbers(what: str, values: ArrayLike) -> FloatArray:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{what} must be numbers in an array without gaps") from None
    if not np.isfinite(numbers).all():
        raise BadInput(f"{what} must be finite numbers")
    return numbers


def _shares(what: str, values: FloatArray) -> FloatArray:
    """Check that the last axis holds probabilities, and scale it to the sum 1 exactly."""
    sums = values.sum(axis=-1, keepdims=True)
    if values.min() < 0 or np.abs(sums - 1).max() > _TOLERANCE:
        worst = sums.ravel()[np.abs(sums - 1).argmax()]
        raise BadInput(f"{what} must be at least 0 with the sum 1; got the sum {worst:.4g}, least {values.min():.4g}")
    return values / sums


def knock_out(
    messages: ArrayLike,
    *,
    symbols: int,
    position: int | None = None,
    symbol: int | None = None,
    by: KnockOut = "erase",
    rng: np.random.Generator | None = None,
) -> IntArray:
    """Return the messages with one position, or one symbol wherever it stands, knocked out.

    Args:
        messages: integers ``[n, max_length]``, 0 = EOS.
        symbols: size of the alphabet.
        position: which position, from 0; messages that end before it stay as they are. Or
        symbol: which symbol, in 1..symbols. Just one of the two.
        by: ``"erase"``: by ``symbols + 1``, the erased symbol that listeners know from noisy channels; ``"remove"``:
            what follows moves up and the message gets shorter (not for channels without EOS); ``"replace"``: by
            another symbol, all others alike.
        rng: where other symbols are drawn from; for ``"replace"`` only.

    Returns:
        int64 ``[n, max_length]``, a new array. Cost: O(n x max_length).

    Raises:
        BadInput: no messages, unknown options, or nothing or two things to knock out.

    Source: the interventions of Kharitonov et al. 2020 and Rita et al. 2020 (symbol k replaced).
    """
    spoken, symbols = _spoken(messages, symbols)
    if (position is None) == (symbol is None):
        raise BadInput("knock_out takes either a position or a symbol")
    if symbol is not None:
        if whole_number("symbol", symbol, least=1) > symbols:
            raise BadInput(f"symbol must be one of 1..{symbols}, got {symbol}")
        return _knocked_out(spoken, spoken == symbol, symbols, by, rng)
    return _knocked_out(spoken, _at(spoken, position), symbols, by, rng)


def knock_out_each_position(
    messages: ArrayLike, *, symbols: int, by: KnockOut = "erase", rng: np.random.Generator | None = None
) -> IntArray:
    """Return the messages with position 0 knocked out, with position 1 knocked out, and so on.

    Args:
        messages: as in `knock_out`, and so are the other arguments and the errors.
        symbols: size of the alphabet.
        by: see there.
        rng: see there.

    Returns:
        int64 ``[max_length, n, max_length]``; the first axis is the position that is knocked out.

    Source: as `knock_out`.
    """
    spoken, symbols = _spoken(messages, symbols)
    width = spoken.shape[1]
    chosen = (np.eye(width, dtype=bool)[:, None] & (spoken > 0)).reshape(-1, width)
    return _knocked_out(np.tile(spoken, (width, 1)), chosen, symbols, by, rng).reshape(width, *spoken.shape)


def _spoken(messages: ArrayLike, symbols: int | None = None) -> tuple[IntArray, int]:
    language = Language(None, messages, symbols=symbols)
    return language.messages.copy(), language.symbols or int(language.messages.max())


def _at(spoken: IntArray, position: Any) -> NDArray[np.bool_]:
    if whole_number("position", position, least=0) >= spoken.shape[1]:
        raise BadInput(f"position must be one of 0..{spoken.shape[1] - 1}, got {position}")
    return (np.arange(spoken.shape[1]) == position) & (spoken > 0)


def _knocked_out(
    spoken: IntArray, chosen: NDArray[np.bool_], symbols: int, by: str, rng: np.random.Generator | None
) -> IntArray:
    if by not in ("erase", "remove", "replace"):
        raise unknown("way to knock out", by, ("erase", "remove", "replace"))
    if by == "erase":
        return np.where(chosen, symbols + 1, spoken)
    if by == "remove":
        left = np.where(chosen, 0, spoken)
        order = np.argsort(left == 0, axis=1, kind="stable")
        return np.take_along_axis(left, order, axis=1)
    if rng is None or symbols < 2:
        raise BadInput(f"by='replace' needs rng, a generator to draw from, and at least 2 symbols; got {symbols}")
    # A step of 1..symbols - 1 around the alphabet reaches each other symbol equally often.
    others = (spoken - 1 + _drawing(rng).integers(1, symbols, spoken.shape)) % symbols + 1
    return np.where(chosen, others, spoken)


def shuffle_symbols(messages: ArrayLike, rng: np.random.Generator) -> IntArray:
    """Return the messages with the symbols of each in a random order; lengths and symbol counts stay.

    Args:
        messages: integers ``[n, max_length]``, 0 = EOS.
        rng: where the orders are drawn from.

    Returns:
        int64 ``[n, max_length]``, a new array. Cost: O(n x max_length log max_length).

    Raises:
        BadInput: no messages, or no generator.

    Source: Kharitonov et al. 2020 (the effect of shuffling the symbols on accuracy).
    """
    spoken, _ = _spoken(messages)
    keys = np.where(spoken > 0, _drawing(rng).random(spoken.shape), 2.0)
    return np.take_along_axis(spoken, np.argsort(keys, axis=1, kind="stable"), axis=1)


def shuffle_messages(messages: ArrayLike, rng: np.random.Generator) -> IntArray:
    """Return the messages dealt to the rows at random: they say nothing of their meanings any more, and are all there.

    Args:
        messages: integers ``[n, max_length]``, 0 = EOS.
        rng: where the order is drawn from.

    Returns:
        int64 ``[n, max_length]``, a new array.

    Raises:
        BadInput: no messages, or no generator.

    Source: Kharitonov et al. 2020; Lowe et al. 2019 (scrambled messages).
    """
    spoken, _ = _spoken(messages)
    return _drawing(rng).permutation(spoken, axis=0)


def shuffle_position(messages: ArrayLike, position: int, rng: np.random.Generator) -> IntArray:
    """Return the messages with the symbols at one position dealt anew among the messages that reach it.

    Unlike a knock-out this keeps how often each symbol stands there.

    Args:
        messages: integers ``[n, max_length]``, 0 = EOS.
        position: which position, from 0.
        rng: where the order is drawn from.

    Returns:
        int64 ``[n, max_length]``, a new array.

    Raises:
        BadInput: no messages, no such position, or no generator.

    Source: none; the permutation importance of Breiman 2001, of a position.
    """
    spoken, _ = _spoken(messages)
    rows = np.flatnonzero(_at(spoken, position)[:, position])
    spoken[rows, position] = _drawing(rng).permutation(spoken[rows, position])
    return spoken


def _drawing(rng: np.random.Generator) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise BadInput(f"rng must be a generator of NumPy, as np.random.default_rng(0) is; got {type(rng).__name__}")
    return rng
