"""Ternary parity, longer: the same question where agents have three times as long to learn the game.

The rules, bands and settings are those of ``ternary_parity.py``, on other seeds, with 9,000 steps in place of 3,000,
for the single width and without agents quantised after training. What was measured is in ``ternary_parity_longer.md``
beside this file.
"""

from __future__ import annotations

from typing import cast

from emcomm import Study
from experiments import ternary_parity
from experiments.ternary_parity import GAMES, KINDS, draw, named, shown

__all__ = ["claims", "draw", "quick", "shown", "study"]

STEPS = 9_000
ARMS = ("float", "scratch", "transition")

changed = ternary_parity.study.set(
    {
        "name": "ternary_parity_longer",
        "description": "Float and 1.58-bit agents of five architectures in two games, trained three times as long.",
        "base.steps": STEPS,
        "base.evaluate_every": STEPS // 12,
        "base.record_every": STEPS,
        "conditions": {
            name: ternary_parity.study.conditions[name].model_dump()
            for kind in KINDS
            for game in GAMES
            for name in (named(kind, game, arm) for arm in ARMS)
        },
        "seeds": tuple(range(20, 30)),
    }
)
study = cast(Study, changed)
claims = tuple(claim for claim in ternary_parity.claims if set(claim.named) <= set(study.conditions))
quick = {
    "base.steps": 1_500,
    "base.record_every": 1_500,
    "conditions": tuple(name for name in study.conditions if not name.startswith(("Transformer", "GNN"))),
}


if __name__ == "__main__":
    study.main()
