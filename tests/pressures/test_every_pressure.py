"""Every registered pressure keeps the contract, with its defaults and in its variants."""

from __future__ import annotations

from typing import Any

import pytest

from emcomm.pressures import (
    FAMILIES,
    PRESSURES,
    Candidates,
    ChannelNoise,
    Community,
    ImpatientListener,
    LengthCost,
    ListenerReset,
    Pressure,
)
from tests.pressures.contract import PressureContract

VARIANTS = {
    "candidates, fewer": Candidates(count=2),
    "channel_noise, erase": ChannelNoise(strength=0.5, effect="erase"),
    "community, sometimes": Community(size=3, strength=0.5),
    "impatient_listener, half": ImpatientListener(strength=0.5),
    "length_cost, accuracy": LengthCost(strength=2.0, schedule="accuracy", exponent=1.5),
    "listener_reset, staggered": ListenerReset(every=4, staggered=True, reset_speaker_optimiser=False),
    "listener_reset, sometimes": ListenerReset(every=1, strength=0.5),
}


class TestEveryPressure(PressureContract):
    @pytest.fixture(params=PRESSURES.names())
    def pressure(self, request: pytest.FixtureRequest) -> Pressure:
        """With its defaults, except that what happens every so many steps happens every other one."""
        kind: Any = PRESSURES.get(request.param)
        return kind(every=2) if "every" in kind.model_fields else kind()


class TestVariants(PressureContract):
    @pytest.fixture(params=VARIANTS)
    def pressure(self, request: pytest.FixtureRequest) -> Pressure:
        return VARIANTS[request.param]


def test_the_first_pressures_cover_all_families():
    names = {"candidates", "channel_noise", "community", "impatient_listener", "length_cost", "listener_reset"}
    assert names <= set(PRESSURES.names())
    assert {PRESSURES.get(name).family for name in names} == set(FAMILIES)
