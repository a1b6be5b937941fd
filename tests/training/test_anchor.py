"""Anchored speakers: divergence and moving average by hand, who follows whom, and weight 0 as if there were none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.agents import Transformer
from emcomm.envs import Reconstruction
from emcomm.pressures import IteratedLearning, SpeakerReset
from emcomm.training import Trainer, load_checkpoint, save_checkpoint
from emcomm.training.agent_stack import AgentStack
from emcomm.training.anchor import Anchor, divergence
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

LOG = torch.tensor([[[0.5, 0.25, 0.25], [0.8, 0.1, 0.1], [0.2, 0.4, 0.4]]]).log()
AVERAGE = torch.tensor([[[0.25, 0.5, 0.25], [0.8, 0.1, 0.1], [0.6, 0.2, 0.2]]]).log()


def test_divergence_by_hand_in_the_direction_from_the_speaker_to_its_average():
    # First position: .5 log 2 + .25 log .5 + .25 log 1 = .25 log 2; second: equal, 0; the third is after the end.
    spoken = torch.tensor([[True, True, False]])
    assert divergence(LOG, AVERAGE, spoken).item() == pytest.approx(0.25 * math.log(2) / 2)
    # All three: the last has .2 log 1/3 + .8 log 2.
    third = 0.2 * math.log(1 / 3) + 0.8 * math.log(2)
    assert divergence(LOG, AVERAGE, torch.ones(1, 3).bool()).item() == pytest.approx((0.25 * math.log(2) + third) / 3)
    other = 0.6 * math.log(3) + 0.4 * math.log(1 / 2)  # the other direction is another number
    assert divergence(AVERAGE, LOG, torch.tensor([[False, False, True]])).item() != pytest.approx(third)
    assert divergence(AVERAGE[:, 2:], LOG[:, 2:], torch.tensor([[True]])).item() == pytest.approx(other)
    assert divergence(LOG, LOG, spoken).item() == 0


def test_what_comes_after_the_end_counts_exactly_nothing():
    spoken = torch.tensor([[True, True, False]])
    expected = divergence(LOG, AVERAGE, spoken)
    for rubbish in (7.0, -1e9, math.nan):
        logits = torch.cat([LOG[:, :2], torch.full((1, 1, 3), rubbish)], 1).requires_grad_()
        found = divergence(logits, AVERAGE, spoken)
        assert torch.equal(found, expected)
    longer = [
        torch.cat([part, torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(1))], 1)
        for part in (LOG, AVERAGE)
    ]
    assert torch.equal(divergence(longer[0], longer[1], torch.cat([spoken, torch.zeros(1, 4).bool()], 1)), expected)


def test_its_slope_pulls_towards_the_average():
    logits = LOG[:, :1].clone().requires_grad_()
    (slope,) = torch.autograd.grad(divergence(logits, AVERAGE[:, :1], torch.tensor([[True]])).sum(), logits)
    # d KL / d logit_i = p_i (log p_i / q_i - KL), with KL = .25 log 2: .5 * .75, -.25 * 1.25, -.25 * .25, times log 2.
    by_hand = torch.tensor([[[0.375, -0.3125, -0.0625]]]) * math.log(2)
    torch.testing.assert_close(slope, by_hand)


def stack(trainer: Trainer) -> AgentStack:
    assert trainer.speakers.average is not None
    return trainer.speakers


def average(trainer: Trainer) -> Tensor:
    found = stack(trainer).average
    assert found is not None
    return found.clone()


def test_the_average_follows_every_update():
    trainer = Trainer([small_run("a", seed, speaker_anchor=0.5, anchor_decay=0.75, pairs=2) for seed in (5, 7)])
    expected = trainer.speakers.weights.detach().clone()
    assert torch.equal(average(trainer), expected)
    for _ in range(3):
        trainer.advance()
        # A quarter of the new weights, three quarters of what it was.
        expected = 0.75 * expected + 0.25 * trainer.speakers.weights.detach()
        torch.testing.assert_close(average(trainer), expected)
    assert not torch.equal(average(trainer), trainer.speakers.weights)


def test_without_decay_it_is_the_speaker_itself():
    trainer = advanced(2, small_run("a", 5, speaker_anchor=0.5, anchor_decay=0.0))
    assert torch.equal(average(trainer), trainer.speakers.weights)


def test_it_speaks_with_its_own_weights():
    trainer = advanced(3, small_run("a", 5, speaker_anchor=0.5))
    features = trainer.table().features
    averaged, own = stack(trainer).averaged(), trainer.speakers.speaker()
    _, logits = averaged.start(features)
    _, others = own.start(features)
    assert not torch.equal(logits, others)
    with torch.no_grad():
        trainer.speakers.weights.copy_(average(trainer))
    assert torch.equal(own.start(features)[1], logits)


def test_newborns_are_their_own_average_and_the_others_keep_theirs():
    trainer = advanced(3, small_run("a", 5, speaker_anchor=0.5, pairs=2))
    before = average(trainer)
    trainer.speakers.reset(torch.tensor([[True, False]]), "some.stream", 3)
    after = average(trainer)
    assert torch.equal(after[0], trainer.speakers.weights[0])
    assert torch.equal(after[1], before[1])
    assert not torch.equal(after[0], before[0])


def test_pupils_take_their_average_along_and_bring_it_back():
    trainer = advanced(3, *(small_run("a", seed, speaker_anchor=0.5, pairs=2) for seed in (5, 7)))
    before = average(trainer)
    talk = trainer.population.talk(7, "some.stream", 3)
    trainer.population.imitate(torch.tensor([[False, False], [True, False]]), talk, 5, "some.stream", 3)
    changed = (average(trainer) != before).any(-1)
    assert changed.tolist() == [False, False, True, False]


def test_runs_that_leave_take_theirs_along():
    runs = [small_run("a", seed, speaker_anchor=0.5) for seed in (5, 7, 11)]
    trainer = advanced(3, *runs)
    before = average(trainer)
    trainer.leave(["a/7"])
    assert torch.equal(average(trainer), before[[0, 2]])
    trainer.advance()
    whole = advanced(4, *runs)
    assert equal_weights(trainer.weights(runs[2]), whole.weights(runs[2]))


@pytest.mark.parametrize("name", ["mean baseline", "straight through", "actor-critic", "proximal"])
@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_weight_zero_is_absence_bit_for_bit_and_nobody_hears_of_the_anchors_of_others(name: str, kind: str):
    changes: dict[str, Any] = {"estimator": ESTIMATORS[name], "pairs": 2}
    if kind == "transformer":
        changes |= {"speaker": Transformer(), "listener": Transformer()}
    plain = small_run("plain", 5, **changes)
    anchored = [small_run(f"anchor {weight}", 5, speaker_anchor=weight, **changes) for weight in (0.5, 3.0)]
    alone = advanced(4, plain)
    assert alone.speakers.average is None
    for other in anchored:
        together = advanced(4, plain, other)
        assert equal_weights(together.weights(plain), alone.weights(plain))
        assert not equal_weights(
            {name: part for name, part in together.weights(other).items() if name.startswith("speaker")},
            {name: part for name, part in alone.weights(plain).items() if name.startswith("speaker")},
        )
        assert equal_weights(together.weights(other), advanced(4, other).weights(other))


def test_nothing_is_averaged_or_compared_where_all_weights_are_zero(monkeypatch: pytest.MonkeyPatch):
    def cost(*_: object) -> Tensor:
        raise AssertionError("nobody is anchored")

    monkeypatch.setattr(Anchor, "cost", cost)
    assert advanced(2, small_run("a", 5), small_run("b", 5)).speakers.average is None


def test_a_heavy_anchor_keeps_a_speaker_where_it_was():
    fields: dict[str, Any] = {"speaker_learning_rate": 0.02, "anchor_decay": 0.999, "game": Reconstruction()}
    runs = [small_run(str(weight), 5, speaker_anchor=weight, **fields) for weight in (0.0, 100.0)]
    at_birth, trainer = advanced(0, *runs), advanced(30, *runs)

    def moved(place: int) -> float:
        (_, was), (_, now) = (each.speakers.speaker().start(each.table().features) for each in (at_birth, trainer))
        return float((now.softmax(-1) - was.softmax(-1)).detach()[place].abs().mean())

    assert moved(1) < 0.5 * moved(0)


@pytest.mark.parametrize("name", ["mean baseline", "proximal"])
def test_going_on_from_a_checkpoint_equals_not_having_stopped(name: str, tmp_path: Path):
    lessons = {"generations": IteratedLearning(every=2, imitation=2, practice=1), "new": SpeakerReset(every=3)}
    fields: dict[str, Any] = {"estimator": ESTIMATORS[name], "pairs": 2}
    runs = [small_run("a", 5, lessons, speaker_anchor=0.5, **fields), small_run("b", 7, **fields)]
    whole, trainer = advanced(7, *runs), advanced(4, *runs)
    save_checkpoint(tmp_path / "stack", trainer)
    resumed = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(3):
        resumed.advance()
    assert all(equal_weights(whole.weights(run), resumed.weights(run)) for run in runs)
    assert torch.equal(average(whole), average(resumed))
