"""Learnability: how much an agent can hold."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, PositiveInt, model_validator

from emcomm.agents import Agent
from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["Capacity"]


class Capacity(Pressure):
    """Make agents wider or narrower.

    Args:
        hidden: width of the recurrent state at strength 1; None leaves it.
        embedding: width of a symbol's embedding at strength 1; None leaves it.
        role: whose: ``"both"``, ``"speaker"`` or ``"listener"``.
        strength: share of the way from the set-up's widths to these, in [0, 1]; widths are rounded.

    Raises:
        BadInput: neither width is given, or an agent has no such width.

    Source: Resnick et al. 2020 (capacity bounds compositionality from below; the other bound was not seen);
    Conklin & Smith 2023 (smaller models are more regular).
    """

    name: ClassVar[str] = "capacity"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Resnick et al. 2020; Conklin & Smith 2023"
    hidden: PositiveInt | None = 16
    embedding: PositiveInt | None = None
    role: Literal["both", "speaker", "listener"] = "both"
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _some_width(self) -> Capacity:
        if self.hidden is None and self.embedding is None:
            raise BadInput("the pressure 'capacity' needs a width to change: hidden or embedding; got neither")
        return self

    def shape(self, setup: S) -> S:
        roles = ("speaker", "listener") if self.role == "both" else (self.role,)
        return changed(setup, **{role: self._resized(getattr(setup, role)) for role in roles})

    def _resized(self, agent: Agent) -> Agent:
        """The same architecture with other widths."""
        widths = {"hidden": self.hidden, "embedding": self.embedding}
        wanted = {name: width for name, width in widths.items() if width is not None}
        for name in wanted:
            if name not in type(agent).model_fields:
                raise BadInput(f"the pressure 'capacity' needs agents with a setting {name!r}, got {agent.name!r}")
        before = {name: getattr(agent, name) for name in wanted}
        return changed(
            agent, **{name: round(old + self.strength * (wanted[name] - old)) for name, old in before.items()}
        )
