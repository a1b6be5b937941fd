"""Symbols get lost while agents learn, and only then."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.channel import EOS, Channel, message_lengths
from emcomm.envs import Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import ChannelNoise
from emcomm.training import GumbelSoftmax, Reinforce
from emcomm.training.evaluation import observe
from tests.pressures.moments import moment_of
from tests.training.small import ESTIMATORS, advanced, small_run

CHANNEL = Channel(5, 3)


def said(n: int) -> torch.Tensor:
    raw = torch.randint(0, 6, (2, 1, n, 3), generator=torch.Generator().manual_seed(3))
    return raw * (raw != EOS).cumprod(-1)


@pytest.mark.parametrize("effect", ["replace", "erase"])
def test_each_run_is_disturbed_at_its_own_rate(effect: str):
    message = said(4001)
    heard = ChannelNoise(effect=effect).transmit(message, CHANNEL, moment_of(0.1, 0.6))
    assert torch.equal(message_lengths(heard), message_lengths(message))
    for run, rate in enumerate((0.1, 0.6)):
        spoken = message[run] != EOS
        share = (heard[run] != message[run])[spoken].float().mean().item()
        assert abs(share - rate) < 4 * (rate * (1 - rate) / int(spoken.sum())) ** 0.5  # standard errors


def test_the_effects_are_another_symbol_or_a_mark():
    message = said(997)
    spoken = message != EOS
    replaced, erased = (
        ChannelNoise(effect=effect).transmit(message, CHANNEL, moment_of(1.0, 1.0)) for effect in ("replace", "erase")
    )
    assert set(replaced[spoken].tolist()) == {1, 2, 3, 4, 5}
    assert (replaced != message)[spoken].all()
    assert set(erased[spoken].tolist()) == {6}


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_with_every_symbol_erased_the_listener_hears_lengths_only(estimator):
    # Messages of one length then all sound the same: whatever the speaker says, the listener answers alike.
    channel = Channel(7, 3, variable=False)
    runs = [
        small_run("on", 5, {"it": ChannelNoise(strength=1.0, effect="erase")}, channel=channel, estimator=estimator)
    ]
    one, other = advanced(0, *runs), advanced(0, *runs)
    with torch.no_grad():
        other.speakers.weights.neg_()
    one.advance()
    other.advance()
    assert one.last_lesson is not None
    assert other.last_lesson is not None
    assert torch.equal(one.last_lesson.listener_loss, other.last_lesson.listener_loss)
    assert torch.equal(one.listeners.weights, other.listeners.weights)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_languages_and_accuracy_are_looked_at_without_noise(name: str):
    runs = [
        small_run(condition, 5, pressures, game=Reconstruction(), estimator=ESTIMATORS[name])
        for condition, pressures in (("off", {}), ("on", {"it": ChannelNoise(strength=0.9)}))
    ]
    off, on = observe(advanced(0, *runs), record=False)  # not trained yet, the two arms have the same agents
    assert (off.messages == on.messages).all()
    assert off.values["accuracy"] == on.values["accuracy"]


@pytest.mark.parametrize("settings", [{"effect": "drop"}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        ChannelNoise(**settings)
    assert "\n" not in str(caught.value)
