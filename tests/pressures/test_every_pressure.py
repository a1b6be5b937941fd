"""Every registered pressure keeps the contract, with its defaults and in its variants."""

from __future__ import annotations

from typing import Any

import pytest

from emcomm.pressures import (
    FAMILIES,
    PRESSURES,
    Candidates,
    Capacity,
    ChannelLimit,
    ChannelNoise,
    Community,
    Curriculum,
    EntropyBonus,
    Forgetting,
    HardDistractors,
    Imitation,
    ImpatientListener,
    InformationBottleneck,
    IteratedLearning,
    LengthCost,
    ListenerDropout,
    ListenerReset,
    ListenerRetraining,
    MemoryWindow,
    PairReset,
    Pressure,
    Regularity,
    Reward,
    SkewedFrequencies,
    SpeakerReset,
    UnigramCost,
)
from tests.pressures.contract import PressureContract

VARIANTS = {
    "candidates, fewer": Candidates(count=2),
    "capacity, one role": Capacity(hidden=5, embedding=7, role="listener", strength=0.5),
    "channel_noise, erase": ChannelNoise(strength=0.5, effect="erase"),
    "channel_limit, halfway": ChannelLimit(symbols=5, max_length=2, strength=0.5),
    "community, sometimes": Community(size=3, strength=0.5),
    "curriculum, others rarely": Curriculum(first=0.1, until=3, strength=0.7),
    "entropy_bonus, decayed": EntropyBonus(strength=1.0, until=5, final=0.3),
    "hard_distractors, half": HardDistractors(strength=0.5),
    "forgetting, all but the last": Forgetting(strength=1.0),
    "imitation, themselves": Imitation(every=2, steps=2, messages=7, teacher="self", counted=False),
    "imitation, random": Imitation(every=3, steps=1, messages=7, teacher="random", strength=0.8),
    "impatient_listener, half": ImpatientListener(strength=0.5),
    "information_bottleneck, strong": InformationBottleneck(strength=1.0),
    "iterated_learning, whole": IteratedLearning(
        every=3, bottleneck=None, imitation=2, practice=0, failed="drop", homonym_filter=True, strength=0.9
    ),
    "iterated_learning, the old": IteratedLearning(
        every=2, imitation=1, practice=1, failed="keep", new_speaker=False, new_listener=False, counted=False
    ),
    "length_cost, accuracy": LengthCost(strength=2.0, schedule="accuracy", exponent=1.5),
    "listener_dropout, half": ListenerDropout(strength=0.5),
    "listener_reset, staggered": ListenerReset(every=4, staggered=True, reset_speaker_optimiser=False),
    "listener_reset, sometimes": ListenerReset(every=1, strength=0.5),
    "listener_retraining, the same": ListenerRetraining(every=2, updates=2, fresh=False, counted=False),
    "memory_window, sometimes": MemoryWindow(symbols=1, strength=0.5),
    "pair_reset, together": PairReset(every=2, order="together"),
    "regularity, strong": Regularity(strength=1.0),
    "reward, for both": Reward(form="success", listener="success"),
    "skewed_frequencies, mild": SkewedFrequencies(strength=0.3),
    "speaker_reset, random": SpeakerReset(every=4, order="random", reset_listener_optimiser=False),
    "unigram_cost, strong": UnigramCost(strength=1.0),
}

BRIEF = {"every": 2, "imitation": 3, "practice": 2, "updates": 2, "steps": 2}


class TestEveryPressure(PressureContract):
    @pytest.fixture(params=PRESSURES.names())
    def pressure(self, request: pytest.FixtureRequest) -> Pressure:
        """With its defaults, except that what happens every so many steps happens every other one, and lessons end."""
        kind: Any = PRESSURES.get(request.param)
        return kind(**{name: value for name, value in BRIEF.items() if name in kind.model_fields})


class TestVariants(PressureContract):
    @pytest.fixture(params=VARIANTS)
    def pressure(self, request: pytest.FixtureRequest) -> Pressure:
        return VARIANTS[request.param]


def test_the_first_pressures_cover_all_families():
    names = {"candidates", "channel_noise", "community", "impatient_listener", "length_cost", "listener_reset"}
    assert names <= set(PRESSURES.names())
    assert {PRESSURES.get(name).family for name in names} == set(FAMILIES)
