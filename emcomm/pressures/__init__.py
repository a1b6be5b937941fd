"""Pressures: named, switchable parts of a study, each with a family, a source and a strength."""

from __future__ import annotations

from typing import Any

from emcomm.pressures.base import FAMILIES, PRESSURES, Cost, Moment, Play, Pressure
from emcomm.pressures.population import Population, Role, Talk
from emcomm.registry import scan

__all__ = ["FAMILIES", "PRESSURES", "Cost", "Moment", "Play", "Population", "Pressure", "Role", "Talk"]
__all__ += scan(__name__, __path__, PRESSURES, globals())


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.pressures has no {name!r}; pressures: {', '.join(PRESSURES.names())}")
