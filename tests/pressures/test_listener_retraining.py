"""Listeners that practise with speakers that stand still."""

from __future__ import annotations

from typing import Any

import pytest

from emcomm.errors import BadInput
from emcomm.pressures import ListenerRetraining
from tests.pressures.moments import Village, moment_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run, small_setup


@pytest.mark.parametrize("fresh", [True, False])
def test_newborns_or_the_same_listeners_practise_when_it_is_time(fresh: bool):
    village, pressure = Village(2, 3), ListenerRetraining(every=7, updates=11, fresh=fresh)
    for step in range(1, 16):
        pressure.between(village, moment_of(0.0, 1.0, step=step))
    which = [[False] * 3, [True] * 3]
    births = [("listener", which, "listener_retraining.weights", step) for step in (7, 14)]
    assert village.resets == (births if fresh else [])
    assert [what for what, _, _ in village.asked] == (["reset", "practise"] if fresh else ["practise"]) * 2
    assert all(each.tolist() == which for _, _, each in village.asked)
    assert village.practices == [11, 11]


def test_strength_is_the_chance_that_a_listener_is_retrained():
    village = Village(1, 7)
    for step in range(1, 301):
        ListenerRetraining(every=1).between(village, moment_of(0.3, step=step, seed=step))
    count = sum(int(which.sum()) for what, _, which in village.asked if what == "practise")
    assert abs(count - 0.3 * 2_100) < 4 * (2_100 * 0.3 * 0.7) ** 0.5  # standard errors


def test_updates_count_as_steps_unless_they_are_told_not_to():
    assert ListenerRetraining(every=4, updates=3).shape(small_setup()).steps == 12  # 23 // 7 = 3 rounds of 4
    assert ListenerRetraining(every=4, updates=3, counted=False).shape(small_setup()).steps == 23
    with pytest.raises(BadInput, match="'listener_retraining' .*at least 24, got 23") as caught:
        ListenerRetraining(every=20, updates=4).shape(small_setup())
    assert "\n" not in str(caught.value)


def test_only_listeners_are_updated_more_often():
    for fresh, age in ((True, 6), (False, 9)):  # 3 steps, 5 updates and 1 step more; newborns had no 3 steps
        pressure = ListenerRetraining(every=3, updates=5, fresh=fresh)
        trainer = advanced(4, small_run("on", 5, {"it": pressure}, pairs=2))
        assert trainer.listeners.ages == [age, age]
        assert trainer.speakers.ages == [4, 4]


@pytest.mark.parametrize("estimator", ["greedy baseline", "soft"])
def test_a_run_does_not_depend_on_who_shares_the_stack(estimator: str):
    runs = [
        small_run(
            "a",
            seed,
            {"it": ListenerRetraining(every=2, updates=3, strength=strength)},
            pairs=2,
            estimator=ESTIMATORS[estimator],
        )
        for seed, strength in ((5, 1.0), (7, 0.0), (11, 0.6))
    ]
    together = advanced(5, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(5, run).weights(run))


def test_many_updates_make_a_newborn_understand():
    rates = {"speaker_learning_rate": 0.02, "listener_learning_rate": 0.02, "speaker_entropy": 0.02}
    runs = [
        small_run("a", 5, {}, **rates),
        small_run("b", 5, {"few": ListenerRetraining(every=99, updates=1)}, **rates),
    ]
    runs.append(small_run("c", 5, {"many": ListenerRetraining(every=99, updates=100)}, **rates))
    trainer = advanced(100, *runs)
    _, few, many = trainer.population.talk(499, "to.look", 0).understood.float().mean((-1, -2)).tolist()
    assert many > few + 0.15


@pytest.mark.parametrize("settings", [{"every": 0}, {"updates": 0}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        ListenerRetraining(**settings)
    assert "\n" not in str(caught.value)
