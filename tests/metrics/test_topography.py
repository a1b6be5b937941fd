"""Topographic similarity: worked values, published baselines, every variant, and what must not change it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, spearmanr

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import METRICS, edits, measure, pair_levels, topographic_similarity
from emcomm.metrics.message_distances import NORMALISATIONS
from emcomm.metrics.topography import VARIANTS

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)


@st.composite
def languages(draw: st.DrawFn) -> Language:
    n = draw(st.integers(3, 7))
    meanings = draw(arrays(np.int64, (n, draw(st.integers(1, 3))), elements=st.integers(0, 2)))
    messages = draw(arrays(np.int64, (n, draw(st.integers(1, 5))), elements=st.integers(0, 3)))
    return Language(meanings, messages)


def levenshtein(one: str, two: str) -> int:
    """The textbook recursion, as a second opinion."""
    if not one or not two:
        return len(one) + len(two)
    return min(
        levenshtein(one[1:], two) + 1,
        levenshtein(one, two[1:]) + 1,
        levenshtein(one[1:], two[1:]) + (one[0] != two[0]),
    )


def pairwise(language: Language, rows: np.ndarray | None = None) -> tuple[list[int], list[int]]:
    """Distances of meanings and of messages over all pairs i < j of rows, but those of one row with itself."""
    picked = range(language.n) if rows is None else rows.tolist()
    pairs = [(i, j) for i, j in itertools.combinations(picked, 2) if i != j]
    meanings = [int((language.meanings[i] != language.meanings[j]).sum()) for i, j in pairs]  # type: ignore[index]
    return meanings, [levenshtein(language.strings[i], language.strings[j]) for i, j in pairs]


# Worked values


def test_three_meanings_by_hand():
    # Hamming: 01: 1, 02: 2, 12: 1             ranks 1.5  3   1.5
    # messages a, bc, abc: edits 2, 2, 1       ranks 2.5  2.5  1
    # centred (-.5, 1, -.5) . (.5, .5, -1) = .75, both lengths squared 1.5, so .75 / 1.5
    language = Language([[0, 0], [0, 1], [1, 1]], [[1, 0, 0], [2, 3, 0], [1, 2, 3]])
    assert topographic_similarity(language) == pytest.approx(0.5)


def test_three_meanings_by_hand_with_self_pairs_and_pearson():
    # As above, over 9 ordered pairs: meanings 0 0 0 1 1 2 2 1 1, messages 0 0 0 2 2 2 2 1 1.
    # sums: x 8, y 10, xy 14 (2*(1*2) + 2*(2*2) + 2*(1*1)), xx 12, yy 18
    # covariance 14 - 80/9 = 46/9; variances 12 - 64/9 = 44/9 and 18 - 100/9 = 62/9
    language = Language([[0, 0], [0, 1], [1, 1]], [[1, 0, 0], [2, 3, 0], [1, 2, 3]])
    value = topographic_similarity(language, correlation="pearson", pairs="all")
    assert value == pytest.approx(46 / math.sqrt(44 * 62))


def test_normalised_edit_distances_by_hand():
    # messages a, ab, abcd: edits 1, 3, 2; divided by the longer 1/2, 3/4, 2/4; by the mean 2/3, 6/5, 2/3
    # meanings 01: 1, 02: 2, 12: 2. Pearson of (1, 2, 2) with (1/2, 3/4, 1/2): centred (-2, 1, 1)/3 and (-1, 2, -1)/12,
    # so 3 / sqrt(6 * 6); the second triple is again two equal and one larger: the same number.
    language = Language([[0, 0], [0, 1], [1, 2]], [[1, 0, 0, 0], [1, 2, 0, 0], [1, 2, 3, 4]])
    for size in NORMALISATIONS:
        value = topographic_similarity(language, normalise=size, correlation="pearson")
        assert value == pytest.approx(0.5)
    # raw edits (1, 3, 2): centred (-1, 1, 0), so (2 + 1)/3 / sqrt(2/3 * 2)
    assert topographic_similarity(language, correlation="pearson") == pytest.approx(1 / math.sqrt(4 / 3))


@fixed
@given(languages())
def test_all_pairs_agree_with_scipy(language: Language):
    meanings, messages = pairwise(language)
    assume(len(set(meanings)) > 1 and len(set(messages)) > 1)
    assert topographic_similarity(language) == pytest.approx(spearmanr(meanings, messages).statistic)
    pearson = topographic_similarity(language, correlation="pearson")
    assert pearson == pytest.approx(pearsonr(meanings, messages).statistic)


@fixed
@given(languages())
def test_cosine_is_that_of_concatenated_one_hots(language: Language):
    meanings = language.meanings
    assert meanings is not None
    one_hots = np.concatenate([column[:, None] == range(3) for column in meanings.T], axis=1).astype(float)
    cosines = 1 - (one_hots @ one_hots.T) / meanings.shape[1]
    expected, messages = cosines[np.triu_indices(language.n, k=1)], pairwise(language)[1]
    assume(np.ptp(expected) > 1e-9 and np.ptp(messages) > 0)
    value = topographic_similarity(language, meaning_distance="cosine", correlation="pearson")
    assert value == pytest.approx(pearsonr(expected, messages).statistic, abs=1e-12)


@fixed
@given(languages(), st.integers(0, 2**31))
def test_a_meaning_drawn_twice_makes_no_pair_with_itself(language: Language, seed: int):
    rows = np.random.default_rng(seed).integers(language.n, size=language.n)
    meanings, messages = pairwise(language, rows)
    assume(len(set(meanings)) > 1 and len(set(messages)) > 1)
    score = METRICS.get("topographic_similarity").scorer(language)
    assert score(rows, rows) == pytest.approx(spearmanr(meanings, messages).statistic)


def test_counting_in_blocks_changes_nothing(rich: Language, monkeypatch):
    whole = [
        topographic_similarity(rich, **options) for options in METRICS.get("topographic_similarity").variants.values()
    ]
    monkeypatch.setattr(pair_levels, "BLOCK", 2 * rich.n + 1)
    parts = [
        topographic_similarity(rich, **options) for options in METRICS.get("topographic_similarity").variants.values()
    ]
    assert parts == whole


# Published definitions, each written out a second time


def cosine(meanings: np.ndarray) -> np.ndarray:
    """Cosine distance of concatenated one-hots, through SciPy."""
    values = np.unique(meanings)
    return squareform(pdist((meanings[:, :, None] == values).reshape(len(meanings), -1).astype(float), "cosine"))


def published(variant: str, meanings: np.ndarray, messages: np.ndarray) -> float:
    """A definition of reference code, pair by pair, for messages of a fixed length."""
    n, strings = len(meanings), ["".join(map(chr, row)) for row in messages]
    everyone = variant in ("li_bowling", "ren", "ren_spearman")
    pairs = list(itertools.product(range(n), repeat=2) if everyone else itertools.combinations(range(n), 2))
    by_cosine = variant in ("egg_cosine", "ec_at_scale", "lazaridou", "li_bowling", "dagan")
    distances = cosine(meanings) if by_cosine else squareform(pdist(meanings, "hamming"))
    x = [distances[pair].round(12) for pair in pairs]  # equal cosines differ in the last bits, which ranks would see
    if variant == "dagan":
        y = [(messages[i] != messages[j]).mean() for i, j in pairs]
    else:
        size = {"egg": 2 * messages.shape[1] / 2, "egg_cosine": messages.shape[1], "rita": messages.shape[1]}
        y = [levenshtein(strings[i], strings[j]) / size.get(variant, 1) for i, j in pairs]
    correlate: Any = pearsonr if variant in ("dagan", "pearson", "raviv", "ren") else spearmanr
    return float(correlate(x, y).statistic)


@pytest.mark.parametrize(
    "variant", sorted(set(VARIANTS) - {"chaabouni_2020", "li_bowling_2019", "ren_2020", "rita_2022"})
)
def test_variants_are_the_published_definitions(variant: str, grid):
    rng, meanings = np.random.default_rng(23), grid(2, 3, 2)
    messages = rng.integers(1, 4, (12, 3))
    expected = published(variant, meanings, messages)
    language = Language(meanings, messages, variable=False)
    assert topographic_similarity(language, variant=variant) == pytest.approx(expected, abs=1e-12)
    everything = np.arange(12)
    scorer = METRICS.get("topographic_similarity").scorer(language, variant)
    assert scorer(everything, everything) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("variant", "size"),
    [("egg", lambda one, two: (one + two) / 2), ("rita", max), ("raviv", max)],
)
def test_normalised_variants_on_messages_of_several_lengths(variant: str, size, rich: Language):
    pairs = list(itertools.combinations(range(rich.n), 2))
    x = [(rich.meanings[i] != rich.meanings[j]).sum() for i, j in pairs]  # type: ignore[index]
    y = [levenshtein(rich.strings[i], rich.strings[j]) / size(rich.lengths[i], rich.lengths[j]) for i, j in pairs]
    correlate: Any = pearsonr if variant == "raviv" else spearmanr
    expected = correlate(x, y).statistic
    assert topographic_similarity(rich, variant=variant) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("older", "variant"),
    [("chaabouni_2020", "egg_cosine"), ("li_bowling_2019", "li_bowling"), ("ren_2020", "ren"), ("rita_2022", "rita")],
)
def test_older_names_mean_the_same(older: str, variant: str, rich: Language):
    assert topographic_similarity(rich, variant=older) == topographic_similarity(rich, variant=variant)


def test_a_variant_is_measured_by_name(rich: Language):
    table = measure(rich, ["topographic_similarity/egg", "topographic_similarity/li_bowling"], resamples=7)
    assert table["value"].tolist() == [topographic_similarity(rich, variant=name) for name in ("egg", "li_bowling")]
    assert table["p_value"].notna().all()


def test_self_pairs_raise_a_score_and_the_order_of_rows_is_no_matter(rich: Language):
    backwards = np.arange(rich.n)[::-1]
    turned = rich.rearranged(backwards, backwards)
    assert topographic_similarity(rich, pairs="all") > topographic_similarity(rich)
    assert topographic_similarity(turned, pairs="all") == pytest.approx(topographic_similarity(rich, pairs="all"))


# Which pairs


def test_unique_messages_keep_the_first_meaning_of_each():
    # Rows 2 and 4 repeat the messages of rows 0 and 1, and fall away.
    meanings, messages = [[0, 0], [0, 1], [1, 1], [1, 2], [2, 2]], [[1, 0], [2, 3], [1, 0], [1, 2], [2, 3]]
    language = Language(meanings, messages, frequencies=[0, 0, 1, 0, 0])
    kept = Language([meanings[k] for k in (0, 1, 3)], [messages[k] for k in (0, 1, 3)])
    value = topographic_similarity(language, pairs="unique_messages")
    assert value == pytest.approx(topographic_similarity(kept))
    rows = np.arange(5)
    score = METRICS.get("topographic_similarity").prepare
    assert score is not None
    assert score(language, pairs="unique_messages")(rows, rows) == pytest.approx(value)


@pytest.mark.parametrize("pairs", ["distinct", "all"])
def test_drawing_as_many_pairs_as_there_are_takes_them_all(pairs: Any, rich: Language):
    every = topographic_similarity(rich, pairs=pairs)
    assert topographic_similarity(rich, pairs=pairs, max_pairs=rich.n**2) == every


@pytest.mark.parametrize("pairs", ["distinct", "all"])
def test_drawn_pairs_are_seeded_and_come_near_the_whole(pairs: Any, grid):
    rng, meanings = np.random.default_rng(29), grid(5, 7, 3)
    messages = np.where(rng.random(meanings.shape) < 0.3, rng.integers(0, 7, meanings.shape), meanings) + np.array(
        [1, 8, 15]
    )
    language = Language(meanings, messages)
    whole = topographic_similarity(language, pairs=pairs)
    drawn = [topographic_similarity(language, pairs=pairs, max_pairs=1000, seed=seed) for seed in range(20)]
    assert drawn[3] == topographic_similarity(language, pairs=pairs, max_pairs=1000, seed=3)
    assert len(set(drawn)) > 15
    # the standard error of a correlation over 1,000 pairs is about 1 / sqrt(1,000) = 0.03
    assert 0 < np.std(drawn) < 0.06
    assert np.mean(drawn) == pytest.approx(whole, abs=4 * 0.03 / math.sqrt(20))


def test_drawn_pairs_can_be_resampled(rich: Language):
    prepare, rng = METRICS.get("topographic_similarity").prepare, np.random.default_rng(31)
    assert prepare is not None
    score, rows = prepare(rich, max_pairs=23, seed=5), np.arange(rich.n)
    assert score(rows, rows) == topographic_similarity(rich, max_pairs=23, seed=5)
    dealt = rng.permutation(rich.n)
    expected = topographic_similarity(rich.rearranged(rows, dealt), max_pairs=23, seed=5)
    assert score(rows, dealt) == pytest.approx(expected)
    drawn = rng.integers(rich.n, size=rich.n)
    assert -1 <= score(drawn, drawn) <= 1


def test_distances_of_pairs_are_never_taken_twice(rich: Language, monkeypatch):
    # Everything that looks at symbols does so before the first score; permutations move rows about.
    score = METRICS.get("topographic_similarity").scorer(rich, "egg")
    for taking in ("cdist", "cpdist"):
        monkeypatch.setattr(edits, taking, lambda *_, **__: pytest.fail("a distance was taken anew"))
    dealt = np.random.default_rng(1).permutation(rich.n)
    assert -1 <= score(np.arange(rich.n), dealt) <= 1


# Published baselines


def permuted(meanings: np.ndarray, count: int, **options: object) -> np.ndarray:
    rng = np.random.default_rng(11)
    codes = (Language(meanings, meanings[rng.permutation(len(meanings))] + 1, variable=False) for _ in range(count))
    return np.array([topographic_similarity(code, **options) for code in codes])  # type: ignore[arg-type]


def test_perfect_codes_score_one_in_every_variant(perfect):
    # Shared symbols on three positions are no perfect code by edit distance: 123 and 231 differ by 2 edits.
    for sizes, shared in [((8, 4), False), ((8, 4), True), ((2, 3, 5), False)]:
        for variant, options in METRICS.get("topographic_similarity").variants.items():
            assert topographic_similarity(perfect(*sizes, shared=shared), **options) == 1.0, variant


def test_permuted_codes_of_the_ease_of_teaching_game(grid):
    # 8 x 4 objects, 2 symbols: 0.134 (sd 0.038, 95th percentile 0.199) with self-pairs and cosine; about 0 without.
    options = METRICS.get("topographic_similarity").options("li_bowling_2019")
    published, plain = permuted(grid(8, 4), 300, **options), permuted(grid(8, 4), 300)
    assert published.mean() == pytest.approx(0.134, abs=4 * 0.038 / math.sqrt(300))
    assert published.std() == pytest.approx(0.038, abs=0.006)
    assert np.quantile(published, 0.95) == pytest.approx(0.199, abs=0.015)
    assert plain.mean() == pytest.approx(0.0, abs=4 * 0.047 / math.sqrt(300))
    assert plain.std() == pytest.approx(0.047, abs=0.006)


def test_permuted_codes_of_the_iterated_learning_game(grid):
    values = permuted(grid(8, 8), 100)  # -0.001 (sd 0.022)
    assert values.mean() == pytest.approx(0.0, abs=4 * 0.022 / math.sqrt(100))
    assert values.std() == pytest.approx(0.022, abs=0.006)


def test_self_pairs_make_random_languages_look_structured(grid):
    # 16 meanings, random messages of 2 symbols out of 4: about 0 on pairs i < j, 0.211 with self-pairs
    rng = np.random.default_rng(5)
    random = [Language(grid(4, 4), rng.integers(1, 5, (16, 2)), variable=False) for _ in range(400)]
    plain = np.array([topographic_similarity(language) for language in random])
    with_self = np.array([topographic_similarity(language, pairs="all") for language in random])
    assert plain.mean() == pytest.approx(-0.002, abs=4 * plain.std() / math.sqrt(400))
    assert with_self.mean() == pytest.approx(0.211, abs=4 * with_self.std() / math.sqrt(400))


def test_symbols_after_the_end_would_hide_a_perfect_code(grid):
    # A perfect two-symbol code, EOS, then random symbols up to length 8. Read to the end it scores about 0.466.
    rng, meanings = np.random.default_rng(3), grid(4, 4)
    untrimmed = []
    for _ in range(100):
        tail = np.concatenate([np.zeros((16, 1), dtype=int), rng.integers(1, 5, (16, 5))], axis=1)
        raw = np.concatenate([meanings + 1, tail], axis=1)
        assert topographic_similarity(Language(meanings, raw)) == pytest.approx(1.0)
        # With every symbol one higher, what was EOS is an ordinary symbol and nothing is trimmed.
        untrimmed.append(topographic_similarity(Language(meanings, raw + 1, variable=False)))
    assert np.mean(untrimmed) == pytest.approx(0.466, abs=0.03)


# Where there is no value


@pytest.mark.parametrize(
    ("meanings", "messages"),
    [
        ([[0], [1], [2]], [[1, 0], [2, 1], [3, 0]]),  # one attribute: all meanings differ by 1
        ([[0, 0], [0, 1], [1, 1]], [[1, 2], [1, 2], [1, 2]]),  # one message for all
        ([[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0]]),  # silence
        ([[0, 0], [0, 1], [1, 1]], [[1, 0], [2, 0], [3, 0]]),  # all messages 1 apart
        ([[0, 1]], [[1, 2]]),  # no pair at all
    ],
)
@pytest.mark.parametrize("normalise", [None, *NORMALISATIONS])
@pytest.mark.parametrize("max_pairs", [None, 2])
def test_constant_distances_have_no_correlation(
    meanings: list[list[int]], messages: list[list[int]], normalise: Any, max_pairs: int | None
):
    language = Language(meanings, messages)
    assert math.isnan(topographic_similarity(language, normalise=normalise, max_pairs=max_pairs))


def test_two_silent_messages_are_no_distance_apart():
    language = Language([[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [1, 2]])
    for normalise in (None, *NORMALISATIONS):
        value = topographic_similarity(language, normalise=normalise)
        # ranks: meanings 1.5 3 1.5; distances 0 x x: 1 2.5 2.5. centred (-.5, 1, -.5) . (-1, .5, .5) = .75 over 1.5
        assert value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"meaning_distance": "haming"}, "Did you mean 'hamming'"),
        ({"meaning_distance": ["hamming"]}, r"unknown meaning distance \['hamming'\]"),
        ({"message_distance": np.array(["edit", "edit"])}, "unknown message distance"),
        ({"correlation": np.zeros(2)}, "unknown correlation"),
        ({"normalise": ["mean"]}, r"unknown normalisation \['mean'\]"),
        ({"variant": ["egg"]}, r"unknown variant of topographic_similarity \['egg'\]"),
        ({"message_distance": "edits"}, "Did you mean 'edit'"),
        ({"correlation": "kendall"}, "unknown correlation 'kendall'; known: pearson, spearman"),
        ({"normalise": "longest"}, "unknown normalisation.*Did you mean 'longer'"),
        ({"pairs": "distinkt"}, "unknown pairs.*Did you mean 'distinct'"),
        ({"variant": "lazaridu"}, "unknown variant of topographic_similarity.*Did you mean 'lazaridou'"),
        ({"variant": "egg", "pairs": "all"}, "variant='egg' settles meaning_distance, .*; got pairs='all'"),
        ({"max_pairs": 0}, "max_pairs must be an integer of at least 1, got 0"),
        ({"max_pairs": 2.5}, "max_pairs must be an integer of at least 1, got 2.5"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
    ],
)
def test_unknown_options_are_refused(rich: Language, options: dict[str, Any], said: str):
    with pytest.raises(BadInput, match=said):
        topographic_similarity(rich, **options)
