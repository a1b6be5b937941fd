"""How the report writes numbers and lists: one place, so that page, figures and terminal say the same thing alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["NOTHING", "delta", "label", "listing", "number", "p_value", "plural", "setting", "shorten"]

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


def number(value: Any, *, signed: bool = False) -> str:
    """Write a number with as many decimals as its size deserves; a missing or undefined one becomes a dash.

    Args:
        value: anything `float` takes, or None.
        signed: write a plus before positive numbers.

    Returns:
        e.g. ``"0.12"``, ``"−0.004"`` (with a true minus sign), ``"+12.3"``, ``"1,234"``, ``"2e-05"``.
    """
    if value is None or math.isnan(value := float(value)):
        return NOTHING
    size = abs(value)
    if math.isinf(size):
        text = "\N{INFINITY}"
    elif size >= 100:
        text = f"{size:,.0f}"
    elif size >= 10:
        text = f"{size:.1f}"
    elif size >= 0.1 or size == 0:
        text = f"{size:.2f}"
    elif size >= 0.00005:
        text = f"{size:.3f}" if size >= 0.0005 else f"{size:.4f}"
    else:
        text = f"{size:.0e}"
    return (MINUS if value < 0 else "+" if signed and value > 0 else "") + text


def delta(value: Any) -> str:
    """Write Cliff's delta with its sign and two decimals; a missing one becomes a dash."""
    if value is None or math.isnan(float(value)):
        return NOTHING
    return f"{value:+.2f}".replace("-", MINUS).replace("+0.00", "0.00").replace(f"{MINUS}0.00", "0.00")


def p_value(value: Any) -> str:
    """Write a p-value with three decimals, or as ``"< 0.001"``; a missing one becomes a dash."""
    if value is None or math.isnan(float(value)):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: ``"1 run"``, ``"3 runs"``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listing(items: Sequence[str]) -> str:
    """Join items as prose: ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def label(metric: str) -> str:
    """Turn a metric's name into words: ``"mean_length_by_type"`` becomes ``"mean length by type"``."""
    return metric.replace("_", " ")


def shorten(text: str, most: int) -> str:
    """Cut text to at most `most` characters, the last of them an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def setting(value: Any) -> str:
    """Write one value of a study's settings as a reader would type it; None becomes ``"not set"``."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return (
            ", ".join(f"({setting(item)})" if isinstance(item, list | tuple) else setting(item) for item in value)
            or "none"
        )
    return str(value)
