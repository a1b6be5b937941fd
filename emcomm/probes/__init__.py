"""Probes: measures that train fresh learners on a frozen language."""

from __future__ import annotations

from typing import Any

from emcomm.probes.base import PROBES, Probe
from emcomm.registry import scan

__all__ = ["PROBES", "Probe"]
__all__ += scan(__name__, __path__, PROBES, globals())


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.probes has no {name!r}; probes: {', '.join(PROBES.names())}")
