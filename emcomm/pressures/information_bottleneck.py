"""Efficiency: what is said about the meaning costs by the nat."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.pressures.base import Cost, Moment, Play, Pressure
from emcomm.pressures.utterances import message_entropy, surprisal

__all__ = ["InformationBottleneck"]


class InformationBottleneck(Pressure):
    """Charge the speaker for the information that its messages carry about meanings (complexity, in nats).

    The cost is ``KL(p(message | meaning) || q(message))``, where q is a product over positions: at each, how often the
    agent says each symbol there in this batch, EOS included where lengths vary, among the messages that get so far. Its
    mean over meanings is at least the mutual information of meanings and messages, and equal to it when positions are
    independent and q is exact.

    Sampled messages: a game costs ``log p(m | x) - log q(m)``, which may be below 0, as a reward term; given q the
    gradient is unbiased. q counts the game's own message, so that nothing said has probability 0; in a batch of n, a
    speaker that chooses freely among S symbols therefore looks about ``(S - 1) / 2n`` nats a position too cheap.
    Relaxed messages: the speaker's entropies and the relaxed symbols give the same two terms with a gradient; one count
    more is spread evenly over all symbols. No gradient flows through q. A language without information may be one
    message for everything or chance; which of them is reached is left to the rest of the set-up.

    Args:
        strength: cost of a nat of complexity, in units of the reward. With the log-likelihood as reward, the speaker
            minimises ``strength x complexity - accuracy``: the strength is 1 / beta of the information bottleneck.

    Source: Alemi et al. 2017 (the variational bound, there with a learnt or fixed marginal q); Tucker et al. 2022 (a
    weight on the complexity of messages, there for continuous ones that are quantised); Zaslavsky et al. 2018 (the
    trade-off, ``complexity - beta x accuracy``). Taking q from the batch is ours.
    """

    name: ClassVar[str] = "information_bottleneck"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Alemi et al. 2017; Tucker et al. 2022; Zaslavsky et al. 2018"
    on_symbols: ClassVar[bool] = True
    strength: float = Field(default=0.05, ge=0.0, allow_inf_nan=False)

    def cost(self, play: Play, moment: Moment) -> Cost:
        said = play.said
        assert said is not None, "the engine gives what was said"
        under_q = surprisal(said, by_position=True, eos=True)
        if said.relaxed is None:
            return Cost(speaker=moment.per_game() * (said.log_prob.detach() + under_q))
        return Cost(policy=moment.per_game() * (under_q - message_entropy(said)))
