"""Message length against frequency rank: does a condition's language give frequent meanings the short messages?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.report.data import ReportData
from emcomm.report.wording import listing, number

__all__ = ["LengthCurve", "LengthPanel", "length_panel"]

MOST_POINTS = 60  # more ranks than this are averaged in bins of equal width on a logarithmic scale


@dataclass(frozen=True, eq=False)
class LengthCurve:
    """One condition's mean message length by frequency rank.

    Args:
        condition: name of the condition.
        series: position of the condition in the study, which chooses its colour and dash everywhere.
        ranks: frequency ranks (1 = most frequent; equal frequencies share their mean rank), float ``[points]``.
        lengths: mean length in symbols over runs and speakers, float ``[points]``.
    """

    condition: str
    series: int
    ranks: NDArray[np.float64]
    lengths: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LengthPanel:
    """The length-frequency plot, or the reason why there is none.

    Args:
        curves: one for every condition with a recorded language; empty when there is nothing to see.
        why_hidden: a sentence that says why the plot is left out, empty when it is shown.
        binned: whether neighbouring ranks were averaged.
    """

    curves: tuple[LengthCurve, ...] = ()
    why_hidden: str = ""
    binned: bool = False

    @property
    def words(self) -> str:
        """The plot in one sentence, for readers who do not see it."""
        parts = [f"{c.condition} from {number(c.lengths[0])} to {number(c.lengths[-1])}" for c in self.curves]
        return f"Mean message length in symbols, from the most to the least frequent meaning: {listing(parts)}."


def length_panel(data: ReportData) -> LengthPanel:
    """Return mean lengths by frequency rank at the last recorded step of every finished run."""
    rows = data.languages[data.languages["run"].isin(data.finished["run"])]
    if rows.empty:
        return LengthPanel(why_hidden="No language has been recorded, so lengths cannot be compared with frequencies.")
    rows = rows[rows["step"] == rows.groupby("run")["step"].transform("max")]
    if rows["frequency"].isna().all() or bool(np.isclose(rows["frequency"].min(), rows["frequency"].max())):
        return LengthPanel(
            why_hidden="All meanings are equally frequent here, so there is no frequency rank to plot lengths against."
        )
    if rows["length"].min() == rows["length"].max():
        length = number(rows["length"].iloc[0])
        return LengthPanel(
            why_hidden=f"Every message has the same length here ({length} symbols), so length cannot follow frequency."
        )
    condition = data.runs.set_index("run")["condition"]
    where = rows["run"].map(condition)
    curves = [_curve(rows[where == name], name, series) for series, name in enumerate(data.conditions)]
    shown = tuple(curve for curve, _ in (pair for pair in curves if pair is not None))
    return LengthPanel(shown, binned=any(pair[1] for pair in curves if pair is not None))


def _curve(rows: pd.DataFrame, name: str, series: int) -> tuple[LengthCurve, bool] | None:
    if rows.empty:
        return None
    meanings = rows.groupby("meaning").agg(frequency=("frequency", "first"), length=("length", "mean"))
    ranks = meanings["frequency"].round(12).rank(ascending=False, method="average")
    points = meanings.groupby(ranks)["length"].mean().sort_index()
    at, lengths = points.index.to_numpy(np.float64), points.to_numpy(np.float64)
    if binned := len(at) > MOST_POINTS:
        edges = np.geomspace(at[0], at[-1], MOST_POINTS + 1)
        bins = np.clip(np.searchsorted(edges, at, side="right"), 1, MOST_POINTS)
        frame = pd.DataFrame({"bin": bins, "rank": at, "length": lengths}).groupby("bin").mean()
        at, lengths = frame["rank"].to_numpy(np.float64), frame["length"].to_numpy(np.float64)
    return LengthCurve(name, series, at, lengths), binned
