"""The discrimination game as a PettingZoo environment: the listener points at what the speaker saw.

Agents: ``speaker_0`` sees a meaning and speaks one symbol a step; ``listener_0`` sees the candidates and, when the
message has ended, points at one of them.

Source: Lewis 1969; Lazaridou et al. 2017.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.envs.discrimination import Discrimination, Distractors
from emcomm.envs.play.constructors import constructors
from emcomm.envs.play.settings import Settings

__all__ = ["DiscriminationSettings", "env", "parallel_env", "raw_env"]


class DiscriminationSettings(Settings):
    """Keywords of ``discrimination_v0``, beside those of every environment.

    Args:
        candidates: how many meanings the listener chooses from, the right one included.
        distractors: see `Discrimination`.
        allow_equal_features: see `Discrimination`.
    """

    name: ClassVar[str] = "discrimination_v0"
    candidates: int = Field(default=5, ge=2)
    distractors: Distractors = "random"
    allow_equal_features: bool = False

    @property
    def rules(self) -> Discrimination:
        return Discrimination(
            candidates=self.candidates, distractors=self.distractors, allow_equal_features=self.allow_equal_features
        )


env, raw_env, parallel_env = constructors(DiscriminationSettings)
