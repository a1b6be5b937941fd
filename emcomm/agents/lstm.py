"""Recurrent agents with a long short-term memory."""

from __future__ import annotations

from typing import ClassVar

from emcomm.agents.layers import CellKind
from emcomm.agents.recurrent import Recurrent

__all__ = ["LSTM"]


class LSTM(Recurrent):
    """Recurrent agents with one long short-term memory.

    A meaning is encoded as the speaker's first output; memories begin with 0.

    Args:
        hidden: width of the output, and of the memory beside it.
        embedding: width of a symbol's embedding.
        encoder: how meanings are seen, by speakers and by listeners that point.
        reading: what listeners answer from: ``"last"``, the last output, or ``"attention"``, an average of all outputs.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Source: Hochreiter & Schmidhuber 1997; as agents after Havrylov & Titov 2017 and Lazaridou et al. 2018, one layer.
    """

    name: ClassVar[str] = "lstm"
    cell: ClassVar[CellKind] = "lstm"
