"""Listeners are born anew when it is time, and nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.pressures import ListenerReset
from tests.pressures.moments import Village, moment_of
from tests.training.small import advanced, equal_weights, small_run


def resets_of(pressure: ListenerReset, steps: int, pairs: int = 3, strength: float = 1.0) -> dict[int, list[bool]]:
    """Which listeners of a run are reset, by step."""
    village = Village(1, pairs)
    for step in range(1, steps + 1):
        pressure.between(village, moment_of(strength, step=step, seed=step))
    return {step: which[0] for _, which, _, step in village.resets}


def test_all_listeners_are_reset_at_multiples_of_the_interval():
    assert resets_of(ListenerReset(every=7), 30) == {step: [True] * 3 for step in (7, 14, 21, 28)}


def test_staggered_resets_take_turns():
    # 3 listeners, each every 15 steps: one every 5.
    turns = resets_of(ListenerReset(every=15, staggered=True), 30)
    assert turns == {
        5: [False, True, False],
        10: [False, False, True],
        15: [True, False, False],
        20: [False, True, False],
        25: [False, False, True],
        30: [True, False, False],
    }


def test_strength_is_the_chance_of_a_reset_that_is_due():
    happened = resets_of(ListenerReset(every=1), 400, pairs=5, strength=0.3)
    count = sum(sum(which) for which in happened.values())
    assert abs(count - 0.3 * 2000) < 4 * (2000 * 0.3 * 0.7) ** 0.5  # standard errors


def test_the_speakers_of_a_run_with_a_reset_forget_their_optimisers_memory():
    for wanted in (True, False):
        village = Village(2, 3)
        pressure = ListenerReset(every=15, staggered=True, reset_speaker_optimiser=wanted)
        pressure.between(village, moment_of(0.0, 1.0, step=5))
        assert village.resets == [("listener", [[False] * 3, [False, True, False]], "listener_reset.weights", 5)]
        assert village.forgets == ([("speaker", [[False] * 3, [True] * 3])] if wanted else [])


def test_a_reset_gives_new_weights_and_an_empty_optimiser_to_those_concerned_only():
    runs = [small_run("off", 5, pairs=3), small_run("on", 5, {"it": ListenerReset(every=99)}, pairs=3)]
    trainer = advanced(3, *runs)
    before = {run.name: trainer.weights(run) for run in runs}
    kept = [trainer.listeners.mean.clone(), trainer.listeners.square.clone()]
    spoken = [trainer.speakers.mean.clone(), trainer.speakers.square.clone()]
    which = torch.tensor([[False, False, False], [False, True, False]])
    trainer.population.reset("listener", which, "some.stream", 3)
    trainer.population.forget("speaker", torch.tensor([[False, False, False], [True, True, False]]))

    assert equal_weights(before["off/5"], trainer.weights(runs[0]))
    after = trainer.weights(runs[1])
    for name, weights in after.items():
        changed = (weights != before["on/5"][name]).flatten(1)
        if name.startswith("listener"):
            assert changed.all(-1).tolist() == [False, True, False]
            assert changed.any(-1).tolist() == [False, True, False]
        else:
            assert not changed.any()
    for old, new in zip(kept, (trainer.listeners.mean, trainer.listeners.square), strict=True):
        assert (new[4] == 0).all()  # run 1, listener 1
        assert torch.equal(new[[0, 1, 2, 3, 5]], old[[0, 1, 2, 3, 5]])
        assert (old[4] != 0).any()
    assert trainer.listeners.ages == [3, 3, 3, 3, 0, 3]
    for old, new in zip(spoken, (trainer.speakers.mean, trainer.speakers.square), strict=True):
        assert (new[[3, 4]] == 0).all()
        assert torch.equal(new[[0, 1, 2, 5]], old[[0, 1, 2, 5]])
    assert trainer.speakers.ages == [3, 3, 3, 0, 0, 3]


def test_newborns_differ_from_each_other_from_the_first_and_from_step_to_step():
    run = small_run("on", 5, {"it": ListenerReset(every=99)}, pairs=2)
    trainer = advanced(1, run)
    every = torch.ones(1, 2, dtype=torch.bool)
    born = [trainer.weights(run)["listener.cell.embedding"]]
    for step in (3, 7):
        trainer.population.reset("listener", every, "some.stream", step)
        born.append(trainer.weights(run)["listener.cell.embedding"])
    assert len(torch.cat(born).flatten(1).unique(dim=0)) == 6


def test_a_newborn_does_not_depend_on_who_shares_the_stack():
    runs = [small_run("a", 5), small_run("b", 7), small_run("c", 11)]
    together, alone = advanced(1, *runs), advanced(1, runs[1])
    together.population.reset("listener", torch.tensor([[True], [True], [False]]), "some.stream", 3)
    alone.population.reset("listener", torch.tensor([[True]]), "some.stream", 3)
    listener = "listener.cell.embedding"
    assert torch.equal(together.weights(runs[1])[listener], alone.weights(runs[1])[listener])


def test_in_training_the_reset_happens_before_the_step_that_is_due():
    run = small_run("on", 5, {"it": ListenerReset(every=3)})
    trainer = advanced(3, run)
    assert trainer.listeners.ages == [3]
    trainer.advance()  # three steps are done: born anew, then taught once
    assert trainer.listeners.ages == [1]
    assert trainer.speakers.ages == [1]


@pytest.mark.parametrize("settings", [{"every": 0}, {"every": 2.5}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        ListenerReset(**settings)
    assert "\n" not in str(caught.value)
