"""Co-adaptation: do pairs overfit each other, and does a listener that is kept from it make better languages?

After Rita et al. 2022: four attributes of eight values, a quarter of the meanings in training. The loss of a pair is
what the message leaves open (information) and how far the listener is from the best one (co-adaptation); both are
measured on training and on held-out meanings, under several controls of the listener. What was measured is in
``co_adaptation.md`` beside this file.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from emcomm import Channel, Language, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.metrics import conditional_message_entropy, message_entropy
from emcomm.pressures import ListenerDecay, ListenerRetraining
from emcomm.rng import generator
from emcomm.studies.claims import Comparison, Level
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import by_condition
from experiments.recovery.languages import final_languages, final_of, frame, value_rows

SOURCE = "Rita et al. 2022"
COMPARED = {"decay": "continuous", "early stopped": "short practice", "oracle": "long practice"}
"""Conditions with a controlled listener, and those in which every agent gets as many updates without the control."""


def _retraining(updates: int, fresh: bool) -> Condition:
    """Lessons of so many updates, for newborn listeners or for the same ones."""
    settings = {"pressures.retraining.updates": updates, "pressures.retraining.fresh": fresh}
    return Condition(pressures=("retraining",), settings=settings)


study = Study(
    name="co_adaptation",
    source="Rita et al. 2022 (emergent communication: generalisation and overfitting in Lewis games)",
    description="Listeners that go on, forget a little, or are trained anew; and the same updates without that.",
    base=Setup(
        world=AttributeWorld(values=(8, 8, 8, 8), split="random", held_out=0.75),
        game=Reconstruction(),
        channel=Channel(symbols=10, max_length=6, variable=False),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=64),
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=3_000,
        batch_size=128,
        speaker_learning_rate=8e-3,
        listener_learning_rate=8e-3,
        speaker_entropy=1.0,
        evaluate_every=500,
    ),
    pressures={
        "decay": ListenerDecay(strength=1e-4),
        "retraining": ListenerRetraining(every=400, updates=100, fresh=True, counted=False),
    },
    design="explicit",
    conditions={
        "continuous": Condition(),
        "decay": Condition(pressures=("decay",)),
        "short practice": _retraining(updates=100, fresh=False),
        "early stopped": _retraining(updates=100, fresh=True),
        "long practice": _retraining(updates=400, fresh=False),
        "oracle": _retraining(updates=400, fresh=True),
    },
    metrics=("topographic_similarity", "distinct_messages"),
    seeds=tuple(range(10, 20)),
)
claims = (
    Level(
        name="listeners overfit: farther from the best one about unseen meanings than in training",
        metric="co_adaptation_gap",
        condition="continuous",
        at_least=0.1,
        source=SOURCE,
    ),
    Comparison(
        name="that gap is larger than where listeners are trained anew",
        metric="co_adaptation_gap",
        on="continuous",
        off="oracle",
        direction="up",
        min_effect=0.1,
        source=SOURCE,
    ),
    *(
        Comparison(
            name=f"{control}: better about unseen meanings",
            metric="accuracy_held_out",
            on=control,
            off=other,
            direction="up",
            min_effect=0.1,
            source=SOURCE,
        )
        for control, other in COMPARED.items()
    ),
    *(
        Comparison(
            name=f"{control}: more structure",
            metric="topographic_similarity",
            on=control,
            off=other,
            direction="up",
            min_effect=0.05,
            source=SOURCE,
        )
        for control, other in COMPARED.items()
    ),
    *(
        Comparison(
            name=f"{control}: information as before",
            metric="information_loss",
            on=control,
            off=other,
            direction="none",
            band=0.1,
            source=SOURCE,
        )
        for control, other in COMPARED.items()
    ),
)
shown = ("accuracy", "accuracy_held_out", "topographic_similarity", "co_adaptation", "co_adaptation_held_out")
courses = tuple(
    by_condition(title, metric, tuple(study.conditions))
    for title, metric in (
        ("loss in training, nats", "loss"),
        ("loss about unseen meanings, nats", "loss_held_out"),
        ("accuracy about unseen meanings", "accuracy_held_out"),
    )
)
quick = {"base.steps": 1_000, "conditions": ("continuous", "decay", "long practice", "oracle")}


def more(results: Results) -> pd.DataFrame:
    """The two parts of each run's final loss, nats: what messages leave open, and the rest, which is the listener's."""
    losses = {name: final_of(results, f"loss{name}") for name in ("", "_held_out")}
    rows = []
    for run, step, language in final_languages(results):
        split = study.base.world.split(generator(int(run.rpartition("/")[2]), "split"))
        information = {
            name: _left_open(language, part) for name, part in (("", split.train), ("_held_out", split.held_out))
        }
        values = {f"information_loss{name}": left for name, left in information.items()}
        values |= {f"co_adaptation{name}": losses[name][run] - left for name, left in information.items()}
        values["co_adaptation_gap"] = values["co_adaptation_held_out"] - values["co_adaptation"]
        rows += value_rows(run, step, values)
    return frame(rows)


def _left_open(language: Language, rows: np.ndarray) -> float:
    """H(meaning | message) of some meanings, each as frequent, in nats; each has one message."""
    part = language.rearranged(rows, rows)
    assert conditional_message_entropy(part) == 0
    return float((math.log2(len(rows)) - message_entropy(part)) * math.log(2))


if __name__ == "__main__":
    study.main()
