"""Reference to concepts as a PettingZoo environment: the listener points at the object that falls under one.

Agents: ``speaker_0`` sees a concept and speaks one symbol a step; ``listener_0`` sees objects and, when the message has
ended, points at the one that falls under the concept.

Source: Ohmer et al. 2022; Kobrock et al. 2024.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SerializeAsAny

from emcomm.envs.abstraction import Abstraction
from emcomm.envs.play.constructors import constructors
from emcomm.envs.play.settings import Settings
from emcomm.worlds import HierarchyWorld, World

__all__ = ["AbstractionSettings", "env", "parallel_env", "raw_env"]


class AbstractionSettings(Settings):
    """Keywords of ``abstraction_v0``, beside those of every environment.

    Args:
        world: what there is to talk about: a world of concepts.
        candidates: how many objects the listener chooses from, the right one included.
        context: see `Abstraction`.
    """

    name: ClassVar[str] = "abstraction_v0"
    world: SerializeAsAny[World] = HierarchyWorld(values=(3, 3, 3))
    candidates: int = Field(default=5, ge=2)
    context: Literal["any", "coarse", "fine", "mixed"] = "any"

    @property
    def rules(self) -> Abstraction:
        return Abstraction(candidates=self.candidates, context=self.context)


env, raw_env, parallel_env = constructors(AbstractionSettings)
