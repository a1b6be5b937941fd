"""Zipf's law of abbreviation: do frequent meanings get short messages, and which pressures does that take?

The 2 x 2 of Rita et al. 2020 (LazImpa): a lazy speaker, whose symbols cost something once communication succeeds, and
an impatient listener, who answers after every symbol. A world of 100 meanings with Zipfian frequencies (the paper's own
smaller setting), nine symbols and EOS, at most twelve symbols a message. What was measured is in
``zipf_abbreviation.md`` beside this file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.metrics import abbreviation_p_value
from emcomm.pressures import ImpatientListener, LengthCost
from emcomm.studies.claims import Level
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import Line, Panel, by_condition
from experiments.recovery.languages import final_languages, final_of, frame, value_rows

SYMBOLS, LONGEST = 9, 12
OPTIMUM = 2.261
"""Symbols by token with EOS, of nine symbols and EOS: `emcomm.metrics.optimal_code_length`."""
SOURCE = "Rita et al. 2020"
BOTH = ("lazy", "impatient")
CELLS = ("off", "lazy", "impatient", "lazy + impatient")
"""The 2 x 2."""

study = Study(
    name="zipf_abbreviation",
    source="Chaabouni et al. 2019; Rita et al. 2020 (LazImpa)",
    description="A lazy speaker and an impatient listener, each alone and both together; what they depend on.",
    base=Setup(
        world=AttributeWorld(values=(100,), frequencies="zipf"),
        game=Reconstruction(),
        channel=Channel(symbols=SYMBOLS, max_length=LONGEST),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=64),
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=5_000,
        batch_size=128,
        speaker_learning_rate=8e-3,
        listener_learning_rate=8e-3,
        speaker_entropy=1.0,
    ),
    pressures={
        "lazy": LengthCost(strength=0.2, schedule="accuracy", exponent=45.0),
        "impatient": ImpatientListener(),
        "constant": LengthCost(strength=0.2),
    },
    design="explicit",
    conditions={
        "off": Condition(),
        "lazy": Condition(pressures=("lazy",)),
        "impatient": Condition(pressures=("impatient",)),
        "lazy + impatient": Condition(pressures=BOTH),
        "constant cost": Condition(pressures=("constant",)),
        "both, half the entropy": Condition(pressures=BOTH, settings={"base.speaker_entropy": 0.5}),
        "both, mean baseline": Condition(pressures=BOTH, settings={"base.estimator.baseline": "mean"}),
    },
    metrics=("mean_length_by_token", "mean_length_by_type", "length_frequency_correlation", "abbreviation_saving"),
    seeds=tuple(range(10, 20)),
)
claims = (
    Level(
        name="without pressures messages are long",
        metric="mean_length_by_token",
        condition="off",
        at_least=0.8 * LONGEST,
        share=None,
        source="Chaabouni et al. 2019",
    ),
    Level(
        name="without pressures nothing is abbreviated",
        metric="length_frequency_correlation",
        condition="off",
        at_most=0.0,
        share=None,
        source="Chaabouni et al. 2019",
    ),
    Level(
        name="both: close to the optimal code",
        metric="mean_length_with_eos",
        condition="lazy + impatient",
        at_most=1.8 * OPTIMUM,
        share=None,
        source=SOURCE,
    ),
    Level(
        name="both: rare meanings have the longer messages",
        metric="length_frequency_correlation",
        condition="lazy + impatient",
        at_least=0.3,
        share=None,
        source=SOURCE,
    ),
    Level(
        name="both: more than chance",
        metric="p_abbreviation",
        condition="lazy + impatient",
        at_most=0.01,
        share=0.8,
        source=SOURCE,
    ),
    Level(
        name="both: understood",
        metric="accuracy",
        condition="lazy + impatient",
        at_least=0.95,
        share=None,
        source=SOURCE,
    ),
    Level(
        name="lazy alone is long or misunderstood",
        metric="short_and_understood",
        condition="lazy",
        at_most=0.5,
        share=None,
        source=SOURCE,
    ),
    Level(
        name="impatient alone is long",
        metric="mean_length_by_token",
        condition="impatient",
        at_least=0.5 * LONGEST,
        share=None,
        source=SOURCE,
    ),
    Level(
        name="a cost from the start is in the way of success",
        metric="accuracy",
        condition="constant cost",
        at_most=0.9,
        share=0.6,
        source="expectation, not published",
    ),
)
shown = ("mean_length_by_token", "mean_length_by_type", "length_frequency_correlation", "accuracy")
courses = (
    Panel(
        "symbols of a message",
        "rank of its meaning",
        [Line(name, name, "length_by_rank") for name in CELLS]
        + [Line("optimal code", "off", "optimal_length_by_rank")],
    ),
    by_condition("mean length by token", "mean_length_by_token", CELLS),
    by_condition("accuracy", "accuracy", CELLS),
)
quick = {"base.steps": 3_000, "conditions": CELLS}


def more(results: Results) -> pd.DataFrame:
    """The test of abbreviation, lengths by rank and with EOS, and whether messages are short and yet understood."""
    accuracy = final_of(results, "accuracy")
    unpressed = np.mean([value for run, value in accuracy.items() if run.startswith("off/")])
    meanings = len(results.study.base.world.meanings())
    optimal = np.searchsorted(np.cumsum(SYMBOLS ** np.arange(LONGEST)), range(meanings), side="right")
    rows = []
    for run, step, language in final_languages(results):
        symbols = float(language.frequencies @ language.lengths)
        ends = float(language.frequencies @ (language.lengths < language.max_length))
        short = symbols <= 0.5 * LONGEST and accuracy[run] >= unpressed - 0.05
        values = {
            "p_abbreviation": abbreviation_p_value(language),
            "mean_length_with_eos": symbols + ends,
            "short_and_understood": float(short),
        }
        rows += value_rows(run, step, values)
        by_rank = language.lengths[np.argsort(-language.frequencies, kind="stable")]
        for rank, (length, least) in enumerate(zip(by_rank, optimal, strict=True), start=1):
            rows += value_rows(run, rank, {"length_by_rank": length, "optimal_length_by_rank": least})
    return frame(rows)


if __name__ == "__main__":
    study.main()
