"""The contract of pressures: what one is, where it may act, and what it is given there.

A pressure has a name, a family, a source and a strength, one number for each run. Strength 0 equals absence, bit for
bit: the engine leaves out a pressure that is 0 in every run of a stack, a pressure scales what it adds by its strength,
and it draws from a random stream of its own only.

It may act at six points and no others, in this order: before the start (`shape`), on who talks to whom (`partners`),
on the channel (`transmit`), on what listeners keep in mind (`attend`), on the cost of a game (`cost`), and between
steps (`between`). Several pressures act in the order in which the study lists them, and none subclasses another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeVar

from pydantic import Field
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.channel import Channel
from emcomm.envs import Outcome
from emcomm.pressures.population import Population
from emcomm.registry import Plugin, Registry

__all__ = ["FAMILIES", "PRESSURES", "Cost", "Moment", "Play", "Population", "Pressure", "changed"]

PRESSURES: Registry[type[Pressure]] = Registry("pressures", "pressure")
FAMILIES = ("success", "efficiency", "learnability", "social")
S = TypeVar("S")


def _nothing_lasts(*shape: int) -> Tensor:
    raise TypeError(f"numbers {shape} that last were asked for, and this moment was made without; give it always=")


@dataclass(frozen=True)
class Moment:
    """When and how strongly a pressure acts.

    Attributes:
        step: training steps done before this one.
        strength: float32 ``[runs]``, this pressure's strength in each run.
        draw: ``draw(shape)`` gives uniform numbers in [0, 1) float32 ``[runs, *shape]`` from this pressure's own
            stream; each call of one step gives other numbers.
        always: as `draw`, but the numbers are the same at every step.
        tied: whether speaker i and listener i are one agent, which is then nobody's partner to itself.
    """

    step: int
    strength: Tensor
    draw: Callable[..., Tensor]
    always: Callable[..., Tensor] = _nothing_lasts
    tied: bool = False

    def per_game(self) -> Tensor:
        """The strength shaped ``[runs, 1, 1]``, to be used against ``[runs, pairs, n]``."""
        return self.strength[:, None, None]


class Play(NamedTuple):
    """A batch of games as played, seen from the speaker's side.

    Attributes:
        length: float32 ``[runs, pairs, n]``, symbols before EOS; differentiable when messages are relaxed.
        outcome: how the games went, ``[runs, pairs, n]``.
        prefix_loss: float32 ``[runs, pairs, n, max_length + 1]``, the loss had the listener answered after 0, 1, ...
            symbols; None unless some pressure `reads_prefixes`.
        ends: float32 ``[runs, pairs, n, max_length + 1]``, how much of the message ends after 0, 1, ... symbols,
            summing to 1 and differentiable; None where messages are sampled and end after `length` symbols.
        said: the messages, ``[runs, pairs, n, ...]``, with the speaker's log-probability (0 where messages are relaxed)
            and entropy, both differentiable.
    """

    length: Tensor
    outcome: Outcome
    prefix_loss: Tensor | None
    ends: Tensor | None = None
    said: Utterance | None = None


class Cost(NamedTuple):
    """What a pressure adds to the cost of each game.

    Attributes:
        speaker: ``[runs, pairs, n]``, subtracted from the speaker's reward as a term with a baseline of its own;
            None for nothing.
        listener: ``[runs, pairs, n]``, added to the listener's loss, differentiable; None for nothing.
        policy: ``[runs, pairs, n]``, added to the speaker's loss as it is, differentiable through what was said; for
            what depends on the speaker's probabilities rather than on what it happened to say. None for nothing.
    """

    speaker: Tensor | None = None
    listener: Tensor | None = None
    policy: Tensor | None = None


class Pressure(Plugin):
    """Base of pressures. Override the points at which the pressure acts, and no others.

    Args:
        strength: how strongly it acts, >= 0; 0 equals absence. What 1 means is each pressure's own.

    Attributes:
        family: ``"success"``, ``"efficiency"``, ``"learnability"`` or ``"social"``.
        source: where the pressure was published.
        reads_prefixes: whether `cost` needs the loss after every symbol.
        from_the_start: whether `between` is called before the first step as well.
        chooses_meanings: whether it changes which meanings games are about.
        on_one_role: whether it replaces, weakens or teaches one role and leaves the other alone, which cannot be done
            to tied agents; see `Setup`.
        on_symbols: whether it acts on symbols, their number or the choice among them, of which there are none where
            agents send real numbers; see `emcomm.training.Continuous`.
    """

    registry: ClassVar[Registry[type[Pressure]]] = PRESSURES
    family: ClassVar[Literal["success", "efficiency", "learnability", "social"]]
    source: ClassVar[str]
    reads_prefixes: ClassVar[bool] = False
    from_the_start: ClassVar[bool] = False
    chooses_meanings: ClassVar[bool] = False
    on_one_role: ClassVar[bool] = False
    on_symbols: ClassVar[bool] = False

    strength: float = Field(default=1.0, ge=0.0, allow_inf_nan=False)

    def off(self) -> Self:
        """The same pressure with strength 0."""
        return self.at(0.0)

    def at(self, strength: float) -> Self:
        """The same pressure with another strength."""
        return type(self)(**{**dict(self), "strength": strength})

    def shape(self, setup: S) -> S:
        """Before the start: return the set-up this pressure asks for. Called only when the strength is not 0."""
        return setup

    def partners(self, moment: Moment, pairs: int) -> Tensor | None:
        """Who talks to whom: int64 ``[runs, pairs]``, the listener of each speaker, a permutation; None: no opinion.

        Where agents are tied (``moment.tied``), nobody is its own listener.
        """
        return None

    def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
        """The channel: what listeners read of messages ``[runs, pairs, n, max_length]``."""
        return symbols

    def attend(self, shape: tuple[int, int, int], moment: Moment) -> Tensor | None:
        """What listeners keep in mind when they answer.

        Args:
            shape: listeners of a run, games, and numbers a listener answers from, see `Listener.width`.
            moment: when and how strongly.

        Returns:
            a factor for each number, float32 ``[runs, *shape]``, exactly 1 where the strength is 0; None: all is kept.
        """
        return None

    def cost(self, play: Play, moment: Moment) -> Cost | None:
        """The cost of each game."""
        return None

    def between(self, population: Population, moment: Moment) -> None:
        """Between steps: replace or reset agents, teach them apart from the games, choose what games are about.

        `moment.step` steps have been done, at least one unless the pressure acts `from_the_start`.
        """


def changed(setup: S, **updates: Any) -> S:
    """A copy of a frozen set-up with some fields changed, validated again."""
    return type(setup)(**{**dict(setup), **updates})  # type: ignore[call-overload]
