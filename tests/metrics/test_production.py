"""Production similarity and convergence: by hand, as their authors test them, and on the published human data."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.production import (
    convergence_by_item,
    convergence_score,
    normalised_distances,
    production_accuracy,
    production_similarities,
    production_similarity,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
words = st.text("abc", max_size=5)


def levenshtein(one: str, two: str) -> int:
    """The textbook recursion, as a second opinion."""
    if not one or not two:
        return len(one) + len(two)
    return min(
        levenshtein(one[1:], two) + 1,
        levenshtein(one, two[1:]) + 1,
        levenshtein(one[1:], two[1:]) + (one[0] != two[0]),
    )


def similarity(one: str, two: str) -> float:
    return 1 - levenshtein(one, two) / max(len(one), len(two), 1)


# Production similarity


def test_production_similarity_by_hand():
    # ab/ab: 0 edits; abc/axc: 1 of 3; a/abcd: 3 of the longer 4; nothing/nothing: equal; nothing/ab: 2 of 2
    said, taught = ["ab", "abc", "a", "", ""], ["ab", "axc", "abcd", "", "ab"]
    np.testing.assert_allclose(production_similarities(said, taught), [1, 2 / 3, 1 / 4, 1, 0])
    assert production_similarity(said, taught) == pytest.approx((1 + 2 / 3 + 1 / 4 + 1) / 5)
    assert production_accuracy(said, taught) == pytest.approx(2 / 5)


def test_two_bare_strings_are_two_words():
    assert production_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert production_accuracy("kitten", "sitting") == 0.0


def test_messages_are_compared_up_to_their_end():
    said = [[1, 2, 0, 3], [4, 0, 9, 9], [0, 1, 1, 1]]
    taught = [[1, 2, 0, 0, 0], [5, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    for form in (np.array, lambda rows: Language(None, rows)):
        np.testing.assert_allclose(production_similarities(form(said), form(taught)), [1, 0, 1])


def test_symbols_beyond_all_characters_are_the_same_for_everybody():
    # 2**40 is renumbered to make a character; alone it would be renumbered like 7 in the other's words
    assert production_similarity([[2**40]], [[2**40]]) == 1.0
    assert production_similarity([[2**40]], [[7]]) == 0.0
    assert production_similarity([[2**40, 7]], [[2**41, 7]]) == pytest.approx(0.5)


@fixed
@given(st.lists(st.tuples(words, words), min_size=1, max_size=5))
def test_distances_agree_with_the_textbook(pairs: list[tuple[str, str]]):
    first, second = zip(*pairs, strict=True)
    expected = [1 - similarity(one, two) for one, two in pairs]
    np.testing.assert_allclose(normalised_distances(first, second), expected, atol=1e-15)
    np.testing.assert_allclose(normalised_distances(second, first), expected, atol=1e-15)


# Convergence


@pytest.mark.parametrize(
    ("labels", "expected"),
    [  # the values that the tests of Galke, Ram & Raviv's code expect
        (["aaa", "aaa", "aaa", "aaa"], 1),
        (["a", "b"], 0),
        (["ab", "bb"], 1 / 2),
        (["a", "b", "c", "d"], 0),
        (["a", "a", "b", "b"], 1 / 3),
        (["aa", "aa", "bb", "bb", "cc", "cc"], 1 / 5),
        (["aa", "aa", "bb", "bb", "ccaa", "ccaa"], 1 / 3),
    ],
)
def test_convergence_on_one_item_as_published(labels: list[str], expected: float):
    assert convergence_score(labels) == pytest.approx(expected)


def test_convergence_by_hand():
    # three learners, two items. ab, ab, cd: pairs 0, 1, 1; abc, abd, "": 1/3, 1, 1
    learners = [["ab", "abc"], ["ab", "abd"], ["cd", ""]]
    np.testing.assert_allclose(convergence_by_item(learners), [1 - 2 / 3, 1 - (7 / 3) / 3])
    assert convergence_score(learners) == pytest.approx((1 / 3 + 2 / 9) / 2)


def test_convergence_of_messages_and_of_languages():
    array = np.array([[[1, 2, 0], [1, 2, 3]], [[1, 2, 0], [1, 2, 4]], [[3, 4, 0], [0, 9, 9]]])
    assert convergence_score(array) == pytest.approx((1 / 3 + 2 / 9) / 2)
    assert convergence_score([Language(None, rows) for rows in array]) == pytest.approx((1 / 3 + 2 / 9) / 2)


def test_words_may_come_one_at_a_time():
    # 1 - 1/2 and 1 - 0
    assert production_similarity(iter(["ab", "c"]), ["ad", "c"]) == 0.75  # type: ignore[arg-type]
    assert convergence_score([iter(["ab", "c"]), iter(["ad", "c"])]) == 0.75  # type: ignore[list-item]


def test_one_learner_has_nobody_to_agree_with():
    assert math.isnan(convergence_score([["ab", "c", ""]]))
    assert convergence_score([[""], [""]]) == 1.0


@fixed
@given(st.integers(2, 5), st.integers(1, 3), st.data())
def test_what_must_not_matter_to_convergence_does_not(learners: int, items: int, data: st.DataObject):
    table = [[data.draw(words) for _ in range(items)] for _ in range(learners)]
    value = convergence_score(table)
    pairs = [(i, j) for i in range(learners) for j in range(i)]
    expected = np.mean([similarity(a, b) for i, j in pairs for a, b in zip(table[i], table[j], strict=True)])
    assert value == pytest.approx(float(expected), abs=1e-12)
    assert 0 <= value <= 1
    order, letters = data.draw(st.permutations(range(items))), str.maketrans("abc", "zxy")
    others = [[row[k].translate(letters) for k in order] for row in data.draw(st.permutations(table))]
    assert convergence_score(others) == pytest.approx(value, abs=1e-12)


# Bad input


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: production_similarity(["a"], ["a", "b"]), "same items for everybody, got 1 and 2 words"),
        (lambda: production_similarity([], []), "must be strings, or messages as integers"),
        (lambda: production_similarity(np.array([[1.5]]), [[1]]), "or messages as integers.*got float64"),
        (lambda: production_similarity(["a"], [[1]]), "must be strings, or messages as integers"),
        (lambda: production_similarity(np.array(["a", None]), ["a", "b"]), "must be strings"),
        (lambda: production_similarity([[1], [2, 3]], [[1], [2]]), "rows of different lengths"),
        (lambda: convergence_score("abc"), "must be a sequence with each learner's words, got 'abc'"),
        (lambda: convergence_score(3), "must be a sequence with each learner's words, got 3"),  # type: ignore[arg-type]
        (lambda: convergence_score([]), "at least one learner, got none"),
        (lambda: convergence_score([["a"], ["b", "c"]]), "got 1 and 2 words"),
        (lambda: convergence_score([[[-1]], [[1]]]), "got -1"),
    ],
)
def test_bad_input_is_refused_in_one_line(call: Callable[[], Any], told: str):
    with pytest.raises(BadInput, match=told) as error:
        call()
    assert "\n" not in str(error.value)


# People, as published with Galke, Ram & Raviv 2024


def _human_data() -> Path:
    folder = Path(os.environ.get("EMCOMM_DATA", "")) / "graded_languages"
    if not os.environ.get("EMCOMM_DATA") or not folder.is_dir():
        pytest.skip("the human data are not here; EMCOMM_DATA names the folder that holds graded_languages")
    return folder


def _trials(path: Path) -> list[dict[str, str]]:
    lines = path.read_text(encoding="ascii").splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("Round\t"))
    return list(csv.DictReader(lines[start:], delimiter="\t"))


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """One row a learner: language, its structure as published, the two memory scores, and the words for new scenes."""
    folder = _human_data()
    items = pd.read_csv(folder / "input_languages.csv", keep_default_na=False)
    taught = {(row.InputCondition, str(row["Item.ID"])): row.Word for _, row in items.iterrows()}
    structure = items.groupby("InputCondition").StructureScore.first()
    rows = []
    for path in sorted((folder / "human_logs").glob("*.txt")):
        language, trials = path.name.split("_")[2], _trials(path)
        memory = [trial for trial in trials if trial["Task"] == "MemorizationTest"]
        new = sorted((int(t["Target"]), t["Input"]) for t in trials if t["Task"] == "RegularizationTest")
        said, right = [t["Input"] for t in memory], [taught[language, t["Target"]] for t in memory]
        scores = production_accuracy(said, right), production_similarity(said, right)
        rows.append((language, structure[language], *scores, [word for _, word in new]))
    return pd.DataFrame(rows, columns=["language", "structure", "accuracy", "similarity", "new"])


def test_the_human_table(people: pd.DataFrame):
    # language: memory accuracy (sd over 10 learners), production similarity (sd)
    table = {
        "B1": (0.743, 0.243, 0.797, 0.196),
        "S1": (0.522, 0.250, 0.660, 0.212),
        "S2": (0.509, 0.229, 0.772, 0.145),
        "B2": (0.413, 0.222, 0.696, 0.135),
        "S3": (0.609, 0.230, 0.844, 0.109),
        "B4": (0.843, 0.286, 0.928, 0.139),
        "B5": (0.896, 0.092, 0.972, 0.024),
    }
    groups = people.groupby("language")[["accuracy", "similarity"]].agg(["mean", "std"])
    for language, expected in table.items():
        np.testing.assert_allclose(groups.loc[language], expected, atol=5.1e-4, err_msg=language)


def test_the_human_correlations_with_structure(people: pd.DataFrame):
    means = people.groupby("language")[["structure", "accuracy", "similarity"]].mean()
    for score, over_learners, ranks, over_languages in (
        ("accuracy", 0.38, 0.42, 0.67),
        ("similarity", 0.54, 0.58, 0.85),
    ):
        assert pearsonr(people.structure, people[score])[0] == pytest.approx(over_learners, abs=5e-3)
        assert spearmanr(people.structure, people[score])[0] == pytest.approx(ranks, abs=5e-3)
        assert spearmanr(means.structure, means[score])[0] == pytest.approx(over_languages, abs=5e-3)


def test_people_converge_more_on_structured_languages(people: pd.DataFrame):
    groups = [(rows.structure.iloc[0], convergence_score(rows.new.tolist())) for _, rows in people.groupby("language")]
    assert {len(words) for words in people.new} == {13}
    assert spearmanr(np.array(groups)).statistic > 0.9
