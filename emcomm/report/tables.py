"""The plain tables of the report: conditions, pressures, patterns, metrics, settings, versions, runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from emcomm.report.data import ReportData
from emcomm.report.matrix import Cell
from emcomm.report.wording import NOTHING, delta, number, p_value, setting, shorten

__all__ = ["Table", "detail_columns", "detail_row", "flat", "study_tables"]

LONGEST = 300  # characters of one setting, which may be a whole table of meanings
FIRST = ("pattern", "pressure", "verdict", "reason")
COUNTS = ("n_on", "n_off", "steps", "seed", "stack", "games")
SIGNED = ("effect", "ci_low", "ci_high", "ci90_low", "ci90_high", "band_low", "band_high")
HEADINGS = {
    "metric": "metric",
    "on": "with it",
    "off": "without it",
    "effect": "effect, on − off",
    "ci_low": "95 % from",
    "ci_high": "95 % to",
    "ci90_low": "90 % from",
    "ci90_high": "90 % to",
    "cliffs_delta": "Cliff's δ",
    "p_value": "p, corrected",
    "p_raw": "p, uncorrected",
    "n_on": "seeds on",
    "n_off": "seeds off",
    "direction": "predicted",
    "min_delta": "least |δ|",
    "band_low": "band from",
    "band_high": "band to",
    "accuracy_on": "accuracy on",
    "accuracy_off": "accuracy off",
    "as_predicted": "as predicted",
}


@dataclass(frozen=True)
class Table:
    """A table for reading: the first column heads its row.

    Args:
        caption: what it shows.
        columns: headings.
        rows: one text for each column.
        numeric: positions of the columns that hold numbers, which are aligned.
        folded: whether it starts closed because it is long.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numeric: frozenset[int] = frozenset()
    folded: bool = False


def study_tables(data: ReportData) -> dict[str, Table]:
    """Return every plain table that has at least one row, by a short name."""
    study = data.study
    tables = {
        "conditions": _conditions(data),
        "pressures": Table(
            "Pressures",
            ("pressure", "kind", "settings"),
            [_pressure(name, values) for name, values in (study.get("pressures") or {}).items()],
        ),
        "patterns": _patterns(data),
        "metrics": Table(
            "How each metric is defined",
            ("metric", "definition", "unit", "range", "source"),
            [(name, *(str(text) or NOTHING for text in texts)) for name, texts in data.metric_definitions.items()],
        ),
        "settings": Table("Settings", ("setting", "value"), list(flat(study.get("settings") or {}))),
        "versions": Table("Versions", ("software", "version"), list(flat(study.get("versions") or {}))),
        "failed": _runs(
            "Failed runs", data.runs[data.runs["status"] == "failed"], ("run", "steps", "note"), folded=False
        ),
        "runs": _runs("All runs", data.runs, tuple(str(name) for name in data.runs.columns), folded=True),
    }
    return {name: table for name, table in tables.items() if table.rows}


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested settings as dotted keys with their values in words: ``("world.values", "8, 4")``."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", "none" if isinstance(value, Mapping) else shorten(setting(value), LONGEST)


def detail_columns(data: ReportData) -> list[tuple[str, str, bool]]:
    """Return name, heading and whether it holds numbers, for every column of the verdicts, names and reason first."""
    names = [str(name) for name in data.verdicts.columns]
    ordered = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    return [(name, HEADINGS.get(name, name.replace("_", " ")), _numeric(data.verdicts[name])) for name in ordered]


def detail_row(cell: Cell, columns: list[tuple[str, str, bool]]) -> list[str]:
    """Return a cell's texts for the columns of `detail_columns`; an untested cell has its names and verdict only."""
    row = cell.row or {"pattern": cell.pattern, "pressure": cell.pressure, "verdict": cell.verdict}
    return [_text(name, row.get(name)) for name, _, _ in columns]


def _numeric(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _text(column: str, value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return NOTHING
    if isinstance(value, str):
        return value or NOTHING
    if isinstance(value, bool):
        return setting(value)
    if column in ("p_value", "p_raw"):
        return p_value(value)
    if column == "cliffs_delta":
        return delta(value)
    if column in COUNTS:
        return f"{int(value):,}"
    return number(value, signed=column in SIGNED)


def _conditions(data: ReportData) -> Table:
    rows = []
    for name, pressures in data.conditions.items():
        status = data.runs.loc[data.runs["condition"] == name, "status"]
        ended = int(status.isin(["done", "stopped"]).sum())
        rows.append(
            (name, ", ".join(pressures) or "none", str(len(status)), str(ended), str(int((status == "failed").sum())))
        )
    return Table("Conditions", ("condition", "pressures", "runs", "ended", "failed"), rows, frozenset({2, 3, 4}))


def _pressure(name: str, values: Any) -> tuple[str, str, str]:
    if not isinstance(values, Mapping):
        return str(name), NOTHING, setting(values)
    rest = {key: value for key, value in values.items() if key != "kind"}
    return (
        str(name),
        str(values.get("kind", NOTHING)),
        "; ".join(f"{key} {text}" for key, text in flat(rest)) or NOTHING,
    )


def _patterns(data: ReportData) -> Table:
    columns = ("pattern", "metric", "predicted", "least |δ|", "band", "accuracy floor", "source", "description")
    rows = []
    for name in data.patterns:
        given = data.pattern(name)
        numbers = [number(given.get(key)) for key in ("min_delta", "band", "accuracy_floor")]
        texts = [str(given.get(key) or NOTHING) for key in ("source", "description")]
        rows.append((name, data.metric_of(name) or NOTHING, str(given.get("direction") or NOTHING), *numbers, *texts))
    return Table("Patterns", columns, rows, frozenset({3, 4, 5}))


def _runs(caption: str, frame: pd.DataFrame, columns: tuple[str, ...], *, folded: bool) -> Table:
    kept = [name for name in columns if name in frame.columns]
    numeric = frozenset(at for at, name in enumerate(kept) if _numeric(frame[name]))
    rows = [
        tuple(_text(name, value) for name, value in zip(kept, row, strict=True))
        for row in zip(*(frame[c] for c in kept), strict=True)
    ]
    headings = tuple("note" if name == "note" else name.replace("_", " ") for name in kept)
    return Table(caption, headings, rows, numeric, folded)
