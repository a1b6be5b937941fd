"""A first look: one pressure of each family, on one small world, in a few minutes.

Thirty-two objects (8 colours, 4 shapes) with Zipfian frequencies; the listener finds the target among five; messages of
up to four of eight symbols. Every prediction is a published effect, stated before the run, and is reported as it
comes out. The README beside this file says what was measured with ten seeds, and how far this setting is from the
published ones.
"""

from __future__ import annotations

from emcomm import Channel, Pattern, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import Candidates, ChannelNoise, Community, LengthCost, ListenerReset
from emcomm.worlds import AttributeWorld

study = Study(
    name="first_look",
    source="Galke & Raviv 2025 (the four families of pressure); each pattern names its own source",
    description="One pressure of each family against the same baseline, each with the effect it is published for.",
    base=Setup(
        world=AttributeWorld(values=(8, 4), frequencies="zipf"),
        game=Discrimination(candidates=5),
        channel=Channel(symbols=8, max_length=4),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=64),
        steps=3_000,
        batch_size=100,
        speaker_learning_rate=3e-3,
        listener_learning_rate=3e-3,
        speaker_entropy=0.2,
    ),
    pressures={
        "candidates": Candidates(count=20),
        "length_cost": LengthCost(strength=0.1, schedule="accuracy"),
        "listener_reset": ListenerReset(every=300),
        "community": Community(size=2),
        "noise": ChannelNoise(strength=0.1, effect="erase"),
    },
    design="each",
    patterns=[
        Pattern(
            "expressive",
            metric="distinct_messages",
            direction="up",
            pressures=["candidates"],
            accuracy_floor=0.8,
            source="Guo et al. 2022",
            description="More candidates to tell apart call for a language that keeps more meanings apart.",
        ),
        Pattern(
            "brief",
            metric="mean_length_by_token",
            direction="down",
            pressures=["length_cost"],
            accuracy_floor=0.8,
            source="Chaabouni et al. 2019; Rita et al. 2020",
            description="A cost on symbols shortens what is said often.",
        ),
        Pattern(
            "abbreviation",
            metric="abbreviation_saving",
            direction="up",
            pressures=["length_cost"],
            accuracy_floor=0.8,
            source="Zipf 1949; Kanwal et al. 2017; Chaabouni et al. 2019",
            description="Zipf's law of abbreviation: frequent meanings get short messages once length costs something.",
        ),
        Pattern(
            "compositional",
            metric="topographic_similarity",
            direction="up",
            pressures=["listener_reset", "noise"],
            accuracy_floor=0.8,
            source="Li & Bowling 2019 (resets); Nikolaus 2024 (noise)",
            description="Having to be learnt again and again, or to survive lost symbols, favours structure.",
        ),
        Pattern(
            "teachable",
            metric="ease_of_teaching",
            direction="up",
            pressures=["listener_reset"],
            accuracy_floor=0.8,
            source="Li & Bowling 2019",
            description="Languages spoken to newborn listeners become easier to learn.",
        ),
        Pattern(
            "no structure from size alone",
            metric="topographic_similarity",
            direction="none",
            band=0.03,
            pressures=["community"],
            accuracy_floor=0.8,
            source="Rita et al. 2022",
            description="A homogeneous group is no more systematic than a pair: within 0.03 for twice the size.",
        ),
    ],
    seeds=8,
)

if __name__ == "__main__":
    study.main()
