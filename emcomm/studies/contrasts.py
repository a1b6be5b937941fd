"""Which runs are compared to see what a pressure does: from a study's design to two arms of one value a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import unknown

__all__ = ["DESIGNS", "Arm", "Contrast", "Finals", "arm", "contrast", "final_values"]

Conditions: TypeAlias = Mapping[str, Sequence[str]]
Finals: TypeAlias = Mapping[tuple[str, int], Mapping[str, float]]
DESIGNS = ("off", "each", "leave-one-out", "factorial", "explicit")
FINISHED = ("done", "stopped")


@dataclass(frozen=True)
class Contrast:
    """Two groups of conditions that differ in one pressure.

    Attributes:
        on: names of the conditions with the pressure.
        off: names of the conditions without it.
    """

    on: tuple[str, ...]
    off: tuple[str, ...]


@dataclass(frozen=True)
class Arm:
    """The results of one side of a comparison.

    Attributes:
        name: what it is called in the verdict table: its condition, or several separated by commas.
        values: the metric's final value, one a seed; NaN where the metric is not defined.
        accuracy: final accuracy of every finished run of the arm, in [0, 1].
    """

    name: str
    values: tuple[float, ...]
    accuracy: tuple[float, ...] = ()

    @property
    def defined(self) -> NDArray[np.float64]:
        """The finite values, ascending, float64 ``[n]``."""
        values = np.asarray(self.values, dtype=np.float64)
        return np.sort(values[np.isfinite(values)])

    @property
    def undefined(self) -> int:
        """How many values were dropped because they are not finite."""
        return len(self.values) - self.defined.size

    @property
    def mean_accuracy(self) -> float:
        """Mean accuracy over the runs; NaN when none was recorded, or when one of them has none."""
        return float(np.sort(np.asarray(self.accuracy, dtype=np.float64)).mean()) if self.accuracy else float("nan")


def contrast(design: str, conditions: Conditions, pressure: str) -> Contrast | None:
    """Choose the conditions that tell what a pressure does.

    * ``each``: the condition with that pressure alone, against the one with none.
    * ``leave-one-out``: the condition with all pressures, against the one with all but that.
    * ``factorial``: all conditions with it, against all without it.
    * ``explicit``: every condition with it that has a twin differing in that pressure alone, against the twins. Where
      no condition has a twin: all conditions with it, against the one with none; whatever else these conditions
      contain is then part of the effect.
    * ``off``: nothing is compared.

    Args:
        design: one of `DESIGNS`.
        conditions: condition name -> names of the pressures that are on.
        pressure: name of the pressure in question.

    Returns:
        the contrast, or None when the conditions offer no such comparison.

    Raises:
        BadInput: the design is not known.
    """
    if design not in DESIGNS:
        raise unknown("design", design, DESIGNS)
    active = {name: frozenset(pressures) for name, pressures in conditions.items()}
    having = {pressures: name for name, pressures in reversed(active.items())}  # the first condition of each kind
    every = frozenset[str]().union(*active.values())
    alone = frozenset({pressure})
    if design == "each":
        return _between([having.get(alone)], [having.get(frozenset())])
    if design == "leave-one-out":
        return _between([having.get(every)], [having.get(every - alone)]) if pressure in every else None
    on = [name for name, pressures in active.items() if pressure in pressures]
    if design == "factorial":
        return _between(on, [name for name in active if name not in on])
    if design == "explicit":
        twins = [(name, having[active[name] - alone]) for name in on if active[name] - alone in having]
        if twins:
            return _between([with_it for with_it, _ in twins], [without for _, without in twins])
        return _between(on, [having.get(frozenset())])
    return None


def final_values(runs: pd.DataFrame, metrics: pd.DataFrame) -> Finals:
    """Return what every finished run ended with.

    Args:
        runs: one row a run with columns ``run, condition, seed, status``. Only runs that are done or stopped (met
            their stopping rule) enter; failed, running and pending ones never do.
        metrics: one row a value with columns ``run, step, metric, value``.

    Returns:
        (condition, seed) -> metric -> the value at the last step at which the run recorded that metric, NaN included.
    """
    finished = runs[runs["status"].isin(FINISHED)]
    places = {
        run: (str(condition), int(seed))
        for run, condition, seed in zip(finished["run"], finished["condition"], finished["seed"], strict=True)
    }
    finals: dict[tuple[str, int], dict[str, float]] = {place: {} for place in places.values()}
    ordered = metrics[metrics["run"].isin(places)].sort_values("step", kind="stable")
    last = ordered.drop_duplicates(["run", "metric"], keep="last")
    for run, metric, value in zip(last["run"], last["metric"], last["value"], strict=True):
        finals[places[run]][str(metric)] = float(value)
    return finals


def arm(finals: Finals, conditions: Sequence[str], metric: str) -> Arm:
    """Gather one side of a comparison: one value a seed, whatever the number of conditions.

    With several conditions a seed's value is its mean over them, so that n stays the number of seeds (runs of one seed
    in several conditions are no independent evidence). A seed lacking a finished run in one of the conditions is left
    out: its mean would be over other conditions than everyone else's. For the same reason one undefined value makes
    the seed's value undefined.

    Args:
        finals: from `final_values`.
        conditions: names of the conditions of this side.
        metric: name of the metric; a run that never recorded it counts as undefined.
    """
    seeds = sorted({seed for condition, seed in finals if condition in conditions})
    complete = [seed for seed in seeds if all((condition, seed) in finals for condition in conditions)]
    missing = float("nan")
    values = [float(np.mean([finals[c, seed].get(metric, missing) for c in conditions])) for seed in complete]
    accuracy = [
        finals[c, s].get("accuracy", missing) for c in dict.fromkeys(conditions) for s in seeds if (c, s) in finals
    ]
    return Arm(", ".join(dict.fromkeys(conditions)), tuple(values), tuple(accuracy))


def _between(on: Sequence[str | None], off: Sequence[str | None]) -> Contrast | None:
    with_it, without = tuple(c for c in on if c is not None), tuple(c for c in off if c is not None)
    return Contrast(with_it, without) if with_it and without else None
