"""Communicative success: a target among its likes needs a more exact message."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["HardDistractors"]


class HardDistractors(Pressure):
    """Take some of the distractors from the meanings most like the target (context difficulty).

    Likeness is the number of attribute values shared with the target, ties are broken at random; the other distractors
    are any others. Each arm is evaluated in its own game, so that accuracies are of games of unequal difficulty.

    Args:
        strength: share of the distractors that are taken from the most alike, in [0, 1]; their number is rounded. A
            game that has such distractors already goes from its own share towards all.

    Raises:
        BadInput: the game has no distractors.

    Source: Kobrock et al. 2024 (contexts from coarse to fine); there all distractors of a game share a set number of
    values with the target, here a share of them are the nearest there are.
    """

    name: ClassVar[str] = "hard_distractors"
    family: ClassVar = "success"
    source: ClassVar[str] = "Kobrock et al. 2024"
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        game = setup.game  # type: ignore[attr-defined]
        if not hasattr(game, "hardness"):
            raise BadInput(
                f"the pressure 'hard_distractors' needs a game with distractors (discrimination), got {game.name!r}"
            )
        share = game.hardness + self.strength * (1.0 - game.hardness)
        return changed(setup, game=changed(game, distractors=share))
