"""Every environment in many variants: what holds for environments holds for all of them, in all faces."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import networkx
import pytest

from emcomm.channel import Channel
from emcomm.envs import Concept, Costs, Noise, Reconstruction
from emcomm.worlds import ArrayWorld, AttributeWorld, HierarchyWorld

__all__ = ["DEFAULTS", "FACES", "NEGATIVE", "VARIANTS", "Variant", "every_default", "every_face", "every_variant"]

FACES = ("env", "raw_env", "parallel_env")

# Prime numbers of values, symbols, places, candidates and rounds, so that none can stand for another.
SMALL: dict[str, Any] = {"world": AttributeWorld(values=(3, 5)), "channel": Channel(7, 2), "rounds": 3}
PRIMES: dict[str, Any] = {**SMALL, "candidates": 11}
FIXED = {"channel": Channel(7, 2, variable=False)}
HELD_OUT = {"world": AttributeWorld(values=(3, 5), split="compositional", held_out=0.2), "targets": "held_out"}
NEGATIVE = ArrayWorld(
    meanings=[[0, 0], [0, 1], [1, 0], [1, 2], [2, 1], [3, 4], [4, 4]],
    features=[[-2.5, 0.0], [-1.0, 3.0], [0.5, 0.25], [0.0, -0.5], [2.0, 2.0], [1.0, -2.0], [3.5, 0.75]],
)
LONELY = [[0, 1], [0, 0]]  # agent 0 speaks, agent 1 listens, always


@dataclass(frozen=True)
class Variant:
    """An environment with some of its keywords.

    Args:
        module: the environment's module in `emcomm.envs`.
        label: what is special about it.
        keywords: as its constructors take them.
    """

    module: str
    label: str = "default"
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.module.removesuffix('_v0')}-{self.label}"

    def make(self, face: str = "parallel_env", **more: Any) -> Any:
        """Make the environment in one of its `FACES`; further keywords replace the variant's."""
        module = importlib.import_module(f"emcomm.envs.{self.module}")
        return getattr(module, face)(**{**self.keywords, **more})


def _variants(module: str, **variants: dict[str, Any]) -> list[Variant]:
    return [Variant(module, label, keywords) for label, keywords in variants.items()]


NAMES = ("discrimination", "reconstruction", "guess", "dialogue", "concept", "abstraction", "community")
DEFAULTS = [Variant(f"{name}_v0") for name in NAMES]
VARIANTS = [
    *DEFAULTS,
    *_variants(
        "discrimination_v0",
        rounds=PRIMES,
        fixed={**PRIMES, **FIXED},
        replaced={**PRIMES, "noise": 0.5},
        erased={**PRIMES, "noise": Noise(probability=0.5, effect="erase")},
        costs={**PRIMES, "costs": 0.03},
        individual={**PRIMES, "costs": Costs(symbol=0.03, question=0.07), "reward": "individual"},
        mask={**PRIMES, "action_mask": True},
        hard={**PRIMES, "distractors": "hard"},
        held_out={**PRIMES, **HELD_OUT, "split_seed": 5},
        negative={"world": NEGATIVE, "candidates": 3, "rounds": 3},
    ),
    *_variants(
        "reconstruction_v0",
        rounds={**SMALL, "credit": "parts"},
        fixed={**SMALL, **FIXED, "targets": "all"},
        held_out={**SMALL, **HELD_OUT},
        noisy_mask={**SMALL, "noise": Noise(probability=0.3, effect="erase"), "action_mask": True},
        negative={"world": NEGATIVE, "rounds": 3, "costs": 0.03},
    ),
    *_variants(
        "guess_v0",
        nothing_known={**SMALL, "known": 0, "costs": 0.03, "reward": "individual"},  # 15 candidates
        known={**SMALL, "world": AttributeWorld(values=(3, 11)), "known": 1, "noise": 0.3, "action_mask": True},
    ),
    *_variants(
        "dialogue_v0",
        rounds={**PRIMES, "costs": Costs(symbol=0.03, question=0.07), "reward": "individual"},
        alternating={**PRIMES, "roles": "alternating", "costs": Costs(question=0.07)},
        naming={**SMALL, "game": Reconstruction(), "credit": "parts", "turns": 2},
        conversation={**PRIMES, "candidates": 2, "channel": Channel(7, 1, variable=False), "turns": 5},
        erased={**PRIMES, "candidates": 3, "noise": Noise(probability=0.5, effect="erase")},
        mask={**SMALL, **FIXED, "game": Concept(examples=2, candidates=6), "roles": "alternating", "action_mask": True},
    ),
    *_variants(
        "concept_v0",
        rounds={**SMALL, "examples": 6, "candidates": 2, "credit": "whole"},
        set_reference={**SMALL, "mode": "set_reference", "examples": 6, "candidates": 6},
        fixed={**SMALL, "examples": 2, "candidates": 6, "fixed": 1},
        held_out={**SMALL, "examples": 2, "candidates": 6, "held_out": 0.3, "targets": "held_out"},
        noisy_mask={**SMALL, "examples": 2, "candidates": 6, "noise": 0.3, "action_mask": True},
    ),
    *_variants(
        "abstraction_v0",
        rounds={"world": HierarchyWorld(values=(2, 5)), "candidates": 3, "channel": Channel(7, 2), "rounds": 3},
        mixed={"context": "mixed", "candidates": 7, "noise": 0.3, "action_mask": True},
    ),
    *_variants(
        "community_v0",
        weights={**PRIMES, "speakers": 2, "listeners": 3, "network": [[1, 0, 2], [0.5, 3, 0]]},
        members={**PRIMES, "members": 4, "network": networkx.cycle_graph(4)},
        strangers={**PRIMES, "members": 3, "identities": False, "costs": 0.03, "reward": "individual"},
        lonely={**SMALL, "members": 2, "network": LONELY, "candidates": 2},
        naming={**SMALL, "speakers": 3, "listeners": 2, "game": Reconstruction(), "noise": 0.5, "action_mask": True},
        concepts={**SMALL, "members": 2, "game": Concept(examples=2, candidates=6), "credit": "parts"},
    ),
]

every_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)
every_default = pytest.mark.parametrize("variant", DEFAULTS, ids=str)
every_face = pytest.mark.parametrize("face", FACES)
