"""`Run`, one condition with one seed, and which runs can train in one stack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from emcomm.pressures import Pressure
from emcomm.training.critic import add_critics
from emcomm.training.fitting import check_pressures
from emcomm.training.setup import PER_RUN, Setup

__all__ = ["Run", "Slot", "build_agents", "slots"]


@dataclass(frozen=True)
class Run:
    """One condition with one seed.

    Attributes:
        condition: name of the condition.
        seed: all randomness of the run follows from it.
        setup: the set-up, already shaped by the pressures.
        pressures: the pressures that act, by the name the study gives them, each with its strength.

    Raises:
        BadInput: a pressure that acts does not go with the set-up, see `check_pressures`.
    """

    condition: str
    seed: int
    setup: Setup
    pressures: Mapping[str, Pressure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_pressures(self.setup, self.pressures)

    @property
    def name(self) -> str:
        """``condition/seed``, unique within a study."""
        return f"{self.condition}/{self.seed}"

    @property
    def stack_key(self) -> str:
        """Runs with equal keys can train in one stack."""
        return json.dumps(self.setup.model_dump(mode="json", exclude=set(PER_RUN)), sort_keys=True)


@dataclass(frozen=True)
class Slot:
    """A pressure at work in a stack: its settings are shared, its strength is a number for each run.

    Attributes:
        name: the study's name for it; also names its random stream.
        pressure: the pressure.
        strength: float32 ``[runs]``, 0 where it does not act.
    """

    name: str
    pressure: Pressure
    strength: Tensor


def slots(runs: Sequence[Run], device: torch.device) -> list[Slot]:
    """Collect the pressures of a stack in the order in which runs list them, without those that are 0 everywhere.

    A pressure that is switched off keeps its place in the list, so that the order does not depend on who shares the
    stack. Pressures of one name that differ in more than strength get a slot each.
    """
    found: dict[str, tuple[str, Pressure]] = {}
    for name in dict.fromkeys(name for run in runs for name in run.pressures):
        for pressure in (run.pressures[name] for run in runs if name in run.pressures):
            if pressure.strength:
                found.setdefault(_identity(name, pressure), (name, pressure))
    collected = []
    for identity, (name, pressure) in found.items():
        own = [run.pressures.get(name) for run in runs]
        strength = [p.strength if p is not None and _identity(name, p) == identity else 0.0 for p in own]
        collected.append(Slot(name, pressure, torch.tensor(strength, dtype=torch.float32, device=device)))
    return collected


def _identity(name: str, pressure: Pressure) -> str:
    return name + pressure.off().model_dump_json()


def build_agents(setup: Setup) -> tuple[nn.Module, nn.Module]:
    """Build an untrained speaker and listener for one run of a set-up (weights from torch's global generator)."""
    speaker = setup.speaker.speaker(setup.game.form(setup.world), setup.channel, setup.products)
    sizes = setup.game.sizes(setup.world)
    listener = setup.listener.listener(setup.world.form, setup.channel, sizes, setup.products)
    if setup.tied:
        setup.speaker.tie(speaker, listener)
    add_critics(setup, speaker, listener)
    return speaker, listener
