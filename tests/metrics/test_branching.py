"""Substrings and branching entropies against worked values and plain counting."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.branching import branching_entropies, conditional_entropies
from emcomm.metrics.substrings import substring_levels

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
corpora = arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 5)), elements=st.integers(0, 2))


def entropy(*weights: float) -> float:
    return -sum(w / sum(weights) * math.log2(w / sum(weights)) for w in weights if w)


def substrings(language: Language) -> Counter[tuple[int, ...]]:
    """How often each substring occurs; the empty one before every symbol."""
    rows = [row[:length] for row, length in zip(language.messages.tolist(), language.lengths, strict=True)]
    found = Counter(tuple(row[i:j]) for row in rows for i in range(len(row)) for j in range(i + 1, len(row) + 1))
    found[()] = int(language.lengths.sum())
    return found


def plain_entropy(counts: Counter[tuple[int, ...]], context: tuple[int, ...]) -> float:
    shares = [counts[(*context, symbol)] / counts[context] for symbol in (1, 2, 3)]
    return -sum(share * math.log2(share) for share in shares if share)


@fixed
@given(corpora)
def test_every_substring_that_may_branch_is_counted(messages: np.ndarray):
    language = Language(None, messages)
    counts = substrings(language)
    parents: list[tuple[int, ...]] = [()]
    seen = set()
    for level in substring_levels(language):
        names: dict[int, tuple[int, ...]] = {}
        for row, start, number in zip(level.rows, level.starts, level.ids, strict=True):
            name = tuple(language.messages[row, start : start + level.length].tolist())
            assert names.setdefault(int(number), name) == name
        named = [names[k] for k in range(len(level.counts))]
        assert len(set(named)) == len(named)
        assert [counts[name] for name in named] == level.counts.tolist()
        assert [name[:-1] for name in named] == [parents[k] for k in level.parents]
        seen |= set(named)
        parents = named
    assert seen == {name for name in counts if name and (len(name) == 1 or counts[name[:-1]] > 1)}


def test_a_greatest_length(rich: Language):
    assert [level.length for level in substring_levels(rich, 2)] == [1, 2]


@fixed
@given(corpora)
def test_branching_entropies_are_those_of_every_context(messages: np.ndarray):
    language = Language(None, messages)
    counts = substrings(language)
    found = {}
    for branching in branching_entropies(language):
        assert len(branching.rows) == len(set(zip(branching.rows, branching.starts, strict=True)))
        places = zip(branching.rows, branching.starts, branching.bits, branching.before, strict=True)
        for row, start, bits, before in places:
            context = tuple(language.messages[row, start : start + branching.length].tolist())
            found[context] = bits, before
    assert {context for context in counts if counts[context] > 1} <= found.keys() | {()}
    for context, (bits, before) in found.items():
        assert bits == pytest.approx(plain_entropy(counts, context), abs=1e-12)
        if context:
            assert before == pytest.approx(plain_entropy(counts, context[:-1]), abs=1e-12)
        else:
            assert math.isnan(before)


@fixed
@given(corpora, st.integers(0, 4))
def test_conditional_entropies_are_means_over_places(messages: np.ndarray, longest: int):
    language = Language(None, messages)
    counts = substrings(language)
    expected = []
    for length in range(longest + 1):
        contexts = {context: count for context, count in counts.items() if len(context) == length and count}
        sums = sum(count * plain_entropy(counts, context) for context, count in contexts.items())
        expected.append(sums / sum(contexts.values()) if contexts else math.nan)
    assert conditional_entropies(language, longest) == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_by_hand():
    # 1 three times, 2 twice, 3 once. After 1: 2, 3, 2. After 2 and 3: nothing. 6 places of one symbol, 3 of two.
    language = Language(None, [[1, 2], [1, 3], [1, 2]])
    expected = [entropy(3, 2, 1), 3 * entropy(2, 1) / 6, 0.0]
    np.testing.assert_allclose(conditional_entropies(language), expected)


def test_the_end_of_a_message_is_no_successor():
    # 1 is followed by 2 once in two places: -1/2 log2 1/2. 2 is at the end. (2 * 1/2 + 0) / 3 over places of a symbol.
    language = Language(None, [[1, 0], [1, 2]])
    np.testing.assert_allclose(conditional_entropies(language), [entropy(2, 1), 1 / 3, 0.0])


def test_silence_has_no_entropy():
    silent = Language(None, [[0, 0], [0, 1]])
    assert list(branching_entropies(silent)) == []
    assert np.isnan(conditional_entropies(silent)).all()
    assert np.isnan(conditional_entropies(silent, 3)).sum() == 4


def test_a_negative_length_is_refused():
    with pytest.raises(BadInput, match="longest must be an integer of at least 0, got -1"):
        conditional_entropies(Language(None, [[1]]), -1)
    for wrong in (-1, 1.5, "all"):
        with pytest.raises(BadInput, match="longest must be an integer of at least 0, got"):
            list(branching_entropies(Language(None, [[1]]), wrong))  # type: ignore[arg-type]
