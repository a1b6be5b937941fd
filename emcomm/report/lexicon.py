"""What the lexicon browser holds: recorded languages as compact JSON of bounded size, the most telling first."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from emcomm.report.data import ReportData
from emcomm.report.wording import listing, plural

__all__ = ["BUDGET", "Lexicon", "as_script", "lexicon"]

BUDGET = 1_000_000  # characters of embedded messages


@dataclass(frozen=True)
class Lexicon:
    """The snapshots that go into the page.

    Args:
        content: ``meanings`` (distinct tables of attributes and frequencies), ``runs`` (names and conditions) and
            ``snapshots`` (run, step, speaker, meaning table, one message a meaning), JSON-ready.
        embedded: how many snapshots are in `content`.
        recorded: how many the study recorded.
        note: a sentence on which of them are here.
    """

    content: dict[str, Any]
    embedded: int
    recorded: int
    note: str


def lexicon(data: ReportData, budget: int = BUDGET) -> Lexicon:
    """Choose snapshots until `budget` is spent: last of every run, first of every run, those between, other speakers.

    Args:
        data: the study's results.
        budget: most characters of messages to embed; one snapshot is embedded whatever its size.
    """
    rows = data.languages.sort_values(["run", "step", "speaker", "meaning"], kind="stable")
    groups = dict(rows.groupby(["run", "step", "speaker"], sort=False).indices)
    sizes = np.array([len(message) + 3 for message in rows["message"].fillna("").astype(str)])
    chosen: list[Hashable] = []
    spent = 0
    for key in _ranked(data, list(groups)):
        size = int(sizes[groups[key]].sum())
        if chosen and spent + size > budget:
            break
        chosen.append(key)
        spent += size
    runs = list(dict.fromkeys(str(run) for run in data.runs["run"]))
    order = {run: position for position, run in enumerate(runs)}
    content = _content(data, rows, {key: groups[key] for key in sorted(chosen, key=lambda k: _by_run(k, order))})
    return Lexicon(content, len(chosen), len(groups), _note(chosen, list(groups)))


def as_script(content: Any) -> Markup:
    """Write data as JSON that can stand inside a ``<script>`` element: nothing in it can end that or open another."""
    text = json.dumps(content, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 -- every character that HTML could read was replaced above


def _ranked(data: ReportData, keys: list[Any]) -> list[Any]:
    seed = data.runs.drop_duplicates("run").set_index("run")["seed"].to_dict()
    steps: dict[Any, list[int]] = {}
    for run, step, _ in keys:
        steps.setdefault(run, []).append(step)
    last = {run: max(found) for run, found in steps.items()}
    first = {run: min(found) for run, found in steps.items()}

    def rank(key: Any) -> tuple[int, int, int, int, str]:
        run, step, speaker = key
        moment = 0 if step == last[run] else 1 if step == first[run] else 2
        return int(speaker != 0), moment, int(seed.get(run, 0)), -int(step), str(run)

    return sorted(keys, key=rank)


def _by_run(key: Any, order: dict[str, int]) -> tuple[int, int, int]:
    run, step, speaker = key
    return order.get(str(run), len(order)), int(step), int(speaker)


def _content(data: ReportData, rows: pd.DataFrame, groups: dict[Any, Any]) -> dict[str, Any]:
    condition = data.runs.drop_duplicates("run").set_index("run")["condition"].to_dict()
    attributes = _attributes(rows)
    tables: dict[str, int] = {}
    meanings: list[dict[str, Any]] = []
    runs: dict[str, int] = {}
    snapshots = []
    for (run, step, speaker), index in groups.items():
        own = rows.iloc[index]
        table = _meanings(own, attributes)
        place = tables.setdefault(json.dumps(table), len(tables))
        if place == len(meanings):
            meanings.append(table)
        snapshots.append(
            {
                "run": runs.setdefault(str(run), len(runs)),
                "step": int(step),
                "speaker": int(speaker),
                "meanings": place,
                "messages": [str(message) for message in own["message"].fillna("")],
            }
        )
    named = [{"run": run, "condition": str(condition.get(run, ""))} for run in runs]
    return {"attributes": attributes, "meanings": meanings, "runs": named, "snapshots": snapshots}


def _attributes(rows: pd.DataFrame) -> list[str]:
    named = [str(column) for column in rows.columns if str(column)[:1] == "a" and str(column)[1:].isdigit()]
    return sorted((column for column in named if rows[column].notna().any()), key=lambda column: int(column[1:]))


def _meanings(rows: pd.DataFrame, attributes: list[str]) -> dict[str, Any]:
    return {
        "index": [int(meaning) for meaning in rows["meaning"]],
        "attributes": [[_plain(value) for value in rows[column]] for column in attributes],
        "frequency": [_plain(value) for value in rows["frequency"]],
    }


def _plain(value: Any) -> float | int | None:
    value = float(value)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else float(f"{value:.6g}")


def _note(chosen: list[Any], every: list[Any]) -> str:
    if not every:
        return "This study recorded no language."
    if len(chosen) == len(every):
        return f"All {plural(len(every), 'recorded snapshot')} can be read here."
    ends = {(run, speaker): 0 for run, _, speaker in every if speaker == 0}
    for run, step, speaker in every:
        if speaker == 0:
            ends[run, speaker] = max(ends[run, speaker], step)
    final = sum(speaker == 0 and step == ends[run, speaker] for run, step, speaker in chosen)
    parts = [f"the last one of {final:,} of {plural(len(ends), 'run')}"]
    if len(chosen) > final:
        parts.append(f"{len(chosen) - final:,} others")
    return (
        f"To keep this page small it holds {len(chosen):,} of {len(every):,} recorded snapshots: {listing(parts)}. "
        "The rest are in languages.parquet."
    )
