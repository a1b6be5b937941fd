"""Tables of runs made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from emcomm.studies.claims import Findings

__all__ = ["findings_of"]


def findings_of(
    values: Mapping[str, Mapping[str, Sequence[float]]], courses: Mapping[str, Sequence[Sequence[float]]] | None = None
) -> Findings:
    """Findings of finished runs.

    Args:
        values: condition -> metric -> the final value of seeds 0, 1, ...
        courses: condition -> for each seed the values of the metric ``"course"`` at steps 0, 10, 20, ...
    """
    runs, rows = [], []
    for condition, metrics in values.items():
        for seed in range(max(map(len, metrics.values()))):
            runs.append((f"{condition}/{seed}", condition, seed, "done"))
        for metric, numbers in metrics.items():
            rows += [(f"{condition}/{seed}", 100, metric, number) for seed, number in enumerate(numbers)]
    for condition, each in (courses or {}).items():
        for seed, course in enumerate(each):
            rows += [(f"{condition}/{seed}", 10 * step, "course", value) for step, value in enumerate(course)]
    return Findings.from_frames(
        pd.DataFrame(runs, columns=["run", "condition", "seed", "status"]),
        pd.DataFrame(rows, columns=["run", "step", "metric", "value"]),
    )
