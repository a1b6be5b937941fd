"""`Study`: a question about pressures and patterns, written down before it is asked of any agent.

A study is a frozen set-up object. It says what is trained (`Study.base`), what acts on it (`Study.pressures`, combined
by `Study.design`), what is predicted (`Study.patterns`), and how often it is repeated (`Study.seeds`); `Study.expand`
turns it into runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny, StringConstraints, model_validator

from emcomm.config import Config
from emcomm.errors import BadInput, unknown
from emcomm.pressures import Pressure
from emcomm.probes import Probe
from emcomm.studies.condition import BASELINE, EVERYTHING, Condition, Design, designed
from emcomm.studies.naming import check_metrics, needed_probes, recorded_metrics
from emcomm.studies.overrides import override, plain
from emcomm.studies.pattern import Pattern
from emcomm.training import Run, Setup

__all__ = ["Study"]

PRESSURE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
CONDITION_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ +=,()-]*")
CHANGEABLE = ("base", "pressures")


def _by_name(probe: Any) -> Any:
    return {"kind": probe} if isinstance(probe, str) else probe


class Study(Config):
    """Conditions by seeds, and what is predicted of them.

    Args:
        name: what the study is called; also its folder under ``results/``.
        source: the publication it follows.
        description: a few sentences for the report.
        base: what every run is set up like when no pressure acts.
        pressures: the study's own names for its pressures, in the order in which they compose.
        design: which conditions are run: ``"off"`` the baseline alone, ``"each"`` the baseline and each pressure
            alone, ``"leave-one-out"`` none, all, and all but each, ``"factorial"`` every subset, ``"explicit"`` those
            given as `conditions`.
        conditions: name -> condition, with ``design="explicit"`` only.
        patterns: what is predicted.
        seeds: how many seeds a condition has (0, 1, ...), or which. Every condition has the same ones.
        metrics: names of what is recorded of the languages; None means every known metric. What a pattern needs is
            always added, and accuracy and losses are always recorded.
        probes: measures that train fresh learners on the final languages, by name or with settings of their own; those
            that patterns need are added.
        max_stack: most runs that are trained together in one stack.

    Raises:
        BadInput: a name that is not known or not allowed, a value out of range, or conditions that fit no design.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    source: str = ""
    description: str = ""
    base: Setup
    pressures: dict[str, SerializeAsAny[Pressure]] = Field(default_factory=dict)
    design: Design = "each"
    conditions: dict[str, Condition] = Field(default_factory=dict)
    patterns: tuple[Pattern, ...] = ()
    seeds: int | tuple[int, ...] = 10
    metrics: tuple[str, ...] | None = None
    probes: tuple[Annotated[SerializeAsAny[Probe], BeforeValidator(_by_name)], ...] = ()
    max_stack: int = Field(default=16, ge=1)

    @model_validator(mode="after")
    def _names_and_numbers(self) -> Study:
        for name in self.pressures:
            if not PRESSURE_NAME.fullmatch(name) or name in (BASELINE, EVERYTHING):
                raise BadInput(
                    f"a pressure is named by letters, digits, _ and -, and neither 'off' nor 'all'; got {name!r}"
                )
        self._check_seeds()
        self._check_conditions()
        _unique("pattern", [pattern.name for pattern in self.patterns])
        check_metrics(self.metrics, self.patterns)
        object.__setattr__(self, "probes", needed_probes(self.probes, self.patterns))
        _unique("probe", [probe.name for probe in self.probes])
        for pattern in self.patterns:
            for name in pattern.pressures or ():
                if name not in self.pressures:
                    raise BadInput(f"pattern {pattern.name!r}: {unknown('pressure', name, self.pressures)}")
        return self

    def _check_seeds(self) -> None:
        seeds = self.seed_list
        if not seeds or min(seeds) < 0:
            raise BadInput(
                f"seeds must be a number of at least 1 or a list of whole numbers from 0, got {self.seeds!r}"
            )
        _unique("seed", seeds)

    def _check_conditions(self) -> None:
        if self.design != "explicit":
            if self.conditions:
                raise BadInput(f"conditions are given with design='explicit' only; the design is {self.design!r}")
            return
        if not self.conditions:
            raise BadInput("design='explicit' needs conditions={name: Condition(...), ...}")
        for name, condition in self.conditions.items():
            if not CONDITION_NAME.fullmatch(name):
                raise BadInput(f"a condition is named by letters, digits, spaces and _ + = , ( ) -; got {name!r}")
            for pressure in condition.pressures:
                if pressure not in self.pressures:
                    raise BadInput(f"condition {name!r}: {unknown('pressure', pressure, self.pressures)}")
            for pressure in condition.strengths:
                if pressure not in condition.pressures:
                    raise BadInput(f"condition {name!r}: {unknown('acting pressure', pressure, condition.pressures)}")

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds themselves."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @property
    def arms(self) -> dict[str, Condition]:
        """The conditions of the design by name, in the order in which they are reported."""
        return dict(self.conditions) if self.design == "explicit" else designed(self.design, tuple(self.pressures))

    @property
    def recorded(self) -> tuple[str, ...]:
        """Names of the metrics computed of every language snapshot."""
        return recorded_metrics(self.metrics, self.patterns)

    def set(self, changes: Mapping[str, Any]) -> Study:
        """Return the study with dotted settings changed; see `emcomm.studies.overrides.override`."""
        return override(self, changes)

    def expand(self) -> list[Run]:
        """Return every run of the study, seed by seed and, within a seed, condition by condition.

        A run's set-up is shaped by the pressures that act in it; the others come along switched off.

        Raises:
            BadInput: a condition's settings do not exist, or make a set-up that is not allowed.
        """
        arms = {name: self._arm(name, condition) for name, condition in self.arms.items()}
        return [Run(name, seed, setup, acting) for seed in self.seed_list for name, (setup, acting) in arms.items()]

    def _arm(self, name: str, condition: Condition) -> tuple[Setup, dict[str, Pressure]]:
        changed = self._with_settings(name, condition.settings)
        setup, acting = changed.base, dict[str, Pressure]()
        for key, pressure in changed.pressures.items():
            if key not in condition.pressures:
                acting[key] = pressure.off()
                continue
            strength = condition.strengths.get(key, pressure.strength)
            acting[key] = pressure.at(strength)
            if strength:
                setup = acting[key].shape(setup)
        return setup, acting

    def _with_settings(self, name: str, settings: Mapping[str, Any]) -> Study:
        try:
            changed = override(self, settings)
        except BadInput as error:
            raise BadInput(f"condition {name!r}: {error}") from None
        before, after = plain(self), plain(changed)  # written out, as a change rebuilds everything from text
        for key in before:
            if key not in CHANGEABLE and before[key] != after[key]:
                raise BadInput(f"condition {name!r} may change settings of base and pressures, not {key!r}")
        return changed


def _unique(what: str, names: Iterable[Any]) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise BadInput(f"every {what} may occur once; {name!r} occurs twice")
        seen.add(name)
