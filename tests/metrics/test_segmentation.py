"""Harris segmentation: worked messages, the published table of made languages, plain counting, random boundaries."""

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
from emcomm.metrics import measure, topographic_similarity
from emcomm.metrics.segmentation import (
    Segmentation,
    harris_segmentation,
    segment_boundaries,
    segment_vocabulary,
)
from emcomm.metrics.segmentation_control import random_boundaries, random_boundary_control

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
corpora = arrays(np.int64, st.tuples(st.integers(1, 11), st.integers(1, 7)), elements=st.integers(0, 2))


def made(attributes: int, values: int, seed: int) -> Language:
    """The published made language: 36 symbols of an alphabet of 8, a random segment for each value."""
    rng = np.random.RandomState(seed)  # the published generator, so that languages are the same
    segments = [[rng.choice(8, 36 // attributes) + 1 for _ in range(values)] for _ in range(attributes)]
    meanings = np.array(list(itertools.product(range(values), repeat=attributes)))
    messages = [np.array(own)[meanings[:, attribute]] for attribute, own in enumerate(segments)]
    return Language(meanings, np.concatenate(messages, axis=1), variable=False)


def standard_error(values: list[float]) -> float:
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


# The published table


@pytest.mark.parametrize(
    ("attributes", "values", "boundaries", "boundaries_error", "vocabulary", "vocabulary_error"),
    [
        (1, 4096, 1.52, 0.01, 9407.1, 37.8),
        (4, 8, 4.91, 0.19, 62.2, 2.6),
        (6, 4, 7.02, 0.19, 39.7, 1.3),
        (12, 2, 11.31, 0.43, 28.2, 0.8),
    ],
)
def test_the_published_table(
    attributes: int,
    values: int,
    boundaries: float,
    boundaries_error: float,
    vocabulary: float,
    vocabulary_error: float,
):
    found = [harris_segmentation(made(attributes, values, seed), 0.5) for seed in range(8)]
    means, sizes = [each.mean_boundaries for each in found], [float(each.vocabulary_size) for each in found]
    # As printed, digits cut off rather than rounded.
    assert np.mean(means) == pytest.approx(boundaries + 0.005, abs=0.005)
    assert standard_error(means) == pytest.approx(boundaries_error + 0.005, abs=0.005)
    assert np.mean(sizes) == pytest.approx(vocabulary + 0.05, abs=0.051)
    assert standard_error(sizes) == pytest.approx(vocabulary_error + 0.05, abs=0.051)


@pytest.mark.parametrize(
    ("attributes", "values", "boundaries", "vocabulary"),
    [(6, 4, [6.75, 6.5, 7.1875], [37, 38, 40]), (12, 2, [12.25, 10.25, 11.0], [33, 31, 27])],
)
def test_single_seeds(attributes: int, values: int, boundaries: list[float], vocabulary: list[int]):
    found = [harris_segmentation(made(attributes, values, seed)) for seed in range(3)]
    assert [each.mean_boundaries for each in found] == boundaries
    assert [each.vocabulary_size for each in found] == vocabulary


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attributes", "values", "symbols", "symbols_error", "words", "words_error"),
    [
        (4, 8, 0.868, None, 0.627, 0.021),
        (6, 4, 0.935, 0.003, 0.763, 0.015),
        (12, 2, 0.966, 0.003, 0.862, 0.009),
    ],
)
def test_the_published_similarities(
    attributes: int, values: int, symbols: float, symbols_error: float | None, words: float, words_error: float
):
    found = [harris_segmentation(made(attributes, values, seed)) for seed in range(8)]
    by_symbol = [each.symbol_topographic_similarity for each in found]
    by_word = [each.word_topographic_similarity for each in found]
    assert np.mean(by_symbol) == pytest.approx(symbols, abs=1.001e-3)
    assert np.mean(by_word) == pytest.approx(words, abs=1.001e-3)
    assert standard_error(by_word) == pytest.approx(words_error, abs=1.001e-3)
    if symbols_error is not None:
        assert standard_error(by_symbol) == pytest.approx(symbols_error, abs=1.001e-3)


# Worked by hand


@pytest.fixture
def stem() -> Language:
    """After 1 always 2, after 1 2 one of four: a rise from 0 to 2 bits."""
    return Language([[0, 0], [0, 1], [1, 0], [1, 1]], [[1, 2, 3], [1, 2, 4], [1, 2, 5], [1, 2, 6]])


def test_a_stem_is_cut_off(stem: Language):
    found = harris_segmentation(stem)
    np.testing.assert_array_equal(found.boundaries, [[False, True]] * 4)
    assert found.mean_boundaries == 1.0
    assert found.segments == [((1, 2), (k,)) for k in (3, 4, 5, 6)]
    assert found.vocabulary == ((1, 2), (3,), (4,), (5,), (6,))
    assert found.vocabulary_size == 5
    np.testing.assert_array_equal(found.words, [[1, 2], [1, 3], [1, 4], [1, 5]])


def test_a_rise_of_exactly_the_threshold_is_none(stem: Language):
    assert harris_segmentation(stem, 1.999).mean_boundaries == 1.0
    whole = harris_segmentation(stem, 2)
    assert whole.mean_boundaries == 0.0
    assert whole.vocabulary_size == 4


def test_there_is_no_boundary_where_a_message_ends():
    # 1 2 is followed by 3, by 4 and by nothing: 2/3 log2 3 = 1.06 bits after 0. The last message has nothing to cut.
    found = harris_segmentation(Language(None, [[1, 2, 3], [1, 2, 4], [5, 1, 2]]))
    np.testing.assert_array_equal(found.boundaries, [[False, True], [False, True], [False, False]])
    assert found.mean_boundaries == pytest.approx(2 / 3)
    assert found.segments[2] == ((5, 1, 2),)


def test_word_level_similarity_is_that_of_the_segments(stem: Language):
    found = harris_segmentation(stem)
    words = Language(stem.meanings, [[1, 2], [1, 3], [1, 4], [1, 5]])
    assert found.word_language.symbols == 5
    assert math.isnan(found.word_topographic_similarity)  # all messages are one replacement apart
    assert math.isnan(topographic_similarity(words))
    code = made(12, 2, 0)
    some = code.rearranged(np.arange(0, 4096, 37), np.arange(0, 4096, 37))
    found = harris_segmentation(some)
    assert found.symbol_topographic_similarity == topographic_similarity(some)
    assert found.word_topographic_similarity == topographic_similarity(Language(some.meanings, found.words))
    assert found.symbol_topographic_similarity > 0.9


def test_one_attribute_has_no_similarity():
    found = harris_segmentation(made(1, 64, 0))
    assert math.isnan(found.symbol_topographic_similarity)
    assert math.isnan(found.word_topographic_similarity)


def test_symbols_beyond_characters_are_symbols_too():
    low = harris_segmentation(made(12, 2, 0))
    high = harris_segmentation(Language(None, made(12, 2, 0).messages + 100_000))
    np.testing.assert_array_equal(high.words, low.words)
    assert high.vocabulary == tuple(tuple(symbol + 100_000 for symbol in segment) for segment in low.vocabulary)


# A plain second implementation


def plainly(messages: list[tuple[int, ...]], threshold: float, window: int) -> list[set[int]]:
    """Boundaries after how many symbols, one substring at a time."""
    counts = Counter(row[i:j] for row in messages for i in range(len(row)) for j in range(i + 1, len(row) + 1))

    def branching(context: tuple[int, ...]) -> float:
        shares = [counts[(*context, symbol)] / counts[context] for symbol in (1, 2)]
        return -sum(share * math.log2(share) for share in shares if share)

    return [
        {
            j
            for i in range(len(row))
            for j in range(i + 2, min(len(row), i + window + 1))
            if branching(row[i:j]) - branching(row[i : j - 1]) > threshold + 1e-9
        }
        for row in messages
    ]


@fixed
@given(corpora, st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from([None, 2, 3]))
def test_boundaries_and_segments_are_those_of_plain_counting(
    messages: np.ndarray, threshold: float, window: int | None
):
    language = Language(None, messages)
    rows = [tuple(row[:length]) for row, length in zip(language.messages.tolist(), language.lengths, strict=True)]
    found = harris_segmentation(language, threshold, window)
    expected = plainly(rows, threshold, window or 99)
    assert [set((np.flatnonzero(row) + 1).tolist()) for row in found.boundaries] == expected
    pieces = []
    for row, cuts in zip(rows, expected, strict=True):
        ends = [*sorted(cuts), len(row)] if row else []
        pieces.append(tuple(row[i:j] for i, j in zip([0, *ends], ends, strict=False)))
    assert found.segments == pieces
    assert found.vocabulary_size == len({piece for row in pieces for piece in row})
    assert segment_boundaries(language, threshold=0.25) == harris_segmentation(language, 0.25).mean_boundaries
    assert segment_vocabulary(language) == harris_segmentation(language).vocabulary_size


@fixed
@given(corpora, st.integers(0, 2**31))
def test_what_must_not_matter_does_not(messages: np.ndarray, seed: int):
    rng, language = np.random.default_rng(seed), Language(None, messages)
    found = harris_segmentation(language)
    order = rng.permutation(language.n)
    junk = rng.integers(0, 3, (language.n, 3)) * (language.lengths < language.max_length)[:, None]
    others = {
        "other symbols": Language(None, np.array([0, 7, 5])[language.messages]),
        "after the end": Language(None, np.concatenate([language.messages, np.zeros_like(junk), junk], axis=1)),
    }
    for change, other in others.items():
        again = harris_segmentation(other)
        np.testing.assert_array_equal(again.words, found.words, change)
        assert again.mean_boundaries == found.mean_boundaries
    again = harris_segmentation(language.rearranged(order, order))
    np.testing.assert_array_equal(again.boundaries, found.boundaries[order])
    assert set(again.vocabulary) == set(found.vocabulary)


# Edges


@pytest.mark.parametrize(
    ("messages", "vocabulary"), [([[1, 2, 1]], 1), ([[1], [2], [1]], 2), ([[0, 0], [0, 0]], 0), ([[0, 1], [1, 2]], 1)]
)
def test_little_to_cut(messages: list[list[int]], vocabulary: int):
    found = harris_segmentation(Language(None, messages))
    assert found.mean_boundaries == 0.0
    assert found.vocabulary_size == vocabulary
    assert found.words.shape == (len(messages), 1)
    assert [len(row) for row in found.segments] == (found.language.lengths > 0).tolist()
    assert random_boundary_control(found, 3).vocabulary_sizes.tolist() == [vocabulary] * 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"threshold": -0.1}, "threshold must be a finite number of bits, at least 0; got -0.1"),
        ({"threshold": math.nan}, "finite number of bits"),
        ({"threshold": "high"}, "a number of bits, at least 0; got 'high'"),
        ({"threshold": np.complex128(1)}, "a number of bits, at least 0; got"),
        ({"threshold": 10**400}, "a finite number of bits"),
        ({"window": 1}, "window must be an integer of at least 2, got 1"),
        ({"window": 2.5}, "window must be an integer"),
    ],
)
def test_bad_options_are_refused(stem: Language, options: dict[str, Any], said: str):
    with pytest.raises(BadInput, match=said):
        harris_segmentation(stem, **options)


def test_a_corpus_is_cut_and_has_no_similarity():
    found = harris_segmentation(Language(None, [[1, 2, 3], [1, 2, 4]]))
    assert found.vocabulary_size == 3
    with pytest.raises(BadInput, match="needs meanings"):
        _ = found.word_topographic_similarity


def test_the_table_compares_with_symbols_dealt_anew(stem: Language):
    table = measure(stem, ["segment_boundaries", "segment_vocabulary", "segment_boundaries/threshold_1"], resamples=9)
    assert table["value"].tolist() == [1.0, 5.0, 1.0]
    assert table["p_value"].between(0.1, 1.0).all()  # 9 resamples: p is a multiple of a tenth
    assert table["note"].str.contains("between").all()
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)


# Random boundaries


@fixed
@given(corpora, st.integers(0, 2**31))
def test_random_boundaries_are_as_many_and_inside(messages: np.ndarray, seed: int):
    language, rng = Language(None, messages), np.random.default_rng(seed)
    inside = np.arange(1, language.max_length) < language.lengths[:, None]
    given = Segmentation(language, inside & (rng.random(inside.shape) < 0.5))
    drawn = random_boundaries(given, rng)
    np.testing.assert_array_equal(drawn.boundaries.sum(axis=1), given.boundaries.sum(axis=1))
    assert not (drawn.boundaries & ~inside).any()
    assert drawn.mean_boundaries == given.mean_boundaries
    joined = [tuple(itertools.chain(*segments)) for segments in drawn.segments]
    assert joined == [tuple(row[row > 0].tolist()) for row in language.messages]


def test_every_place_is_as_likely():
    # 2 boundaries among 4 places: each place in half of the draws.
    boundaries = np.tile([True, True, False, False, False], (6000, 1))
    language = Language(None, np.tile([1, 2, 3, 4, 5, 0], (6000, 1)))
    shares = random_boundaries(Segmentation(language, boundaries), np.random.default_rng(1)).boundaries.mean(axis=0)
    np.testing.assert_allclose(shares, [0.5] * 4 + [0.0], atol=0.03)


def test_segments_of_a_made_language_are_used_again_more_than_by_chance():
    whole = made(6, 4, 0)
    rows = np.arange(0, 4096, 17)
    found = harris_segmentation(whole.rearranged(rows, rows))
    control = random_boundary_control(found, draws=19, seed=3)
    assert len(control.draws) == len(control.vocabulary_sizes) == 19
    assert control.vocabulary_p_value == 1 / 20
    assert control.vocabulary_sizes.min() > 3 * found.vocabulary_size
    assert control.word_topographic_similarity_p_value == 1 / 20
    assert control.word_topographic_similarities.max() < found.word_topographic_similarity


def test_equal_seeds_draw_alike():
    found = harris_segmentation(made(12, 2, 0))
    first, again, other = (random_boundary_control(found, 2, seed).draws for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[1].boundaries, again[1].boundaries)
    assert (first[1].boundaries != other[1].boundaries).any()
    assert (first[0].boundaries != first[1].boundaries).any()


def test_an_undefined_similarity_has_no_p_value(stem: Language):
    control = random_boundary_control(harris_segmentation(stem), 3)
    assert math.isnan(control.word_topographic_similarity_p_value)


@pytest.mark.parametrize("options", [{"draws": 0}, {"seed": -1}])
def test_bad_controls_are_refused(stem: Language, options: dict[str, int]):
    with pytest.raises(BadInput, match="must be an integer of at least"):
        random_boundary_control(harris_segmentation(stem), **options)


def test_other_things_are_not_compared(stem: Language):
    with pytest.raises(BadInput, match="must be a Segmentation, got Language"):
        random_boundary_control(stem, 3)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="must be a Segmentation, got Language"):
        random_boundaries(stem, np.random.default_rng(0))  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"rng must be a generator of NumPy, .*; got NoneType"):
        random_boundaries(harris_segmentation(stem), None)  # type: ignore[arg-type]
