"""The contract of probes: measures of a finished language that train fresh learners on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from emcomm.registry import Plugin, Registry
from emcomm.training import Observation, Setup

__all__ = ["PROBES", "Probe"]

PROBES: Registry[type[Probe]] = Registry("probes", "probe")


class Probe(Plugin):
    """Base of probes; a set-up object like every plug-in.

    Attributes:
        definition: what is measured, one sentence for the report.
        unit: its unit.
        range: its range.
        source: where it was published.
    """

    registry: ClassVar[Registry[type[Probe]]] = PROBES
    definition: ClassVar[str]
    unit: ClassVar[str]
    range: ClassVar[tuple[float, float]]
    source: ClassVar[str]

    def measure(self, observations: Sequence[Observation], base: Setup, device: str = "cpu") -> list[float]:
        """Measure languages.

        Args:
            observations: the last observation of each run; world and channel are taken from its own set-up.
            base: the study's set-up without pressures. All languages are probed with its game and its listener, so
                that a pressure that changes those does not change the yardstick.
            device: where to train.

        Returns:
            one number for each observation, the mean over its speakers; a value depends on its own language and seed
            alone.
        """
        raise TypeError(f"{type(self).__name__} does not define measure()")
