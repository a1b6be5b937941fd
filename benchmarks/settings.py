"""The three settings in which speed is compared, and what is aimed at in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.plain_loop import PlainLoop
from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.errors import BadInput
from emcomm.training import Run, Setup
from emcomm.worlds import AttributeWorld

__all__ = ["SETTINGS", "Arm", "Matmul", "Setting"]

Matmul = Literal["float32", "bfloat16"]

EMBEDDING = 16
LEARNING_RATE = 1e-3
ENTROPY = 0.1


@dataclass(frozen=True)
class Arm:
    """How emcomm plays a setting: `runs` runs at once, with matrix products in `matmul`."""

    runs: int
    matmul: Matmul = "float32"

    def __post_init__(self) -> None:
        if self.runs < 1:
            raise BadInput(f"runs must be at least 1, got {self.runs}")


@dataclass(frozen=True)
class Setting:
    """One size of world, agents, batch and channel. The game is reconstruction with messages of a fixed length.

    Attributes:
        name: what it is called on the command line.
        values: values of each attribute.
        hidden: width of both agents.
        batch_size: games of a run in a step.
        length: symbols of a message.
        symbols: size of the alphabet.
        arms: what is played unless other numbers of runs are asked for.
        figures: games per second aimed at on two cores, by arm: the best of an early prototype.
        gains: by arm, how many times as fast as the plain loop is aimed at.
    """

    name: str
    values: tuple[int, ...]
    hidden: int
    batch_size: int
    length: int
    symbols: int
    arms: tuple[Arm, ...] = (Arm(1), Arm(8), Arm(32))
    figures: Mapping[Arm, float] = field(default_factory=dict)
    gains: Mapping[Arm, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The setting in words."""
        world = " x ".join(map(str, self.values))
        return (
            f"{self.name}: world {world}, width {self.hidden}, batch {self.batch_size}, "
            f"{self.length} of {self.symbols} symbols"
        )

    @property
    def world(self) -> AttributeWorld:
        """What there is to talk about."""
        return AttributeWorld(values=self.values)

    def setup(self, matmul: Matmul = "float32") -> Setup:
        """Build the set-up of emcomm's runs."""
        agent = GRU(hidden=self.hidden, embedding=EMBEDDING)
        return Setup(
            world=self.world,
            game=Reconstruction(),
            channel=Channel(symbols=self.symbols, max_length=self.length, variable=False),
            speaker=agent,
            listener=agent,
            batch_size=self.batch_size,
            speaker_learning_rate=LEARNING_RATE,
            listener_learning_rate=LEARNING_RATE,
            speaker_entropy=ENTROPY,
            matmul=matmul,
        )

    def runs(self, arm: Arm) -> list[Run]:
        """Build emcomm's runs: one condition, other seeds."""
        setup = self.setup(arm.matmul)
        return [Run("off", seed, setup) for seed in range(arm.runs)]

    def plain(self) -> PlainLoop:
        """Build the plain loop."""
        return PlainLoop(
            self.world,
            symbols=self.symbols,
            length=self.length,
            hidden=self.hidden,
            batch_size=self.batch_size,
            embedding=EMBEDDING,
            learning_rate=LEARNING_RATE,
            entropy=ENTROPY,
        )

    def arms_with(self, runs: tuple[int, ...]) -> tuple[Arm, ...]:
        """Return an arm for every number of runs in every precision of the setting; no numbers: the setting's arms."""
        if not runs:
            return self.arms
        return tuple(Arm(count, matmul) for matmul in dict.fromkeys(arm.matmul for arm in self.arms) for count in runs)


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            name="small",
            values=(10, 10),
            hidden=64,
            batch_size=256,
            length=3,
            symbols=20,
            figures={Arm(1): 92e3, Arm(8): 165e3, Arm(32): 177e3},
            gains={Arm(32): 3.5},
        ),
        Setting(
            name="medium",
            values=(4, 4, 4, 4),
            hidden=128,
            batch_size=1024,
            length=4,
            symbols=20,
            figures={Arm(1): 52e3, Arm(8): 52e3},
            gains={Arm(8): 1.8},
        ),
        Setting(
            name="large",
            values=(4, 4, 4, 4),
            hidden=500,
            batch_size=5120,
            length=4,
            symbols=100,
            arms=(Arm(1, "bfloat16"), Arm(1, "float32")),
            figures={Arm(1, "bfloat16"): 12e3},
            gains={Arm(1, "bfloat16"): 4.0},
        ),
    )
}
"""Settings by name, in the order in which they are played."""
