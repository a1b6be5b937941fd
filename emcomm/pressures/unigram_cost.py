"""Efficiency: rare symbols are dear, and so a few symbols do the work."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.pressures.base import Cost, Moment, Play, Pressure
from emcomm.pressures.utterances import surprisal

__all__ = ["UnigramCost"]


class UnigramCost(Pressure):
    """Charge the speaker for each symbol by its surprisal, ``-log q(symbol)``.

    q is how often the agent uses each symbol in this batch, wherever it stands; EOS neither counts nor costs. The mean
    cost of a message is its length times the entropy of the agent's symbols: a small inventory pays, and so does
    brevity, until one symbol is left, which is free. q counts the game's own symbols, so that nothing said has
    probability 0; for relaxed messages one count more is spread evenly over all symbols. No gradient flows through q.

    Args:
        strength: cost of a nat of surprisal, in units of the reward; at 1, a symbol that makes up half of what the
            agent says costs log 2.

    Source: after Gilberti 2025, who puts pressure on the inventory beside length; the surprisal as its measure is ours.
    """

    name: ClassVar[str] = "unigram_cost"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "after Gilberti 2025"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.05, ge=0.0, allow_inf_nan=False)

    def cost(self, play: Play, moment: Moment) -> Cost:
        assert play.said is not None, "the engine gives what was said"
        return Cost(speaker=moment.per_game() * surprisal(play.said, by_position=False, eos=False))
