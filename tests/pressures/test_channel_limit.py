"""The channel gets narrower, and never wider."""

from __future__ import annotations

from typing import Any

import pytest

from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.pressures import ChannelLimit
from tests.training.small import advanced, small_run, small_setup


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"symbols": 3}, (3, 5)),
        ({"max_length": 2}, (7, 2)),
        ({"symbols": 3, "max_length": 2}, (3, 2)),
        ({"symbols": 3, "max_length": 2, "strength": 0.5}, (5, 4)),  # 7 - .5 x 4; 5 - .5 x 3 = 3.5
        ({"symbols": 3, "strength": 0.1}, (7, 5)),  # 7 - .1 x 4 = 6.6
        ({"symbols": 7, "max_length": 5}, (7, 5)),
        ({}, (4, 3)),
        ({"strength": 0.5}, (6, 4)),  # halfway to (4, 3): 5.5 and 4
    ],
)
@pytest.mark.parametrize("variable", [True, False])
def test_limits_lie_between_the_channel_and_what_is_asked_for(
    settings: dict[str, Any], expected: tuple[int, int], variable: bool
):
    before = small_setup(channel=Channel(7, 5, variable))
    after = ChannelLimit(**settings).shape(before)
    assert after.channel == Channel(*expected, variable)
    assert {**dict(after), "channel": before.channel} == dict(before)


def test_half_of_the_smallest_channel_is_still_one():
    assert ChannelLimit().shape(small_setup(channel=Channel(2, 1))).channel == Channel(2, 1)
    assert ChannelLimit().shape(small_setup(channel=Channel(3, 3))).channel == Channel(2, 2)


@pytest.mark.parametrize(("name", "wide"), [("symbols", 7), ("max_length", 5)])
@pytest.mark.parametrize("strength", [1.0, 0.01])
def test_a_wider_channel_is_refused_in_one_line(name: str, wide: int, strength: float):
    pressure = ChannelLimit(**{name: wide + 1}, strength=strength)
    with pytest.raises(
        BadInput, match=f"'channel_limit' never widens .*{name} .*at most .*{wide}, got {wide + 1}"
    ) as caught:
        pressure.shape(small_setup())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"symbols": 1}, {"max_length": 0}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        ChannelLimit(**settings)
    assert "\n" not in str(caught.value)


def test_fewer_messages_than_meanings_can_be_played():
    setup = ChannelLimit(symbols=2, max_length=1).shape(small_setup())
    trainer = advanced(2, small_run("on", channel=setup.channel))
    assert setup.channel.capacity == 3
    assert (trainer.broken_at == -1).all()
