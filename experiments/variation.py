"""Variation and regularity: how free are languages to say the same thing in several ways, and what makes them less so?

After Conklin & Smith 2023: three roles of eight atoms, twelve symbols, messages of six; synonymy, homonymy, word-order
freedom and entanglement over training, for agents of several widths. What was measured is in ``variation.md`` beside
this file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.pressures import Regularity
from emcomm.studies.claims import Association, Comparison, Level
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import Line, Panel, by_condition
from experiments.recovery.languages import changes, frame, value_rows

VARIATION = ("synonymy", "homonymy", "word_order_freedom", "entanglement")
WIDTHS = (16, 32, 64, 128)
EARLY = 1_000
SOURCE = "Conklin & Smith 2023"

study = Study(
    name="variation",
    source=SOURCE,
    description="Variation over training, in agents of several widths, and under a pressure to be regular.",
    base=Setup(
        world=AttributeWorld(values=(8, 8, 8), split="compositional", held_out=0.2),
        game=Reconstruction(),
        channel=Channel(symbols=12, max_length=6, variable=False),
        speaker=GRU(hidden=64, embedding=16),
        listener=GRU(hidden=64, embedding=16),
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=2_500,
        batch_size=128,
        speaker_learning_rate=5e-3,
        listener_learning_rate=5e-3,
        speaker_entropy=0.5,
        evaluate_every=250,
        record_every=250,
    ),
    pressures={"regularity": Regularity(strength=0.05)},
    design="explicit",
    conditions={
        **{
            f"hidden {width}": Condition(settings={"base.speaker.hidden": width, "base.listener.hidden": width})
            for width in WIDTHS
        },
        "hidden 64, regular": Condition(pressures=("regularity",)),
    },
    metrics=(*VARIATION, "topographic_similarity", "residual_entropy"),
    seeds=tuple(range(10, 20)),
)
claims = (
    *(
        Level(
            name=f"{metric.replace('_', ' ')} falls over training",
            metric=f"{metric}_change",
            condition="hidden 64",
            at_most=-1e-9,
            share=0.8,
            source=SOURCE,
        )
        for metric in VARIATION
    ),
    Association(
        name="early variation goes with poor generalisation",
        x="early_variation",
        y="early_held_out",
        direction="down",
        least=0.3,
        source=SOURCE,
    ),
    Association(name="wide agents vary more", x="width", y="late_variation", direction="up", least=0.3, source=SOURCE),
    Comparison(
        name="a cost of variation makes languages regular",
        metric="late_variation",
        on="hidden 64, regular",
        off="hidden 64",
        direction="down",
        source="Hudson Kam & Newport 2005",
    ),
)
shown = ("late_variation", *VARIATION, "topographic_similarity", "accuracy_held_out")
courses = (
    Panel(
        "variation, 64 wide",
        "step",
        [Line(metric.replace("_", " "), "hidden 64", metric) for metric in VARIATION],
    ),
    by_condition("mean of the four by width", "variation", [f"hidden {width}" for width in WIDTHS]),
    by_condition("accuracy about unseen combinations", "accuracy_held_out", [f"hidden {width}" for width in WIDTHS]),
)
quick = {"base.steps": 1_500, "conditions": ("hidden 16", "hidden 32", "hidden 64", "hidden 64, regular")}


def more(results: Results) -> pd.DataFrame:
    """Changes over training, and the mean of the four measures early and at the end of each run."""
    wide = results.metrics.pivot_table(index=["run", "step"], columns="metric", values="value")
    wide["variation"] = wide[list(VARIATION)].mean(axis=1, skipna=False)
    course = wide["variation"].dropna().reset_index()
    rows = [row for run, step, value in course.values for row in value_rows(run, step, {"variation": value})]
    condition = results.runs.set_index("run")["condition"]
    for run, own in wide.groupby("run"):
        own = own.droplevel("run")
        last = int(own.index.max())
        values = {
            "late_variation": own["variation"].iloc[-1],
            "early_variation": own["variation"].get(EARLY, np.nan),
            "early_held_out": own["accuracy_held_out"].get(EARLY, np.nan),
            "width": float(condition[run].split(",")[0].split(" ")[1]),
        }
        rows += value_rows(str(run), last, values)
    return pd.concat([frame(rows), *(changes(results, metric, f"{metric}_change") for metric in VARIATION)])


if __name__ == "__main__":
    study.main()
