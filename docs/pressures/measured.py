"""What is measured of each pressure: at which strength, against which baseline, by which metrics.

Every pressure has an entry in `EFFECTS`. One small world serves most of them: 8 colours x 4 shapes with Zipfian
frequencies, the target among five, messages of up to four of eight symbols. Where nothing of a pressure could show
there, it has another of the `BASELINES`. Strengths are published ones or defaults, with intervals scaled to the
number of steps and some weights above the default; but for the memory window, whose note says why, none was changed
after a look at what it does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from emcomm import Channel, Condition, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import (
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
    ListenerDecay,
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
from emcomm.pressures.base import changed
from emcomm.worlds import AttributeWorld

__all__ = ["BASELINES", "EFFECTS", "SEEDS", "Baseline", "Effect", "study_of"]

SEEDS = 10
COMMON = "accuracy"  # measured of every pressure


@dataclass(frozen=True)
class Baseline:
    """What a pressure is compared with.

    Attributes:
        about: how it differs from the small world, for the pages; a clause.
        base: the set-up.
        background: pressures that act with and without the one that is measured.
    """

    about: str
    base: Setup
    background: dict[str, Pressure] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """How the effect of a pressure is measured.

    Attributes:
        pressure: the pressure at the strength that is measured.
        metrics: what it is about, one to three metrics; accuracy comes in addition.
        baseline: name of the baseline.
        note: what a reader of the numbers must know; a sentence.
    """

    pressure: Pressure
    metrics: tuple[str, ...]
    baseline: str = "small_world"
    note: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """All metrics of the table and the figure."""
        return (*self.metrics, COMMON)


SMALL = Setup(
    world=AttributeWorld(values=(8, 4), frequencies="zipf"),
    game=Discrimination(candidates=5),
    channel=Channel(symbols=8, max_length=4),
    speaker=GRU(hidden=48),
    listener=GRU(hidden=48),
    steps=3_000,
    batch_size=50,
    speaker_learning_rate=3e-3,
    listener_learning_rate=3e-3,
    speaker_entropy=0.2,
)

BASELINES = {
    "small_world": Baseline("", SMALL),
    "uniform": Baseline("all meanings equally frequent", changed(SMALL, world=AttributeWorld(values=(8, 4)))),
    "long_messages": Baseline(
        "messages of up to eight symbols", changed(SMALL, channel=Channel(symbols=8, max_length=8))
    ),
    "little_entropy": Baseline("half the entropy bonus (`speaker_entropy=0.1`)", changed(SMALL, speaker_entropy=0.1)),
    "community": Baseline("a community of two pairs", SMALL, {"community": Community(size=2)}),
}

OWN_GAME = "Each arm is evaluated in its own game, so that the accuracies are of games of unequal difficulty."

EFFECTS = {
    "candidates": Effect(Candidates(count=15), ("distinct_messages", "effectiveness"), note=OWN_GAME),
    "capacity": Effect(Capacity(hidden=12), ("topographic_similarity", "distinct_messages")),
    "channel_limit": Effect(ChannelLimit(symbols=4, max_length=3), ("mean_length_by_token", "effectiveness")),
    "channel_noise": Effect(
        ChannelNoise(strength=0.1, effect="erase"), ("topographic_similarity", "mean_length_by_token")
    ),
    "community": Effect(
        Community(size=2),
        ("topographic_similarity", "distinct_messages"),
        note="Metrics are means over the speakers of a run, accuracy over every speaker with every listener.",
    ),
    "curriculum": Effect(Curriculum(first=0.25, until=1_500), ("topographic_similarity", "distinct_messages")),
    "entropy_bonus": Effect(EntropyBonus(strength=0.15), ("speaker_entropy", "symbol_entropy"), "little_entropy"),
    "forgetting": Effect(Forgetting(strength=0.2), ("mean_length_by_token", "topographic_similarity"), "long_messages"),
    "hard_distractors": Effect(HardDistractors(), ("distinct_messages", "effectiveness"), note=OWN_GAME),
    "imitation": Effect(
        Imitation(every=250, steps=50, teacher="best"), ("topographic_similarity", "distinct_messages"), "community"
    ),
    "impatient_listener": Effect(ImpatientListener(), ("mean_length_by_token", "abbreviation_saving")),
    "information_bottleneck": Effect(
        InformationBottleneck(strength=0.2),
        ("mutual_information", "distinct_messages"),
        "little_entropy",
    ),
    "iterated_learning": Effect(
        IteratedLearning(every=400, bottleneck=50, imitation=100, practice=100),
        ("topographic_similarity", "distinct_messages"),
    ),
    "length_cost": Effect(
        LengthCost(strength=0.1, schedule="accuracy"), ("mean_length_by_token", "abbreviation_saving")
    ),
    "listener_decay": Effect(ListenerDecay(strength=1e-3), ("topographic_similarity", "distinct_messages")),
    "listener_dropout": Effect(ListenerDropout(strength=0.2), ("topographic_similarity", "distinct_messages")),
    "listener_reset": Effect(ListenerReset(every=300), ("topographic_similarity", "distinct_messages")),
    "listener_retraining": Effect(
        ListenerRetraining(every=300, updates=75), ("topographic_similarity", "distinct_messages")
    ),
    "memory_window": Effect(
        MemoryWindow(symbols=2, strength=0.5),
        ("mean_length_by_token", "topographic_similarity"),
        "long_messages",
        "Half of the messages are heard whole, as accuracy is: a listener that never hears one cannot answer it.",
    ),
    "pair_reset": Effect(PairReset(every=1_000), ("topographic_similarity", "distinct_messages"), "community"),
    "regularity": Effect(Regularity(strength=0.1), ("speaker_entropy", "symbol_entropy"), "little_entropy"),
    "reward": Effect(Reward(form="accuracy"), ("distinct_messages", "effectiveness")),
    "skewed_frequencies": Effect(
        SkewedFrequencies(strength=1.0),
        ("mean_length_by_token", "abbreviation_saving", "message_entropy"),
        "uniform",
        "Means by token and entropies are weighted by each arm's own frequencies.",
    ),
    "speaker_reset": Effect(SpeakerReset(every=300), ("topographic_similarity", "distinct_messages")),
    "unigram_cost": Effect(UnigramCost(strength=0.1), ("symbol_entropy", "mean_length_by_token"), "little_entropy"),
}
"""Every registered pressure by name, and how its effect is measured."""


def study_of(baseline: str, effect: Effect | None = None) -> Study:
    """Return the study of one arm: a baseline alone, or a pressure on it.

    Arms are studies of their own, so that a new pressure adds its own runs and no others; as strength 0 equals absence
    bit for bit, the runs are those that one study with all pressures would have. Metrics are computed of the recorded
    languages afterwards.

    Args:
        baseline: name of the baseline.
        effect: the pressure that acts; None: none.
    """
    found = BASELINES[baseline]
    acting = found.background if effect is None else found.background | {"measured": effect.pressure}
    arm = "off" if effect is None else "on"
    return Study(
        name=f"pressure_effects {baseline if effect is None else effect.pressure.name}",
        description="One arm of a measurement of docs/pressures.",
        base=found.base,
        pressures=acting,
        design="explicit",
        conditions={arm: Condition(pressures=tuple(acting))},
        metrics=(),
        seeds=SEEDS,
    )
