"""Writes these pages from the classes of the pressures and from what was measured: no training.

``python -m docs.pressures.pages`` brings every page up to date, between its pairs of markers
``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``, and begins the page of a pressure that has none. What stands
outside of them is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from docs.environments.spaces import filled, table, written
from docs.pressures.classes import allowed, points_of, said_by
from docs.pressures.effects import FOLDER, row_of
from docs.pressures.measured import BASELINES, EFFECTS, SEEDS, Effect
from emcomm.pressures import FAMILIES, PRESSURES, Pressure
from emcomm.report.wording import delta, number
from emcomm.studies.naming import TRAINING, definitions

__all__ = ["MARKERS", "begun", "page", "pages", "write"]

TITLES = {
    "success": "Communicative success",
    "efficiency": "Efficiency",
    "learnability": "Learnability",
    "social": "Psycho- and sociolinguistic",
}
SKELETON = """# {name}

<!-- about: begin -->
<!-- about: end -->

## Settings

<!-- settings: begin -->
<!-- settings: end -->

## Measured effect

<!-- effect: begin -->
<!-- effect: end -->
"""


def own() -> dict[str, type[Pressure]]:
    """The pressures that come with emcomm, by name; those of other packages have no page here."""
    return {name: kind for name, kind in PRESSURES if kind.__module__.startswith("emcomm.pressures.")}


def overview(_: str) -> str:
    """All pressures, a table a family."""
    parts = []
    for family in FAMILIES:
        rows = []
        for name, kind in own().items():
            if kind.family == family:
                said = said_by(kind)
                points = ", ".join(f"`{point}`" for point in points_of(kind))
                rows.append((f"[`{name}`]({name}.md)", said.summary, said.args["strength"], points, kind.source))
        parts.append(f"### {TITLES[family]}")
        parts.append(table(("pressure", "what it does", "strength", "acts at", "source"), rows))
    return "\n\n".join(parts)


def about(name: str) -> str:
    """The page's first part: what the docstring says, but for the settings."""
    kind = own()[name]
    said = said_by(kind)
    points = ", ".join(f"`{point}`" for point in points_of(kind))
    facts = [f"`emcomm.pressures.{kind.__name__}`", f"family: {kind.family}", f"acts at: {points}"]
    refuses = [f"**Refused** (`{error}`): {when}" for error, when in said.refuses.items()]
    parts = [said.summary, " · ".join(facts), said.body, *refuses, f"**Source:** {said.source}"]
    return "\n\n".join(filter(None, parts))


def settings(name: str) -> str:
    """The table of a pressure's settings."""
    kind = own()[name]
    texts, ranges = said_by(kind).args, allowed(kind)
    rows = [
        (f"`{word}`", f"`{written(kind.model_fields[word].get_default())}`", ranges[word], texts[word])
        for word in _fields(kind)
    ]
    return table(("setting", "default", "may be", "what it sets"), rows)


def effect(name: str) -> str:
    """What was measured of a pressure: setting, figure, numbers as they came out.

    Raises:
        ValueError: nothing was.
    """
    if name not in EFFECTS:
        raise ValueError(f"{name} is not in EFFECTS of docs/pressures/measured.py, which says what is measured of it")
    measured, effects = EFFECTS[name], measured_table()
    rows = [row_of(effects, name, metric) for metric in measured.shown]
    if None in rows:
        raise ValueError(f"{name} was not measured: run python -m docs.pressures.effects {name}")
    parts = [
        f"`{_called(measured.pressure)}` against the same agents without it, {SEEDS} seeds each, "
        f"in {_baseline(measured)} {measured.note}".strip(),
        f"![Every seed with and without {name}](figures/{name}.png)",
        "\n".join(_sentence(row) for row in rows if row is not None),
        "Of these metrics:",
        "\n".join(_defined(metric) for metric in measured.metrics),
    ]
    return "\n\n".join(parts)


def measured_table() -> pd.DataFrame:
    """The table of effects as it lies beside this file."""
    return pd.read_csv(FOLDER / "effects.csv")


def _fields(kind: type[Pressure]) -> list[str]:
    """Names of a pressure's settings, its own first and the strength last."""
    return sorted(kind.model_fields, key=lambda word: word == "strength")


def _called(pressure: Pressure) -> str:
    """A pressure as one would write it, with what differs from the defaults, and its strength."""
    kind = type(pressure)
    values = {word: getattr(pressure, word) for word in _fields(kind)}
    differ = {
        word: value
        for word, value in values.items()
        if word == "strength" or value != kind.model_fields[word].get_default()
    }
    return f"{kind.__name__}({', '.join(f'{word}={written(value)}' for word, value in differ.items())})"


def _baseline(measured: Effect) -> str:
    about = BASELINES[measured.baseline].about
    place = "[the small world](README.md#what-was-measured)"
    return f"{place} with {about}." if about else f"{place}."


def _sentence(row: dict[str, Any]) -> str:
    ends = f"{number(row['ci_low'], signed=True)} to {number(row['ci_high'], signed=True)}"
    fewer = "" if row["n"] == SEEDS else f", {row['n']} seeds"
    return (
        f"* **{row['metric'].replace('_', ' ')}**: {number(row['on'])} with, {number(row['off'])} without; "
        f"difference {number(row['effect'], signed=True)} (95 % interval {ends}), Cliff's delta "
        f"{delta(row['cliffs_delta'])}{fewer}."
    )


def _defined(metric: str) -> str:
    text, unit, *_ = definitions([] if metric in TRAINING else [metric], [])[metric]
    return f"* *{metric.replace('_', ' ')}*: {text}" + ("" if unit == "none" else f" Unit: {unit}.")


PARTS = (overview, about, settings, effect)
MARKERS: dict[str, Callable[[str], str]] = {part.__name__: part for part in PARTS}


def begun(name: str) -> str:
    """The present text of a page, or an empty page for a pressure that has none."""
    file = FOLDER / f"{name}.md"
    return file.read_text(encoding="utf-8") if file.exists() else SKELETON.format(name=name)


def page(name: str) -> str:
    """A page as it should be: its present text with what is generated made anew.

    Raises:
        ValueError: a marker without its other half.
    """
    return filled(begun(name), name, MARKERS)


def pages() -> tuple[str, ...]:
    """Names of all pages."""
    return ("README", *own())


def write() -> None:
    """Bring every page up to date."""
    for name in pages():
        (FOLDER / f"{name}.md").write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    write()
