"""Communicative success: a listener with more candidates needs more informative messages."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["Candidates"]


class Candidates(Pressure):
    """Raise the number of candidates the listener chooses from.

    Args:
        count: candidates at strength 1, the target included. At strength s the game has
            ``base + s (count - base)`` candidates, rounded.
        strength: share of the way from the base game's candidates to `count`.

    Raises:
        BadInput: the game has no candidates.

    Source: Lazaridou et al. 2018; Chaabouni et al. 2022 (20 to 1024 candidates).
    """

    name: ClassVar[str] = "candidates"
    family: ClassVar = "success"
    source: ClassVar[str] = "Lazaridou et al. 2018; Chaabouni et al. 2022"
    count: int = Field(default=10, ge=2)

    def shape(self, setup: S) -> S:
        game = setup.game  # type: ignore[attr-defined]
        if not hasattr(game, "candidates"):
            raise BadInput(
                f"the pressure 'candidates' needs a game with candidates (discrimination), got {game.name!r}"
            )
        count = round(game.candidates + self.strength * (self.count - game.candidates))
        return changed(setup, game=changed(game, candidates=count))
