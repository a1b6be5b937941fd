"""The verdict table of a study: every pattern by every pressure, judged together from the recorded results.

`emcomm.studies.judging` holds the rule, `emcomm.studies.contrasts` what is compared with what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from emcomm.errors import unknown
from emcomm.studies import statistics
from emcomm.studies.contrasts import Arm, Conditions, arm, contrast, final_values
from emcomm.studies.judging import VERDICTS, Cell, Evidence, Judgement, judge, weigh
from emcomm.studies.pattern import Pattern

__all__ = [
    "COLUMNS",
    "VERDICTS",
    "Arm",
    "Cell",
    "Evidence",
    "Judgement",
    "contrast",
    "describe",
    "judge",
    "judge_study",
    "verdict_table",
    "weigh",
]

COLUMNS = (
    *("pattern", "metric", "pressure", "on", "off", "effect", "ci_low", "ci_high", "cliffs_delta", "p_value"),
    *("n_on", "n_off", "verdict", "direction", "min_delta", "band_low", "band_high", "ci90_low", "ci90_high"),
    *("p_raw", "accuracy_on", "accuracy_off", "as_predicted", "reason"),
)


def verdict_table(cells: Sequence[Cell], *, seed: int = 0, resamples: int = 10_000) -> pd.DataFrame:
    """Judge all cells of a study together.

    Args:
        cells: every tested (pattern, pressure); they are corrected together.
        seed: the study's seed of the resampling; same cells and seed, same table.
        resamples: bootstrap resamples of a cell.

    Returns:
        one row a cell, in the order given, with `COLUMNS`: effect and intervals in the metric's unit (``ci`` 95 %,
        ``ci90`` 90 %), ``p_value`` corrected and ``p_raw`` not, ``n`` the seeds with a defined value, accuracy the mean
        over finished runs, the band NaN where none was stated, ``as_predicted`` whether a directional pattern was
        recovered or a pattern without an effect found absent.
    """
    evidence = [weigh(cell, seed=seed, resamples=resamples) for cell in cells]
    corrected = statistics.holm([e.p for e in evidence])
    opposite = statistics.holm([e.p_opposite for e in evidence])
    rows = [
        _row(cell, e, float(p), judge(cell, e, float(p), float(other)))
        for cell, e, p, other in zip(cells, evidence, corrected, opposite, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judge_study(
    patterns: Sequence[Pattern],
    pressures: Iterable[str],
    conditions: Conditions,
    design: str,
    runs: pd.DataFrame,
    metrics: pd.DataFrame,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Judge a study from its recorded results.

    Args:
        patterns: the study's predictions.
        pressures: the study's names of its pressures.
        conditions: condition name -> names of the pressures that are on in it.
        design: one of `contrasts.DESIGNS`; `contrasts.contrast` says what each compares.
        runs: columns ``run, condition, seed, status`` (others are not read).
        metrics: columns ``run, step, metric, value``; a run's final values count.
        seed: of the resampling.

    Returns:
        the table of `verdict_table`, pattern by pattern and pressure by pressure in the order given. A pressure that
        the conditions offer no comparison for has no row. The order of the rows of `runs` and `metrics` does not
        matter.

    Raises:
        BadInput: the design is not known, or a pattern names a pressure that the study does not have.
    """
    names = tuple(pressures)
    finals = final_values(runs, metrics)
    contrasts = {name: contrast(design, conditions, name) for name in names}
    cells = []
    for pattern in patterns:
        for name in pattern.pressures or ():
            if name not in contrasts:
                raise unknown(f"pressure of pattern {pattern.name!r}:", name, names)
        for name in names:
            sides = contrasts[name]
            if sides is not None and pattern.predicts_for(name):
                on, off = (arm(finals, side, pattern.metric) for side in (sides.on, sides.off))
                cells.append(Cell(pattern, name, on, off))
    return verdict_table(cells, seed=seed)


def describe(cell: Cell, evidence: Evidence) -> dict[str, Any]:
    """The columns of the verdict table that follow from a cell and its numbers alone."""
    pattern = cell.pattern
    band = float("nan") if pattern.band is None else pattern.band
    return {
        "pattern": pattern.name,
        "metric": pattern.metric,
        "pressure": cell.pressure,
        "on": cell.on.name,
        "off": cell.off.name,
        "effect": evidence.effect,
        "ci_low": evidence.interval[0],
        "ci_high": evidence.interval[1],
        "cliffs_delta": evidence.delta,
        "n_on": int(cell.on.defined.size),
        "n_off": int(cell.off.defined.size),
        "direction": pattern.direction,
        "min_delta": pattern.min_delta,
        "band_low": -band,
        "band_high": band,
        "ci90_low": evidence.interval_90[0],
        "ci90_high": evidence.interval_90[1],
        "p_raw": evidence.p,
        "accuracy_on": cell.on.mean_accuracy,
        "accuracy_off": cell.off.mean_accuracy,
    }


def _row(cell: Cell, evidence: Evidence, p_value: float, judgement: Judgement) -> dict[str, Any]:
    return {
        **describe(cell, evidence),
        "p_value": p_value,
        "verdict": judgement.verdict,
        "as_predicted": judgement.verdict == ("recovered" if cell.pattern.sign else "absent"),
        "reason": judgement.reason,
    }
