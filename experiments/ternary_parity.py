"""Ternary parity: do agents of 1.58 bits communicate as well as float ones, and in the same language?

Five architectures play two games in float, quantised after training, ternary from the first step on, and float first
and ternary later; each at one width and at twice that. All arms of an architecture and game have the same architecture,
first weights, games and number of steps. What was measured is in ``ternary_parity.md`` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emcomm import Channel, Setup, Study
from emcomm.agents import GNN, GRU, LSTM, MLP, Agent, FeedForward, Transformer
from emcomm.envs import Discrimination, Game, Reconstruction
from emcomm.studies.claims import Comparison, Findings
from emcomm.studies.condition import Condition
from emcomm.ternary import Schedule
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld, GraphWorld, World
from experiments.recovery.differences import Difference, draw_differences

WIDTH = 32
SOURCE = "Nielsen & Schneider-Kamp 2024"
LATER = "Nielsen et al. 2025"
ARMS = {  # float; 16 bits, quantised after training; 1.58 bits from scratch; 16 to 1.58 bits
    "float": Schedule(kind="never"),
    "after training": Schedule(kind="step", start=1.0),
    "scratch": Schedule(kind="step", start=0.0),
    "transition": Schedule(kind="linear", start=0.2, length=0.1),
}
WIDER = " x 2"
GAMES: dict[str, tuple[Game, float]] = {
    "names": (Reconstruction(), 0.3),
    "points": (Discrimination(candidates=5), 0.1),
}
"""Each game, and the entropy weight at which float agents learn it."""

ATTRIBUTES: World = AttributeWorld(values=(4, 4))
GRAPHS: World = GraphWorld(graphs=16, nodes=4, values=2)
WORDS = Channel(symbols=10, max_length=4)


def architectures(width: int) -> dict[str, tuple[Agent, World, Channel]]:
    """The five kinds of agents at a width, ternary all, with the world they see and the channel they use."""
    ternary: dict[str, Any] = {"hidden": width, "precision": "ternary"}
    return {
        "MLP": (FeedForward(encoder=MLP(layers=(width,)), **ternary), ATTRIBUTES, Channel(symbols=50, max_length=1)),
        "GRU": (GRU(**ternary), ATTRIBUTES, WORDS),
        "LSTM": (LSTM(**ternary), ATTRIBUTES, WORDS),
        "Transformer": (Transformer(**ternary), ATTRIBUTES, WORDS),
        "GNN": (GRU(encoder=GNN(), **ternary), GRAPHS, WORDS),
    }


KINDS = tuple(architectures(WIDTH))


def named(kind: str, game: str, arm: str, wider: bool = False) -> str:
    """The name of a condition."""
    return f"{kind} {game}, {arm}{WIDER if wider else ''}"


def conditions() -> dict[str, Condition]:
    """All combinations of architecture, game, width and arm."""
    found = {}
    for wider in (False, True):
        for kind, (agent, world, channel) in architectures(WIDTH * (1 + wider)).items():
            for game, (rules, entropy) in GAMES.items():
                shared = {
                    "base.world": world.model_dump(),
                    "base.channel": channel.model_dump(),
                    "base.game": rules.model_dump(),
                    "base.speaker": agent.model_dump(),
                    "base.listener": agent.model_dump(),
                    "base.speaker_entropy": entropy,
                }
                for arm, schedule in ARMS.items():
                    settings = {**shared, "base.quantisation": schedule.model_dump()}
                    found[named(kind, game, arm, wider)] = Condition(settings=settings)
    return found


study = Study(
    name="ternary_parity",
    source="Nielsen & Schneider-Kamp 2024; Nielsen et al. 2025",
    description="Float and 1.58-bit agents of five architectures in two games.",
    base=Setup(
        world=ATTRIBUTES,
        game=Reconstruction(),
        channel=WORDS,
        estimator=Reinforce(reward="log_likelihood", baseline="greedy"),
        steps=3_000,
        batch_size=64,
        speaker_learning_rate=2e-3,
        listener_learning_rate=2e-3,
        evaluate_every=250,
        record_every=3_000,
    ),
    design="explicit",
    conditions=conditions(),
    metrics=("topographic_similarity", "mean_length_by_type", "message_entropy"),
    seeds=tuple(range(10, 20)),
)

AS_GOOD = {
    ("scratch", False): "as good at the same width",
    ("transition", False): "as good at the same width",
    ("scratch", True): "as good at twice the width",
    ("transition", True): "as good at twice the width",
}
LANGUAGE = {"topographic_similarity": 0.1, "mean_length_by_type": 0.5, "message_entropy": 0.25}
"""Metrics of the language, and within what two languages count as alike: none, symbols, bits."""


def _about(kind: str, game: str) -> list[Comparison]:
    """The claims about one architecture in one game."""
    float_arm = named(kind, game, "float")
    claims = [
        Comparison(
            name=f"{kind} {game}: {arm} is {words}",
            metric="accuracy",
            on=named(kind, game, arm, wider),
            off=float_arm,
            direction="none",
            band=0.02,
            source=SOURCE if arm == "scratch" else LATER,
        )
        for (arm, wider), words in AS_GOOD.items()
    ]
    claims.append(
        Comparison(
            name=f"{kind} {game}: quantising after training is worse",
            metric="accuracy",
            on=named(kind, game, "after training"),
            off=float_arm,
            direction="down",
            source=LATER,
        )
    )
    claims += [
        Comparison(
            name=f"{kind} {game}: {arm} speaks alike, {metric}",
            metric=metric,
            on=named(kind, game, arm),
            off=float_arm,
            direction="none",
            band=band,
            source="no published claim",
        )
        for arm in ("scratch", "transition")
        for metric, band in LANGUAGE.items()
        if kind != "MLP" or metric == "message_entropy"  # its messages have one symbol
    ]
    return claims


claims = tuple(claim for kind in KINDS for game in GAMES for claim in _about(kind, game))
shown = ("accuracy", *LANGUAGE)
quick = {
    "base.steps": 1_000,
    "base.record_every": 1_000,
    "conditions": tuple(name for name in study.conditions if WIDER not in name and not name.startswith("Trans")),
}


def draw(findings: Findings, folder: Path) -> None:
    """Draw how far each arm is from float agents of the single width."""
    arms = [(arm + (WIDER if wider else ""), arm, wider) for wider in (False, True) for arm in ARMS]
    rows = {
        f"{kind} {game}": [
            Difference(label, named(kind, game, arm, wider), named(kind, game, "float"))
            for label, arm, wider in arms
            if (arm, wider) != ("float", False) and named(kind, game, arm, wider) in findings.conditions
        ]
        for kind in KINDS
        for game in GAMES
    }
    draw_differences(findings, {"accuracy": 0.02, **LANGUAGE}, rows, folder / "figure.png")


if __name__ == "__main__":
    study.main()
