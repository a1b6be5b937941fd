"""Listeners whose weights fade."""

from __future__ import annotations

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.pressures import ListenerDecay
from tests.pressures.moments import Village, moment_of
from tests.training.small import advanced, equal_weights, small_run


def test_all_weights_of_a_run_lose_the_same_share():
    village = Village(3, 2)
    ListenerDecay().between(village, moment_of(0.0, 0.25, 0.5, step=1))
    ((what, role, factor),) = village.asked
    assert (what, role) == ("shrink", "listener")
    assert factor.tolist() == [[1.0, 1.0], [0.75, 0.75], [0.5, 0.5]]


def test_they_fade_before_a_step_whatever_the_gradient():
    runs = [small_run("off", 5, pairs=2), small_run("on", 5, {"it": ListenerDecay(strength=0.25)}, pairs=2)]
    trainer = advanced(1, *runs)  # nothing fades before the first step
    off, on = (trainer.weights(run) for run in runs)
    assert equal_weights(off, on)
    (acting,) = trainer._acting()
    acting.pressure.between(trainer.population, acting.moment)
    off, on = (trainer.weights(run) for run in runs)
    for name, weights in off.items():
        assert torch.equal(on[name], 0.75 * weights if name.startswith("listener") else weights)


def test_weights_stay_smaller():
    strengths = (0.0, 0.01, 0.1)
    runs = [small_run("on", 5 + place, {"it": ListenerDecay(strength=s)}) for place, s in enumerate(strengths)]
    sizes = advanced(60, *runs).listeners.weights.detach().abs().mean(-1)
    assert sizes[0] > 1.3 * sizes[1] > 1.3 * 1.3 * sizes[2]


def test_a_weight_cannot_lose_all_or_more():
    for strength in (1.0, 1.5):
        with pytest.raises(BadInput, match="strength: .*less than 1.*got") as caught:
            ListenerDecay(strength=strength)
        assert "\n" not in str(caught.value)
