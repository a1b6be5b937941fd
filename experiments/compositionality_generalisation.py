"""Compositionality and generalisation: what makes agents right about unseen combinations, and is it structure?

After Chaabouni et al. 2020: two attributes of 5 to 25 values each, a tenth of the combinations held out, languages with
more room than meanings. Then, in the middle world, agents and channels of several sizes. What was measured is in
``compositionality_generalisation.md`` beside this file.
"""

from __future__ import annotations

import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.probes import teaching_curves
from emcomm.studies.claims import Association, Comparison, Level
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import by_condition
from experiments.recovery.languages import final_languages, frame, value_rows

SIZES = (5, 10, 16, 25)
MIDDLE = 10
WORLDS = tuple(f"{size} x {size}" for size in SIZES)
SOURCE = "Chaabouni et al. 2020"


def world_of(values: int) -> AttributeWorld:
    """Two attributes of so many values; a tenth of their combinations is held out, every value staying in training."""
    return AttributeWorld(values=(values, values), split="compositional", held_out=0.1)


study = Study(
    name="compositionality_generalisation",
    source="Chaabouni et al. 2020; Kharitonov & Baroni 2020; Resnick et al. 2020",
    description="Worlds, agents and channels of several sizes.",
    base=Setup(
        world=world_of(MIDDLE),
        game=Reconstruction(),
        channel=Channel(symbols=50, max_length=3, variable=False),
        speaker=GRU(hidden=128, embedding=16),
        listener=GRU(hidden=128, embedding=30),
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=4_000,
        batch_size=128,
        speaker_learning_rate=3e-3,
        listener_learning_rate=3e-3,
        speaker_entropy=0.3,
        stop_accuracy=0.999,
        evaluate_every=250,
    ),
    design="explicit",
    conditions={
        **{
            name: Condition(settings={"base.world": world_of(size).model_dump()})
            for name, size in zip(WORLDS, SIZES, strict=True)
        },
        **{
            f"hidden {hidden}": Condition(settings={"base.speaker.hidden": hidden, "base.listener.hidden": hidden})
            for hidden in (32, 64, 256)
        },
        **{f"symbols {symbols}": Condition(settings={"base.channel.symbols": symbols}) for symbols in (10, 20)},
    },
    metrics=("topographic_similarity", "positional_disentanglement", "bag_of_symbols_disentanglement"),
    seeds=tuple(range(10, 20)),
)
claims = (
    Comparison(
        name="larger worlds generalise",
        metric="accuracy_held_out",
        on="25 x 25",
        off="5 x 5",
        direction="up",
        min_effect=0.15,
        source=SOURCE,
    ),
    Association(
        name="structure does not tell of generalisation",
        x="topographic_similarity",
        y="accuracy_held_out",
        direction="none",
        band=0.3,
        among={"accuracy": 0.99},
        source=SOURCE,
    ),
    Association(
        name="structured languages are learnt faster by new listeners",
        x="topographic_similarity",
        y="teaching_gain",
        direction="up",
        least=0.4,
        among={"accuracy": 0.99},
        source=SOURCE,
    ),
    Level(
        name="success without structure",
        metric="topographic_similarity",
        condition="25 x 25",
        at_most=0.6,
        share=0.8,
        source="Kharitonov & Baroni 2020",
    ),
    Level(
        name="unseen combinations are understood",
        metric="accuracy_held_out",
        condition="25 x 25",
        at_least=0.8,
        share=0.8,
        source=SOURCE,
    ),
    Comparison(
        name="small agents are more structured",
        metric="topographic_similarity",
        on="hidden 32",
        off="hidden 256",
        direction="up",
        source="Resnick et al. 2020",
    ),
)
shown = ("accuracy", "accuracy_held_out", "topographic_similarity", "teaching_speed", "teaching_gain")
courses = (
    by_condition("accuracy in training", "accuracy", WORLDS),
    by_condition("accuracy about unseen combinations", "accuracy_held_out", WORLDS),
)
quick = {"base.steps": 1_500, "conditions": (*WORLDS, "hidden 32", "hidden 256")}


def more(results: Results) -> pd.DataFrame:
    """How fast new listeners learn each language, and how much of that is above the mean of its condition.

    Conditions differ in how much there is to learn, so runs are compared within theirs.
    """
    found = list(final_languages(results))
    curves = teaching_curves([language for _, _, language in found], listener=GRU(hidden=64), listeners=3, steps=200)
    speed = pd.Series(curves.area.mean(-1), [run for run, _, _ in found])
    gain = speed - speed.groupby(results.runs.set_index("run")["condition"]).transform("mean")
    return frame(
        row
        for run, step, _ in found
        for row in value_rows(run, step, {"teaching_speed": speed[run], "teaching_gain": gain[run]})
    )


if __name__ == "__main__":
    study.main()
