"""Pressures that cannot mean anything with a set-up are refused when a run is made, unless they are off."""

from __future__ import annotations

import pytest
from torch import Tensor

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.pressures import (
    PRESSURES,
    Candidates,
    ChannelNoise,
    Forgetting,
    ImpatientListener,
    IteratedLearning,
    LengthCost,
    ListenerDecay,
    ListenerDropout,
    ListenerReset,
    ListenerRetraining,
    PairReset,
    Pressure,
    SpeakerReset,
)
from emcomm.pressures.base import Moment
from emcomm.pressures.community import Community
from emcomm.training import Continuous
from tests.training.small import small_run

TIED = {"tied": True, "pairs": 2, "speaker": GRU(hidden=7), "listener": GRU(hidden=7)}
REAL = {"estimator": Continuous(), "channel": Channel(7, 3, variable=False)}


@pytest.mark.parametrize("pressure", [ListenerReset(), SpeakerReset(), ListenerDecay(), ListenerRetraining()])
def test_what_is_about_one_role_is_refused_where_agents_are_tied(pressure: Pressure):
    sentence = f"the pressure 'it' \\({pressure.name}\\) is about one role, and tied agents are both in one"
    with pytest.raises(BadInput, match=sentence) as caught:
        small_run("a", 5, {"it": pressure}, **TIED)
    assert "\n" not in str(caught.value)
    small_run("a", 5, {"it": pressure.off()}, **TIED)
    small_run("a", 5, {"it": pressure})


@pytest.mark.parametrize("pressure", [ChannelNoise(), Forgetting(), LengthCost(), IteratedLearning()])
def test_what_is_about_symbols_is_refused_where_there_are_none(pressure: Pressure):
    sentence = f"the pressure 'it' \\({pressure.name}\\) acts on symbols, and with the estimator 'continuous'"
    with pytest.raises(BadInput, match=sentence) as caught:
        small_run("a", 5, {"it": pressure}, **REAL)
    assert "\n" not in str(caught.value)
    small_run("a", 5, {"it": pressure.off()}, **REAL)


def test_the_rest_is_welcome():
    both = {"who": Community(size=2), "births": PairReset(), "haste": ImpatientListener(), "lapse": ListenerDropout()}
    small_run("a", 5, {**both, "few": Candidates(count=2)}, **TIED)
    small_run("a", 5, {**both, "births": ListenerReset()}, pairs=2, **REAL)


def test_who_changes_symbols_need_not_say_so():
    class Shouting(Community):
        def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
            return symbols

    with pytest.raises(BadInput, match="acts on symbols"):
        small_run("a", 5, {"it": Shouting(size=2)}, pairs=2, **REAL)


def test_own_pressures_say_what_they_are_about():
    roles = {"listener_decay", "listener_reset", "listener_retraining", "speaker_reset"}
    assert {name for name, kind in PRESSURES if kind.on_one_role} == roles
    symbols = {name for name, kind in PRESSURES if kind.transmit is not Pressure.transmit}
    symbols |= {"entropy_bonus", "imitation", "information_bottleneck", "iterated_learning", "length_cost"}
    symbols |= {"listener_retraining", "regularity", "unigram_cost"}
    assert {name for name, kind in PRESSURES if kind.on_symbols} == symbols
