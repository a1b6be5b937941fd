"""Morpheme induction on languages whose morphemes are known, its counts against plain counting, and its scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.morpheme_counts import FormMeaningCounts
from emcomm.metrics.morpheme_scores import score_inventory
from emcomm.metrics.morphemes import Inventory, Morpheme, induce_morphemes

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=40)
Words = list[list[tuple[int, ...]]]


def said(meanings: np.ndarray, words: Words, rng: np.random.Generator | None = None) -> Language:
    """Every meaning as the words of its values, in the order of attributes or, with `rng`, in any order."""
    rows = []
    for meaning in meanings.tolist():
        parts = [own[value] for own, value in zip(words, meaning, strict=True)]
        order = range(len(parts)) if rng is None else rng.permutation(len(parts))
        rows.append([symbol for k in order for symbol in parts[k]])
    longest = max(map(len, rows))
    return Language(meanings, [row + [0] * (longest - len(row)) for row in rows])


def truth(words: Words) -> list[tuple[tuple[int, ...], list[tuple[int, int]]]]:
    return [(form, [(attribute, value)]) for attribute, own in enumerate(words) for value, form in enumerate(own)]


def pairs(inventory: Inventory) -> list[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]]:
    return [(morpheme.form, morpheme.meaning) for morpheme in inventory.morphemes]


LONG: Words = [
    [(1, 2), (3, 4), (5, 1)],
    [(6, 7, 8), (8, 6), (7, 9), (9, 8, 8), (6, 6)],
]


# Known morphemes


def test_a_symbol_for_each_value(perfect):
    found = induce_morphemes(perfect(3, 5))
    # 15 messages. A value of the first attribute is in 5 of them, of the second in 3. As form and value always go
    # together, a pair is worth 15 times the entropy of that share.
    first, second = (15 * -(p * math.log2(p) + (1 - p) * math.log2(1 - p)) for p in (1 / 3, 1 / 5))
    assert [morpheme.bits for morpheme in found.morphemes] == pytest.approx([first] * 3 + [second] * 5)
    assert [morpheme.uses for morpheme in found.morphemes] == [5] * 3 + [3] * 5
    assert pairs(found) == [((a + 1,), ((0, a),)) for a in range(3)] + [((b + 4,), ((1, b),)) for b in range(5)]
    assert found.symbols_explained == found.values_explained == 1.0


def test_words_of_several_symbols_that_share_them(grid):
    found = induce_morphemes(said(grid(3, 5), LONG))
    assert score_inventory(found, truth(LONG)) == (1.0, 1.0, 1.0)
    assert found.symbols_explained == found.values_explained == 1.0
    lengths = [2, 2, 2, 3, 2, 2, 3, 2]
    assert found.mean_form_length == pytest.approx((5 * sum(lengths[:3]) + 3 * sum(lengths[3:])) / 30)
    assert found.mean_meaning_size == 1.0
    # 15 + 15 uses, the one evenly over 3 and the other over 5 morphemes.
    assert found.entropy == pytest.approx(1 + (math.log2(3) + math.log2(5)) / 2)
    assert found.synonymy_entropy == found.polysemy_entropy == 0.0
    assert found.forms_per_meaning == found.meanings_per_form == 1.0


def test_words_in_any_order(grid):
    meanings = grid(3, 5, 7)
    words = [*LONG, [(10,), (11,), (12, 10), (13, 13), (14, 11), (15,), (16,)]]
    found = induce_morphemes(said(meanings, words, np.random.default_rng(3)))
    assert score_inventory(found, truth(words)) == (1.0, 1.0, 1.0)


def test_noise_is_left_out(grid):
    # A random symbol of its own kind before each message belongs to nothing.
    rng, meanings = np.random.default_rng(5), grid(7, 11)
    words: Words = [[(k + 1,) for k in range(7)], [(k + 8,) for k in range(11)]]
    noise = rng.integers(20, 25, (77, 1))
    found = induce_morphemes(Language(meanings, np.concatenate([noise, said(meanings, words).messages], axis=1)))
    assert score_inventory(found, truth(words)) == (1.0, 1.0, 1.0)
    assert found.symbols_explained == pytest.approx(2 / 3)
    assert found.values_explained == 1.0


def test_synonyms_are_morphemes_each(grid):
    # Every pair four times, each value said in two ways of its own.
    meanings = np.repeat(grid(3, 5), 4, axis=0)
    ways = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (15, 1))
    found = induce_morphemes(Language(meanings, 1 + 2 * meanings + ways + [0, 6]))
    expected = [
        ((1 + 2 * v + w + 6 * a,), [(a, v)]) for a, size in enumerate((3, 5)) for v in range(size) for w in (0, 1)
    ]
    assert score_inventory(found, expected) == (1.0, 1.0, 1.0)
    assert found.synonymy_entropy == pytest.approx(1.0)
    assert found.polysemy_entropy == 0.0
    assert found.forms_per_meaning == 2.0


def test_homonyms_are_morphemes_each(grid):
    # The symbol for value k of either attribute is k + 1: found once for each, the second place being left over.
    meanings = grid(7, 7)
    found = induce_morphemes(Language(meanings, meanings + 1))
    expected = [((value + 1,), [(attribute, value)]) for attribute in (0, 1) for value in range(7)]
    assert score_inventory(found, expected) == (1.0, 1.0, 1.0)
    assert found.polysemy_entropy == pytest.approx(1.0)
    assert found.synonymy_entropy == 0.0
    assert found.meanings_per_form == 2.0


def test_a_word_for_two_values_together(grid):
    # As "mare" for a female horse: (0, 0) has a word of its own, everything else is said in parts.
    meanings = grid(5, 5)
    messages = meanings + np.array([1, 6])
    messages[0] = [11, 11]
    found = induce_morphemes(Language(meanings, messages), least_bits=0)
    expected = truth([[(k + 1,) for k in range(5)], [(k + 6,) for k in range(5)]])
    assert score_inventory(found, [*expected, ((11, 11), [(0, 0), (1, 0)])]) == (1.0, 1.0, 1.0)
    assert found.morphemes[-1] == Morpheme((11, 11), ((0, 0), (1, 0)), found.morphemes[-1].bits, 1)


def test_a_holistic_language_is_a_list(grid):
    # Nothing is used twice, so no pair is worth its name; asked for everything, each message has its whole meaning.
    meanings = grid(3, 5)
    language = Language(meanings, np.arange(1, 31).reshape(15, 2))
    assert induce_morphemes(language).morphemes == ()
    found = induce_morphemes(language, least_bits=0)
    expected = [((2 * k + 1, 2 * k + 2), list(enumerate(meaning))) for k, meaning in enumerate(meanings.tolist())]
    assert score_inventory(found, expected) == (1.0, 1.0, 1.0)
    assert found.mean_meaning_size == 2.0


def test_a_random_language_has_next_to_none(grid):
    rng = np.random.default_rng(1)
    language = Language(grid(7, 11, 5), rng.integers(1, 8, (385, 5)))
    found = induce_morphemes(language)
    assert len(found.morphemes) <= 2
    assert found.symbols_explained < 0.05
    assert len(induce_morphemes(language, least_bits=0).morphemes) > 100


def test_limits(grid):
    language = said(grid(3, 5), LONG)
    short = induce_morphemes(language, longest_form=2)
    assert max(len(morpheme.form) for morpheme in short.morphemes) == 2
    single = induce_morphemes(language, largest_meaning=1, least_bits=0)
    assert {len(morpheme.meaning) for morpheme in single.morphemes} == {1}
    assert pairs(induce_morphemes(language, most=4)) == pairs(induce_morphemes(language))[:4]
    assert induce_morphemes(language, largest_meaning=9) == induce_morphemes(language)


def test_the_longer_form_is_the_whole_word():
    # 1 2 always go together: the word is 1 2, not 1 or 2.
    found = induce_morphemes(Language([[0], [0], [1], [1]], [[1, 2, 3], [1, 2, 4], [5, 3, 0], [5, 4, 0]]), least_bits=0)
    assert pairs(found)[0] in [((1, 2), ((0, 0),)), ((5,), ((0, 1),))]
    assert {form for form, _ in pairs(found)} >= {(1, 2), (5,)}


# Invariances and edges


@fixed
@given(
    arrays(np.int64, (11, 2), elements=st.integers(0, 2)),
    arrays(np.int64, (11, 3), elements=st.integers(0, 3)),
    st.integers(0, 2**31),
)
def test_what_must_not_matter_does_not(meanings: np.ndarray, messages: np.ndarray, seed: int):
    rng, language = np.random.default_rng(seed), Language(meanings, messages)
    found = induce_morphemes(language, least_bits=1)
    symbols = np.concatenate([[0], rng.permutation(9)[:3] + 1])
    junk = rng.integers(0, 4, (11, 2))
    messages = np.concatenate([symbols[language.messages], np.zeros((11, 1), dtype=int), junk], axis=1)
    again = induce_morphemes(Language(2 * meanings + 5, messages), least_bits=1)
    assert [(m.bits, m.uses) for m in again.morphemes] == [(m.bits, m.uses) for m in found.morphemes]
    for one, other in zip(found.morphemes, again.morphemes, strict=True):
        assert other.form == tuple(int(symbols[symbol]) for symbol in one.form)
        assert other.meaning == tuple((attribute, 2 * value + 5) for attribute, value in one.meaning)
    assert (again.symbols_explained, again.values_explained) == pytest.approx(
        (found.symbols_explained, found.values_explained), nan_ok=True
    )


@pytest.mark.parametrize(
    ("meanings", "messages"),
    [
        ([[0, 1]], [[1, 2]]),
        ([[0, 0], [0, 1], [1, 1]], [[1, 2]] * 3),
        ([[0, 0], [0, 1], [1, 1]], [[0, 0]] * 3),
        ([[1, 1]] * 3, [[1, 2], [2, 0], [3, 1]]),
    ],
)
def test_nothing_to_find(meanings: list[list[int]], messages: list[list[int]]):
    found = induce_morphemes(Language(meanings, messages), least_bits=0)
    assert found.morphemes == ()
    numbers = [found.mean_form_length, found.mean_meaning_size, found.entropy, found.synonymy_entropy]
    numbers += [found.polysemy_entropy, found.forms_per_meaning, found.meanings_per_form]
    assert np.isnan(numbers).all()


def test_one_attribute():
    found = induce_morphemes(Language([[0], [1], [2]], [[1], [2], [3]]), least_bits=0)
    assert pairs(found) == [((k + 1,), ((0, k),)) for k in range(3)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"longest_form": 0}, "longest_form must be an integer of at least 1, got 0"),
        ({"largest_meaning": 0}, "largest_meaning must be"),
        ({"most": 1.5}, "most must be"),
        ({"least_bits": -1}, "least_bits must be a finite number of at least 0, or None; got -1"),
        ({"least_bits": math.nan}, "got nan"),
        ({"least_bits": "all"}, "got 'all'"),
        ({"least_bits": 10**400}, "least_bits must be a finite number"),
        ({"least_bits": np.complex128(1)}, "least_bits must be a finite number"),
    ],
)
def test_bad_options_are_refused(rich: Language, options: dict[str, Any], told: str):
    with pytest.raises(BadInput, match=told):
        induce_morphemes(rich, **options)


def test_a_corpus_has_no_morphemes():
    with pytest.raises(BadInput, match="induce_morphemes needs meanings"):
        induce_morphemes(Language(None, [[1]]))


def test_too_many_candidates_are_refused_before_they_are_listed():
    language = Language(np.random.default_rng(0).integers(0, 2, (31, 40)), np.ones((31, 2), dtype=int))
    with pytest.raises(BadInput, match="too many candidates.*name a smaller longest_form or largest_meaning"):
        induce_morphemes(language)
    assert induce_morphemes(language, largest_meaning=2).morphemes == ()


# Counts, plainly


def occurrences(row: list[int | None], form: Sequence[int]) -> list[int]:
    return [k for k in range(len(row) - len(form) + 1) if row[k : k + len(form)] == list(form)]


@fixed
@given(
    arrays(np.int64, (7, 3), elements=st.integers(0, 1)),
    arrays(np.int64, (7, 5), elements=st.integers(0, 2)),
    st.integers(0, 2**31),
)
def test_counts_stay_true_as_pairs_are_used_up(meanings: np.ndarray, messages: np.ndarray, seed: int):
    language, rng = Language(meanings, messages), np.random.default_rng(seed)
    counts = FormMeaningCounts(language, meanings, 4, 2)
    lengths = language.lengths
    left: list[list[int | None]] = [
        [int(s) for s in row[:length]] for row, length in zip(language.messages, lengths, strict=True)
    ]
    unsaid = [dict(enumerate(meaning)) for meaning in meanings.tolist()]
    for _ in range(4):
        forms = [counts.form(f) for f in range(len(counts.form_counts))]
        senses = [dict(counts.meaning(m)) for m in range(len(counts.meaning_counts))]
        has_form = np.array([[bool(occurrences(row, form)) for form in forms] for row in left]).reshape(7, -1)
        has_sense = np.array([[sense.items() <= row.items() for sense in senses] for row in unsaid]).reshape(7, -1)
        assert counts.form_counts.tolist() == has_form.sum(axis=0).tolist()
        assert counts.meaning_counts.tolist() == has_sense.sum(axis=0).tolist()
        joint = has_form.T.astype(int) @ has_sense
        assert counts.joint.tolist() == joint[tuple(counts.pairs)].tolist()
        assert joint.sum() == counts.joint.sum()  # pairs that are not listed never occur together
        if not counts.joint.any():
            break
        form, meaning = counts.pairs[:, rng.choice(np.flatnonzero(counts.joint))]
        assert counts.use_up(form, meaning) == joint[form, meaning]
        for row in np.flatnonzero(has_form[:, form] & has_sense[:, meaning]):
            first = occurrences(left[row], forms[form])[0]
            left[row][first : first + len(forms[form])] = [None] * len(forms[form])
            unsaid[row] = {a: v for a, v in unsaid[row].items() if a not in senses[meaning]}
        assert counts.symbols_used.sum() == sum(symbol is None for row in left for symbol in row)
        assert counts.values_used.sum() == 21 - sum(map(len, unsaid))


# Scores


def test_scores_by_hand():
    found = [((1,), [(0, 0)]), ((2,), [(0, 1)]), ((9, 9), [(1, 0)])]
    true = [((1,), [(0, 0)]), ((2,), [(0, 1)]), ((3, 4), [(1, 0)]), ((5,), [(1, 1)])]
    assert score_inventory(found, true) == pytest.approx((2 / 3, 1 / 2, 2 * 2 / 3 * 1 / 2 / (7 / 6)))
    assert score_inventory(found + found, true) == score_inventory(found, true)
    assert score_inventory(true, found)[:2] == pytest.approx((1 / 2, 2 / 3))


def test_partial_scores_by_hand():
    # Forms 1 2 3 and 1 2: 1 - 1 deletion / 5 symbols = 4/5. Meanings {a0, b1} and {a0}: 1/2. The smaller counts.
    found = [((1, 2), [(0, 0)])]
    true = [((1, 2, 3), [(1, 1), (0, 0)]), ((7,), [(0, 0)])]
    assert score_inventory(found, true, partial=True) == pytest.approx((1 / 2, (1 / 2 + 0) / 2, 1 / 3))
    assert score_inventory(found, [((1, 2, 3), [(0, 0)])], partial=True) == pytest.approx((4 / 5, 4 / 5, 4 / 5))
    assert score_inventory(found, true) == (0.0, 0.0, 0.0)


def test_what_is_equal_has_the_full_score(perfect):
    found = induce_morphemes(perfect(3, 5))
    for partial in (False, True):
        assert score_inventory(found, pairs(found), partial=partial) == (1.0, 1.0, 1.0)


def test_empty_inventories():
    some = [((1,), [(0, 0)])]
    assert score_inventory([], some) == pytest.approx((math.nan, 0.0, 0.0), nan_ok=True)
    assert score_inventory(some, []) == pytest.approx((0.0, math.nan, 0.0), nan_ok=True)
    assert np.isnan(score_inventory([], [])).all()


@pytest.mark.parametrize("wrong", [[(1, 2)], [((1,),)], [("ab", [(0, 0)])], [((1,), [0])], None])
def test_other_things_are_no_inventory(wrong: Any):
    for given_, true in ((wrong, []), ([], wrong)):
        with pytest.raises(BadInput, match="morphemes must be pairs of symbols and of .attribute, value. pairs"):
            score_inventory(given_, true)


def test_every_true_pair_of_a_large_language_is_found():
    rng = np.random.default_rng(2)
    forms = [tuple(map(int, form)) for form in itertools.islice(itertools.product(range(1, 13), repeat=3), 0, 1728, 57)]
    words = [forms[:10], forms[10:20], forms[20:30]]
    found = induce_morphemes(said(rng.integers(0, 10, (2000, 3)), words))
    assert score_inventory(found, truth(words)) == (1.0, 1.0, 1.0)
