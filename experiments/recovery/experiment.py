"""What an experiment is: a script of this folder with a study, the claims it tests, and what it draws."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from emcomm import Study
from emcomm.errors import BadInput, unknown
from emcomm.studies.claims import Claim, Findings
from emcomm.studies.results import Results
from experiments.recovery.drawing import Panel

__all__ = ["EXPERIMENTS", "FOLDER", "Experiment", "load_experiment"]

FOLDER = Path(__file__).parent.parent
EXPERIMENTS = (
    "zipf_abbreviation",
    "ease_of_teaching",
    "iterated_learning",
    "graded_structure",
    "compositionality_generalisation",
    "variation",
    "co_adaptation",
    "entropy_minimisation",
    "pressures_matrix",
    "ternary_parity",
    "ternary_parity_longer",
    "ternary_transition",
)


@dataclass(frozen=True)
class Experiment:
    """An experiment, read from the top level of its script.

    Attributes:
        name: the script's name.
        study: what is run; None for a script that trains learners of its own (`summarise` does everything then).
        claims: what is judged beside the study's own patterns.
        shown: metrics of the summary table and of the figure.
        more: works out further values from the results: a table of run, step, metric, value.
        courses: panels of a second figure, over training or whatever the steps of a metric are.
        draw: draws ``figure.png`` into a folder, in place of the final values by condition.
        quick: settings of the smaller version; its ``conditions`` are the names of those that it keeps.
        alone: runs an experiment without a study: ``alone(out, summary, quick)``.
    """

    name: str
    study: Study | None
    claims: Sequence[Claim] = ()
    shown: Sequence[str] = ("accuracy",)
    more: Callable[[Results], pd.DataFrame] | None = None
    courses: Sequence[Panel] = ()
    draw: Callable[[Findings, Path], None] | None = None
    quick: Mapping[str, Any] = field(default_factory=dict)
    alone: Callable[[Path, Path, bool], None] | None = None

    @property
    def script(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.name}.py"

    def sized(self, quick: bool) -> Study:
        """The study, or its smaller version."""
        assert self.study is not None
        if not quick:
            return self.study
        changes = {**self.quick, "seeds": 5}
        if "conditions" in changes:
            changes["conditions"] = {name: self.study.conditions[name].model_dump() for name in changes["conditions"]}
        return self.study.set(changes)  # type: ignore[return-value]

    def claims_about(self, conditions: Iterable[str]) -> list[Claim]:
        """The claims that need no other conditions than these; a smaller version may leave some out."""
        return [claim for claim in self.claims if set(claim.named) <= set(conditions)]


def load_experiment(name: str) -> Experiment:
    """Load an experiment by name.

    Raises:
        BadInput: there is none, or its script has neither a study nor a way of its own.
    """
    if name not in EXPERIMENTS:
        raise unknown("experiment", name, EXPERIMENTS)
    module: ModuleType = importlib.import_module(f"experiments.{name}")
    own = {
        key: getattr(module, key)
        for key in ("claims", "shown", "more", "courses", "draw", "quick", "alone")
        if hasattr(module, key)
    }
    study = getattr(module, "study", None)
    if study is None and "alone" not in own:
        raise BadInput(f"experiments/{name}.py has neither a study nor a function 'alone' at its top level")
    return Experiment(name, study, **own)
