"""`Findings`, what a study's finished runs came to, as claims read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import unknown
from emcomm.studies.contrasts import Arm, Finals, arm, final_values
from emcomm.studies.results import Results

__all__ = ["Findings"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Findings:
    """Values of finished runs.

    Attributes:
        runs: one row a run, columns ``run, condition, seed, status``.
        metrics: one row a value, columns ``run, step, metric, value``.
        finals: (condition, seed) -> metric -> the last value.
    """

    runs: pd.DataFrame
    metrics: pd.DataFrame
    finals: Finals

    @classmethod
    def of(cls, results: Results, more: pd.DataFrame | None = None) -> Findings:
        """Read a study's results.

        Args:
            results: the study.
            more: values worked out afterwards, columns ``run, step, metric, value``.
        """
        metrics = results.metrics if more is None else pd.concat([results.metrics, more], ignore_index=True)
        return cls.from_frames(results.runs, metrics)

    @classmethod
    def from_frames(cls, runs: pd.DataFrame, metrics: pd.DataFrame) -> Findings:
        """Take tables as they are; see the attributes."""
        return cls(runs, metrics, final_values(runs, metrics))

    @property
    def conditions(self) -> tuple[str, ...]:
        """All conditions, in their order."""
        return tuple(dict.fromkeys(map(str, self.runs["condition"])))

    def checked(self, conditions: Sequence[str] | None) -> tuple[str, ...]:
        """Return the conditions, None being all.

        Raises:
            BadInput: one of them is not there.
        """
        for name in conditions or ():
            if name not in self.conditions:
                raise unknown("condition", name, self.conditions)
        return self.conditions if conditions is None else tuple(conditions)

    def arm(self, condition: str, metric: str) -> Arm:
        """The final values of one condition."""
        return arm(self.finals, self.checked((condition,)), metric)

    def pairs(
        self, x: str, y: str, conditions: Sequence[str] | None = None, least: Mapping[str, float] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return two metrics of the same runs, where both are defined.

        Args:
            x: a metric.
            y: another.
            conditions: whose runs; None: all.
            least: metric -> the least final value of a run that is counted.
        """
        kept, wanted = [], self.checked(conditions)
        for (condition, _), values in sorted(self.finals.items()):
            enough = all(values.get(name, np.nan) >= bound for name, bound in (least or {}).items())
            if condition in wanted and enough:
                kept.append((values.get(x, np.nan), values.get(y, np.nan)))
        both = np.array(kept, dtype=np.float64).reshape(-1, 2)
        both = both[np.isfinite(both).all(-1)]
        return both[:, 0], both[:, 1]

    def courses(self, metric: str, condition: str, first_step: int = 0) -> list[FloatArray]:
        """Return a metric's values over time, one row of defined values for each finished run of a condition."""
        (wanted,) = self.checked((condition,))
        finished = {f"{own}/{seed}" for own, seed in self.finals if own == wanted}
        rows = self.metrics[
            (self.metrics["metric"] == metric)
            & self.metrics["run"].isin(finished)
            & (self.metrics["step"] >= first_step)
        ].dropna(subset=["value"])
        rows = rows.sort_values("step", kind="stable")
        return [group["value"].to_numpy(dtype=np.float64) for _, group in rows.groupby("run", sort=True)]
