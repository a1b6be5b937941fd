"""Iterated learning: does a language become structured because each generation has to learn it from a sample?

The game of Ren et al. 2020: 8 x 8 objects, two symbols of eight, fifteen candidates, 64 games a batch. Thirty-five
generations of 1,300 updates. Every condition gives an agent as many updates; conditions take the phases of a generation
away one by one. What was measured is in ``iterated_learning.md`` beside this file.
"""

from __future__ import annotations

import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import IteratedLearning
from emcomm.probes import imitation_curves
from emcomm.studies.claims import Comparison, Level, Trend
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import by_condition
from experiments.recovery.languages import finished_runs, frame, recorded_steps, tail_means, value_rows

GENERATIONS, INTERACTION, IMITATION, PRACTICE = 35, 1_000, 200, 100
SOURCE = "Ren et al. 2020"


def _without(**settings: object) -> Condition:
    """Iterated learning with some settings changed."""
    return Condition(
        pressures=("generations",), settings={f"pressures.generations.{k}": v for k, v in settings.items()}
    )


study = Study(
    name="iterated_learning",
    source="Ren et al. 2020 (neural iterated learning)",
    description="Generations with and without each phase, and with and without the bottleneck.",
    base=Setup(
        world=AttributeWorld(values=(8, 8)),
        game=Discrimination(candidates=15),
        channel=Channel(symbols=8, max_length=2, variable=False),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=64),
        estimator=Reinforce(reward="success", baseline="mean"),
        steps=GENERATIONS * (INTERACTION + IMITATION + PRACTICE),
        batch_size=64,
        speaker_learning_rate=2e-3,
        listener_learning_rate=2e-3,
        speaker_entropy=0.1,
        listener_entropy=0.05,
        record_every=INTERACTION,
        evaluate_every=INTERACTION,
    ),
    pressures={
        "generations": IteratedLearning(
            every=INTERACTION, bottleneck=100, imitation=IMITATION, practice=PRACTICE, failed="noise"
        )
    },
    design="explicit",
    conditions={
        "off": Condition(),
        "generations": Condition(pressures=("generations",)),
        "no bottleneck": _without(bottleneck=None),
        "no noise": _without(failed="keep"),
        "no imitation": _without(imitation=0),
        "no practice": _without(practice=0),
        "no newborns": _without(new_speaker=False, new_listener=False),
    },
    metrics=("topographic_similarity", "topographic_similarity/li_bowling_2019", "distinct_messages"),
    seeds=tuple(range(10, 20)),
)
claims = (
    Level(
        name="structured after generations",
        metric="late_structure",
        condition="generations",
        at_least=0.7,
        share=None,
        source=SOURCE,
    ),
    Comparison(
        name="more structured than without turnover",
        metric="late_structure",
        on="generations",
        off="off",
        direction="up",
        min_effect=0.3,
        source=SOURCE,
    ),
    Level(
        name="the bottleneck makes at least half of the gain",
        metric="share_of_gain",
        condition="no bottleneck",
        at_most=0.5,
        share=None,
        source=SOURCE,
    ),
    Trend(
        name="structure grows over generations",
        metric="topographic_similarity",
        condition="generations",
        first_step=1,
        source=SOURCE,
    ),
    Trend(
        name="later generations learn faster",
        metric="learning_speed",
        condition="generations",
        first_step=1,
        source=SOURCE,
    ),
    *(
        Comparison(
            name=f"structure needs {phase}",
            metric="late_structure",
            on=f"no {phase}",
            off="generations",
            direction="down",
            source=SOURCE,
        )
        for phase in ("bottleneck", "noise", "imitation", "practice", "newborns")
    ),
)
shown = ("late_structure", "topographic_similarity", "distinct_messages", "accuracy")
courses = (
    by_condition("structure", "topographic_similarity", ("off", "generations", "no bottleneck", "no noise")),
    by_condition("structure without a phase", "topographic_similarity", ("no imitation", "no practice", "no newborns")),
    by_condition("how fast fresh speakers learn it", "learning_speed", ("generations",)),
)
quick = {
    "base.steps": 10 * (INTERACTION + IMITATION + PRACTICE),
    "conditions": ("off", "generations", "no bottleneck", "no newborns"),
}


def more(results: Results) -> pd.DataFrame:
    """Structure over the last quarter of generations, its gain, and how fast fresh speakers learn each generation."""
    late = tail_means(results, "topographic_similarity", "late_structure")
    by_run = late.set_index("run")["value"]
    condition = results.runs.set_index("run")["condition"]
    means = by_run.groupby(condition).mean()
    gain = (by_run - means["off"]) / (means["generations"] - means["off"])
    steps = late.set_index("run")["step"]
    shares = frame(row for run in gain.index for row in value_rows(run, steps[run], {"share_of_gain": gain[run]}))
    return pd.concat([late, shares, _learning_speed(results)], ignore_index=True)


def _learning_speed(results: Results) -> pd.DataFrame:
    """How often fresh speakers say what each generation says, mean over their first 100 updates."""
    runs = finished_runs(results, ["generations"])
    places = [(run, step) for run in runs for step in recorded_steps(results, run)]
    languages = [results.language(run, step) for run, step in places]
    curves = imitation_curves(languages, speaker=GRU(hidden=64), speakers=3, steps=100, batch_size=64)
    assert curves.symbols is not None
    speed = curves.symbols.area.mean(-1)
    return frame(
        row
        for (run, step), value in zip(places, speed, strict=True)
        for row in value_rows(run, step, {"learning_speed": value})
    )


if __name__ == "__main__":
    study.main()
