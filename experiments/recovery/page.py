"""``docs/recovered.md``: every pattern with its paper, the effect measured, and the verdict, from the summaries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from emcomm.studies.judging import Verdict
from experiments.recovery.experiment import EXPERIMENTS, FOLDER

__all__ = ["PAGE", "RESULTS", "page", "write_page"]

RESULTS = FOLDER / "results"
PAGE = FOLDER.parent / "docs" / "recovered.md"
HEAD = """# What was recovered

Patterns of natural language, the pressures that are published to bring them about, and what was measured here. Every
row is a rule that was fixed before its runs; a pattern that did not appear stands here as well. Written by
`make recover` from `experiments/results/`; the settings, figures and deviations are in each experiment's own page.

**recovered**: a clear effect as predicted; **absent**: shown to be smaller than the stated band, or a level that was
not reached; **reversed**: a clear effect the other way; **inconclusive**: neither. A tick marks what came out as
published, nulls included.
"""
COLUMNS = ("pattern", "paper", "metric", "compared", "predicted", "effect (95 % interval)", "n", "verdict")
ARROWS = {"up": "↑", "down": "↓", "none": "no effect", "level": "level"}


def page(results: Path = RESULTS) -> str:
    """The page as text."""
    kept = {name: _kept(results / name) for name in EXPERIMENTS if (results / name / "verdicts.csv").exists()}
    parts = [HEAD, _overview(kept)]
    for name, (facts, verdicts) in kept.items():
        runs = f"{facts['runs']} runs" if "runs" in facts else "see its page"
        parts.append(
            f"## {name}\n\n[Question, setting, deviations](../experiments/{name}.md) · {runs} · "
            f"{_time(facts)} · `{facts['command']}`\n\n"
            + _table(COLUMNS, (_row(row) for row in verdicts.to_dict("records")))
            + "".join(f"\n\n![{name}](../experiments/results/{name}/{figure})" for figure in _figures(results / name))
            + "\n"
        )
    return "\n".join(parts)


def _kept(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """How an experiment was made, and its verdicts."""
    verdicts = pd.read_csv(folder / "verdicts.csv", keep_default_na=False, na_values=[""])
    return json.loads((folder / "run.json").read_text()), verdicts


def _overview(kept: Mapping[str, tuple[dict[str, Any], pd.DataFrame]]) -> str:
    """How many rules of each experiment came out how."""
    verdicts = get_args(Verdict)
    rows = []
    for name, (facts, table) in kept.items():
        counts = table["verdict"].value_counts()
        published = f"{(table['as_predicted'].astype(str) == 'True').sum()} of {len(table)}"
        told = (str(counts.get(verdict, "")) for verdict in verdicts)
        rows.append((f"[{name}](#{name})", published, *told, f"{facts['minutes']:g}"))
    return _table(("experiment", "as published", *verdicts, "minutes"), rows) + "\n"


def _time(facts: Mapping[str, Any]) -> str:
    busy = f" ({facts['processor_minutes']:g} min of processor time)" if "processor_minutes" in facts else ""
    return f"{facts['minutes']:g} min{busy}"


def write_page(results: Path = RESULTS, file: Path = PAGE) -> None:
    """Write the page."""
    file.write_text(page(results))


def _figures(folder: Path) -> list[str]:
    return [name for name in ("figure.png", "figure.svg", "courses.png") if (folder / name).exists()]


def _row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    effect = _number(row["effect"], signed=row["direction"] in ("up", "down", "none"))
    if row["ci_low"] == row["ci_low"]:
        effect += f" ({_number(row['ci_low'], True)} to {_number(row['ci_high'], True)})"
    tick = " ✓" if str(row["as_predicted"]) == "True" else ""
    compared = _text(row["on"]) if row["on"] == row["pressure"] else f"{_text(row['pressure'])}: {_text(row['on'])}"
    against = f"{compared} / {_text(row['off'])}"
    said = (_text(row["pattern"]), _text(row["source"]), _text(row["metric"]), against)
    return (*said, ARROWS.get(row["direction"], ""), effect, f"{row['n_on']:g}", f"**{row['verdict']}**{tick}")


def _number(value: float, signed: bool = False) -> str:
    if value != value:
        return "undefined"
    return f"{value:+.3g}" if signed else f"{value:.3g}"


def _text(value: object) -> str:
    return "" if value != value else str(value).replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
