"""Zipf's law of abbreviation: do frequent meanings get short messages, and which pressures does that take?

The 2 x 2 of Rita et al. 2020 (LazImpa): a lazy speaker, whose symbols cost something once communication succeeds, and
an impatient listener, who answers after every symbol. A world of 100 meanings with Zipfian frequencies (the paper's own
smaller setting), nine symbols and EOS, at most twelve symbols a message. What was measured is in
``zipf_abbreviation.md`` beside this file.
"""

from __future__ import annotations

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.pressures import ImpatientListener, LengthCost
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld

LONGEST = 12
OPTIMUM = 2.261 - 1  # symbols by token without EOS, ten characters with EOS: emcomm.metrics.optimal_code_length
SOURCE = "Rita et al. 2020"

study = Study(
    name="zipf_abbreviation",
    source="Chaabouni et al. 2019; Rita et al. 2020 (LazImpa)",
    description="A lazy speaker and an impatient listener, each alone and both together.",
    base=Setup(
        world=AttributeWorld(values=(100,), frequencies="zipf"),
        game=Reconstruction(),
        channel=Channel(symbols=9, max_length=LONGEST),
        speaker=GRU(hidden=64),
        listener=GRU(hidden=128),
        estimator=Reinforce(reward="log_likelihood", baseline="mean"),
        steps=4_000,
        batch_size=512,
        speaker_learning_rate=1e-3,
        listener_learning_rate=1e-3,
        speaker_entropy=0.5,
    ),
    pressures={
        "lazy": LengthCost(strength=0.2, schedule="accuracy", exponent=45.0),
        "impatient": ImpatientListener(),
    },
    design="factorial",
    metrics=("mean_length_by_token", "mean_length_by_type", "length_frequency_correlation", "abbreviation_saving"),
    seeds=10,
)

if __name__ == "__main__":
    study.main()
