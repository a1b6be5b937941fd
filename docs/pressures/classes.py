"""What the classes of pressures say of themselves, taken apart for the pages: docstrings, settings, ranges, points."""

from __future__ import annotations

import inspect
import re
from typing import Any, NamedTuple

from emcomm.pressures import Pressure

__all__ = ["POINTS", "Said", "allowed", "points_of", "said_by"]

POINTS = ("shape", "partners", "transmit", "attend", "cost", "between")
"""Where a pressure may act, in the order in which it is asked."""

SECTIONS = re.compile(r"\n\n(?=Args:\n|Attributes:\n|Raises:\n|Source:)")
ENTRY = re.compile(r"^    (\w+): (.*(?:\n     .*)*)", re.MULTILINE)
KINDS = {"integer": "a whole number", "number": "a number", "boolean": "`True` or `False`", "null": "`None`"}


class Said(NamedTuple):
    """The docstring of a class in Markdown.

    Attributes:
        summary: its first sentences, one paragraph in one line.
        body: the paragraphs after that, those that follow the arguments included; empty if there are none.
        args: keyword -> what it sets.
        refuses: error -> when it is raised.
        source: what follows ``Source:``.
    """

    summary: str
    body: str
    args: dict[str, str]
    refuses: dict[str, str]
    source: str


def said_by(kind: type[Pressure]) -> Said:
    """Take the docstring of a pressure apart.

    Raises:
        ValueError: a paragraph of the docstring has no place on a page.
    """
    text = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    head, *sections = SECTIONS.split(text)
    summary, _, body = head.partition("\n\n")
    found = {"Args": "", "Raises": "", "Source": ""}
    for section in sections:
        name, _, rest = section.partition(":")
        if name not in found:
            raise ValueError(f"{kind.__name__}: a section {name!r}, which pages do not show")
        if name == "Source":
            found[name] = rest
        else:
            entries, _, after = rest.lstrip("\n").partition("\n\n")
            found[name] = entries
            body = "\n\n".join(filter(None, (body, after)))
    return Said(_line(summary), body, _entries(found["Args"]), _entries(found["Raises"]), _line(found["Source"]))


def allowed(kind: type[Pressure]) -> dict[str, str]:
    """What each setting of a pressure may be, in words: type, range, choices."""
    schema = kind.model_json_schema()
    return {name: _permitted(about) for name, about in schema["properties"].items()}


def points_of(kind: type[Pressure]) -> tuple[str, ...]:
    """The points at which a pressure acts: the methods that it overrides."""
    return tuple(point for point in POINTS if getattr(kind, point) is not getattr(Pressure, point))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _entries(text: str) -> dict[str, str]:
    return {name: _line(about) for name, about in ENTRY.findall(text)}


def _permitted(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_permitted(option) for option in about["anyOf"])
    if "enum" in about:
        return ", ".join(f'`"{choice}"`' for choice in about["enum"])
    return " ".join([KINDS[about["type"]], *_range(about)])


def _range(about: dict[str, Any]) -> list[str]:
    """The bounds of a number: both, one or none."""
    low, high = about.get("minimum"), about.get("maximum")
    above, below = about.get("exclusiveMinimum"), about.get("exclusiveMaximum")
    if about["type"] == "integer" and above is not None:
        low, above = above + 1, None
    bounds = []
    if low is not None:
        bounds.append(f"from {low:g}")
    if above is not None:
        bounds.append(f"above {above:g}")
    if high is not None:
        bounds.append(f"to {high:g}")
    if below is not None:
        bounds.append(f"to below {below:g}")
    return bounds
