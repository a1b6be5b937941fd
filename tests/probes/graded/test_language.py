"""Graded languages, their spelling, and the generated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.metrics import structure_score
from emcomm.probes.graded import ALPHABET, GradedLanguage, graded_language, graded_languages
from emcomm.probes.graded.language import SHAPES, scene_features, spell, words_of


def language(**changed: Any) -> GradedLanguage:
    given: dict[str, Any] = {
        "name": "toy",
        "shapes": [0, 1, 3],
        "angles": [0, 90, 180],
        "words": ["ta", "ki-no", "m"],
        "new_shapes": [2, 2],
        "new_angles": [45, 360],
    }
    return GradedLanguage(**given | changed)


def test_scenes_are_shown_as_shape_sine_and_cosine() -> None:
    shown = scene_features(np.array([2, 0]), [90.0, 180.0])
    assert shown.dtype == np.float32
    np.testing.assert_allclose(shown, [[0, 0, 1, 0, 1, 0], [1, 0, 0, 0, 0, -1]], atol=1e-7)
    np.testing.assert_allclose(scene_features(np.array([1]), [360.0]), scene_features(np.array([1]), [0.0]), atol=1e-6)


def test_spelling_there_and_back() -> None:
    # "-aefghikmnopstuw": "-" is 1, "a" 2, ..., "w" 16.
    symbols = spell(["a-w", "", "kt"], 4)
    assert symbols.tolist() == [[2, 1, 16, 0], [0, 0, 0, 0], [8, 14, 0, 0]]
    assert words_of(symbols).tolist() == ["a-w", "", "kt"]


def test_a_word_ends_before_the_first_end() -> None:
    assert words_of(np.array([[[2, 0, 3], [0, 2, 2]]])).tolist() == [["a", ""]]


def test_words_that_do_not_fit() -> None:
    with pytest.raises(BadInput, match="at most 2 letters, got one of 3"):
        spell(["a", "kik"], 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"words": ["ta", "ki"]},
        {"words": ["ta", "", "m"]},
        {"words": ["ta", "X", "m"]},
        {"shapes": [0, 1, SHAPES]},
        {"shapes": [0.0, 1.0, 2.0]},
        {"angles": [0, 90]},
        {"angles": [0, 90, np.nan]},
        {"new_shapes": [], "new_angles": []},
    ],
)
def test_languages_that_are_none(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="toy"):
        language(**changed)


def test_what_a_language_knows_of_itself() -> None:
    toy = language()
    assert (toy.longest, toy.familiar[0].tolist(), toy.new[1].tolist()) == (5, [0, 1, 3], [45, 360])
    other = language(words=["ta", "tok", "m"])
    assert other.structure == structure_score([0, 1, 3], [0, 90, 180], ["ta", "tok", "m"])
    assert np.isfinite(other.structure)


def test_generated_languages_go_from_no_structure_to_full_structure() -> None:
    for seed in range(3):
        made = graded_languages(seed=seed)
        scores = [each.structure for each in made]
        assert abs(scores[0]) < 0.15
        assert scores[-1] > 0.9
        assert np.all(np.diff(scores[1:]) > 0)
        assert np.diff(scores).max() < 0.25
        assert [each.level for each in made] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_generated_languages_share_scenes_and_differ_in_words() -> None:
    made = graded_languages()
    for each in made:
        assert (len(each.words), len(each.new_shapes)) == (23, 13)
        assert len(set(each.words)) == 23
        assert {len(word) for word in each.words} == {8}
        assert all(
            np.array_equal(a, b) for a, b in zip(each.familiar + each.new, made[0].familiar + made[0].new, strict=True)
        )
        scenes = set(zip(each.shapes, each.angles, strict=True)) | set(
            zip(each.new_shapes, each.new_angles, strict=True)
        )
        assert len(scenes) == 36
        assert set(np.bincount(each.new_shapes)) == {3, 4}
    structured = [sum(a == b for a, b in zip(each.words, made[-1].words, strict=True)) for each in made]
    # The share is the root of k / 9, of 23 scenes, rounded.
    assert structured == [0, 8, 11, 13, 15, 17, 19, 20, 22, 23]


def test_a_structured_word_is_a_stem_and_a_direction() -> None:
    full = graded_language(1.0)
    stems = {(shape, word[:3]) for shape, word in zip(full.shapes.tolist(), full.words, strict=True)}
    assert len(stems) == SHAPES
    ends = dict(zip(full.angles.tolist(), (word[3:] for word in full.words), strict=True))
    # Letters change one by one around the circle: 0 and 40 degrees are one sector of 36 degrees apart, 0 and 160 four.
    assert sum(a != b for a, b in zip(ends[0.0], ends[40.0], strict=True)) == 1
    assert sum(a != b for a, b in zip(ends[0.0], ends[160.0], strict=True)) == 4
    assert set("".join(full.words)) <= set(ALPHABET)


@pytest.mark.parametrize("share", [-0.1, 1.1, "half", float("nan")])
def test_shares_that_are_none(share: Any) -> None:
    with pytest.raises(BadInput, match="share from 0 to 1"):
        graded_language(share)


def test_one_language_is_no_series() -> None:
    with pytest.raises(BadInput, match="count"):
        graded_languages(1)
