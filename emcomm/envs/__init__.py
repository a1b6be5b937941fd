"""Games: the rules of each, batched over runs, pairs and rounds."""

from __future__ import annotations

from typing import Any

from emcomm.envs.base import GAMES, Board, Game, Outcome, Round
from emcomm.registry import scan

__all__ = ["GAMES", "Board", "Game", "Outcome", "Round"]
__all__ += scan(__name__, __path__, GAMES, globals())


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.envs has no {name!r}; games: {', '.join(GAMES.names())}")
