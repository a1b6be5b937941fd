"""Learnability: learners that do not put up with variation nobody can predict."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.pressures.base import Cost, Moment, Play, Pressure
from emcomm.pressures.utterances import message_entropy

__all__ = ["Regularity"]


class Regularity(Pressure):
    """Charge the speaker for saying now this, now that about one meaning.

    The cost of a game is the entropy of what the speaker might have said about its meaning: H(message | meaning) in
    nats, the entropies of its choices summed over the message. Variation that depends on the meaning is free, and so
    are differences between speakers. Agents and meanings are never compared. The set-up's own entropy bonus
    (`speaker_entropy`) pulls the other way and stays as it is; `EntropyBonus` is the opposite.

    Sampled messages: the gradient of H has two parts, through the probabilities at each position and through which
    positions are reached; the first is exact for the message said, the second is a reward, so that both together are
    unbiased. Relaxed messages: the first part only, which flows through the message.

    Args:
        strength: cost of a nat, in units of the reward; at 1, a choice between two equally likely messages costs
            log 2.

    Source: Hudson Kam & Newport 2005 and Hudson Kam & Newport 2009 found learners, children above all, to regularise
    unpredictable variation in their input. They give no equation: here the bias is a cost of production that is always
    there, rather than something learners do to what they hear.
    """

    name: ClassVar[str] = "regularity"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Hudson Kam & Newport 2005; Hudson Kam & Newport 2009"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.1, ge=0.0, allow_inf_nan=False)

    def cost(self, play: Play, moment: Moment) -> Cost:
        assert play.said is not None, "the engine gives what was said"
        entropy = moment.per_game() * message_entropy(play.said)
        return Cost(speaker=entropy if play.said.relaxed is None else None, policy=entropy)
