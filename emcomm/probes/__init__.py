"""Probes: measures that train fresh learners on a frozen language.

A `Probe` measures the runs of a study. `teaching_curves` (fresh listeners) and `imitation_curves` (fresh speakers) take
any stored `Language` and need no study. So does `untrained_languages`: what fresh speakers say before they learn, as a
null for `emcomm.measure`.
"""

from __future__ import annotations

from typing import Any

from emcomm.probes.base import PROBES, Probe
from emcomm.probes.curves import LearningCurves
from emcomm.probes.imitation import imitation_curves
from emcomm.probes.teaching import teaching_curves
from emcomm.probes.untrained import untrained_languages
from emcomm.registry import scan

__all__ = ["PROBES", "LearningCurves", "Probe", "imitation_curves", "teaching_curves", "untrained_languages"]
__all__ += scan(__name__, __path__, PROBES, globals())


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.probes has no {name!r}; probes: {', '.join(PROBES.names())}")
