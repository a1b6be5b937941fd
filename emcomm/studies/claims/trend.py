"""`Trend`: a metric rises or falls over training, or over generations, in most runs."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field
from scipy import stats

from emcomm.studies.claims.base import Claim, Name, Weighed, too_few
from emcomm.studies.claims.findings import Findings
from emcomm.studies.judging import Verdict

__all__ = ["Trend"]


class Trend(Claim):
    """The share of a condition's runs in which a metric has a monotonic trend.

    A run counts if Mann and Kendall's test for the predicted direction (one-sided) has p below `alpha`. Recovered if at
    least `share` of the runs count, reversed if that many have the opposite trend, otherwise absent.

    Args:
        name: see `Claim`.
        metric: a metric that is recorded over time.
        condition: whose runs.
        direction: ``"up"`` or ``"down"``.
        alpha: of the test in each run.
        share: least share of the runs, in (0, 1].
        first_step: values recorded before are left out.

    Source: Mann 1945; Kendall 1975 (tau-b against time).
    """

    metric: Name
    condition: Name
    direction: Literal["up", "down"] = "up"
    alpha: float = Field(default=0.01, gt=0.0, lt=1.0)
    share: float = Field(default=0.8, gt=0.0, le=1.0)
    first_step: int = Field(default=0, ge=0)

    @property
    def named(self) -> tuple[str, ...]:
        return (self.condition,)

    def weigh(self, findings: Findings) -> Weighed:
        courses = findings.courses(self.metric, self.condition, self.first_step)
        sign = 1 if self.direction == "up" else -1
        taus = [_trend(course) for course in courses]
        with_it, against = (
            sum(p < self.alpha for p in (side(tau, p) for tau, p in taus))
            for side in (lambda tau, p: _one_sided(sign * tau, p), lambda tau, p: _one_sided(-sign * tau, p))
        )
        defined = [tau for tau, _ in taus if np.isfinite(tau)]
        row = {
            "metric": self.metric,
            "pressure": self.condition,
            "on": self.condition,
            "off": "over time",
            "effect": float(np.mean(defined)) if defined else float("nan"),
            "n_on": len(courses),
            "n_off": with_it,
            "direction": self.direction,
        }
        return Weighed(row, more=against)

    def judge(self, weighed: Weighed, p_value: float) -> tuple[Verdict, str]:
        count, with_it, against = weighed.row["n_on"], weighed.row["n_off"], weighed.more
        if reason := too_few(count):
            return "inconclusive", reason
        wanted = self.share * count - 1e-9
        said = f"{with_it} of {count} runs have the trend (p < {self.alpha:g}), {against} the opposite one"
        verdict: Verdict = "recovered" if with_it >= wanted else "reversed" if against >= wanted else "absent"
        return verdict, f"{said}; {self.share:.0%} are asked for"

    @property
    def expected(self) -> Verdict:
        return "recovered"


def _trend(course: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b of a course against time, and its two-sided p; NaN and 1 where it is not defined."""
    if len(course) < 3 or np.ptp(course) == 0:
        return float("nan"), 1.0
    tau, p = stats.kendalltau(np.arange(len(course)), course)
    return float(tau), float(p)


def _one_sided(tau: float, p: float) -> float:
    return p / 2 if tau > 0 else 1 - p / 2 if tau < 0 else 1.0
