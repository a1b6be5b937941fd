"""`Arithmetic`, what the maps of an agent compute with, and `Precise`, agents whose precision can be chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from pydantic import field_validator, model_validator

from emcomm.agents.base import Agent
from emcomm.errors import BadInput
from emcomm.ternary import Preset, Ternary, preset

__all__ = ["FLOAT", "Arithmetic", "Precise", "Precision"]

Precision = Literal["float", "ternary"]


@dataclass(frozen=True)
class Arithmetic:
    """What the maps of an agent compute with.

    Embeddings, biases, normalisations, attention's products and what gives logits are floats in any case.

    Attributes:
        products: precision of float maps' products, `torch.float32` or `torch.bfloat16`. Ternary maps compute in
            float32, which is exact for codes.
        recipe: how maps and cells are ternary, and their normalisations; ``recipe.ternary`` None: floats in the same
            architecture; None altogether: plain float maps and cells, which are faster.
    """

    products: torch.dtype = torch.float32
    recipe: Preset | None = None

    @property
    def plain(self) -> Arithmetic:
        """The same for a map that stays a float map: the first of raw pixels, and the last before logits."""
        return replace(self, recipe=None)

    @property
    def exact(self) -> Arithmetic:
        """The same with products in float32."""
        return replace(self, products=torch.float32)

    @property
    def of_maps(self) -> Ternary | None:
        """How maps of other things than recurrent states are ternary: a fixed unit is for states alone."""
        options = None if self.recipe is None else self.recipe.ternary
        if options is not None and options.activations == "unit":
            return options.model_copy(update={"activations": "token"})
        return options


FLOAT = Arithmetic()
DEFAULT = Preset(ternary=Ternary(activations="unit"))


class Precise(Agent):
    """Base of agents whose maps and cells are float or ternary.

    Args:
        precision: ``"float"``, or ``"ternary"``: weights of -1, 0 and 1 (1.58 bits). How far it is quantised at which
            step of training is the set-up's ``quantisation``.
        recipe: how it is ternary, and which normalisations its architecture has: a `Preset`, or the name of one. The
            float agent with a recipe is the control of the ternary one: the same architecture without the quantiser.
            None: ``Preset(ternary=Ternary(activations="unit"))`` if ternary, and if float the plain architecture, which
            has hand-written derivatives.

    Raises:
        BadInput: no such recipe, or a ternary agent with a recipe that has no quantiser.
    """

    precision: Precision = "float"
    recipe: Preset | None = None

    @field_validator("recipe", mode="before")
    @classmethod
    def _named(cls, recipe: Any) -> Any:
        return preset(recipe) if isinstance(recipe, str) else recipe

    @model_validator(mode="after")
    def _quantised(self) -> Precise:
        if self.precision == "ternary" and self.recipe is not None and self.recipe.ternary is None:
            raise BadInput("precision='ternary' needs a recipe with a quantiser, got one with ternary=None")
        return self

    def arithmetic(self, products: torch.dtype) -> Arithmetic:
        """What its maps compute with, given the precision of float products."""
        if self.precision == "float":
            return Arithmetic(products, None if self.recipe is None else self.recipe.control())
        return Arithmetic(products, self.recipe or DEFAULT)
