"""The guessing game as a PettingZoo environment: the listener knows part of what the speaker saw, and points at it.

Agents: ``speaker_0`` sees a meaning and speaks one symbol a step; ``listener_0`` sees all meanings that share what it
knows and, when the message has ended, points at one of them.

Source: Kharitonov et al. 2020 ("guess number").
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import NonNegativeInt

from emcomm.envs.guess import Guess
from emcomm.envs.play.constructors import constructors
from emcomm.envs.play.settings import Settings

__all__ = ["GuessSettings", "env", "parallel_env", "raw_env"]


class GuessSettings(Settings):
    """Keywords of ``guess_v0``, beside those of every environment.

    What the listener knows has no segment of its own: it is what all candidates have in common.

    Args:
        known: see `Guess`.
    """

    name: ClassVar[str] = "guess_v0"
    known: NonNegativeInt = 1

    @property
    def rules(self) -> Guess:
        return Guess(known=self.known)


env, raw_env, parallel_env = constructors(GuessSettings)
