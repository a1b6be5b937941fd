"""Speaker consistency, coordination, causal influence, knock-outs and shuffles: by hand, and what code got wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.metrics import causal
from emcomm.metrics.causal import (
    causal_influence,
    causal_influences,
    dependence_test,
    instantaneous_coordination,
    knock_out,
    knock_out_each_position,
    shuffle_messages,
    shuffle_position,
    shuffle_symbols,
    speaker_consistency,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=40)
BOTH = [speaker_consistency, instantaneous_coordination]
MESSAGES = np.array([[1, 2, 3, 0, 0], [4, 4, 0, 0, 0], [5, 1, 2, 3, 4], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]])


def binary(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


# Speaker consistency and instantaneous coordination


@pytest.mark.parametrize("measure", BOTH)
def test_information_by_hand(measure: Callable[..., float]):
    # message 1 with actions 0 and 1, message 2 twice with 1: H(m) = 1, H(a) = H(1/4), H(both) = 1.5
    messages, actions = [1, 1, 2, 2], [0, 1, 1, 1]
    bits = 1 + binary(0.25) - 1.5
    assert measure(messages, actions) == pytest.approx(bits)
    assert measure(messages, actions, normalised=True) == pytest.approx((bits / 1 + bits / binary(0.25)) / 2)


@pytest.mark.parametrize("measure", BOTH)
def test_marginals_are_shares_and_not_counts(measure: Callable[..., float]):
    # With the joint as shares and the marginals as counts, as published code has it, the value depends on n.
    messages, actions = [1, 1, 2, 2, 3], [0, 1, 1, 1, 2]
    assert measure(messages * 7, actions * 7) == pytest.approx(measure(messages, actions))


@pytest.mark.parametrize("measure", BOTH)
def test_limits_of_information(measure: Callable[..., float]):
    four = np.arange(4)
    assert measure(four + 1, four) == pytest.approx(2.0)
    assert measure(four + 1, four, normalised=True) == pytest.approx(1.0)
    every = np.array([(m, a) for m in range(1, 4) for a in range(5)])
    assert measure(every[:, 0], every[:, 1]) == pytest.approx(0.0, abs=1e-12)
    assert measure(every[:, 0], every[:, 1], normalised=True) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("measure", BOTH)
def test_one_message_or_one_action_tells_nothing(measure: Callable[..., float]):
    for messages, actions in (([1, 1, 1], [0, 1, 2]), ([1, 2, 3], [4, 4, 4]), ([7], [7]), ([0, 0], [0, 1])):
        assert measure(messages, actions) == 0.0
        assert math.isnan(measure(messages, actions, normalised=True))


def test_whole_messages_up_to_their_end_and_actions_of_several_parts():
    messages = [[1, 2, 0, 0], [1, 2, 0, 9], [2, 1, 0, 0], [0, 5, 5, 5]]
    assert speaker_consistency(messages, [3, 3, 4, 5]) == pytest.approx(1.5)  # three messages: 1/2, 1/4, 1/4
    assert speaker_consistency(messages, [[0, 1], [0, 1], [1, 0], [1, 1]]) == pytest.approx(1.5)
    assert speaker_consistency(messages, np.array([True, True, False, False])) == pytest.approx(1.0)


@fixed
@given(st.integers(1, 23), st.integers(0, 2**31))
def test_what_must_not_matter_to_information_does_not(n: int, seed: int):
    rng = np.random.default_rng(seed)
    messages, actions = rng.integers(0, 4, (n, 3)), rng.integers(0, 5, n)
    symbols, names, order = np.concatenate([[0], rng.permutation(7) + 1]), rng.permutation(5), rng.permutation(n)
    junk = np.concatenate([messages, np.zeros((n, 1), int), rng.integers(0, 4, (n, 2))], axis=1)
    for normalised in (False, True):
        value = speaker_consistency(messages, actions, normalised=normalised)
        others = [(symbols[messages], names[actions]), (messages[order], actions[order]), (junk, actions)]
        for said, done in others:
            other = speaker_consistency(said, done, normalised=normalised)
            assert other == pytest.approx(value, nan_ok=True, abs=1e-9)
        assert math.isnan(value) or 0 <= value <= (1 if normalised else math.log2(5))


def test_chance_is_what_dealing_the_actions_gives():
    # two messages, two actions, n = 4: of 6 deals of the actions 2 are perfect (1 bit), 4 independent
    value, null_mean, p = dependence_test([1, 1, 2, 2], [0, 0, 1, 1], resamples=4001, seed=3)
    assert value == pytest.approx(1.0)
    assert null_mean == pytest.approx(1 / 3, abs=0.03)
    assert p == pytest.approx(1 / 3, abs=0.03)


def test_information_by_chance_is_above_zero():
    rng = np.random.default_rng(5)
    messages, actions = rng.integers(1, 8, 211), rng.integers(0, 5, 211)
    strangers = dependence_test(messages, actions, resamples=199)
    # about (messages - 1)(actions - 1) / (2 n ln 2)
    assert strangers.null_mean == pytest.approx(6 * 4 / (2 * 211 * math.log(2)), rel=0.15)
    assert strangers.p_value > 0.05
    assert dependence_test(messages, messages % 5, resamples=199).p_value == pytest.approx(1 / 200)


def test_dealing_in_blocks_changes_nothing(monkeypatch):
    messages, actions = [1, 2, 3, 1, 2], [0, 1, 1, 0, 0]
    whole = dependence_test(messages, actions, resamples=11, seed=2)
    monkeypatch.setattr(causal, "_BLOCK", 10)
    np.testing.assert_allclose(dependence_test(messages, actions, resamples=11, seed=2), whole)


# Causal influence of communication


def influence(acts: np.ndarray, says: np.ndarray) -> float:
    """The definition in plain loops, for one state."""
    total = 0.0
    for m, p in enumerate(says):
        for a, q in enumerate(acts[m]):
            marginal = sum(says[k] * acts[k, a] for k in range(len(says)))
            total += p * q * math.log2(q / marginal) if p * q > 0 else 0.0
    return total


@pytest.mark.parametrize("messages", [2, 3, 4, 7])
def test_a_listener_who_does_not_listen(messages: int):
    # Published code gives ln(messages) here: 1.386 with 4 messages.
    assert causal_influence(np.full((messages, 5), 0.2)) == pytest.approx(0.0, abs=1e-12)
    assert causal_influence(np.tile([0.7, 0.3], (messages, 1))) == pytest.approx(0.0, abs=1e-12)


def test_influence_by_hand():
    assert causal_influence(np.eye(3)) == pytest.approx(math.log2(3))
    assert causal_influence(np.eye(2), [0.25, 0.75]) == pytest.approx(binary(0.25))
    assert causal_influence([[0.9, 0.1], [0.1, 0.9]]) == pytest.approx(1 - binary(0.1))
    # three messages, two actions: the third message is like the first, so p(a) = 2/3, 1/3
    assert causal_influence([[1, 0], [0, 1], [1, 0]]) == pytest.approx(binary(1 / 3))


def test_influence_is_the_mean_over_states():
    listens, deaf = np.eye(2), np.full((2, 2), 0.5)
    np.testing.assert_allclose(causal_influences([listens, deaf, deaf]), [1, 0, 0], atol=1e-12)
    assert causal_influence([listens, deaf, deaf]) == pytest.approx(1 / 3)
    assert causal_influence([listens, deaf, deaf], state_weights=[3, 1, 0]) == pytest.approx(3 / 4)


def test_who_says_the_same_whatever_happens_has_no_influence():
    greedy = np.eye(3)[[0, 2]]  # always message 0 in the first state, message 2 in the second
    assert causal_influence(np.stack([np.eye(3), np.eye(3)]), greedy) == pytest.approx(0.0)
    assert causal_influence(np.stack([np.eye(3), np.eye(3)]), greedy.mean(axis=0)) == pytest.approx(1.0)


def test_answers_of_a_greedy_listener():
    answers = np.array([[0, 1, 1, 4, 4], [2, 2, 2, 2, 2]])  # [states, messages], 5 actions
    expected = (-(0.2 * math.log2(0.2) + 2 * 0.4 * math.log2(0.4))) / 2
    assert causal_influence(np.eye(5)[answers]) == pytest.approx(expected)


@fixed
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**31))
def test_influence_agrees_with_its_definition(states: int, messages: int, actions: int, seed: int):
    rng = np.random.default_rng(seed)
    acts, says = rng.dirichlet(np.full(actions, 0.3), (states, messages)), rng.dirichlet(np.ones(messages), states)
    expected = [influence(acts[s], says[s]) for s in range(states)]
    np.testing.assert_allclose(causal_influences(acts, says), expected, atol=1e-9)
    assert 0 <= causal_influence(acts, says) <= math.log2(min(messages, actions)) + 1e-9
    new_messages, new_actions = rng.permutation(messages), rng.permutation(actions)
    renamed = acts[:, new_messages][:, :, new_actions]
    assert causal_influence(renamed, says[:, new_messages]) == pytest.approx(np.mean(expected), abs=1e-9)


def test_rounded_probabilities_are_taken():
    rounded = np.array([[0.333, 0.333, 0.333], [1, 0, 0]], dtype=np.float16)
    exact = np.array([[1 / 3, 1 / 3, 1 / 3], [1, 0, 0]])
    assert causal_influence(rounded) == pytest.approx(causal_influence(exact), abs=1e-6)


# Knock-outs


def test_a_position_knocked_out():
    expected = [[1, 6, 3, 0, 0], [4, 6, 0, 0, 0], [5, 6, 2, 3, 4], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]]
    np.testing.assert_array_equal(knock_out(MESSAGES, symbols=5, position=1), expected)
    expected = [[1, 3, 0, 0, 0], [4, 0, 0, 0, 0], [5, 2, 3, 4, 0], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]]
    np.testing.assert_array_equal(knock_out(MESSAGES, symbols=5, position=1, by="remove"), expected)


def test_a_symbol_knocked_out():
    expected = [[1, 2, 3, 0, 0], [8, 8, 0, 0, 0], [5, 1, 2, 3, 8], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]]
    np.testing.assert_array_equal(knock_out(MESSAGES, symbols=7, symbol=4), expected)
    expected = [[1, 2, 3, 0, 0], [0, 0, 0, 0, 0], [5, 1, 2, 3, 0], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]]
    np.testing.assert_array_equal(knock_out(MESSAGES, symbols=7, symbol=4, by="remove"), expected)


def test_a_symbol_replaced_by_any_other():
    rng = np.random.default_rng(1)
    messages = np.tile([[3, 1, 0]], (6000, 1))
    replaced = knock_out(messages, symbols=5, position=0, by="replace", rng=rng)
    np.testing.assert_array_equal(replaced[:, 1:], messages[:, 1:])
    shares = np.bincount(replaced[:, 0], minlength=6) / 6000
    np.testing.assert_allclose(shares, [0, 0.25, 0.25, 0, 0.25, 0.25], atol=0.03)


def test_each_position_knocked_out_in_turn():
    stack = knock_out_each_position(MESSAGES[:3], symbols=5)
    assert stack.shape == (5, 3, 5)
    for position in range(5):
        expected = knock_out(MESSAGES[:3], symbols=5, position=position)
        np.testing.assert_array_equal(stack[position], expected)
        removed = knock_out_each_position(MESSAGES[:3], symbols=5, by="remove")[position]
        np.testing.assert_array_equal(removed, knock_out(MESSAGES[:3], symbols=5, position=position, by="remove"))


def test_what_stands_after_the_end_is_not_touched_and_inputs_stay():
    messages = np.array([[1, 0, 2], [0, 2, 2], [2, 2, 1]])
    before = messages.copy()
    np.testing.assert_array_equal(knock_out(messages, symbols=2, symbol=2), [[1, 0, 0], [0, 0, 0], [3, 3, 1]])
    np.testing.assert_array_equal(knock_out(messages, symbols=2, position=2), [[1, 0, 0], [0, 0, 0], [2, 2, 3]])
    for shuffle in (shuffle_symbols, shuffle_messages):
        assert (shuffle(messages, np.random.default_rng(0)).sum(axis=1) == 0).sum() == 1
    shuffle_position(messages, 0, np.random.default_rng(0))
    np.testing.assert_array_equal(messages, before)


# Shuffles


def test_shuffled_symbols_keep_each_message_s_symbols():
    shuffled = shuffle_symbols(np.tile(MESSAGES, (400, 1)), np.random.default_rng(4)).reshape(400, 5, 5)
    np.testing.assert_array_equal(np.sort(shuffled, axis=2), np.tile(np.sort(MESSAGES, axis=1), (400, 1, 1)))
    np.testing.assert_array_equal((shuffled > 0), np.tile(MESSAGES > 0, (400, 1, 1)))  # no symbol after the end
    firsts = np.bincount(shuffled[:, 0, 0], minlength=4)[1:] / 400  # 1, 2 and 3 come first equally often
    np.testing.assert_allclose(firsts, 1 / 3, atol=0.08)


def test_shuffled_messages_are_the_same_ones_for_other_rows():
    shuffled = shuffle_messages(MESSAGES, np.random.default_rng(6))
    assert sorted(map(tuple, shuffled.tolist())) == sorted(map(tuple, MESSAGES.tolist()))
    assert not np.array_equal(shuffled, MESSAGES)
    again = shuffle_messages(MESSAGES, np.random.default_rng(6))
    np.testing.assert_array_equal(shuffled, again)


def test_a_shuffled_position_keeps_what_stands_there():
    shuffled = np.stack([shuffle_position(MESSAGES, 1, np.random.default_rng(k)) for k in range(50)])
    reached = [0, 1, 2]  # the messages with a second symbol: 2, 4 and 1
    np.testing.assert_array_equal(np.sort(shuffled[:, reached, 1], axis=1), np.tile([1, 2, 4], (50, 1)))
    assert {tuple(row) for row in shuffled[:, reached, 1].tolist()} > {(2, 4, 1), (4, 2, 1)}
    others = np.delete(np.arange(5), 1)
    np.testing.assert_array_equal(shuffled[:, :, others], np.tile(MESSAGES[:, others], (50, 1, 1)))
    np.testing.assert_array_equal(shuffled[:, 3:], np.tile(MESSAGES[3:], (50, 1, 1)))


# Bad input


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: speaker_consistency([1, 2], [1]), "got 2 messages and 1 actions"),
        (
            lambda: speaker_consistency([1, 2], [0.5, 1.0]),
            r"actions must be integers \[n\] or \[n, parts\], got float64",
        ),
        (lambda: speaker_consistency([1, -2], [1, 1]), "got -2"),
        (lambda: speaker_consistency([0.5], [1]), "messages must be integers"),
        (lambda: speaker_consistency([], []), "messages must be integers"),
        (lambda: speaker_consistency([1], 3), r"got int64 \[\]"),
        (lambda: speaker_consistency([1, 2], np.zeros((2, 0), dtype=int)), r"got int64 \[2, 0\]"),
        (lambda: speaker_consistency([[1], [1, 2]], [1, 2]), "integers in arrays without gaps"),
        (lambda: speaker_consistency([1, 2], [[1], [1, 2]]), "integers in arrays without gaps"),
        (lambda: shuffle_symbols(MESSAGES, None), "rng must be a generator of NumPy, .*; got NoneType"),  # type: ignore[arg-type]
        (lambda: shuffle_messages(MESSAGES, 5), "rng must be a generator of NumPy, .*; got int"),  # type: ignore[arg-type]
        (lambda: shuffle_position(MESSAGES, 0, 5), "rng must be a generator of NumPy"),  # type: ignore[arg-type]
        (lambda: knock_out(MESSAGES, symbols=5, symbol=1, by="replace", rng=5), "rng must be a generator"),  # type: ignore[arg-type]
        (lambda: dependence_test([1], [1], resamples=0), "resamples must be an integer of at least 1"),
        (lambda: causal_influence([0.5, 0.5]), r"\[states, messages, actions\], got \[2\]"),
        (lambda: causal_influence([[0.5, 0.6]]), "at least 0 with the sum 1; got the sum 1.1"),
        (lambda: causal_influence([[-0.5, 1.5]]), "least -0.5"),
        (lambda: causal_influence([[0.5, np.nan]]), "must be finite numbers"),
        (lambda: causal_influence([[0.5, 0.5], [1.0]]), "must be numbers in an array without gaps"),
        (lambda: causal_influence(np.eye(3), [0.5, 0.5]), r"must be \[3\] or \[1, 3\], got \[2\]"),
        (lambda: causal_influence(np.eye(3), state_weights=[0]), "state_weights must be 1 numbers"),
        (lambda: causal_influence(np.eye(3), state_weights=[1, 1]), r"got \[2\]"),
        (lambda: knock_out(MESSAGES, symbols=5), "either a position or a symbol"),
        (lambda: knock_out(MESSAGES, symbols=5, position=1, symbol=1), "either a position or a symbol"),
        (lambda: knock_out(MESSAGES, symbols=5, position=5), r"position must be one of 0..4, got 5"),
        (lambda: knock_out(MESSAGES, symbols=5, position=-1), "position must be an integer of at least 0"),
        (lambda: knock_out(MESSAGES, symbols=5, symbol=6), r"symbol must be one of 1..5, got 6"),
        (lambda: knock_out(MESSAGES, symbols=4, symbol=1), r"hold the symbol 5, but the alphabet is 1..4"),
        (lambda: knock_out(MESSAGES, symbols=5, symbol=1, by="erased"), "Did you mean 'erase'?"),  # type: ignore[arg-type]
        (lambda: knock_out(MESSAGES, symbols=5, symbol=1, by="replace"), "needs rng"),
        (
            lambda: knock_out([[1]], symbols=1, symbol=1, by="replace", rng=np.random.default_rng(0)),
            "at least 2 symbols",
        ),
        (lambda: shuffle_position(MESSAGES, 7, np.random.default_rng(0)), r"position must be one of 0..4, got 7"),
        (lambda: shuffle_symbols([[1], [2, 3]], np.random.default_rng(0)), "rows of different lengths"),
    ],
)
def test_bad_input_is_refused_in_one_line(call: Callable[[], Any], told: str):
    with pytest.raises(BadInput, match=told) as error:
        call()
    assert "\n" not in str(error.value)
