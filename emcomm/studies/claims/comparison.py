"""`Comparison`: a metric is higher, lower or the same in one condition as in another."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from emcomm.studies.claims.base import Claim, Name, Weighed
from emcomm.studies.claims.findings import Findings
from emcomm.studies.judging import Cell, Verdict, judge, weigh
from emcomm.studies.pattern import Direction, Pattern
from emcomm.studies.verdicts import describe

__all__ = ["Comparison"]


class Comparison(Claim):
    """A metric of one condition against that of another, by the rule of `emcomm.studies.judging`.

    Args:
        name: see `Claim`.
        metric: the metric.
        on: the condition that the claim is about.
        off: the condition it is compared with.
        direction: whether `on` is higher (``"up"``), lower (``"down"``) or no different (``"none"``).
        min_delta: see `Pattern`.
        min_effect: least size of the difference, in the metric's unit.
        band: see `Pattern`.
        accuracy_floor: see `Pattern`.
    """

    metric: Name
    on: Name
    off: Name
    direction: Direction
    min_delta: float = Field(default=0.6, gt=0.0, le=1.0)
    min_effect: float = Field(default=0.0, ge=0.0)
    band: float | None = Field(default=None, gt=0.0)
    accuracy_floor: float | None = Field(default=None, ge=0.0, le=1.0)

    def _cell(self, findings: Findings) -> Cell:
        same: dict[str, Any] = {
            key: getattr(self, key) for key in ("metric", "direction", "min_delta", "band", "accuracy_floor")
        }
        pattern = Pattern(self.name, **same)
        return Cell(pattern, self.on, findings.arm(self.on, self.metric), findings.arm(self.off, self.metric))

    @property
    def named(self) -> tuple[str, ...]:
        return (self.on, self.off)

    def weigh(self, findings: Findings) -> Weighed:
        cell = self._cell(findings)
        evidence = weigh(cell)
        return Weighed(describe(cell, evidence), evidence.p, (cell, evidence))

    def judge(self, weighed: Weighed, p_value: float) -> tuple[Verdict, str]:
        cell, evidence = weighed.more
        verdict, reason = judge(cell, evidence, p_value, evidence.p_opposite)
        if verdict == "recovered" and abs(evidence.effect) < self.min_effect:
            return "inconclusive", f"clear effect, but {abs(evidence.effect):.3g} is below {self.min_effect:g}"
        return verdict, reason

    @property
    def expected(self) -> Verdict:
        return "absent" if self.direction == "none" else "recovered"
