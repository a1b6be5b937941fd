"""Entropy minimisation: do speakers say no more than their listeners need to know?

The guessing game of Kharitonov et al. 2020 with six bits: the listener knows the first k of them, and the message is
one of 256 symbols. A code that wins every game has an entropy between 6 - k and 6 bits. What was measured is in
``entropy_minimisation.md`` beside this file.
"""

from __future__ import annotations

import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Guess
from emcomm.studies.claims import Association, Comparison, Level
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import GumbelSoftmax, Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.languages import frame, value_rows

BITS = 6
KNOWN = (0, 2, 4)
TEMPERATURES = {"cold": 0.5, "warm": 1.0, "hot": 1.5}
SOURCE = "Kharitonov et al. 2020"


study = Study(
    name="entropy_minimisation",
    source=SOURCE,
    description="Messages about six bits, of which the listener knows some; softer and harder symbols.",
    base=Setup(
        world=AttributeWorld(values=(2,) * BITS),
        game=Guess(known=0),
        channel=Channel(symbols=256, max_length=1, variable=False),
        speaker=GRU(hidden=64, embedding=30),
        listener=GRU(hidden=64, embedding=30),
        estimator=GumbelSoftmax(temperature=1.0, straight_through=False),
        steps=4_000,
        batch_size=32,
        speaker_learning_rate=1e-3,
        listener_learning_rate=1e-3,
        speaker_entropy=0.0,
    ),
    design="explicit",
    conditions={
        **{
            f"{known} known, {word}": Condition(
                settings={"base.game.known": known, "base.estimator.temperature": temperature}
            )
            for known in KNOWN
            for word, temperature in TEMPERATURES.items()
        },
        **{
            f"{known} known, reinforce": Condition(
                settings={
                    "base.game.known": known,
                    "base.estimator": Reinforce().model_dump(),
                    "base.speaker_entropy": 0.05,
                }
            )
            for known in KNOWN
        },
    },
    metrics=("message_entropy", "distinct_messages"),
    seeds=tuple(range(10, 20)),
)
claims = (
    *(
        Level(
            name=f"entropy within half a bit of {BITS - known}",
            metric="message_entropy",
            condition=f"{known} known, warm",
            at_least=BITS - known - 0.5,
            at_most=BITS - known + 0.5,
            share=0.7,
            source=SOURCE,
        )
        for known in KNOWN
    ),
    *(
        Comparison(
            name=f"less entropy at lower temperature ({known} known)",
            metric="message_entropy",
            on=f"{known} known, cold",
            off=f"{known} known, hot",
            direction="down",
            accuracy_floor=0.9,
            source=SOURCE,
        )
        for known in KNOWN[1:]
    ),
    Association(
        name="the more is known, the less is said",
        x="known",
        y="message_entropy",
        direction="down",
        least=0.6,
        among={"accuracy": 0.95},
        source=SOURCE,
    ),
)
shown = ("message_entropy", "excess_entropy", "accuracy")
quick = {"base.steps": 1_000}


def more(results: Results) -> pd.DataFrame:
    """How much the listener knew in each run, and how far the entropy is above what it needed."""
    final = results.metrics[results.metrics["metric"] == "message_entropy"].groupby("run").last()
    known = {run: int(run.split(" ")[0]) for run in final.index}
    return frame(
        row
        for run in final.index
        for row in value_rows(
            run,
            int(final["step"][run]),
            {"known": known[run], "excess_entropy": final["value"][run] - (BITS - known[run])},
        )
    )


if __name__ == "__main__":
    study.main()
