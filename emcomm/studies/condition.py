"""`Condition`: which pressures act in one arm of a study, how strongly, and what else is set differently."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from pydantic import Field

from emcomm.config import Config

__all__ = ["BASELINE", "EVERYTHING", "Condition", "Design", "designed"]

Design: TypeAlias = Literal["off", "each", "leave-one-out", "factorial", "explicit"]
BASELINE = "off"
EVERYTHING = "all"


class Condition(Config):
    """One arm of a study.

    Args:
        pressures: names of the study's pressures that act in it; all others are switched off.
        strengths: name of an acting pressure -> the strength it has here instead of its own.
        settings: dotted setting -> value here, e.g. ``{"channel.symbols": 5, "pressures.teaching.every": 500}``.
    """

    pressures: tuple[str, ...] = ()
    strengths: dict[str, float] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


def designed(design: Design, pressures: Sequence[str]) -> dict[str, Condition]:
    """Return the conditions of a design by name, the baseline ``off`` first.

    * ``off``: the baseline alone.
    * ``each``: the baseline, and every pressure alone under its own name.
    * ``leave-one-out``: the baseline, ``all``, and ``all - NAME`` for every pressure.
    * ``factorial``: all 2^k subsets, called ``a + b``.

    No set of pressures occurs twice: with one pressure, ``all - NAME`` is the baseline itself.

    Args:
        design: any but ``"explicit"``, whose conditions the user writes.
        pressures: the study's names of its pressures, in order.
    """
    names = tuple(pressures)
    conditions = {BASELINE: Condition()}
    if design == "each":
        conditions |= {name: Condition(pressures=(name,)) for name in names}
    elif design == "leave-one-out" and names:
        conditions[EVERYTHING] = Condition(pressures=names)
        if len(names) > 1:
            for left_out in names:
                others = tuple(name for name in names if name != left_out)
                conditions[f"{EVERYTHING} - {left_out}"] = Condition(pressures=others)
    elif design == "factorial":
        for size in range(1, len(names) + 1):
            conditions |= {" + ".join(s): Condition(pressures=s) for s in itertools.combinations(names, size)}
    return conditions
