"""A whole course: nobody depends on their company, and structure helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.metrics import convergence_score, generalisation_score, production_accuracy, production_similarity
from emcomm.probes.graded import Course, GradedLanguage, graded_languages, learn_languages, learner_scores
from emcomm.probes.graded.blocks import BLOCKS, SESSIONS
from emcomm.probes.graded.classroom import Classroom

SHORT: dict[str, Any] = {"rounds": 2, "hidden": 13, "max_length": 10}


def weights_after(
    languages: Sequence[GradedLanguage], seeds: Sequence[int], feeding: str, longest: int = 10
) -> dict[str, Tensor]:
    """Weights ``[languages, seeds, numbers]`` after a round."""
    room = Classroom(languages, seeds, Course(**SHORT | {"rounds": 1, "feeding": feeding, "max_length": longest}))
    for session in range(SESSIONS):
        for block in range(len(BLOCKS)):
            room.teach(0, session, block)
    shape = (len(languages), len(seeds))
    return {name: leaf.detach().unflatten(0, shape) for name, leaf in room.learners.leaves.items()}


@pytest.mark.parametrize("feeding", ["own", "taught"])
def test_a_learner_depends_on_its_own_language_and_seed_alone(feeding: str) -> None:
    made = graded_languages(3)
    together = weights_after(made, [4, 9], feeding)
    other = replace(made[1], words=("nonono-no", *made[1].words[1:]))  # another word, longer than all others
    changed = weights_after([made[0], other, made[2]], [4, 9], feeding)
    for name, weights in together.items():
        assert torch.equal(weights[[0, 2]], changed[name][[0, 2]]), name
    assert not torch.equal(together["letters"][1], changed["letters"][1])
    assert not torch.equal(together["letters"][2, 0], together["letters"][2, 1])


def test_another_seed_beside_changes_nothing() -> None:
    made = graded_languages(2)
    together, changed = weights_after(made, [4, 9], "own"), weights_after(made, [4, 11], "own")
    for name, weights in together.items():
        assert torch.equal(weights[:, 0], changed[name][:, 0]), name


def test_a_learner_by_itself_gets_what_it_gets_in_company() -> None:
    made, course = graded_languages(3), Course(**SHORT)
    together, alone = Classroom(made, [4, 9], course), Classroom(made[2:], [9], course)
    for room in (together, alone):
        room.teach(0, 0, 0)
    for name, leaf in together.learners.leaves.items():
        # Matrix products round by where a matrix stands in memory: equal up to that, after five updates of 0.001.
        torch.testing.assert_close(leaf[5], alone.learners.leaves[name][0], rtol=0, atol=1e-5)


def test_learners_of_one_seed_begin_alike_whatever_the_language() -> None:
    room = Classroom(graded_languages(3), [4, 9], Course(**SHORT))
    leaf = room.learners.leaves["say.state"].detach().unflatten(0, (3, 2))
    assert torch.equal(leaf[0], leaf[2])
    assert not torch.equal(leaf[0, 0], leaf[0, 1])


def test_production_teaches_the_speaker_alone() -> None:
    room = Classroom(graded_languages(2), [0], Course(**SHORT | {"weight_decay": 0.0}))
    before = {name: leaf.detach().clone() for name, leaf in room.learners.leaves.items()}
    room.teach(0, 0, BLOCKS.index("production"))
    moved = {name for name, leaf in room.learners.leaves.items() if not torch.equal(leaf, before[name])}
    listener = {"hear.input", "hear.state", "hear.bias", "heard.weight", "heard.bias"}
    assert moved == set(before) - listener
    room.teach(0, 0, BLOCKS.index("exposure"))
    assert all(not torch.equal(room.learners.leaves[name], before[name]) for name in listener)


def test_weights_decay_apart_from_the_gradient() -> None:
    room = Classroom(graded_languages(2), [0], Course(**SHORT | {"learning_rate": 0.25, "weight_decay": 0.5}))
    before = room.learners.leaves["hear.input"].detach().clone()
    updates = 24 // 5 + 1
    room.teach(0, 0, BLOCKS.index("production"))  # no gradient for the listener: only decay
    torch.testing.assert_close(room.learners.leaves["hear.input"].detach(), before * (1 - 0.25 * 0.5) ** updates)


def test_tests_take_place_when_they_should_and_are_scored_as_people_are() -> None:
    made = graded_languages(2)
    learning = learn_languages(made, [1, 7, 3], Course(**SHORT | {"rounds": 3}), every=2)
    assert learning.rounds.tolist() == [2, 3]
    assert learning.familiar.shape == (2, 2, 3, 23)
    assert learning.new.shape == (2, 2, 3, 13)
    assert learning.guessed.shape == (3, 3, 2, 3)
    table = learner_scores(learning)
    assert table[["round", "language", "seed"]].to_numpy()[7].tolist() == [3, "L1", 7]
    row, said, fresh = table.iloc[10], learning.familiar[1, 1, 1].tolist(), learning.new[1, 1]
    assert (row["round"], row["language"], row["seed"]) == (3, "L2", 7)
    assert row["accuracy"] == production_accuracy(said, made[1].words)
    assert np.isclose(row["similarity"], production_similarity(said, made[1].words))
    score = generalisation_score(*made[1].familiar, said, *made[1].new, fresh[1].tolist())
    assert np.isclose(row["generalisation"], score, equal_nan=True)
    assert row["guessed"] == learning.guessed[2, 2, 1, 1]
    assert row["words"] == len(set(said))
    assert np.isclose(table["agreement"].iloc[9:12].mean(), convergence_score(fresh))


def test_tests_teach_nothing() -> None:
    made = graded_languages(2)
    often = learn_languages(made, [1], Course(**SHORT | {"rounds": 2}), every=1)
    once = learn_languages(made, [1], Course(**SHORT | {"rounds": 2}), every=2)
    assert np.array_equal(often.guessed, once.guessed)
    assert np.array_equal(often.familiar[-1], once.familiar[-1])


def test_languages_that_cannot_be_learnt_together() -> None:
    made = graded_languages(2)
    fewer = replace(made[0], shapes=made[0].shapes[1:], angles=made[0].angles[1:], words=made[0].words[1:])
    for languages, seeds, course, said in (
        ([made[0], fewer], [0], Course(), "equally many familiar scenes"),
        (made, [0, 0], Course(), "seeds that differ"),
        ([], [0], Course(), "at least one language"),
        (made, [0], Course(max_length=7), "at most 7 letters"),
    ):
        with pytest.raises(BadInput, match=said):
            learn_languages(languages, seeds, course)


@pytest.mark.parametrize("changed", [{"dropout": 1.0}, {"rounds": 0}, {"feeding": "spoon"}, {"distractors": (3, 3)}])
def test_courses_that_are_none(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Course(**changed)


def low_and_high(course: Course) -> tuple[list[float], list[float]]:
    """Similarity, agreement and generalisation of learners without and with full structure; guesses above chance."""
    low, *_, high = graded_languages(3)
    learning = learn_languages([low, high], [0, 1, 2], course, every=course.rounds)
    assert learning.guessed[-1, -1].mean() > 2 / 8  # chance is one in eight
    means = learner_scores(learning).groupby("language")[["similarity", "agreement", "generalisation"]].mean()
    first, second = means.to_numpy(dtype=np.float64).tolist()
    return first, second


@pytest.mark.slow
def test_structure_is_learnt_sooner_by_learners_that_read_what_they_said() -> None:
    low, high = low_and_high(Course(rounds=30))
    assert high[0] > low[0] + 0.3
    assert high[1] > low[1] + 0.2


@pytest.mark.slow
def test_structure_is_carried_over_to_new_scenes() -> None:
    low, high = low_and_high(Course(rounds=20, feeding="taught"))
    assert high[0] > low[0] + 0.1
    assert high[1] > low[1] + 0.2
    assert high[2] > max(0.7, low[2] + 0.3)
