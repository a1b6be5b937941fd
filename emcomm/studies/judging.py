"""The rule of the verdicts: recovered, absent, reversed or inconclusive, and in a plain sentence why.

A cell is one pattern tested for one pressure. Its verdict is the first of these that holds:

* **recovered**: the effect has the predicted sign, the corrected p is below 0.05, the absolute Cliff's delta reaches
  the pattern's minimum, and the runs of both arms reach its accuracy floor on average;
* **absent**: the 90 % bootstrap interval of the effect lies inside the pattern's band (two one-sided tests at 5 %);
* **reversed**: the same evidence as for recovered, in the other direction; for a pattern that predicts no effect, in
  either direction;
* **inconclusive**: none of these, or fewer than five seeds with a defined value in an arm.

So a clear and predicted effect that is small in the metric's unit is recovered, not absent; a clear effect against the
prediction that lies within the band is absent. The accuracy floor is no condition of absent; where it is missed, the
reason says so.

Two families of tests are corrected by Holm's method, each by itself: the predicted directions (with the two-sided
tests of patterns that predict no effect), which ``p_value`` shows, and the opposite directions, which only decide
about reversed. Every cell with a value in both arms counts, however few its seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from emcomm.studies import statistics
from emcomm.studies.contrasts import Arm
from emcomm.studies.pattern import Pattern

__all__ = ["VERDICTS", "Cell", "Evidence", "Judgement", "Verdict", "judge", "weigh"]

Verdict: TypeAlias = Literal["recovered", "absent", "reversed", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ALPHA = 0.05
MIN_SEEDS = 5
ROUNDING = 1e-6
"""Borders of band and floor are met up to this: accuracies arrive as 32-bit numbers."""


@dataclass(frozen=True)
class Cell:
    """One pattern tested for one pressure, with the results of both arms."""

    pattern: Pattern
    pressure: str
    on: Arm
    off: Arm


@dataclass(frozen=True)
class Evidence:
    """The numbers of one cell; NaN where an arm has too few values for them.

    Attributes:
        effect: mean(on) - mean(off) in the metric's unit.
        interval: its 95 % bootstrap interval.
        interval_90: its 90 % bootstrap interval.
        delta: Cliff's delta in [-1, 1].
        p: uncorrected p for the predicted direction; two-sided when no effect is predicted.
        p_opposite: uncorrected p for the opposite direction; NaN when no effect is predicted.
    """

    effect: float
    interval: tuple[float, float]
    interval_90: tuple[float, float]
    delta: float
    p: float
    p_opposite: float


class Judgement(NamedTuple):
    """A verdict, and in a short plain sentence what carried it or which criteria failed."""

    verdict: Verdict
    reason: str


def weigh(cell: Cell, *, seed: int = 0, resamples: int = 10_000) -> Evidence:
    """Compute the numbers of one cell from the defined values of its arms; `seed` is the study's."""
    on, off = cell.on.defined, cell.off.defined
    source = statistics.resampling_seed(cell.pattern.name, cell.pressure, seed)
    if cell.pattern.direction == "none":
        p, p_opposite = statistics.mann_whitney_two_sided(on, off), float("nan")
    else:
        p = statistics.mann_whitney_one_sided(on, off, cell.pattern.direction)
        p_opposite = statistics.mann_whitney_one_sided(off, on, cell.pattern.direction)
    return Evidence(
        effect=statistics.difference(on, off),
        interval=statistics.bootstrap_interval(on, off, 0.95, resamples=resamples, seed=source),
        interval_90=statistics.bootstrap_interval(on, off, 0.90, resamples=resamples, seed=source),
        delta=statistics.cliffs_delta(on, off),
        p=p,
        p_opposite=p_opposite,
    )


def judge(cell: Cell, evidence: Evidence, p_value: float, p_opposite: float) -> Judgement:
    """Apply the rule at the head of this module to one cell.

    Args:
        cell: pattern, pressure and arms.
        evidence: from `weigh`.
        p_value: the corrected p of the predicted direction, or the two-sided one when no effect is predicted.
        p_opposite: the corrected p of the opposite direction; not read when no effect is predicted.
    """
    sign = cell.pattern.sign
    verdict: Verdict = "inconclusive"
    if reasons := _too_few(cell):
        return Judgement(verdict, "; ".join(reasons + _undefined(cell)))
    p_against = p_opposite if sign else p_value
    for_it, against_it = (_lacking(cell, evidence, s, p) for s, p in ((sign, p_value), (-sign, p_against)))
    outside = _outside_band(cell.pattern, evidence)
    if sign and not for_it:
        verdict, reasons = "recovered", [f"clear effect as predicted, {_p(p_value)}"]
    elif cell.pattern.band is not None and not outside:
        verdict, reasons = "absent", ["90 % interval inside the band", *_floor_missed(cell)]
    elif not against_it:
        verdict, reasons = "reversed", [f"clear effect against the prediction, {_p(p_against)}"]
    elif sign and evidence.effect * sign < 0:
        reasons = ["effect against the prediction", *against_it, *outside]
    else:
        reasons = [*for_it, *outside]
    return Judgement(verdict, "; ".join(reasons + _undefined(cell)))


def _lacking(cell: Cell, evidence: Evidence, sign: int, p: float) -> list[str]:
    """Name the criteria that a clear effect of this sign (0: of any) fails."""
    lacking = []
    if sign and not evidence.effect * sign > 0:
        lacking.append("no difference between the means" if evidence.effect == 0 else "effect against the prediction")
    if not p < ALPHA:
        lacking.append(_p(p))
    if not abs(evidence.delta) >= cell.pattern.min_delta:
        lacking.append(f"|delta| {abs(evidence.delta):.3g} below {cell.pattern.min_delta:g}")
    return lacking + _floor_missed(cell)


def _outside_band(pattern: Pattern, evidence: Evidence) -> list[str]:
    if pattern.band is None:
        return []
    low, high = evidence.interval_90
    reach = pattern.band * (1.0 + ROUNDING)
    if -reach <= low and high <= reach:
        return []
    return [f"90 % interval [{low:.3g}, {high:.3g}] not inside [{-pattern.band:g}, {pattern.band:g}]"]


def _floor_missed(cell: Cell) -> list[str]:
    floor = cell.pattern.accuracy_floor
    if floor is None:
        return []
    means = {"on": cell.on.mean_accuracy, "off": cell.off.mean_accuracy}
    missed = [
        f"{side} {mean:.4g}" if mean == mean else f"{side} not recorded"
        for side, mean in means.items()
        if not mean >= floor - ROUNDING
    ]
    return [f"accuracy floor {floor:g} not met: {', '.join(missed)}"] if missed else []


def _too_few(cell: Cell) -> list[str]:
    counts = {"on": cell.on.defined.size, "off": cell.off.defined.size}
    return [f"only {_seeds(count)} in {side}" for side, count in counts.items() if count < MIN_SEEDS]


def _undefined(cell: Cell) -> list[str]:
    counts = {"on": cell.on.undefined, "off": cell.off.undefined}
    return [f"metric undefined for {_seeds(count)} in {side}" for side, count in counts.items() if count]


def _seeds(count: int) -> str:
    return f"{count} seed" if count == 1 else f"{count} seeds"


def _p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.3g}"
