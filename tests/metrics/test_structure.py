"""Structure and generalisation scores: worked, against published scores, and on bad input."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.metrics.structure import generalisation_score, scene_distances, structure_score, word_distances

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=60)
scenes = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 360), st.text("abc", max_size=4)), min_size=3, max_size=7
)

# Structure scores of the ten input languages as published with the data of Galke, Ram & Raviv 2024.
PUBLISHED = {
    "B1": 0.072597513,
    "B2": 0.349452503,
    "B3": 0.581908540,
    "B4": 0.693643611,
    "B5": 0.846465054,
    "S1": 0.090233625,
    "S2": 0.252235962,
    "S3": 0.594566125,
    "S4": 0.786160719,
    "S5": 0.839195167,
}
# Mean generalisation score of ten learners each, recomputed from their logs.
GENERALISATION = {"B1": 0.232, "S1": 0.152, "S2": 0.187, "B2": 0.398, "S3": 0.599, "B4": 0.627, "B5": 0.848}


@pytest.fixture(scope="module")
def folder() -> Path:
    path = Path(os.environ.get("EMCOMM_DATA", "")) / "graded_languages"
    if not os.environ.get("EMCOMM_DATA") or not path.is_dir():
        pytest.skip("EMCOMM_DATA does not name a folder with graded_languages")
    return path


# Worked values


def test_scenes_differ_by_shape_and_by_the_shorter_way_round():
    shapes, angles = np.array(["x", "y", "x"]), np.array([30.0, 330.0, 360.0])
    # 30 and 330 are 60 apart, 30 and 360 are 30, 330 and 360 are 30
    expected = np.array([[0, 180 + 60, 30], [180 + 60, 0, 180 + 30], [30, 180 + 30, 0]]) / 180
    np.testing.assert_allclose(scene_distances(shapes, angles, shapes, angles), expected)


def test_words_differ_by_edits_over_the_longer():
    # ab, abc: 1 of 3; ab, nothing: 2 of 2; abc, nothing: 3 of 3
    np.testing.assert_allclose(word_distances(["ab", ""], ["ab", "abc", ""]), np.array([[0, 1, 3], [3, 3, 0]]) / 3)


def test_structure_by_hand():
    # scenes x0, x90, y270: 1/2, 1 + 1/2, 1 + 1 -> 3, 9, 12 sixths; words a, ab, cd: 1/2, 1, 1
    # centred: -5/6, 1/6, 4/6 and -1/3, 1/6, 1/6: 10/36 + 1/36 + 4/36 over sqrt(42/36 * 6/36)
    value = structure_score(["x", "x", "y"], [0, 90, 270], ["a", "ab", "cd"])
    assert value == pytest.approx(15 / math.sqrt(42 * 6))


def test_a_full_turn_is_no_turn():
    shapes, words = [1, 1, 2, 2], ["aa", "ab", "ba", "bb"]
    start = structure_score(shapes, [0, 90, 0, 90], words)
    assert structure_score(shapes, [360, 90, -360, 450], words) == pytest.approx(start)


def test_generalisation_by_hand():
    # familiar x0 "a", y180 "bb"; new x90 "ab": x0 is 1/2 away and "a" 1/2; y180 is 3/2 away and "bb" 1/2. One constant.
    assert math.isnan(generalisation_score(["x", "y"], [0, 180], ["a", "bb"], ["x"], [90], ["ab"]))
    # with "ac" 1/2 and 1: both rise together
    assert generalisation_score(["x", "y"], [0, 180], ["a", "bb"], ["x"], [90], ["ac"]) == pytest.approx(1.0)
    # a second new scene y0 "b": 1 and 1 from x0 "a"; 1 and 1/2 from y180 "bb"
    # scenes 1/2 3/2 1 1, words 1/2 1 1 1/2: centred -1/2 1/2 0 0 and -1/4 1/4 1/4 -1/4: 1/4 / sqrt(1/2 * 1/4)
    value = generalisation_score(["x", "y"], [0, 180], ["a", "bb"], ["x", "y"], [90, 0], ["ac", "b"])
    assert value == pytest.approx((1 / 4) / math.sqrt(1 / 8))


# Published values


def read_languages(folder: Path) -> dict[str, list[dict[str, str]]]:
    languages: dict[str, list[dict[str, str]]] = {}
    with (folder / "input_languages.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            languages.setdefault(row["InputCondition"], []).append(row)
    return languages


def columns(rows: list[dict[str, str]], word: str) -> tuple[list[str], list[float], list[str]]:
    return [row["Shape"] for row in rows], [float(row["Angle"]) for row in rows], [row[word] for row in rows]


def test_structure_scores_of_the_human_input_languages(folder: Path):
    languages = read_languages(folder)
    assert {name: len(rows) for name, rows in languages.items()} == dict.fromkeys(PUBLISHED, 23)
    for name, rows in languages.items():
        assert structure_score(*columns(rows, "Word")) == pytest.approx(PUBLISHED[name], abs=1e-8)
        assert float(rows[0]["StructureScore"]) == pytest.approx(PUBLISHED[name], abs=1e-8)


def test_generalisation_scores_of_the_learners(folder: Path):
    scores: dict[str, list[float]] = {}
    for path in sorted((folder / "human_logs").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        name = next(line for line in lines if line.startswith("Language:")).removeprefix("Language:").strip()
        start = next(number for number, line in enumerate(lines) if line.startswith("Round\t"))
        trials = list(csv.DictReader(lines[start:], delimiter="\t"))
        familiar = [trial for trial in trials if trial["Task"] == "MemorizationTest"]
        new = [trial for trial in trials if trial["Task"] == "RegularizationTest"]
        assert (len(familiar), len(new)) == (23, 13)
        score = generalisation_score(*columns(familiar, "Input"), *columns(new, "Input"))
        scores.setdefault(name, []).append(score)
    assert {name: len(values) for name, values in scores.items()} == dict.fromkeys(PUBLISHED, 10)
    for name, mean in GENERALISATION.items():
        assert np.mean(scores[name]) == pytest.approx(mean, abs=0.0005), name
    assert min(map(min, scores.values())) == pytest.approx(-0.0690, abs=0.00005)


# What must not matter


@fixed
@given(scenes, st.integers(0, 2**31), st.integers(-720, 720))
def test_names_order_and_where_angles_start_are_no_matter(items: list[tuple[str, int, str]], seed: int, turn: int):
    shapes, angles, words = zip(*items, strict=True)
    value = structure_score(shapes, angles, words)
    assert math.isnan(value) or -1 <= value <= 1
    order = np.random.default_rng(seed).permutation(len(items))
    renamed = [{"x": 7, "y": 3, "z": 5}[shapes[k]] for k in order]
    turned = [angles[k] + turn for k in order]
    spelt = [words[k].translate(str.maketrans("abc", "qrs")) for k in order]
    assert structure_score(renamed, turned, spelt) == pytest.approx(value, nan_ok=True, abs=1e-9)


def test_a_language_without_structure_is_about_zero():
    rng = np.random.default_rng(3)
    shapes, angles = rng.integers(0, 4, 200), rng.uniform(0, 360, 200)
    words = ["".join(rng.choice(list("abcdef"), rng.integers(1, 6))) for _ in range(200)]
    assert structure_score(shapes, angles, words) == pytest.approx(0.0, abs=0.03)


# Where there is no value, and what is refused


@pytest.mark.parametrize(
    ("shapes", "angles", "words"),
    [
        ([1], [0], ["a"]),  # no pair
        ([1, 2], [0, 90], ["a", "b"]),  # one pair
        ([1, 1, 1], [5, 365, 5], ["a", "b", "ab"]),  # one scene
        ([1, 2, 3], [0, 0, 0], ["a", "b", "ab"]),  # all scenes 1 apart
        ([1, 2, 3], [0, 90, 0], ["a", "a", "a"]),  # one word
        ([1, 2, 3], [0, 90, 0], ["", "", ""]),  # silence
        ([1, 2, 3], [0, 90, 0], ["a", "b", "c"]),  # all words 1 apart
    ],
)
def test_where_there_is_no_value(shapes: list[int], angles: list[float], words: list[str]):
    assert math.isnan(structure_score(shapes, angles, words))


BAD: list[tuple[Any, Any, Any, str]] = [
    ([1, 2], [0, 90, 5], ["a", "b"], r"got shapes \[2\], angles \[3\], words \[2\]"),
    ([], [], [], r"got shapes \[0\], angles \[0\], words \[0\]"),
    ([[1], [2]], [0, 90], ["a", "b"], r"got shapes \[2, 1\]"),
    ([1, 2], ["up", "down"], ["a", "b"], "angles numbers"),
    ([1, 2], [0, math.nan], ["a", "b"], "angles must be finite"),
    ([1, 2], np.array([0, 1j]), ["a", "b"], "angles numbers"),
    ([1, 2], [0, math.inf], ["a", "b"], "angles must be finite"),
    ([1, 2], [0, 90], [1, 2], "words must be a list of strings"),
    ([1, 2], [0, 90], "ab", "words must be a list of strings"),
    ([1, 2], [0, 90], None, "words strings"),
    ([[1], [2, 3]], [0, 90], ["a", "b"], "shapes must be labels"),
]


@pytest.mark.parametrize(("shapes", "angles", "words", "said"), BAD)
def test_bad_input_is_refused_with_a_line(shapes: Any, angles: Any, words: Any, said: str):
    with pytest.raises(BadInput, match=said):
        structure_score(shapes, angles, words)
    with pytest.raises(BadInput, match=f"new_{said}" if said[0] != "g" else "got new_"):
        generalisation_score([1, 2], [0, 90], ["a", "b"], shapes, angles, words)
