"""Speakers and listeners: set-ups in the registry, and the plain modules they build; and how they see meanings."""

from __future__ import annotations

from typing import Any

from emcomm.agents.base import AGENTS, Agent, Listener, Speaker, Utterance
from emcomm.agents.encoders import ENCODERS, Encoder
from emcomm.agents.packing import load_packed, pack_agent
from emcomm.registry import scan

__all__ = ["AGENTS", "ENCODERS", "Agent", "Encoder", "Listener", "Speaker", "Utterance", "load_packed", "pack_agent"]
__all__ += scan(__name__, __path__, AGENTS, globals())
__all__ += scan(__name__, __path__, ENCODERS, globals())


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.agents has no {name!r}; agents: {', '.join(AGENTS.names())}")
