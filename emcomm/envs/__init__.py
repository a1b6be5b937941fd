"""Games: the rules of each, batched over runs, pairs and rounds; and the environments that other learners play in.

Each environment (``discrimination_v0``, ...) has PettingZoo's three constructors ``env``, ``raw_env`` and
``parallel_env``; `batched` plays many games of one at once, `collect` gathers the language of anybody's policies.
"""

from __future__ import annotations

from typing import Any

from emcomm.envs import (
    abstraction_v0,
    community_v0,
    concept_v0,
    dialogue_v0,
    discrimination_v0,
    guess_v0,
    reconstruction_v0,
)
from emcomm.envs.base import GAMES, Board, Game, Outcome, Round, Sight
from emcomm.envs.play.batched import BatchedEnv, batched
from emcomm.envs.play.collecting import Games, collect, play_games
from emcomm.envs.play.registering import announce
from emcomm.envs.play.settings import Costs, Noise
from emcomm.envs.play.trained import trained_policy
from emcomm.registry import scan

__all__ = [
    "GAMES",
    "BatchedEnv",
    "Board",
    "Costs",
    "Game",
    "Games",
    "Noise",
    "Outcome",
    "Round",
    "Sight",
    "abstraction_v0",
    "batched",
    "collect",
    "community_v0",
    "concept_v0",
    "dialogue_v0",
    "discrimination_v0",
    "guess_v0",
    "play_games",
    "reconstruction_v0",
    "trained_policy",
]
__all__ += scan(__name__, __path__, GAMES, globals())
announce()


def __getattr__(name: str) -> Any:
    raise AttributeError(f"emcomm.envs has no {name!r}; games: {', '.join(GAMES.names())}")
