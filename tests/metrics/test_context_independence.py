"""Context independence: worked values, the known answers of published code, and where there is none."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import METRICS, measure
from emcomm.metrics.context_independence import context_independence

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
ALIGNMENTS: Any = ("presence", "tokens", "ibm1")


def plain(language: Language, tokens: bool) -> float:
    """The definition by dictionaries: shares of messages, or of pairs of a value and a symbol."""
    assert language.meanings is not None
    varied = [k for k, column in enumerate(language.meanings.T) if len(set(column.tolist())) > 1]
    together: Counter[tuple[Any, Any]] = Counter()
    concepts: Counter[Any] = Counter()
    symbols: Counter[Any] = Counter()
    for meaning, string in zip(language.meanings.tolist(), language.strings, strict=True):
        said = string if tokens else set(string)
        values = [(k, meaning[k]) for k in varied]
        together.update(itertools.product(values, said))
        concepts.update(itertools.chain.from_iterable([value] * (len(said) if tokens else 1) for value in values))
        symbols.update(itertools.chain.from_iterable([symbol] * (len(values) if tokens else 1) for symbol in said))
    scores = []
    for concept in concepts:
        shares = [
            (together[concept, symbol] / (concepts[concept] or 1), together[concept, symbol] / symbols[symbol])
            for symbol in symbols
        ]
        one, two = max(shares) if tokens else max(shares, key=lambda both: both[::-1])
        scores.append(one * two)
    return sum(scores) / len(scores)


@fixed
@given(
    arrays(np.int64, (7, 2), elements=st.integers(0, 2)),
    arrays(np.int64, (7, 4), elements=st.integers(0, 3)),
    st.booleans(),
)
def test_it_agrees_with_its_definition(meanings: np.ndarray, messages: np.ndarray, tokens: bool):
    language = Language(meanings, messages)
    if np.ptp(meanings, axis=0).any() and language.lengths.all():
        found = context_independence(language, "tokens" if tokens else "presence")
        assert found == pytest.approx(plain(language, tokens))


def test_by_hand():
    # meanings a0 a0 a1, messages 12 1 2: symbol 1 is in 2 messages, both a0; symbol 2 in 2, one a0 and one a1.
    # a0: p(a0|1) = 1, p(1|a0) = 1 -> 1. a1: p(a1|1) = 0, p(a1|2) = 1/2, p(2|a1) = 1 -> 1/2. Mean 3/4.
    language = Language([[0], [0], [1]], [[1, 2], [1, 0], [2, 0]])
    assert context_independence(language) == pytest.approx(3 / 4)
    # tokens: a0 with 1 1 2, a1 with 2. a0: best 1, 2/3 of a0's symbols, all of 1's. a1: 2, all of a1's, 1/2 of 2's.
    assert context_independence(language, "tokens") == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_of_equally_telling_symbols_the_one_that_is_said_more_counts():
    # Both 1 and 2 occur with a0 only: 2 in one message of three, 1 in all three. a1 has 3.
    language = Language([[0], [0], [0], [1]], [[2, 1], [1, 0], [1, 0], [3, 0]])
    assert context_independence(language) == pytest.approx(1.0)


def test_perfect_codes(perfect):
    # Korbak et al. 2020: 0.25 for their trivially compositional protocol of 5 x 5. Each value shares its messages'
    # two symbols, and each symbol its meanings' two values: 1/2 * 1/2.
    assert context_independence(perfect(5, 5), "tokens") == pytest.approx(0.25)
    assert context_independence(perfect(5, 5)) == pytest.approx(1.0)
    assert context_independence(perfect(5, 7, 3), "ibm1") == pytest.approx(1.0, abs=1e-3)


def test_the_order_of_symbols_is_no_matter_and_sharing_them_is(perfect, grid):
    rng = np.random.default_rng(7)
    shuffled = Language(grid(5, 7), rng.permuted(grid(5, 7) + np.array([1, 6]), axis=1), variable=False)
    for alignment in ALIGNMENTS:
        in_order = context_independence(perfect(5, 7), alignment)
        assert context_independence(shuffled, alignment) == pytest.approx(in_order)
        assert context_independence(perfect(5, 7, shared=True), alignment) < in_order - 0.05


def test_one_symbol_as_in_matrix_games():
    # Lowe et al. 2019: actions 0 0 0 1 1, messages 1 1 2 2 2. p(0|1) = 1, p(1|0) = 2/3; p(1|2) = 2/3, p(2|1) = 1.
    language = Language([[0], [0], [0], [1], [1]], [[1], [1], [2], [2], [2]])
    assert context_independence(language) == pytest.approx((1 * 2 / 3 + 2 / 3 * 1) / 2)


def test_alignment_by_translation_by_hand():
    # Two rounds of it settle nothing by hand, but symmetry does: one meaning with two values, one message with two
    # symbols, beside its mirror image. p(a0|1) = p(b0|1) by symmetry, so each is 1/2, and so is p(1|a0).
    language = Language([[0, 0], [1, 1]], [[1, 2], [3, 4]])
    assert context_independence(language, "ibm1") == pytest.approx(1 / 4)
    # A third meaning a0 b1 with 1 4 tells them apart: 1 is a0, 4 is b1, and what is left is b0 = 2, a1 = 3.
    language = Language([[0, 0], [1, 1], [0, 1]], [[1, 2], [3, 4], [1, 4]])
    assert context_independence(language, "ibm1") > 0.95


def test_random_languages_are_low_and_near_their_null(grid):
    meanings = grid(5, 7)
    language = Language(meanings, np.random.default_rng(5).integers(1, 12, (35, 3)), variable=False)
    row = measure(language, "context_independence", resamples=199).loc[0]
    assert row["value"] < 0.3
    assert row["p_value"] > 0.01
    assert measure(language, "context_independence/ibm1", resamples=9)["null_mean"][0] < 0.3


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize(
    ("meanings", "messages", "reason"),
    [
        ([[0, 1]], [[1, 2]], "no attribute varies"),
        ([[3], [3]], [[1], [2]], "no attribute varies"),
        ([[0], [1]], [[0, 0], [0, 0]], "nothing is said"),
    ],
)
def test_where_there_is_no_value(alignment: Any, meanings: list[list[int]], messages: list[list[int]], reason: str):
    language = Language(meanings, messages)
    assert math.isnan(context_independence(language, alignment))
    assert measure(language, "context_independence", resamples=3)["note"][0] == f"undefined: {reason}"


def test_degenerate_languages_with_a_value():
    # One message for all: p(1|c) = 1 and p(c|1) = 1/3 for each of three values.
    assert context_independence(Language([[0], [1], [2]], [[1], [1], [1]])) == pytest.approx(1 / 3)
    # a1 is never spoken of: 0. a0 has symbol 1.
    assert context_independence(Language([[0], [1]], [[1], [0]])) == pytest.approx(1 / 2)
    # An attribute that never varies is left out.
    assert context_independence(Language([[0, 9], [1, 9]], [[1], [2]])) == pytest.approx(1.0)


def test_an_unknown_alignment_is_refused(rich: Language):
    with pytest.raises(BadInput, match="unknown alignment 'token'; known: ibm1, presence, tokens. Did you mean"):
        context_independence(rich, "token")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"unknown alignment \['tokens'\]; known"):
        context_independence(rich, ["tokens"])  # type: ignore[arg-type]


def test_variants_are_the_alignments(rich: Language):
    info = METRICS.get("context_independence")
    assert info(rich, **info.options("korbak")) == context_independence(rich, "tokens")
    assert info(rich, **info.options("ibm1")) == context_independence(rich, "ibm1")
