"""Reference to concepts more and less abstract: find the object that falls under what the speaker saw."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from emcomm.envs.base import Board, Game, Outcome, Round, choice_outcome
from emcomm.envs.concept import pick
from emcomm.errors import BadInput
from emcomm.worlds import World

__all__ = ["Abstraction"]

IRRELEVANT = 0
BLOCK = 256


class Abstraction(Game):
    """Point at the one object, among `candidates`, that falls under the concept the speaker saw.

    For `HierarchyWorld`, where a meaning is a concept: some attributes have a value (they are relevant) and the others
    are 0. Games are about all of them, so that some are general ("red") and some specific ("red, round and small").
    Candidates are objects, which are the meanings without a 0. One of them has every value of the concept and is drawn
    evenly from those that do; the others are drawn, with replacement, from those that lack some. Chance is 1 in
    `candidates`.

    In training, objects that are held out stay out of sight, unless a game has no others.

    Args:
        candidates: how many objects the listener chooses from, the right one included (>= 2).
        context: which other objects stand beside it: ``"any"``; ``"coarse"``, those that share no value with the
            concept; ``"fine"``, those that share all of its values but one; ``"mixed"``, in each game those that share
            as many of its r values as is drawn for that game, evenly from 0 to r - 1.

    Source: Ohmer et al. 2022 (hierarchical reference games, one target, 10 distractors) and Kobrock et al. 2024
    (contexts from coarse to fine, ``"mixed"``). Deviations: the speaker sees the concept itself rather than an object
    with a mark on what is relevant (Ohmer et al.) or ten objects of it (Kobrock et al.), and nothing of the context;
    one candidate falls under the concept, where Kobrock et al. have ten of twenty.
    """

    name: ClassVar[str] = "abstraction"
    candidates: int = Field(default=5, ge=2)
    context: Literal["any", "coarse", "fine", "mixed"] = "any"

    def check(self, board: Board, pool: Tensor) -> None:
        objects = _objects(board)
        for part in torch.arange(len(objects), device=objects.device).split(BLOCK):
            shared, relevant = _shared(board, part)
            under = (shared == relevant) & objects
            lonely = ~under.any(-1) | (under == objects).all(-1)
            for usable in self._contexts(shared, relevant, objects):
                lonely |= ~usable.any(-1)
            if lonely.any():
                concept = board.meanings[part[lonely][0]].tolist()
                raise BadInput(
                    f"concept {concept} (0 = irrelevant) needs an object under it and others beside it, and lacks one; "
                    "the abstraction game is for a HierarchyWorld that keeps the level of all attributes"
                )

    def sizes(self, world: World) -> None:
        return None

    def choices(self, world: World) -> tuple[int, ...]:
        return (self.candidates,)

    def draws(self, world: World) -> int:
        return self.candidates + 2

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        assert draws is not None, "the abstraction game needs draws"
        objects, own = _objects(board), pool.unsqueeze(-2)
        shared, relevant = _shared(board, target)
        right = pick(_known((shared == relevant) & objects, own), draws[..., :1])
        wanted = (draws[..., 1:2] * relevant).long().minimum(relevant - 1)
        others = pick(_known(self._beside(shared, relevant, wanted, objects), own), draws[..., 2 : self.candidates + 1])
        answer = (draws[..., -1] * self.candidates).long().clamp_max_(self.candidates - 1)
        number = torch.arange(self.candidates, device=target.device)
        # The right one goes to a random place; the others stand before and after it in their order.
        after = (number > answer.unsqueeze(-1)).long()
        candidates = others.gather(-1, (number - after).clamp_max(self.candidates - 2))
        return Round(target, torch.where(number == answer.unsqueeze(-1), right, candidates), answer)

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        return choice_outcome(logits, round.answer)

    def _beside(self, shared: Tensor, relevant: Tensor, wanted: Tensor, objects: Tensor) -> Tensor:
        """Which objects may stand beside the right one: bool ``[..., n, meanings]``."""
        if self.context == "any":
            return (shared < relevant) & objects
        number = {"coarse": torch.zeros_like(relevant), "fine": relevant - 1, "mixed": wanted}[self.context]
        return (shared == number) & objects

    def _contexts(self, shared: Tensor, relevant: Tensor, objects: Tensor) -> list[Tensor]:
        """Which objects may stand beside the right one, in every context there may be."""
        most = int(relevant.max()) if self.context == "mixed" else 1
        numbers = [torch.full_like(relevant, number).minimum(relevant - 1) for number in range(most)]
        return [self._beside(shared, relevant, number, objects) for number in numbers]


def _objects(board: Board) -> Tensor:
    """Which meanings are objects, with a value for every attribute: bool ``[meanings]``."""
    return (board.meanings != IRRELEVANT).all(-1)


def _known(usable: Tensor, pool: Tensor) -> Tensor:
    """Those of the usable meanings ``[..., n, meanings]`` that are in the pool; all of them where none is."""
    known = usable & pool
    return torch.where(known.any(-1, keepdim=True), known, usable)


def _shared(board: Board, target: Tensor) -> tuple[Tensor, Tensor]:
    """How many values of each concept each meaning has, int64 ``[..., n, meanings]``, of how many ``[..., n, 1]``."""
    concept = board.meanings[target]
    relevant = concept != IRRELEVANT
    shared = torch.zeros((*target.shape, len(board.meanings)), dtype=torch.int64, device=target.device)
    for attribute in range(concept.shape[-1]):
        column = concept[..., attribute, None]
        shared += (column == board.meanings[:, attribute]) & relevant[..., attribute, None]
    return shared, relevant.sum(-1, keepdim=True)
