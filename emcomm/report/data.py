"""`ReportData`, all that the report knows about a study: four frames, its description, its metrics' definitions.

It holds results only. Nothing here knows how they were trained, so a report can be made, and tested, from made-up ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import BadInput

__all__ = ["Arms", "ReportData"]

COLUMNS = {
    "runs": ("run", "condition", "seed", "status", "steps"),
    "metrics": ("run", "step", "metric", "value"),
    "languages": ("run", "step", "speaker", "meaning", "frequency", "message", "length"),
    "verdicts": (
        *("pattern", "metric", "pressure", "on", "off", "effect", "ci_low", "ci_high"),
        *("cliffs_delta", "p_value", "n_on", "n_off", "verdict"),
    ),
}
NOT_SETTINGS = ("name", "source", "description", "patterns", "pressures", "conditions", "seeds")
FINISHED = ("done", "stopped")


class Arms(NamedTuple):
    """The conditions that are compared for one pressure; one that occurs twice counts twice in a seed's mean.

    Args:
        on: names of the conditions with the pressure.
        off: names of those without it.
    """

    on: tuple[str, ...]
    off: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReportData:
    """A study's results, ready to be reported.

    Args:
        study: ``name``, ``source``, ``description``, ``settings`` (nested mapping), ``conditions`` (mapping from a
            condition to the names of the pressures that act in it, or a list of ``{"name", "pressures"}``),
            ``patterns`` (list of mappings with ``name``, ``metric``, ``direction``, ``min_delta``, ``band``, ...),
            ``pressures`` (mapping from a name to its settings), ``versions`` and ``seeds``. Whatever is missing is
            left out of the report.
        runs: one row a run: run, condition, seed, status, steps, ...
        metrics: long: run, step, metric, value.
        languages: long: run, step, speaker, meaning, a0 .. ak, frequency, message, length.
        verdicts: one row for every tested cell: pattern, metric, pressure, on, off, effect, ..., verdict.
        metric_definitions: name -> (definition, unit, range, source).
        contrasts: pressure -> the conditions compared for it, with it and without it. For a pressure that is not in
            it, the columns ``on`` and ``off`` of the verdicts name them, separated by commas.

    Raises:
        BadInput: a frame has rows but lacks a column that the report needs.
    """

    study: Mapping[str, Any]
    runs: pd.DataFrame
    metrics: pd.DataFrame
    languages: pd.DataFrame
    verdicts: pd.DataFrame
    metric_definitions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    contrasts: Mapping[str, tuple[Sequence[str], Sequence[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, columns in COLUMNS.items():
            frame = getattr(self, name)
            missing = [column for column in columns if column not in frame.columns]
            if missing and len(frame):
                raise BadInput(
                    f"report: the frame {name!r} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}"
                )
            if missing:
                object.__setattr__(self, name, frame.reindex(columns=[*frame.columns, *missing]))

    @cached_property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """Every condition in the study's order, with the names of the pressures that act in it."""
        given = self.study.get("conditions") or {}
        if not isinstance(given, Mapping):
            given = {entry["name"]: entry.get("pressures", ()) for entry in given}
        known = {str(name): tuple(str(pressure) for pressure in pressures) for name, pressures in given.items()}
        for name in self.runs["condition"].unique():
            known.setdefault(str(name), ())
        return known

    @cached_property
    def pressures(self) -> list[str]:
        """The names of the pressures in the study's order; those that only a verdict names come last."""
        return _ordered(self.study.get("pressures") or {}, self.verdicts["pressure"])

    @cached_property
    def patterns(self) -> list[str]:
        """The names of the patterns in the study's order; those that only a verdict names come last."""
        return _ordered((entry["name"] for entry in self.study.get("patterns") or ()), self.verdicts["pattern"])

    @cached_property
    def finished(self) -> pd.DataFrame:
        """The rows of `runs` that came to their end: status ``done`` or ``stopped``."""
        return self.runs[self.runs["status"].isin(FINISHED)]

    @classmethod
    def from_study_file(cls, content: Mapping[str, Any], **frames: Any) -> ReportData:
        """Build the data from what ``study.json`` holds.

        Args:
            content: ``name``, ``study`` (the study's own fields), ``conditions``, ``seeds``, ``definitions``,
                ``device`` and ``versions``.
            frames: ``runs``, ``metrics``, ``languages``, ``verdicts``, and ``contrasts`` where known.
        """
        given = content.get("study") or {}
        told = {key: given.get(key) or "" for key in ("source", "description")}
        settings = {key: value for key, value in given.items() if key not in NOT_SETTINGS}
        settings |= {"device": content["device"]} if "device" in content else {}
        study = {
            "name": content.get("name") or given.get("name"),
            **told,
            "settings": settings,
            "conditions": content.get("conditions"),
            "patterns": given.get("patterns"),
            "pressures": given.get("pressures"),
            "versions": content.get("versions"),
            "seeds": content.get("seeds"),
        }
        return cls(study=study, metric_definitions=content.get("definitions") or {}, **frames)

    def pattern(self, name: str) -> Mapping[str, Any]:
        """Return what the study says about a pattern (an empty mapping where it says nothing)."""
        found = [entry for entry in self.study.get("patterns") or () if entry["name"] == name]
        return found[0] if found else {}

    def metric_of(self, pattern: str) -> str:
        """Return the name of the metric that a pattern is measured with."""
        rows = self.verdicts.loc[self.verdicts["pattern"] == pattern, "metric"]
        return str(self.pattern(pattern).get("metric") or (rows.iloc[0] if len(rows) else ""))

    def unit(self, metric: str) -> str:
        """Return a metric's unit, or an empty string where it has none or none is known."""
        unit = str(self.metric_definitions[metric][1]) if metric in self.metric_definitions else ""
        return "" if unit == "none" else unit

    def arms(self, pressure: str) -> Arms:
        """Return the conditions that were compared for a pressure; both sides are empty where none were."""
        if pressure in self.contrasts:
            on, off = self.contrasts[pressure]
            return Arms(tuple(on), tuple(off))
        rows = self.verdicts[self.verdicts["pressure"] == pressure]
        if rows.empty:
            return Arms((), ())
        return Arms(*(self._named(str(rows[side].iloc[0])) for side in ("on", "off")))

    def _named(self, text: str) -> tuple[str, ...]:
        """Read condition names separated by commas, where a name may itself hold commas."""
        parts, found = text.split(", "), []
        while parts:
            fits = [n for n in range(len(parts), 0, -1) if ", ".join(parts[:n]) in self.conditions]
            if not fits:
                return ()
            found.append(", ".join(parts[: fits[0]]))
            parts = parts[fits[0] :]
        return tuple(found)

    def final_values(self, metric: str) -> pd.Series[float]:
        """Return a metric's last recorded value of every finished run, by run; undefined ones are left out."""
        rows = self.metrics[(self.metrics["metric"] == metric) & self.metrics["run"].isin(self.finished["run"])]
        last = rows.sort_values("step", kind="stable").drop_duplicates("run", keep="last")
        return last.set_index("run")["value"].astype(float).dropna()

    def seed_values(self, metric: str, conditions: Sequence[str]) -> NDArray[np.float64]:
        """Return one final value for each seed: its mean over the conditions, in the order of the seeds.

        Seeds that lack a finished run with a defined value in one of the conditions are left out, as in the statistics.

        Returns:
            float64 ``[seeds]``.
        """
        where = self.runs.drop_duplicates("run").set_index("run")[["condition", "seed"]]
        final = self.final_values(metric)
        places = zip(where["condition"].reindex(final.index), where["seed"].reindex(final.index), strict=True)
        values = dict(zip(places, final, strict=True))
        seeds = sorted({seed for _, seed in values})
        rows = [[values[name, seed] for name in conditions if (name, seed) in values] for seed in seeds]
        return np.array([np.mean(row) for row in rows if row and len(row) == len(conditions)], dtype=np.float64)


def _ordered(first: Any, then: Sequence[Any] | pd.Series[Any]) -> list[str]:
    return list(dict.fromkeys([*(str(name) for name in first), *(str(name) for name in then)]))
