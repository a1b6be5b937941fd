"""Speakers that learn from a teacher: who teaches, who learns, and from what."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.pressures import Imitation, Talk
from emcomm.training import Trainer
from tests.pressures.moments import Village, moment_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run, small_setup


class Judged(Village):
    """A village whose speakers are understood in so many of ten games."""

    def __init__(self, understood: list[list[int]]) -> None:
        super().__init__(len(understood), len(understood[0]))
        self.right = torch.tensor(understood)

    def talk(self, games: int | None, stream: str, step: int) -> Talk:
        said = super().talk(10, stream, step)
        return said._replace(understood=torch.arange(10) < self.right.unsqueeze(-1))


def lesson(pressure: Imitation, village: Village, *strengths: float, step: int = 500) -> tuple[Talk, Talk, Tensor]:
    """What was said, what the pupils hear, and who they are."""
    pressure.between(village, moment_of(*strengths, step=step, seed=step))
    (heard, _), *_ = village.lessons
    (pupils,) = [which for what, _, which in village.asked if what == "imitate"]
    return village.talk(pressure.messages, pressure.name, step), heard, pupils


@pytest.mark.parametrize(
    ("teacher", "places"),
    [("best", [1, 0]), ("worst", [0, 1])],  # the first of equals
)
def test_others_learn_all_that_the_best_or_the_worst_says(teacher: Any, places: list[int]):
    village = Judged([[3, 7, 7], [9, 2, 2]])
    said, heard, pupils = lesson(Imitation(teacher=teacher), village, 1.0, 1.0)
    for run, place in enumerate(places):
        assert pupils[run].tolist() == [pair != place for pair in range(3)]
        for pair in range(3):
            assert torch.equal(heard.messages[run, pair], said.messages[run, place])
            assert torch.equal(heard.target[run, pair], said.target[run, place])
            assert (heard.weight[run, pair] == 1).all()
    assert village.lessons[0][1] == 50


def test_any_of_them_teaches_at_random():
    counts = torch.zeros(3)
    for step in range(500, 500 * 301, 500):
        _, _, pupils = lesson(Imitation(teacher="random"), Judged([[3, 7, 7]]), 1.0, step=step)
        assert pupils.sum() == 2
        counts += (~pupils[0]).float()
    assert ((counts - 100).abs() < 4 * (300 * 2 / 9) ** 0.5).all()  # standard errors


def test_everybody_learns_from_what_was_understood_of_their_own():
    said, heard, pupils = lesson(Imitation(teacher="self"), Judged([[3, 0, 7]]), 1.0)
    assert pupils.all()
    assert torch.equal(heard.messages, said.messages)
    assert heard.weight.sum(-1).tolist() == [[3, 0, 7]]
    assert torch.equal(heard.weight, said.understood.float())


def test_lessons_are_given_when_they_are_due_and_pupils_attend_by_chance():
    village, pressure = Village(2, 3), Imitation(every=7, steps=3, messages=13)
    for step in range(1, 30):
        pressure.between(village, moment_of(0.0, 1.0, step=step))
    pupils = [which for what, _, which in village.asked if what == "imitate"]
    assert len(pupils) == 4
    assert all(which.sum(-1).tolist() == [0, 2] for which in pupils)
    assert village.lessons[0][0].target.shape == (2, 3, 13)
    assert village.lessons[0][1] == 3
    attended = 0
    for step in range(1, 301):
        village = Judged([[3, 7, 7, 5, 5, 5, 5]])
        Imitation(every=1).between(village, moment_of(0.3, step=step, seed=step))
        attended += sum(int(which.sum()) for what, _, which in village.asked if what == "imitate")
    assert abs(attended - 0.3 * 1_800) < 4 * (1_800 * 0.3 * 0.7) ** 0.5


def test_one_pair_has_only_itself_to_learn_from():
    for teacher in ("best", "worst", "random"):
        with pytest.raises(BadInput, match=f"'imitation' with teacher '{teacher}' needs 2 or more pairs, got 1"):
            Imitation(teacher=teacher, every=5, steps=2).shape(small_setup())
    assert Imitation(teacher="self", every=5, steps=2).shape(small_setup()).steps == 15  # 23 // 7 = 3 rounds of 5


def test_lessons_count_as_steps_unless_they_are_told_not_to():
    assert Imitation(every=4, steps=3).shape(small_setup(pairs=2)).steps == 12
    assert Imitation(every=4, steps=3, counted=False).shape(small_setup(pairs=2)).steps == 23
    with pytest.raises(BadInput, match="'imitation' .*at least 24, got 23") as caught:
        Imitation(every=20, steps=4).shape(small_setup(pairs=2))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("teacher", ["best", "random", "self"])
@pytest.mark.parametrize("estimator", ["mean baseline", "straight through"])
def test_a_run_does_not_depend_on_who_shares_the_stack(teacher: Any, estimator: str):
    runs = [
        small_run(
            "a",
            seed,
            {"it": Imitation(every=2, steps=3, messages=7, teacher=teacher, strength=strength)},
            pairs=3,
            estimator=ESTIMATORS[estimator],
        )
        for seed, strength in ((5, 1.0), (7, 0.0), (11, 0.6))
    ]
    together = advanced(5, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(5, run).weights(run))


def agreement(trainer: Trainer) -> Tensor:
    """How often the other speakers of each run begin as the first one does."""
    first = trainer.population.talk(None, "to.look", 0).messages[..., 0]
    return (first[:, :1] == first[:, 1:]).float().mean((-1, -2))


def test_speakers_grow_alike():
    changes: dict[str, Any] = {
        "pairs": 3,
        "speaker_learning_rate": 0.02,
        "listener_learning_rate": 0.02,
        "speaker_entropy": 0.01,
    }
    runs = [small_run("a", seed, **changes) for seed in (5, 7)]
    runs += [small_run("b", seed, {"it": Imitation(every=120, steps=60)}, **changes) for seed in (5, 7)]
    found = agreement(advanced(121, *runs))
    assert found[2:].min() > found[:2].max() + 0.2


@pytest.mark.parametrize(
    "settings", [{"every": 0}, {"steps": 0}, {"messages": 0}, {"teacher": "none"}, {"strength": 1.5}]
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        Imitation(**settings)
    assert "\n" not in str(caught.value)
