"""Recurrent agents with a gated recurrent unit."""

from __future__ import annotations

from typing import ClassVar

from emcomm.agents.layers import CellKind
from emcomm.agents.recurrent import Recurrent

__all__ = ["GRU"]


class GRU(Recurrent):
    """Recurrent agents with one gated unit.

    Args:
        hidden: width of the recurrent state.
        embedding: width of a symbol's embedding.
        encoder: how meanings are seen, by speakers and by listeners that point.
        reading: what listeners answer from: ``"last"``, the last state, or ``"attention"``, an average of all states.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Source: the architecture of Chaabouni et al. 2020 (EGG ``compo_vs_generalization``), one layer.
    """

    name: ClassVar[str] = "gru"
    cell: ClassVar[CellKind] = "gru"
