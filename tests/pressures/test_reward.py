"""Success is what it is said to be."""

from __future__ import annotations

from typing import Literal

import pytest

from emcomm.errors import BadInput
from emcomm.pressures import Reward
from emcomm.training import GumbelSoftmax, Reinforce
from tests.training.small import advanced, small_run, small_setup

FORMS: tuple[Literal["accuracy", "log_likelihood", "success"], ...] = ("accuracy", "log_likelihood", "success")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("listener", [None, "log_likelihood", "success"])
@pytest.mark.parametrize("own", ["log_likelihood", "success"])
def test_it_changes_what_it_says_and_nothing_else(form, listener, own):
    before = small_setup(estimator=Reinforce(baseline="greedy", baseline_decay=0.5), listener_loss=own)
    after = Reward(form=form, listener=listener).shape(before)
    assert after.estimator == Reinforce(reward=form, baseline="greedy", baseline_decay=0.5)
    assert after.listener_loss == (listener or own)
    assert {**dict(after), "estimator": before.estimator, "listener_loss": own} == dict(before)


def test_what_speakers_are_paid_is_what_the_form_says():
    # The first batch is the same whatever the pay: an accuracy is a share of 17 games, a success less than sure.
    costs = {}
    for form in FORMS:
        trainer = advanced(1, small_run("on", **dict(Reward(form=form).shape(small_setup()))))
        assert trainer.last_lesson is not None
        costs[form] = trainer.last_lesson.speaker_cost.item()
    assert costs["accuracy"] * 17 == pytest.approx(round(costs["accuracy"] * 17), abs=1e-5)
    assert -1 < costs["success"] < 0 < costs["log_likelihood"]


def test_speakers_without_rewards_are_refused_in_one_line():
    with pytest.raises(
        BadInput, match="'reward' needs .*'reinforce'.*there is no reward with 'gumbel_softmax'"
    ) as caught:
        Reward().shape(small_setup(estimator=GumbelSoftmax()))
    assert "\n" not in str(caught.value)


def test_there_is_no_half_of_a_reward():
    with pytest.raises(BadInput, match="strength: must be 0 or 1, .* got 0.5") as caught:
        Reward(strength=0.5)
    assert "\n" not in str(caught.value)
    assert Reward(strength=0.0) == Reward().off()
