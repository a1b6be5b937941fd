"""Ternary transition: when and how should float agents become ternary in training?

One game, one architecture, one stack of runs that differ in their schedule alone: at which share of training the
transition begins, whether the optimiser keeps what it remembers, and whether the quantiser comes at once or is phased
in; beside ternary agents from scratch, float agents quantised after training, and float agents. What was measured is
in ``ternary_transition.md`` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from emcomm import Channel, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Reconstruction
from emcomm.studies.claims import Comparison, Findings
from emcomm.studies.condition import Condition
from emcomm.studies.results import Results
from emcomm.ternary import Schedule
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import by_condition
from experiments.recovery.languages import finished_runs, frame, value_rows
from experiments.recovery.sweeps import Sweep, draw_sweeps

SOURCE = "Nielsen et al. 2025"
STARTS = (10, 20, 40, 60, 80)
"""Where transitions begin, in per cent of training."""
KINDS = ("step", "linear", "tanh")
MEMORY = {"keep": True, "reset": False}
POINT = "transition at, % of training"
BEFORE, AFTER = 0.05, 0.15
"""Shares of training before and after a transition begins that its spike is looked for in."""


def named(start: int, kind: str, memory: str) -> str:
    """The name of a condition with a transition."""
    return f"{kind} at {start}, {memory}"


SCHEDULES = {
    "float": Schedule(kind="never"),
    "scratch": Schedule(kind="step", start=0.0),
    "after training": Schedule(kind="step", start=1.0),
    **{
        named(start, kind, memory): Schedule(kind=kind, start=start / 100, keep_optimizer=kept)
        for start in STARTS
        for kind in KINDS
        for memory, kept in MEMORY.items()
    },
}
AGENT = GRU(hidden=32, precision="ternary")

study = Study(
    name="ternary_transition",
    source="Nielsen et al. 2025 (continual quantisation-aware pre-training: when to transition from 16 to 1.58 bits)",
    description="The point of transition, the optimiser's memory, and phasing in.",
    base=Setup(
        world=AttributeWorld(values=(5, 5)),
        game=Reconstruction(),
        channel=Channel(symbols=10, max_length=4),
        speaker=AGENT,
        listener=AGENT,
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=3_000,
        batch_size=64,
        speaker_learning_rate=3e-3,
        listener_learning_rate=3e-3,
        speaker_entropy=0.3,
        evaluate_every=25,
        record_every=3_000,
    ),
    design="explicit",
    conditions={
        name: Condition(settings={"base.quantisation": schedule.model_dump()}) for name, schedule in SCHEDULES.items()
    },
    metrics=("topographic_similarity",),
    seeds=tuple(range(10, 20)),
)
claims = (
    *(
        Comparison(
            name=f"a transition at {start} beats scratch",
            metric="loss",
            on=named(start, "step", "keep"),
            off="scratch",
            direction="down",
            source=SOURCE,
        )
        for start in STARTS
    ),
    Comparison(
        name="scratch is as good as float",
        metric="accuracy",
        on="scratch",
        off="float",
        direction="none",
        band=0.02,
        source=SOURCE,
    ),
    Comparison(
        name="a transition is as good as float",
        metric="accuracy",
        on=named(20, "step", "keep"),
        off="float",
        direction="none",
        band=0.02,
        source=SOURCE,
    ),
    Comparison(
        name="quantising after training is worse than scratch",
        metric="accuracy",
        on="after training",
        off="scratch",
        direction="down",
        source=SOURCE,
    ),
    Comparison(
        name="a late transition is worse than an early one",
        metric="loss",
        on=named(80, "step", "keep"),
        off=named(20, "step", "keep"),
        direction="up",
        source=SOURCE,
    ),
    *(
        Comparison(
            name=f"there is a spike at {start}",
            metric=f"spike_{start}",
            on=named(start, "step", "keep"),
            off="float",
            direction="up",
            source=SOURCE,
        )
        for start in STARTS
    ),
    *(
        Comparison(
            name=f"keeping the optimiser softens the spike at {start}",
            metric=f"spike_{start}",
            on=named(start, "step", "keep"),
            off=named(start, "step", "reset"),
            direction="down",
            source=SOURCE,
        )
        for start in STARTS
    ),
    *(
        Comparison(
            name=f"phasing in ({kind}) softens the spike at {start}",
            metric=f"spike_{start}",
            on=named(start, kind, "keep"),
            off=named(start, "step", "keep"),
            direction="down",
            source=SOURCE,
        )
        for start in STARTS
        for kind in KINDS[1:]
    ),
    *(
        Comparison(
            name=f"training on makes up for a {what} at {start}",
            metric="accuracy",
            on=named(start, *on),
            off=named(start, *off),
            direction="none",
            band=0.02,
            source=SOURCE,
        )
        for what, on, off in (
            ("reset", ("step", "reset"), ("step", "keep")),
            ("step", ("step", "keep"), ("linear", "keep")),
        )
        for start in (20, 40)
    ),
)
shown = ("accuracy", "loss", "spike_40", "topographic_similarity")
courses = (
    by_condition(
        "training loss, a step at several points",
        "listener_loss",
        ("float", "scratch", *(named(start, "step", "keep") for start in (20, 40, 80))),
    ),
    by_condition(
        "training loss, ways of a transition at 40 %",
        "listener_loss",
        (*(named(40, kind, "keep") for kind in KINDS), named(40, "step", "reset")),
    ),
    by_condition(
        "accuracy as ternary agents",
        "accuracy",
        ("float", "scratch", "after training", *(named(start, "step", "keep") for start in (20, 40, 80))),
    ),
)
quick = {
    "base.steps": 1_000,
    "base.evaluate_every": 10,
    "base.record_every": 1_000,
    "conditions": (
        *("float", "scratch", "after training"),
        *(named(start, kind, "keep") for start in STARTS for kind in KINDS),
        *(named(start, "step", "reset") for start in STARTS),
    ),
}


def draw(findings: Findings, folder: Path) -> None:
    """Draw spike, accuracy and loss over the point of transition."""
    ways = [(f"{kind}, {memory}", kind, memory) for kind in KINDS for memory in MEMORY]

    def over(metric: str) -> dict[str, dict[float, tuple[str, str]]]:
        return {
            label: {start: (named(start, kind, memory), metric.format(start)) for start in STARTS}
            for label, kind, memory in ways
        }

    ends = ("float", "scratch")
    panels = [Sweep("spike of the training loss, nats", POINT, over("spike_{}"), {})]
    for title, metric in (("accuracy after training", "accuracy"), ("loss after training, nats", "loss")):
        panels.append(Sweep(title, POINT, over(metric), {end: (end, metric) for end in ends}))
    draw_sweeps(findings, panels, folder / "figure.png")


def more(results: Results) -> pd.DataFrame:
    """How far the loss in training rises when the transition begins, nats, in every run.

    The spike at a point is the highest mean of three neighbouring training losses from there to 15 % of training later,
    less the mean of those in the 5 % before. It is taken at a run's own transition, and of float runs at all points.
    """
    losses = results.metrics[results.metrics["metric"] == "listener_loss"]
    steps = results.study.base.steps
    by_run = {str(run): rows.set_index("step")["value"] for run, rows in losses.groupby("run", sort=False)}
    rows = []
    for run in finished_runs(results):
        condition = run.rpartition("/")[0]
        own = STARTS if condition == "float" else [s for s in STARTS if f" at {s}," in condition]
        spikes = {f"spike_{start}": _spike(by_run[run].dropna().sort_index(), start, steps) for start in own}
        rows += value_rows(run, steps, spikes)
    return frame(rows)


def _spike(losses: pd.Series, start: int, steps: int) -> float:
    """The spike of one run at one point; see `more`. A loss at step s is that of the batch before it."""
    begin = round(start * steps / 100)
    before = losses[(losses.index > begin - BEFORE * steps) & (losses.index <= begin)]
    after = losses[(losses.index > begin) & (losses.index <= begin + AFTER * steps)]
    return float(after.rolling(3).mean().max() - before.mean())


if __name__ == "__main__":
    study.main()
