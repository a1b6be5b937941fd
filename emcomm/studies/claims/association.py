"""`Association`: two metrics go together over the runs of a study, or do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from emcomm.studies.claims.base import ALPHA, Claim, Name, Weighed, too_few
from emcomm.studies.claims.findings import Findings
from emcomm.studies.judging import Verdict
from emcomm.studies.pattern import Direction
from emcomm.studies.statistics import resampling_seed

__all__ = ["Association"]

RESAMPLES = 10_000


class Association(Claim):
    """Spearman's correlation of two metrics over runs.

    Recovered if it has the predicted sign and at least the size `least`, with a corrected p below 0.05; reversed if
    the same holds for the other sign (p uncorrected, two-sided); absent if its 90 % bootstrap interval lies within
    ``[-band, band]``, which is what direction ``"none"`` predicts; otherwise inconclusive.

    Args:
        name: see `Claim`.
        x: a metric.
        y: another.
        direction: the predicted sign.
        least: least absolute correlation that counts.
        band: half-width of "none".
        conditions: whose runs; None: all.
        among: metric -> the least final value of a run that is counted, e.g. ``{"accuracy": 0.99}``.

    Source: Spearman 1904; percentile bootstrap over runs, Efron & Tibshirani 1993.
    """

    x: Name
    y: Name
    direction: Direction = "up"
    least: float = Field(default=0.3, ge=0.0, le=1.0)
    band: float = Field(default=0.3, gt=0.0, le=1.0)
    conditions: tuple[str, ...] | None = None
    among: dict[str, float] = Field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        return self.conditions or ()

    def weigh(self, findings: Findings) -> Weighed:
        x, y = findings.pairs(self.x, self.y, self.conditions, self.among)
        row = {
            "metric": f"{self.x} ~ {self.y}",
            "pressure": "over runs",
            "on": self.y,
            "off": self.x,
            "n_on": len(x),
            "n_off": len(x),
            "direction": self.direction,
            "band_low": -self.band,
            "band_high": self.band,
        }
        if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
            return Weighed({**row, "effect": float("nan")})
        rho, p = stats.spearmanr(x, y)
        draws = _bootstrap(x, y, np.random.default_rng(resampling_seed(self.name, f"{self.x}~{self.y}", 0)))
        low, low90, high90, high = np.quantile(draws, [0.025, 0.05, 0.95, 0.975])
        row |= {"ci_low": low, "ci_high": high, "ci90_low": low90, "ci90_high": high90}
        return Weighed({**row, "effect": float(rho), "cliffs_delta": float("nan")}, float(p))

    def judge(self, weighed: Weighed, p_value: float) -> tuple[Verdict, str]:
        row = weighed.row
        if reason := too_few(row["n_on"]):
            return "inconclusive", reason
        rho = row["effect"]
        if not np.isfinite(rho):
            return "inconclusive", "undefined: one of the metrics does not vary"
        sign = {"up": 1, "down": -1, "none": 0}[self.direction]
        said = f"rho = {rho:+.2f} over {row['n_on']} runs"
        if sign and rho * sign >= self.least and p_value < ALPHA:
            return "recovered", said
        if -self.band <= row["ci90_low"] and row["ci90_high"] <= self.band:
            return "absent", f"{said}, 90 % interval inside the band"
        against = abs(rho) if sign == 0 else -rho * sign
        if against >= max(self.least, self.band if sign == 0 else 0.0) and weighed.p < ALPHA:
            return "reversed", said
        return "inconclusive", f"{said}, 90 % interval [{row['ci90_low']:.2f}, {row['ci90_high']:.2f}]"

    @property
    def expected(self) -> Verdict:
        return "absent" if self.direction == "none" else "recovered"


def _bootstrap(x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Spearman's correlation of resampled runs ``[RESAMPLES]``; resamples without variation are left out."""
    picks = rng.integers(len(x), size=(RESAMPLES, len(x)))
    ranked = [stats.rankdata(values[picks], axis=1) for values in (x, y)]
    centred = [ranks - ranks.mean(1, keepdims=True) for ranks in ranked]
    norm = np.sqrt((centred[0] ** 2).sum(1) * (centred[1] ** 2).sum(1))
    defined = norm > 0
    return np.asarray((centred[0] * centred[1]).sum(1)[defined] / norm[defined])
