"""`Level`: a metric reaches a stated level in most runs of a condition, or on average."""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator

from emcomm.errors import BadInput
from emcomm.studies.claims.base import Claim, Name, Weighed, too_few
from emcomm.studies.claims.findings import Findings
from emcomm.studies.judging import Verdict

__all__ = ["Level"]


class Level(Claim):
    """The share of a condition's runs whose final value lies within bounds, or their mean.

    Recovered if that share is at least `share`, otherwise absent. A run whose value is undefined is outside. With
    ``share=None`` it is the mean over runs that has to lie within the bounds.

    Args:
        name: see `Claim`.
        metric: the metric.
        condition: whose runs.
        at_least: lower bound of a run's value.
        at_most: upper bound.
        share: least share of the runs, in (0, 1]; None: the mean counts.

    Raises:
        BadInput: neither bound is given.
    """

    metric: Name
    condition: Name
    at_least: float | None = None
    at_most: float | None = None
    share: float | None = Field(default=0.8, gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _bounded(self) -> Level:
        if self.at_least is None and self.at_most is None:
            raise BadInput(f"claim {self.name!r} needs at_least=, at_most= or both, got neither")
        return self

    @property
    def named(self) -> tuple[str, ...]:
        return (self.condition,)

    def weigh(self, findings: Findings) -> Weighed:
        arm = findings.arm(self.condition, self.metric)
        values = np.asarray(arm.values, dtype=np.float64)
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        inside = (values >= low) & (values <= high)
        mean = float(arm.defined.mean()) if arm.defined.size else float("nan")
        bounds = " and ".join(
            f"{word} {bound:g}" for word, bound in (("at least", self.at_least), ("at most", self.at_most))
            if bound is not None
        )  # fmt: skip
        row = {
            "metric": self.metric,
            "pressure": self.condition,
            "on": self.condition,
            "off": bounds,
            "effect": mean,
            "n_on": len(values),
            "n_off": int(inside.sum()),
            "direction": "level",
            "accuracy_on": arm.mean_accuracy,
        }
        return Weighed(row, more=bool(low <= mean <= high))

    def judge(self, weighed: Weighed, p_value: float) -> tuple[Verdict, str]:
        count, inside = weighed.row["n_on"], weighed.row["n_off"]
        if reason := too_few(count):
            return "inconclusive", reason
        if self.share is None:
            met = f"mean {weighed.row['effect']:.3g}, {weighed.row['off']} is asked for"
            return ("recovered" if weighed.more else "absent"), met
        met = f"{inside} of {count} runs are {weighed.row['off']}, {self.share:.0%} are asked for"
        return ("recovered" if inside >= self.share * count - 1e-9 else "absent"), met

    @property
    def expected(self) -> Verdict:
        return "recovered"
