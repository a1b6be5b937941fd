"""The guessing game: the listener knows part of the meaning already, and wants to know which one it is."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import NonNegativeInt
from torch import Tensor

from emcomm.envs.base import Board, Game, Outcome, Round, choice_outcome
from emcomm.errors import BadInput
from emcomm.worlds import World

__all__ = ["Guess"]


class Guess(Game):
    """Point at the meaning the speaker saw among all that share its first `known` attributes.

    The speaker does not know what the listener knows. To win every game a message needs to tell apart what the known
    attributes leave open, which is a lower bound of its entropy (`emcomm.metrics.entropy_bounds`); with ``known=0``
    the listener chooses among all meanings. Nothing is drawn: the candidates stand in the order of the meanings.

    Args:
        known: how many attributes the listener knows, the first ones.

    Raises:
        BadInput: the world has no more attributes than are known, the known ones leave open now more and now fewer
            meanings, or some meanings are held out.

    Source: Kharitonov et al. 2020 ("guess number": eight bits, of which the listener is given k). There the listener
    reads its bits and names all eight; here the bits it knows choose the candidates it points at.
    """

    name: ClassVar[str] = "guess"
    known: NonNegativeInt = 0

    def check(self, board: Board, pool: Tensor) -> None:
        attributes = board.meanings.shape[1]
        if self.known >= attributes:
            raise BadInput(f"known={self.known} leaves nothing to guess; the world has {attributes} attributes")
        _, sizes = self._contexts(board.meanings)
        if sizes.min() != sizes.max():
            raise BadInput(
                f"the first {self.known} attributes leave open from {int(sizes.min())} to {int(sizes.max())} meanings, "
                "and the game needs the same number everywhere; use a world of all combinations"
            )
        if not pool.all():
            raise BadInput("every meaning is a candidate of the guess game; use a world without a hold-out")

    def sizes(self, world: World) -> None:
        return None

    def choices(self, world: World) -> tuple[int, ...]:
        meanings = torch.from_numpy(world.meanings())
        return (int(self._contexts(meanings)[1][0]),)

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        context, sizes = self._contexts(board.meanings)
        order = context.argsort(stable=True)  # context by context, in the order of the meanings
        members = order.view(len(sizes), -1)
        candidates = members[context[target]]
        return Round(target, candidates, (candidates == target.unsqueeze(-1)).long().argmax(-1))

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        return choice_outcome(logits, round.answer)

    def _contexts(self, meanings: Tensor) -> tuple[Tensor, Tensor]:
        """Which meanings share what is known: int64 ``[meanings]``, and how many each context has."""
        if not self.known:
            return meanings.new_zeros(len(meanings)), meanings.new_tensor([len(meanings)])
        _, context, sizes = meanings[:, : self.known].unique(dim=0, return_inverse=True, return_counts=True)
        return context, sizes
