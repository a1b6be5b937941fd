"""The rules of a game, batched: deal rounds, score answers. Pure tensor functions; nobody plays here.

Leading dimensions are the stack (runs, pairs) and the batch; every game of a batch is independent of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from emcomm.registry import Plugin, Registry
from emcomm.worlds import World

__all__ = ["GAMES", "Board", "Game", "Outcome", "Round", "choice_outcome"]

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
        target: int64 ``[..., n]``, the meaning the speaker sees, as an index.
        candidates: int64 ``[..., n, K]``, the meanings the listener sees, or None.
        answer: int64: the target's place among the candidates ``[..., n]``, or its attributes ``[..., n, attributes]``.
    """

    target: Tensor
    candidates: Tensor | None
    answer: Tensor

    def each(self, change: Callable[[Tensor], Tensor]) -> Round:
        """The same games after `change`, applied to every tensor."""
        candidates = None if self.candidates is None else change(self.candidates)
        return Round(change(self.target), candidates, change(self.answer))


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
    """Base of games."""

    registry: ClassVar[Registry[type[Game]]] = GAMES

    def check(self, board: Board, pool: Tensor) -> None:
        """Raise `BadInput` if the game cannot be played.

        Args:
            board: the world.
            pool: bool ``[meanings]``, which meanings may be distractors.
        """

    def sizes(self, world: World) -> tuple[int, ...] | None:
        """Values of each attribute if the listener names attributes; None if it points at candidates."""
        raise TypeError(f"{type(self).__name__} does not define sizes()")

    def draws(self, world: World) -> int:
        """How many uniform numbers `deal` needs for each game."""
        return 0

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        """Deal one game for each target.

        Args:
            board: the world.
            target: int64 ``[..., n]`` indices of meanings.
            pool: bool ``[..., meanings]``, which meanings may be distractors.
            draws: uniform numbers in [0, 1) ``[..., n, self.draws(world)]``, or None if none are needed.
        """
        raise TypeError(f"{type(self).__name__} does not define deal()")

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        """Score the listener's answers.

        Args:
            board: the world.
            round: what was dealt.
            logits: ``[..., n, answers]`` as `Listener` gives them.
        """
        raise TypeError(f"{type(self).__name__} does not define score()")


def choice_outcome(logits: Tensor, answer: Tensor) -> Outcome:
    """Score choices among alternatives: logits ``[..., n, alternatives]``, right answers int64 ``[..., n]``."""
    log_p = logits.log_softmax(-1)
    loss = -log_p.gather(-1, answer.unsqueeze(-1)).squeeze(-1)
    entropy = -(log_p.exp() * log_p).sum(-1)
    return Outcome(loss, logits.argmax(-1) == answer, entropy)
