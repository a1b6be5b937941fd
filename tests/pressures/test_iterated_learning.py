"""Generations: what is handed on, in which order, at what cost, and that structure grows where it can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.channel import EOS, Channel
from emcomm.errors import BadInput
from emcomm.pressures import IteratedLearning, Talk
from emcomm.pressures.iterated_learning import without_homonyms
from emcomm.training import Observed, Trainer, load_checkpoint, save_checkpoint, train
from tests.pressures.moments import Village, moment_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run, small_setup

BRIEF: dict[str, Any] = {"every": 3, "bottleneck": 13, "imitation": 5, "practice": 2}


def handed_on(pressure: IteratedLearning, *strengths: float, step: int = 3, seed: int = 1) -> tuple[Talk, Talk]:
    """What a village says, and what of it its newborns hear."""
    village = Village(len(strengths), 3)
    pressure.between(village, moment_of(*strengths, step=step, seed=seed))
    (lesson, _), *_ = village.lessons
    return village.talk(pressure.bottleneck, pressure.name, step), lesson


# A generation


def test_a_generation_is_talk_births_imitation_practice():
    village = Village(2, 3)
    pressure = IteratedLearning(**BRIEF)
    for step in range(1, 7):
        pressure.between(village, moment_of(0.0, 1.0, step=step))
    order = [("talk", "speaker"), ("reset", "speaker"), ("reset", "listener"), ("imitate", "speaker")]
    order.append(("practise", "listener"))
    assert [each[:2] for each in village.asked] == order * 2  # at steps 3 and 6
    which = [[False] * 3, [True] * 3]
    assert all(each[2].tolist() == which for each in village.asked if each[0] != "talk")
    assert [each[2:] for each in village.resets] == [
        (f"iterated_learning.{role}", step) for step in (3, 6) for role in ("speaker", "listener")
    ]
    assert [steps for _, steps in village.lessons] == [5, 5]
    assert village.practices == [2, 2]
    assert village.lessons[0][0].target.shape == (2, 3, 13)


def test_the_old_may_stay_and_learn():
    village = Village(1, 3)
    IteratedLearning(**BRIEF, new_speaker=False, new_listener=False).between(village, moment_of(1.0, step=3))
    assert [each[0] for each in village.asked] == ["talk", "imitate", "practise"]


def test_without_a_bottleneck_each_training_meaning_is_said_once():
    _, heard = handed_on(IteratedLearning(**{**BRIEF, "bottleneck": None}), 1.0)
    assert heard.target.shape[-1] == 11


def test_strength_is_the_chance_that_a_pair_is_due():
    pressure, count = IteratedLearning(**{**BRIEF, "every": 1}), 0
    for step in range(1, 301):
        village = Village(1, 7)
        pressure.between(village, moment_of(0.3, step=step, seed=step))
        count += sum(int(which.sum()) for what, _, which in village.asked if what == "imitate")
    assert abs(count - 0.3 * 2_100) < 4 * (2_100 * 0.3 * 0.7) ** 0.5  # standard errors


# What is handed on


def test_messages_that_failed_are_noise_of_the_same_length():
    said, heard = handed_on(IteratedLearning(**{**BRIEF, "bottleneck": 2_003}), 0.5, 1.0)
    assert torch.equal(heard.messages[said.understood], said.messages[said.understood])
    failed = heard.messages[~said.understood]
    assert torch.equal(failed == EOS, said.messages[~said.understood] == EOS)
    assert torch.equal(heard.weight, said.weight)
    counts = failed.flatten().bincount(minlength=4)[1:] / failed.numel()  # of the village's three symbols
    torch.testing.assert_close(counts, torch.full((3,), 1 / 3), atol=0.02, rtol=0)
    kept = (failed == said.messages[~said.understood]).float().mean()
    assert abs(kept - 1 / 3) < 0.02


def test_an_empty_message_that_failed_stays_empty_and_noise_stops_where_the_message_did():
    pressure = IteratedLearning(**BRIEF)
    messages = torch.tensor([[[[0, 0, 0], [2, 0, 0], [1, 3, 0], [2, 2, 2]]]])
    right = torch.zeros(1, 1, 4, dtype=torch.bool)
    talk = Talk(torch.arange(4).view(1, 1, 4), messages, right, torch.ones(1, 1, 4))
    heard = pressure._selected(talk, 3, moment_of(1.0))
    assert ((heard.messages != EOS).sum(-1)).tolist() == [[[0, 1, 2, 3]]]
    assert heard.messages.max() <= 3


def test_messages_that_failed_are_left_out_or_kept():
    said, heard = handed_on(IteratedLearning(**BRIEF, failed="drop"), 1.0)
    assert torch.equal(heard.weight, said.understood.float())
    assert torch.equal(heard.messages, said.messages)
    said, heard = handed_on(IteratedLearning(**BRIEF, failed="keep"), 1.0)
    assert (heard.weight == 1).all()
    assert torch.equal(heard.messages, said.messages)


def homonyms(messages: list[list[int]], targets: list[int], draws: list[float], weights: list[float]) -> list[float]:
    """What is left of the weights of one agent's messages."""
    talk = Talk(
        torch.tensor(targets).view(1, 1, -1),
        torch.tensor(messages).view(1, 1, len(targets), -1),
        torch.ones(1, 1, len(targets), dtype=torch.bool),
        torch.tensor(weights).view(1, 1, -1),
    )
    left: list[float] = without_homonyms(talk, torch.tensor(draws).view(1, 1, -1))[0, 0].tolist()
    return left


def test_one_of_the_meanings_that_share_a_message_stays():
    #             A          B          A          A          B          C
    messages = [[1, 2, 0], [1, 0, 0], [1, 2, 0], [1, 2, 0], [1, 0, 0], [2, 1, 0]]
    targets = [4, 4, 7, 4, 9, 9]
    # A: meanings 4, 7, 4; the smallest number (.1) is the 7's. B: 4 and 9; .2 is the 4's. C: 9 alone.
    assert homonyms(messages, targets, [0.5, 0.2, 0.1, 0.3, 0.6, 0.9], [1.0] * 6) == [0, 1, 1, 0, 0, 1]
    # A: .1 is the first 4's, so that both times that 4 was said so stay. B: .2 is the 9's.
    assert homonyms(messages, targets, [0.1, 0.6, 0.5, 0.3, 0.2, 0.9], [1.0] * 6) == [1, 0, 0, 1, 1, 1]


def test_a_message_that_is_left_out_shadows_nobody():
    messages = [[1, 0], [1, 0], [1, 0]]
    assert homonyms(messages, [3, 5, 7], [0.1, 0.5, 0.3], [0.0, 1.0, 0.5]) == [0, 0, 0.5]
    assert homonyms(messages, [3, 5, 7], [0.1, 0.5, 0.3], [0.0, 0.0, 0.0]) == [0, 0, 0]


def test_agents_have_homonyms_of_their_own():
    messages = torch.tensor([[1, 0], [1, 0]]).expand(2, 3, 2, 2)
    talk = Talk(torch.tensor([2, 5]).expand(2, 3, 2), messages, torch.ones(2, 3, 2).bool(), torch.ones(2, 3, 2))
    draws = torch.tensor([[[0.1, 0.2], [0.2, 0.1], [0.1, 0.2]], [[0.2, 0.1], [0.2, 0.1], [0.1, 0.2]]])
    assert torch.equal(without_homonyms(talk, draws), (draws == 0.1).float())


def test_the_filter_leaves_each_message_one_meaning_and_each_meaning_that_is_left_its_messages():
    pressure = IteratedLearning(**{**BRIEF, "bottleneck": 307}, homonym_filter=True, failed="drop")
    said, heard = handed_on(pressure, 1.0, 1.0)
    for run in range(2):
        for pair in range(3):
            meant: dict[tuple[int, ...], set[int]] = {}
            kept = heard.weight[run, pair] > 0
            for message, target in zip(heard.messages[run, pair, kept], heard.target[run, pair, kept], strict=True):
                meant.setdefault(tuple(message.tolist()), set()).add(int(target))
            assert all(len(meanings) == 1 for meanings in meant.values())
            understood = said.messages[run, pair, said.understood[run, pair]]
            assert len(meant) == len(understood.unique(dim=0))
    assert (heard.weight <= said.understood).all()


# What it costs


def test_lessons_count_as_steps():
    # 3 + 5 + 2 = 10 a generation: 23 steps have room for 2, which have 6 steps of games.
    shaped = IteratedLearning(**BRIEF).shape(small_setup())
    assert (shaped.steps, shaped.evaluate_every, shaped.record_every) == (6, 3, 3)
    shaped = IteratedLearning(**BRIEF, counted=False).shape(small_setup(evaluate_every=7))
    assert (shaped.steps, shaped.evaluate_every, shaped.record_every) == (23, 7, 3)


def test_less_than_one_generation_is_refused_in_one_line():
    assert IteratedLearning(**BRIEF).shape(small_setup(steps=10)).steps == 3
    with pytest.raises(BadInput, match="'iterated_learning' .*at least 10, got 9; counted=False") as caught:
        IteratedLearning(**BRIEF).shape(small_setup(steps=9))
    assert "\n" not in str(caught.value)


def test_a_language_is_recorded_at_the_end_of_each_generation():
    run = small_run("on", 5, {"it": IteratedLearning(**BRIEF)})
    run = type(run)("on", 5, IteratedLearning(**BRIEF).shape(run.setup), run.pressures)
    seen = [event for event in train(Trainer([run])) if isinstance(event, Observed)]
    assert [(event.observations[0].step, event.observations[0].record) for event in seen] == [
        (0, True), (3, True), (6, True),
    ]  # fmt: skip


def test_optimisers_count_the_lessons_of_newborns():
    trainer = advanced(4, small_run("on", 5, {"it": IteratedLearning(**BRIEF)}, pairs=2))
    assert trainer.speakers.ages == [6, 6]  # born after 3 steps: 5 updates of imitation and a step of games
    assert trainer.listeners.ages == [3, 3]  # 2 of practice and a step


@pytest.mark.parametrize(
    "settings",
    [{"every": 0}, {"bottleneck": 0}, {"imitation": -1}, {"practice": 1.5}, {"failed": "burn"}, {"strength": 1.01}],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        IteratedLearning(**settings)
    assert "\n" not in str(caught.value)


# In training


VARIETIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one pair": ({}, {}),
    "three pairs, filter": ({"homonym_filter": True, "bottleneck": None}, {"pairs": 3}),
    "one length": ({"failed": "drop"}, {"channel": Channel(7, 3, variable=False), "pairs": 2}),
    "gumbel": ({"strength": 0.6}, {"estimator": ESTIMATORS["straight through"], "pairs": 2}),
}


@pytest.mark.parametrize("name", VARIETIES)
def test_a_run_does_not_depend_on_who_shares_the_stack(name: str):
    settings, changes = VARIETIES[name]
    pressure = IteratedLearning(**{**BRIEF, **settings})
    strengths = (pressure.strength, 0.0, 0.4)
    runs = [
        small_run("a", seed, {"it": pressure.at(strength)}, **changes)
        for seed, strength in zip((5, 7, 11), strengths, strict=True)
    ]
    together = advanced(8, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(8, run).weights(run))


@pytest.mark.parametrize("stop", [2, 3, 4, 6])
def test_going_on_equals_not_having_stopped(stop: int, tmp_path: Path):
    runs = [small_run("a", seed, {"it": IteratedLearning(**BRIEF, strength=0.7)}, pairs=2) for seed in (5, 7)]
    whole, first = advanced(8, *runs), advanced(stop, *runs)
    save_checkpoint(tmp_path / "stack", first)
    second = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(8 - stop):
        second.advance()
    assert all(equal_weights(whole.weights(run), second.weights(run)) for run in runs)


def understood_after(pressure: IteratedLearning, steps: int) -> Tensor:
    """How well each of two runs understands itself, after some steps and the generation due at the last."""
    rates = {"speaker_learning_rate": 0.02, "listener_learning_rate": 0.02, "speaker_entropy": 0.02}
    changes: dict[str, Any] = {**rates, "batch_size": 37, "estimator": ESTIMATORS["straight through"]}
    trainer = advanced(steps, *(small_run("a", seed, {"it": pressure}, **changes) for seed in (5, 7)))
    for each in trainer._acting():
        each.pressure.between(trainer.population, each.moment)
    return trainer.population.talk(499, "to.look", steps).understood.float().mean((-1, -2))


def test_the_next_generation_understands_what_was_handed_on():
    lessons: dict[str, Any] = {"every": 100, "practice": 60, "failed": "keep"}
    taught = understood_after(IteratedLearning(**lessons, imitation=60), 100)
    untaught = understood_after(IteratedLearning(**lessons, imitation=0), 100)
    assert taught.min() > untaught.max() + 0.1
