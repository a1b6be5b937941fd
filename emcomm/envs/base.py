"""The rules of a game, batched: deal rounds, score answers. Pure tensor functions; nobody plays here.

Leading dimensions are the stack (runs, pairs) and the batch; every game of a batch is independent of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emcomm.registry import Plugin, Registry
from emcomm.worlds import Split, World
from emcomm.worlds.form import Form

__all__ = ["GAMES", "Board", "Game", "Outcome", "Round", "Sight", "choice_outcome"]

GAMES: Registry[type[Game]] = Registry("games", "game")


class Board(NamedTuple):
    """A world as tensors.

    Attributes:
        meanings: int64 ``[meanings, attributes]``.
        features: float32 ``[meanings, features]``.
        looks: int64 ``[meanings]``; meanings with the same number have equal features.
        sizes: values of each attribute.
    """

    meanings: Tensor
    features: Tensor
    looks: Tensor
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, world: World, device: torch.device | str = "cpu") -> Board:
        """Lay out a world on a device."""
        features = torch.tensor(world.features())
        looks = features.unique(dim=0, return_inverse=True)[1]
        meanings = torch.tensor(world.meanings())
        return cls(meanings.to(device), features.to(device), looks.to(device), tuple(world.sizes()))


class Round(NamedTuple):
    """A batch of dealt games.

    Attributes:
        target: int64 ``[..., n]``, what each game is about, as a row of `Game.meanings`.
        candidates: int64 ``[..., n, K]``, the meanings the listener sees, or None.
        answer: int64: the target's place among the candidates ``[..., n]``, its attributes ``[..., n, attributes]``, or
            for each candidate whether it belongs ``[..., n, K]``.
        examples: int64 ``[..., n, E]``, the meanings the speaker sees in place of the target, or None.
    """

    target: Tensor
    candidates: Tensor | None
    answer: Tensor
    examples: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> Round:
        """The same games after `change`, applied to every tensor."""
        return Round(*(None if part is None else change(part) for part in self))  # type: ignore[arg-type]

    @property
    def shown(self) -> Tensor:
        """Int64 ``[..., n, E]``: the meanings the speaker sees, which is the target alone unless there are examples."""
        return self.target.unsqueeze(-1) if self.examples is None else self.examples


class Sight(NamedTuple):
    """What the speakers of a batch look at.

    Attributes:
        features: float32 ``[..., rows, width]``, what there is to see.
        row: int64 ``[..., n]``, which of them the speaker of each game sees.
    """

    features: Tensor
    row: Tensor


class Outcome(NamedTuple):
    """How a batch of games went.

    Attributes:
        loss: float32 ``[..., n]``, nats, >= 0: negative log-probability of the whole right answer.
        correct: bool ``[..., n]``: whether the most probable answer is right in every part.
        entropy: float32 ``[..., n]``, nats: entropy of the listener's answer.
    """

    loss: Tensor
    correct: Tensor
    entropy: Tensor


class Game(Plugin):
    """Base of games.

    Attributes:
        sets: whether the speaker sees a set of examples in place of one meaning.
    """

    registry: ClassVar[Registry[type[Game]]] = GAMES
    sets: ClassVar[bool] = False

    def check(self, board: Board, pool: Tensor) -> None:
        """Raise `BadInput` if the game cannot be played.

        Args:
            board: the world.
            pool: bool ``[meanings]``, which meanings may be distractors.
        """

    def sizes(self, world: World) -> tuple[int, ...] | None:
        """Values of each attribute if the listener names attributes; None if it points at candidates."""
        raise TypeError(f"{type(self).__name__} does not define sizes()")

    def choices(self, world: World) -> tuple[int, ...]:
        """How many options each part of an answer has, for listeners that act; the right ones are `Round.answer`."""
        raise TypeError(f"{type(self).__name__} does not define choices()")

    def form(self, world: World) -> Form:
        """How a row of what a speaker sees is to be read; see `seen`. Listeners see meanings in the world's form."""
        return world.form

    def seen(self, looks: Tensor) -> Tensor:
        """What a speaker sees, in one row.

        Args:
            looks: float32 ``[..., E, features]``, the features of the meanings it is shown, see `Round.shown`.

        Returns:
            float32 ``[..., width]``, of the form that `form` says.
        """
        return looks.flatten(-2)

    def sight(self, board: Board, target: Tensor, examples: Tensor | None) -> Sight:
        """What speakers look at in games about `target` ``[agents, n]``, see `Round` for it and for `examples`.

        Where speakers see the target, all games share one table; where they see examples, each game has its own row.
        """
        if examples is None:
            return Sight(board.features.expand(*target.shape[:-1], -1, -1), target)
        rows = self.seen(board.features[examples])
        return Sight(rows, torch.arange(target.shape[-1], device=target.device).expand_as(target))

    def options(self, logits: Tensor) -> Tensor:
        """Logits of every option of every part of an answer.

        Args:
            logits: ``[..., n, answers]`` as `Listener` gives them.

        Returns:
            ``[..., n, options]``, those of the first part first; the parts have as many as `choices` says.
        """
        return logits

    def meanings(self, world: World) -> NDArray[np.int64]:
        """What rounds can be about, as a `Language` writes it: int64 ``[targets, attributes]``."""
        return world.meanings()

    def values(self, world: World) -> tuple[int, ...]:
        """How many values each attribute of `meanings` has."""
        return world.sizes()

    def probabilities(self, world: World) -> NDArray[np.float64]:
        """How often each target comes up: float64 ``[targets]``, summing to 1."""
        return world.probabilities()

    def split(self, world: World, rng: np.random.Generator) -> Split:
        """Draw which targets are held out, as `World.split` does."""
        return world.split(rng)

    def draws(self, world: World) -> int:
        """How many uniform numbers `deal` needs for each game."""
        return 0

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        """Deal one game for each target.

        Args:
            board: the world.
            target: int64 ``[..., n]``, rows of `meanings`.
            pool: bool ``[..., meanings]``, which meanings may be distractors.
            draws: uniform numbers in [0, 1) ``[..., n, self.draws(world)]``, or None if none are needed.
        """
        raise TypeError(f"{type(self).__name__} does not define deal()")

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        """Score the listener's answers.

        Args:
            board: the world.
            round: what was dealt.
            logits: ``[..., n, answers]`` as `Listener` gives them, or ``[..., n, options]``, see `options`.
        """
        raise TypeError(f"{type(self).__name__} does not define score()")


def choice_outcome(logits: Tensor, answer: Tensor) -> Outcome:
    """Score choices among alternatives: logits ``[..., n, alternatives]``, right answers int64 ``[..., n]``."""
    log_p = logits.log_softmax(-1)
    loss = -log_p.gather(-1, answer.unsqueeze(-1)).squeeze(-1)
    entropy = -(log_p.exp() * log_p).sum(-1)
    return Outcome(loss, logits.argmax(-1) == answer, entropy)
