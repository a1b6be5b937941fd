"""Recurrent agents with a plain recurrent cell."""

from __future__ import annotations

from typing import ClassVar

from emcomm.agents.layers import CellKind
from emcomm.agents.recurrent import Recurrent

__all__ = ["RNN"]


class RNN(Recurrent):
    """Recurrent agents with one layer of tanh units and no gates.

    Args:
        hidden: width of the recurrent state.
        embedding: width of a symbol's embedding.
        encoder: how meanings are seen, by speakers and by listeners that point.
        reading: what listeners answer from: ``"last"``, the last state, or ``"attention"``, an average of all states.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Source: Elman 1990; as agents in EGG (Kharitonov et al. 2019), one layer.
    """

    name: ClassVar[str] = "rnn"
    cell: ClassVar[CellKind] = "rnn"
