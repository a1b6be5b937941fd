"""What every generator of languages promises, and how structure ranks what they make."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm import languages, metrics
from emcomm.errors import BadInput
from emcomm.worlds import AttributeWorld
from tests.languages.looking import made, meanings_of

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=30)
OF_MEANINGS = [
    name for name in languages.__all__ if name not in ("concatenated", "lexicon", "monkey_typing", "structured")
]


def sizes_for(name: str) -> tuple[int, ...]:
    return (7, 2) if name == "negated" else (5, 3)


@pytest.mark.parametrize("name", OF_MEANINGS)
def test_equal_seeds_give_equal_languages_and_others_do_not(name: str):
    one, two, other = (made(name, sizes_for(name), seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.messages, two.messages)
    np.testing.assert_array_equal(one.meanings, two.meanings)
    assert one.messages.shape != other.messages.shape or (one.messages != other.messages).any()


@pytest.mark.parametrize("name", OF_MEANINGS)
def test_sizes_arrays_and_worlds_are_talked_about_alike(name: str):
    sizes = sizes_for(name)
    grid = list(itertools.product(*map(range, sizes)))
    world = AttributeWorld(values=sizes)
    plain = made(name, sizes, seed=1)
    for meanings in (grid, np.array(grid), list(sizes), world):
        again = made(name, meanings, seed=1)
        np.testing.assert_array_equal(again.messages, plain.messages)
        np.testing.assert_array_equal(again.meanings, plain.meanings)
        np.testing.assert_allclose(again.frequencies, plain.frequencies)
        assert (again.sizes, again.symbols, again.variable) == (plain.sizes, plain.symbols, plain.variable)
    assert plain.symbols is not None
    assert plain.messages.max() <= plain.symbols


@pytest.mark.parametrize("name", OF_MEANINGS)
def test_the_frequencies_of_a_world_are_kept(name: str):
    sizes = sizes_for(name)
    world = AttributeWorld(values=sizes, frequencies="zipf")
    spoken = made(name, world, **({"exponent": None} if name == "zipfian" else {}))
    attributes = meanings_of(spoken)[:, -len(sizes) :]  # a context comes first
    for meaning, frequency in zip(world.meanings(), world.probabilities(), strict=True):
        rows = (attributes == meaning).all(axis=1)
        assert spoken.frequencies[rows].sum() == pytest.approx(frequency)


@pytest.mark.parametrize("name", OF_MEANINGS)
@pytest.mark.parametrize(
    ("meanings", "said"),
    [
        (5, "got int64 of shape"),
        ((), "shape"),
        ((5, 0), "sizes are at least 1"),
        ((5.0, 3.0), "got float64"),
        ("ab", "give attribute sizes"),
        ([[0, 1], [0]], "rows of different lengths"),
        ([[0, -1]], "values at least 0"),
        ([[0, 2**40]], "below"),
        ((99_999, 99_999), "numbers, at most"),
    ],
)
def test_what_is_nothing_to_talk_about_is_refused(name: str, meanings: Any, said: str):
    with pytest.raises(BadInput, match=said) as refusal:
        made(name, meanings)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", OF_MEANINGS)
@pytest.mark.parametrize("seed", [-1, 0.5, "a", None])
def test_a_seed_is_a_whole_number(name: str, seed: Any):
    with pytest.raises(BadInput, match="seed must be an integer of at least 0"):
        made(name, sizes_for(name), seed=seed)


def test_every_docstring_says_what_is_known_and_where_it_comes_from():
    for name in languages.__all__:
        text = inspect.getdoc(getattr(languages, name)) or ""
        assert "Source:" in text, name
        assert "Known" in text or name == "lexicon", name
        assert f"`{name}`" in (languages.__doc__ or "") or name == "lexicon", name


def test_structure_ranks_languages():
    def score(name: str) -> float:
        return float(np.mean([metrics.topographic_similarity(made(name, (7, 7), seed=seed)) for seed in range(5)]))

    scores = [score(name) for name in ("compositional", "synonymous", "conditional", "holistic", "rotated")]
    assert scores == sorted(scores, reverse=True)


@fixed
@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 2**31), st.floats(0, 1))
def test_any_sizes_make_a_language(sizes: list[int], seed: int, structure: float):
    n = math.prod(sizes)
    assert languages.structured(sizes, structure, seed=seed).n == n
    for name in ("compositional", "holistic", "random", "homonymous", "zipfian"):
        language = made(name, sizes, seed=seed)
        assert language.n == n
        if name not in ("random", "homonymous"):
            assert len(set(language.strings)) == n


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: languages.random((2, 3), symbols=2**64),
            "symbols must be at most 100000000, got 18446744073709551616",
        ),
        (lambda: languages.holistic((2, 3), symbols=2**64), "symbols must be at most"),
        (lambda: languages.zipfian((2, 3), symbols=2**64), "symbols must be at most"),
        (lambda: languages.monkey_typing(5, symbols=2**64), "symbols must be at most"),
        (lambda: languages.lexicon((2, 3), symbols=2**64), "symbols must be at most"),
        (lambda: languages.lexicon((2, 3), symbols=5, lengths=(1, 10**9)), "numbers, at most"),
        (lambda: languages.concatenated((2, 3), 5), "words must be words"),  # type: ignore[arg-type]
        (lambda: languages.concatenated((2, 2), [[1, 2], [3, 4]]), "words must be words"),  # type: ignore[list-item]
        (lambda: languages.concatenated((1, 1), [[[1]], [[2**64]]]), "symbols must be at most"),
    ],
)
def test_what_is_too_much_or_of_another_kind_is_refused(call: Callable[[], object], said: str):
    with pytest.raises(BadInput, match=said) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_long_messages_are_told_apart_quickly():
    language = languages.holistic((2, 3), symbols=2, length=100_000)
    assert len({row.tobytes() for row in language.messages}) == 6


def test_more_homonyms_than_values_are_one_symbol():
    language = languages.homonymous((5, 3), homonyms=10**20)
    assert len(set(language.strings)) == 1
