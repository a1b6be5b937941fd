"""Architectures in which ternary training is compared with float training, and what is aimed at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from benchmarks.settings import EMBEDDING, ENTROPY, LEARNING_RATE
from emcomm.agents import CNN, GRU, LSTM, Agent, Linear, Transformer
from emcomm.agents.arithmetic import DEFAULT
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.ternary import Preset, Schedule
from emcomm.training import Run, Setup
from emcomm.worlds import AttributeWorld, ImageWorld
from emcomm.worlds.base import World

__all__ = ["ARCHITECTURES", "NUMBERS", "PHASES", "SLOWEST", "Architecture", "Phase", "Way"]

Kind = Literal["gru", "lstm", "transformer", "cnn"]
Phase = Literal["before", "rising", "after", "mixed"]
Way = Literal["plain float", "float", "before", "rising", "after", "mixed"]

NUMBERS = (1, 8, 32)
"""Numbers of runs that are played unless others are asked for."""

SLOWEST = 1.6
"""Ternary training is to take at most so many times as long as the same architecture in float."""

_NEVER, _AT_ONCE = Schedule(kind="never"), Schedule(kind="step", start=0.0)
_SLOWLY, _CURVED = Schedule(start=0.0, length=1.0), Schedule(kind="tanh", start=0.0, length=1.0)
PHASES: Mapping[Phase, tuple[Schedule, ...]] = {
    "before": (_NEVER,),
    "rising": (_SLOWLY,),
    "after": (_AT_ONCE,),
    "mixed": (_NEVER, _SLOWLY, _AT_ONCE, _CURVED),
}
"""Schedules that the runs of a stack take in turn, and keep to as long as a measurement may take."""

_STEPS = 100_000_000


@dataclass(frozen=True)
class Architecture:
    """An architecture, and the game that it plays: reconstruction with messages of a fixed length.

    Attributes:
        name: what it is called on the command line.
        kind: of the agents; ``"cnn"``: GRU agents that see pictures through a convolutional encoder.
        hidden: width of both agents.
        batch_size: games of a run in a step.
        length: symbols of a message.
        symbols: size of the alphabet.
        recipe: how it is ternary; the float agents have the architecture of this recipe.
        aims: whether `SLOWEST` is aimed at.
    """

    name: str
    kind: Kind
    hidden: int = 64
    batch_size: int = 256
    length: int = 3
    symbols: int = 20
    recipe: Preset = DEFAULT
    aims: bool = True

    @property
    def title(self) -> str:
        """The architecture and its game in words."""
        return (
            f"{self.name}: world {self._world_words}, width {self.hidden}, batch {self.batch_size}, "
            f"{self.length} of {self.symbols} symbols"
        )

    @property
    def world(self) -> World:
        """What there is to talk about."""
        return ImageWorld() if self.kind == "cnn" else AttributeWorld(values=(10, 10))

    @property
    def _world_words(self) -> str:
        return f"of pictures {self.world.form}" if self.kind == "cnn" else "10 x 10"

    def ways(self, runs: int) -> tuple[Way, ...]:
        """Who plays with so many runs: the fast float agents, the yardstick, and every phase of a schedule."""
        last: tuple[Way, ...] = ("mixed",) if runs > 1 else ()
        return ("plain float", "float", "before", "rising", "after", *last)

    def agent(self, way: Way) -> Agent:
        """Build the agents of one who plays."""
        if way == "plain float":
            precision, recipe = "float", None
        else:
            precision, recipe = "float" if way == "float" else "ternary", self.recipe
        own = {"hidden": self.hidden, "precision": precision, "recipe": recipe}
        if self.kind == "transformer":
            return Transformer.model_validate(own)
        encoder = CNN() if self.kind == "cnn" else Linear()
        return (LSTM if self.kind == "lstm" else GRU).model_validate(
            {**own, "embedding": EMBEDDING, "encoder": encoder}
        )

    def runs(self, way: Way, count: int) -> list[Run]:
        """Build the runs of one stack: other seeds, and the schedules of the way in turn."""
        agent, world = self.agent(way), self.world
        schedules = (_NEVER,) if way == "float" or way == "plain float" else PHASES[way]
        setups = [
            Setup(
                world=world,
                game=Reconstruction(),
                channel=Channel(symbols=self.symbols, max_length=self.length, variable=False),
                speaker=agent,
                listener=agent,
                steps=_STEPS,
                batch_size=self.batch_size,
                speaker_learning_rate=LEARNING_RATE,
                listener_learning_rate=LEARNING_RATE,
                speaker_entropy=ENTROPY,
                quantisation=schedule,
            )
            for schedule in schedules
        ]
        return [Run("off", seed, setup) for seed, setup in zip(range(count), islice(cycle(setups), count), strict=True)]


ARCHITECTURES: Mapping[str, Architecture] = {
    each.name: each
    for each in (
        Architecture("gru", "gru"),
        Architecture("lstm", "lstm"),
        Architecture("transformer", "transformer"),
        Architecture("cnn", "cnn", aims=False),
    )
}
"""Architectures by name, in the order in which they are played."""
