"""Who is replaced when, for every pressure that replaces agents."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.pressures import ListenerReset, PairReset, SpeakerReset
from emcomm.pressures.turnover import Order, due
from tests.pressures.moments import Village, moment_of
from tests.training.small import advanced, equal_weights, small_run


def turns(order: Order, every: int, steps: int, pairs: int = 3, strength: float = 1.0) -> dict[int, list[bool]]:
    """Who is due, by step."""
    found = {step: due(every, order, pairs, moment_of(strength, step=step, seed=step)) for step in range(1, steps + 1)}
    return {step: which[0].tolist() for step, which in found.items() if which is not None}


def test_together_everybody_is_due_at_multiples_of_the_interval():
    assert turns("together", 7, 30) == {step: [True] * 3 for step in (7, 14, 21, 28)}


def test_in_turn_the_oldest_is_due_each_time():
    found, born = turns("in_turn", 15, 60), [0, 0, 0]
    assert sorted(found) == list(range(5, 61, 5))  # 3 agents, each every 15 steps: one every 5
    for step, which in found.items():
        assert sum(which) == 1
        if step > 15:
            assert born[which.index(True)] == min(born) == step - 15
        born[which.index(True)] = step


def test_at_random_everybody_is_as_likely_and_one_is_due_each_time():
    found = torch.tensor(list(turns("random", 3, 3_000).values()), dtype=torch.float32)
    assert found.shape == (3_000, 3)  # one of 3 every 3 // 3 = 1 steps
    assert (found.sum(-1) == 1).all()
    torch.testing.assert_close(found.mean(0), torch.full((3,), 1 / 3), atol=0.04, rtol=0)  # 4 standard errors: .034


@pytest.mark.parametrize("order", ["together", "in_turn", "random"])
def test_one_pair_is_due_every_time_whatever_the_order(order: Order):
    assert turns(order, 7, 30, pairs=1) == {step: [True] for step in (7, 14, 21, 28)}


@pytest.mark.parametrize(("order", "mean"), [("together", 0.3), ("in_turn", 0.1), ("random", 0.1)])
def test_strength_is_the_chance_of_each_that_is_due(order: Order, mean: float):
    found = torch.tensor(list(turns(order, 1, 2_000, strength=0.3).values()), dtype=torch.float32)
    torch.testing.assert_close(found.mean(0), torch.full((3,), mean), atol=0.041, rtol=0)  # 4 standard errors at .3


def test_more_pairs_than_steps_are_due_one_a_step():
    assert sorted(turns("in_turn", 2, 5)) == [1, 2, 3, 4, 5]


def test_runs_have_turns_of_their_own_at_random():
    which = due(1, "random", 97, moment_of(1.0, 1.0, 0.0, step=1))
    assert which is not None
    assert which.sum(-1).tolist() == [1, 1, 0]
    assert not torch.equal(which[0], which[1])


def test_the_partners_of_a_run_with_a_speaker_reset_forget_their_optimisers_memory():
    for wanted in (True, False):
        village = Village(2, 3)
        pressure = SpeakerReset(every=15, order="in_turn", reset_listener_optimiser=wanted)
        pressure.between(village, moment_of(0.0, 1.0, step=5))
        assert village.resets == [("speaker", [[False] * 3, [False, True, False]], "speaker_reset.weights", 5)]
        assert village.forgets == ([("listener", [[False] * 3, [True] * 3])] if wanted else [])


def test_a_pair_leaves_together():
    village = Village(2, 3)
    PairReset(every=15).between(village, moment_of(0.0, 1.0, step=10))
    which = [[False] * 3, [False, False, True]]
    assert village.resets == [
        ("speaker", which, "pair_reset.speaker", 10),
        ("listener", which, "pair_reset.listener", 10),
    ]
    assert not village.forgets


@pytest.mark.parametrize(
    ("pressure", "steps", "speakers", "listeners"),
    [
        (SpeakerReset(every=3), 4, [1, 1], [1, 1]),  # three steps are done: born anew, then taught once
        (SpeakerReset(every=3, reset_listener_optimiser=False), 5, [2, 2], [5, 5]),
        (PairReset(every=6), 4, [4, 1], [4, 1]),  # one every 3, beginning with the second
        (PairReset(every=5), 5, [1, 3], [1, 3]),  # one every 5 // 2: the second at 2, the first at 4
    ],
)
def test_in_training_newborns_have_been_taught_once_for_each_step_since(
    pressure: Any, steps: int, speakers: list[int], listeners: list[int]
):
    trainer = advanced(steps, small_run("on", 5, {"it": pressure}, pairs=2))
    assert trainer.speakers.ages == speakers
    assert trainer.listeners.ages == listeners


@pytest.mark.parametrize("kind", [SpeakerReset, PairReset])
@pytest.mark.parametrize("order", ["together", "in_turn", "random"])
def test_a_newborn_does_not_depend_on_who_shares_the_stack(kind: Any, order: Order):
    runs = [
        small_run(name, seed, {"it": kind(every=3, order=order, strength=strength)}, pairs=3)
        for name, seed, strength in (("a", 5, 1.0), ("b", 7, 0.7), ("c", 11, 0.0))
    ]
    together = advanced(5, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(5, run).weights(run))


@pytest.mark.parametrize("kind", [SpeakerReset, PairReset, ListenerReset])
@pytest.mark.parametrize("settings", [{"every": 0}, {"every": 2.5}, {"strength": 1.5}, {"order": "sometimes"}])
def test_bad_settings_are_refused_in_one_line(kind: Any, settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        kind(**settings)
    assert "\n" not in str(caught.value)
