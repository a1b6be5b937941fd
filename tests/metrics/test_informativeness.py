"""Positional informativeness: listeners of known habits, by hand, and the contract with the callable."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.metrics.informativeness import positional_informativeness

MESSAGES = np.array([[1, 2, 3, 0, 7], [2, 2, 0, 5, 5], [3, 1, 2, 1, 1], [0, 3, 3, 3, 3]])  # lengths 3 2 5 0
NAN = math.nan


def first(messages: np.ndarray) -> np.ndarray:
    return np.asarray(messages[:, 0])


def total(messages: np.ndarray) -> np.ndarray:
    return np.asarray(messages.sum(axis=1))


def has_a_one(messages: np.ndarray) -> np.ndarray:
    return np.asarray((messages == 1).any(axis=1).astype(int))


def test_a_listener_that_reads_the_first_symbol_alone():
    found = positional_informativeness(MESSAGES, first, symbols=5 + 2)
    changed = [[1, 0, 0, NAN, NAN], [1, 0, NAN, NAN, NAN], [1, 0, 0, 0, 0], [NAN] * 5]
    np.testing.assert_array_equal(found.changed, changed)
    np.testing.assert_array_equal(found.by_position, [1, 0, 0, 0, 0])
    assert found.share == pytest.approx(3 / 10)  # 3 of 10 symbols
    assert found.effective_length == pytest.approx(3 / 4)  # 1 1 1 0 in 4 messages
    assert found.mean_position == 1.0


def test_a_listener_that_reads_everything():
    found = positional_informativeness(MESSAGES, total, symbols=7)
    assert found.share == 1.0
    assert found.effective_length == pytest.approx(10 / 4)  # the mean length
    # positions 1 2 3, 1 2, 1 2 3 4 5
    assert found.mean_position == pytest.approx((6 + 3 + 15) / 10)


def test_a_listener_that_reads_nothing():
    found = positional_informativeness(MESSAGES, lambda messages: np.full(len(messages), 5), symbols=7)
    assert (found.share, found.effective_length) == (0.0, 0.0)
    assert math.isnan(found.mean_position)


def test_shares_of_replacements_by_hand():
    # Listener: is there a 1? Alphabet 1 2 3. In 1 2 the 1 matters whatever replaces it, and the 2 never: a 1 is there
    # anyway. In 2 2 each symbol matters for one of its two replacements.
    found = positional_informativeness([[1, 2], [2, 2], [1, 1]], has_a_one, symbols=3)
    np.testing.assert_array_equal(found.changed, [[1, 0], [0.5, 0.5], [0, 0]])
    np.testing.assert_allclose(found.by_position, [0.5, 1 / 6])
    assert found.share == pytest.approx(1 / 3)
    assert found.mean_position == pytest.approx((1.5 * 1 + 0.5 * 2) / 2)


def test_frequencies_weigh_messages():
    found = positional_informativeness([[1, 2], [2, 2], [1, 1]], has_a_one, symbols=3, frequencies=[1, 2, 1])
    np.testing.assert_array_equal(found.changed, [[1, 0], [0.5, 0.5], [0, 0]])
    np.testing.assert_allclose(found.by_position, [(1 + 2 * 0.5) / 4, 2 * 0.5 / 4])
    assert found.share == pytest.approx((1 * 1 + 2 * 1) / 8)
    assert found.effective_length == pytest.approx((1 + 2 * 1) / 4)


def test_messages_that_are_never_said_count_nothing():
    found = positional_informativeness([[1, 0], [1, 2]], first, symbols=3, frequencies=[1, 0])
    assert found.share == 1.0
    assert math.isnan(found.by_position[1])


def test_the_rows_stay_where_they_are_and_one_symbol_is_another():
    calls: list[np.ndarray] = []

    def seen(messages: np.ndarray) -> np.ndarray:
        calls.append(messages.copy())
        return np.zeros(len(messages), dtype=int)

    positional_informativeness(MESSAGES, seen, symbols=7)
    original, *altered = calls
    assert len(altered) == 5 * 6  # longest message times other symbols
    np.testing.assert_array_equal(original[1], [2, 2, 0, 0, 0])
    for messages in altered:
        different = messages != original
        assert different.sum(axis=1).max() == 1
        assert ((messages == 0) == (original == 0)).all()  # EOS is neither put in nor taken out
        assert messages.max() <= 7
    # Every symbol meets every other one: 10 symbols, 6 others each.
    met = {(row, place, int(messages[row, place])) for messages in altered
           for row, place in np.argwhere(messages != original).tolist()}  # fmt: skip
    assert len(met) == 60


def test_a_listener_may_have_its_own_view_of_each_row():
    # The listener of row i looks for symbol i + 1: a 1 in the first, a 2 in the second, ...
    wanted = np.arange(1, 5)
    found = positional_informativeness(
        MESSAGES, lambda messages: (messages == wanted[:, None]).sum(axis=1), symbols=7, replacements=6
    )
    # Row 0 has its 1 first: any other loses it; elsewhere one replacement in six brings another.
    np.testing.assert_allclose(found.changed[0, :3], [1, 1 / 6, 1 / 6])
    np.testing.assert_allclose(found.changed[1, :2], [1, 1])


def test_drawn_replacements_agree_with_all_of_them_in_the_mean():
    rng = np.random.default_rng(1)
    messages = rng.integers(0, 12, (97, 5))
    exact = positional_informativeness(messages, has_a_one, symbols=11)
    drawn = positional_informativeness(messages, has_a_one, symbols=11, replacements=3)
    assert drawn.share == pytest.approx(exact.share, abs=0.03)
    assert not np.array_equal(drawn.changed, exact.changed, equal_nan=True)
    again, other = (positional_informativeness(messages, has_a_one, 11, replacements=3, seed=s) for s in (0, 1))
    np.testing.assert_array_equal(drawn.changed, again.changed)
    assert not np.array_equal(drawn.changed, other.changed, equal_nan=True)


def test_a_symbol_is_never_replaced_by_itself_and_draws_do_not_repeat():
    # A listener that reads everything: each of the drawn replacements must change its answer.
    messages = np.random.default_rng(2).integers(1, 6, (53, 3))
    found = positional_informativeness(messages, lambda m: m @ np.array([36, 6, 1]), symbols=5, replacements=2)
    assert (found.changed == 1).all()
    kinds: list[set[int]] = [set() for _ in range(53)]

    def watch(altered: np.ndarray) -> np.ndarray:
        for kind, row, own in zip(kinds, altered, messages, strict=True):
            kind.update(row[row != own].tolist() if row[0] != own[0] else [])
        return np.zeros(53, dtype=int)

    positional_informativeness(messages, watch, symbols=5, replacements=3)
    assert all(len(kind) == 3 for kind in kinds)


def test_silence_has_no_informative_symbols():
    found = positional_informativeness([[0, 1], [0, 2]], total, symbols=3)
    assert np.isnan(found.changed).all()
    assert np.isnan(found.by_position).all()
    assert math.isnan(found.share)
    assert found.effective_length == 0.0
    assert math.isnan(found.mean_position)


def test_names_of_symbols_do_not_matter():
    names = np.array([0, 3, 1, 2])
    messages = np.array([[1, 2], [2, 2], [1, 1], [3, 0]])
    back = np.argsort(names)
    renamed = positional_informativeness(names[messages], lambda m: has_a_one(back[m]), symbols=3)
    plain = positional_informativeness(messages, has_a_one, symbols=3)
    np.testing.assert_array_equal(renamed.changed, plain.changed)


@pytest.mark.parametrize(
    ("messages", "options", "said"),
    [
        ([[1]], {"symbols": 1}, "symbols must be an integer of at least 2"),
        ([[4]], {"symbols": 3}, r"messages hold the symbol 4, but the alphabet is 1\.\.3"),
        ([[1]], {"symbols": 3, "replacements": 3}, r"replacements must be in 1\.\.2, the other symbols; got 3"),
        ([[1]], {"symbols": 3, "replacements": 0}, "replacements must be an integer of at least 1"),
        ([[1], [2, 3]], {"symbols": 3}, "messages must be integers"),
        ([[1]], {"symbols": 3, "frequencies": [1, 2]}, "frequencies must be 1 numbers"),
        ([[1]], {"symbols": 3, "seed": -1}, "seed must be an integer of at least 0"),
    ],
)
def test_bad_input_is_refused(messages, options, said: str):
    with pytest.raises(BadInput, match=said):
        positional_informativeness(messages, total, **options)


@pytest.mark.parametrize("answer", [lambda m: m, lambda m: np.zeros(3, int), lambda m: m[:, 0] / 2, lambda m: 1])
def test_a_listener_gives_one_integer_a_message(answer):
    with pytest.raises(BadInput, match="the listener must give one integer for each of 4 messages, got"):
        positional_informativeness(MESSAGES, answer, symbols=7)


def test_a_listener_that_gives_rows_of_several_lengths_is_told():
    with pytest.raises(BadInput, match="one integer for each of 4 messages, got rows of integers"):
        positional_informativeness(MESSAGES, lambda m: [[1], [1, 2], [1], [1]], symbols=7)


def test_a_listener_may_write_into_what_it_is_given():
    # As one does that takes arrays over without copying them, which read-only arrays are not fit for.
    def careless(messages: np.ndarray) -> np.ndarray:
        answers = messages[:, 0].copy()
        messages[:] = 0
        return answers

    found = positional_informativeness(MESSAGES, careless, symbols=7)
    np.testing.assert_array_equal(found.changed, positional_informativeness(MESSAGES, first, symbols=7).changed)


def test_the_order_of_rows_and_what_stands_after_the_end_do_not_matter():
    order, tail = np.array([2, 0, 3, 1]), np.tile([0, 6, 6], (4, 1))
    plain = positional_informativeness(MESSAGES, has_a_one, symbols=7, frequencies=[1, 2, 3, 4])
    longer = np.concatenate([MESSAGES, tail], axis=1)[order]
    other = positional_informativeness(longer, has_a_one, symbols=7, frequencies=np.array([1, 2, 3, 4])[order])
    np.testing.assert_array_equal(other.changed[:, :5], plain.changed[order])
    assert np.isnan(other.changed[:, 5:]).all()
    assert [other.share, other.effective_length] == pytest.approx([plain.share, plain.effective_length])
    assert other.mean_position == pytest.approx(plain.mean_position)
