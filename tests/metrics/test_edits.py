"""Edit distances against the textbook recursion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.metrics.edits import EDITS, edit_distances, edit_levels

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
words = st.lists(st.text("abc", max_size=5), min_size=1, max_size=5)


def levenshtein(one: str, two: str) -> int:
    if not one or not two:
        return len(one) + len(two)
    return min(
        levenshtein(one[1:], two) + 1,
        levenshtein(one, two[1:]) + 1,
        levenshtein(one[1:], two[1:]) + (one[0] != two[0]),
    )


@fixed
@given(words)
def test_edit_distances_are_levenshteins(strings: list[str]):
    expected = [[levenshtein(one, two) for two in strings] for one in strings]
    np.testing.assert_array_equal(edit_distances(strings), expected)


@fixed
@given(words, st.sampled_from(sorted(EDITS)))
def test_stripes_and_single_pairs_agree_and_lie_within_the_levels(strings: list[str], edit: str):
    levels = edit_levels(strings, EDITS[edit])
    whole, n = levels.matrix(), len(strings)
    i, j = np.indices((n, n)).reshape(2, -1)
    np.testing.assert_array_equal(levels.pairs(i, j), whole[i, j])
    assert whole.max() < len(levels.values)
    np.testing.assert_array_equal(levels.values, np.arange(len(levels.values)))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ("edit", [2, 1, 2]),  # ab, ba: two replacements; ab, abc: c put in; ba, abc: a put in, a replaced by c
        ("damerau", [1, 1, 2]),  # ab, ba: one exchange
        ("indel", [2, 1, 3]),  # ab, ba: b taken out and put in again; ba, abc: a put in, a taken out, c put in
    ],
)
def test_each_counts_its_own_edits(edit: str, expected: list[int]):
    found = edit_levels(["ab", "ba", "abc"], EDITS[edit]).matrix()[np.triu_indices(3, k=1)]
    assert found.tolist() == expected


def test_long_words_do_not_run_over():
    long = "a" * 300
    assert edit_distances([long, ""])[0, 1] == 300
    # nothing in common: all 300 out, all 300 in
    assert edit_levels([long, "b" * 300], EDITS["indel"]).matrix()[0, 1] == 600


def test_no_strings_have_no_distances_and_other_things_are_refused():
    assert edit_distances([]).shape == (0, 0)
    with pytest.raises(BadInput, match="edit_distances takes strings, one character a symbol"):
        edit_distances([1, 2])  # type: ignore[list-item]
