"""The four families of pressure on one setting, in every combination: which patterns does each bring about?

The review's table (Galke & Raviv 2025) as one factorial experiment: communicative success (more and harder candidates),
efficiency (a lazy speaker), learnability (newborn listeners) and a social factor (a community), each on and off, on the
world of ``first_look``. What was measured is in ``pressures_matrix.md`` beside this file.
"""

from __future__ import annotations

from emcomm import Channel, Pattern, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import Candidates, Community, LengthCost, ListenerReset
from emcomm.probes import EaseOfTeaching
from emcomm.worlds import AttributeWorld

study = Study(
    name="pressures_matrix",
    source="Galke & Raviv 2025",
    description="One pressure of each family, in every combination.",
    base=Setup(
        world=AttributeWorld(values=(8, 4), frequencies="zipf"),
        game=Discrimination(candidates=5),
        channel=Channel(symbols=8, max_length=4),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=64),
        steps=4_000,
        batch_size=100,
        speaker_learning_rate=3e-3,
        listener_learning_rate=3e-3,
        speaker_entropy=0.2,
    ),
    pressures={
        "success": Candidates(count=15),
        "efficiency": LengthCost(strength=0.1, schedule="accuracy"),
        "learnability": ListenerReset(every=400),
        "social": Community(size=2),
    },
    design="factorial",
    patterns=[
        Pattern(
            "expressive",
            metric="distinct_messages",
            direction="up",
            pressures=["success"],
            accuracy_floor=0.8,
            source="Guo et al. 2022",
            description="More candidates to tell apart call for a language that keeps more meanings apart.",
        ),
        Pattern(
            "brief",
            metric="mean_length_by_token",
            direction="down",
            pressures=["efficiency"],
            accuracy_floor=0.8,
            source="Chaabouni et al. 2019; Rita et al. 2020",
            description="A cost on symbols shortens what is said often.",
        ),
        Pattern(
            "abbreviation",
            metric="abbreviation_saving",
            direction="up",
            pressures=["efficiency"],
            accuracy_floor=0.8,
            source="Zipf 1949; Kanwal et al. 2017; Chaabouni et al. 2019",
            description="Frequent meanings get short messages once length costs something.",
        ),
        Pattern(
            "compositional",
            metric="topographic_similarity",
            direction="up",
            pressures=["learnability"],
            accuracy_floor=0.8,
            source="Li & Bowling 2019",
            description="Having to be learnt again and again favours structure.",
        ),
        Pattern(
            "teachable",
            metric="ease_of_teaching",
            direction="up",
            pressures=["learnability"],
            accuracy_floor=0.8,
            source="Li & Bowling 2019",
            description="Languages spoken to newborn listeners become easier to learn.",
        ),
        Pattern(
            "no structure from size alone",
            metric="topographic_similarity",
            direction="none",
            band=0.03,
            pressures=["social"],
            accuracy_floor=0.8,
            source="Rita et al. 2022",
            description="A homogeneous group is no more systematic than a pair: within 0.03 for twice the size.",
        ),
    ],
    metrics=("topographic_similarity", "distinct_messages", "mean_length_by_token", "abbreviation_saving"),
    probes=[EaseOfTeaching(listeners=5, steps=200)],
    seeds=tuple(range(10, 20)),
)
shown = ("topographic_similarity", "ease_of_teaching", "mean_length_by_token", "distinct_messages", "accuracy")
quick = {"base.steps": 1_000}

if __name__ == "__main__":
    study.main()
