"""Every colour of the report, once: for light and dark pages, for figures on paper, for cells by effect size.

Blue and orange ends, and the series colours, stay apart for readers with any of the common colour-vision deficiencies;
dashes, marks and words carry the same information without colour.
"""

from __future__ import annotations

import math

__all__ = ["DASHES", "SERIES", "THEME", "cell_colours", "dash", "series_colour", "variables"]

# name -> (light, dark); the light values also are the colours of the figures on paper
THEME: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#15181d"),
    "raised": ("#f6f7f9", "#1d2127"),
    "ink": ("#1b2027", "#e8eaee"),
    "muted": ("#57606c", "#a4adb9"),
    "line": ("#d8dce2", "#363c45"),
    "accent": ("#0a5c96", "#74b9ee"),
    "more": ("#7fb6e2", "#1d5c90"),
    "none": ("#f2f3f5", "#252a31"),
    "less": ("#f2ad7c", "#8b4a1c"),
    "band": ("#e6e9ee", "#2c323a"),
}
SERIES: list[tuple[str, str]] = [
    ("#5d6672", "#a9b2be"),
    ("#0072b2", "#56b4e9"),
    ("#d0560a", "#ff8f52"),
    ("#00805b", "#3fc79d"),
    ("#a63d8f", "#e28fd0"),
    ("#a87400", "#e4b53a"),
    ("#7a1f4f", "#e57ba8"),
    ("#4a56b8", "#9aa5f5"),
    ("#5f6b00", "#c5cc4e"),
]
DASHES: list[tuple[float, ...]] = [(), (5, 1.6), (1.4, 1.4), (6, 1.6, 1.4, 1.6), (3, 1.2)]


def series_colour(series: int, dark: bool = False) -> str:
    """Return a condition's colour as ``#rrggbb``; the baseline (0) is grey and keeps that for itself."""
    place = 0 if series == 0 else (series - 1) % (len(SERIES) - 1) + 1
    return SERIES[place][dark]


def dash(series: int) -> tuple[float, ...]:
    """Return a condition's dash pattern in line widths, on and off in turn; empty for an unbroken line."""
    return () if series == 0 else DASHES[(series - 1) % len(DASHES)]


def cell_colours(delta: float) -> tuple[str, str]:
    """Return a cell's background for Cliff's delta in [-1, 1], light and dark: orange, through grey at 0, to blue."""
    if math.isnan(delta):
        return THEME["paper"]
    end = "more" if delta > 0 else "less"
    share = min(abs(delta), 1.0)
    light, dark = (_mix(THEME["none"][mode], THEME[end][mode], share) for mode in (0, 1))
    return light, dark


def variables(dark: bool) -> str:
    """Return the CSS custom properties of one mode, ``--ink:#1b2027;...``, series included as ``--s0`` and on."""
    named = [f"--{name}:{pair[dark]}" for name, pair in THEME.items()]
    return ";".join(named + [f"--s{place}:{pair[dark]}" for place, pair in enumerate(SERIES)])


def _mix(start: str, end: str, share: float) -> str:
    channels = [(int(start[at : at + 2], 16), int(end[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)
