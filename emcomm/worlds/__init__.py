"""What there is to talk about: meanings, their features, how often each occurs, and what is kept from training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emcomm.registry import scan
from emcomm.worlds.base import WORLDS, Split, World

if TYPE_CHECKING:  # `scan` finds these; named here for type checkers and editors
    from emcomm.worlds.arrays import ArrayWorld as ArrayWorld
    from emcomm.worlds.attribute import AttributeWorld as AttributeWorld
    from emcomm.worlds.colours import ColourWorld as ColourWorld
    from emcomm.worlds.graphs import GraphWorld as GraphWorld
    from emcomm.worlds.hierarchy import HierarchyWorld as HierarchyWorld
    from emcomm.worlds.images import ImageWorld as ImageWorld

__all__ = ["WORLDS", "Split", "World"]
__all__ += scan(__name__, __path__, WORLDS, globals())
