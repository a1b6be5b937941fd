"""The discrimination game: the listener points at the target among distractors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import torch
from pydantic import BeforeValidator, Field
from torch import Tensor

from emcomm.envs.base import Board, Game, Outcome, Round, choice_outcome
from emcomm.errors import BadInput, shown
from emcomm.worlds import World

__all__ = ["Discrimination", "Distractors"]

SHARES = {"random": 0.0, "hard": 1.0}
"""Share of the distractors that are taken from the meanings most like the target, by name."""


def _read_distractors(value: Any) -> Any:
    if isinstance(value, str) and value in SHARES:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadInput(f"must be a share in [0, 1], 'random' or 'hard', got {shown(value)}")
    return {share: name for name, share in SHARES.items()}.get(value, float(value))


Distractors: TypeAlias = Annotated[Literal["random", "hard"] | float, BeforeValidator(_read_distractors)]
"""``"random"``, ``"hard"``, or a share in [0, 1] of hard ones."""


class Discrimination(Game):
    """Point at the meaning the speaker saw among `candidates` shuffled meanings.

    In between, `distractors` may be a number in [0, 1]: such a share of them, rounded, is chosen as ``"hard"`` (1)
    chooses all, and the others as ``"random"`` (0) does.

    Args:
        candidates: how many meanings the listener chooses from, the target included (>= 2).
        distractors: ``"random"`` (any other meanings, without repetition) or ``"hard"`` (those that share most
            attribute values with the target, ties broken at random).
        allow_equal_features: whether a distractor may look exactly like the target, for worlds with such meanings.

    Source: Lazaridou et al. 2017; Li & Bowling 2019 (5 candidates).
    """

    name: ClassVar[str] = "discrimination"
    candidates: int = Field(default=5, ge=2)
    distractors: Distractors = "random"
    allow_equal_features: bool = False

    @property
    def hardness(self) -> float:
        """Share of the distractors that are taken from the meanings most like the target, in [0, 1]."""
        return SHARES[self.distractors] if isinstance(self.distractors, str) else self.distractors

    def check(self, board: Board, pool: Tensor) -> None:
        every = torch.arange(len(board.meanings), device=pool.device)
        fewest = int(self._usable(board, every, pool).sum(-1).min())
        if fewest + 1 < self.candidates:
            raise BadInput(
                f"{self.candidates} candidates asked for, but at most {fewest + 1} are possible: "
                f"some meaning has only {fewest} others in training that differ from it in features"
            )

    def sizes(self, world: World) -> None:
        return None

    def choices(self, world: World) -> tuple[int, ...]:
        return (self.candidates,)

    def draws(self, world: World) -> int:
        meanings = len(world.meanings())
        if self.distractors == "random":
            return meanings + 1
        return (1 if self.distractors == "hard" else 2) * meanings + self.candidates

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        assert draws is not None, "discrimination needs draws"
        others = self._others(board, target, self._usable(board, target, pool), draws[..., :-1])
        place = draws[..., -1]
        # The target goes to a random place; the distractor that stood there moves to the end.
        answer = (place * self.candidates).long().clamp_max_(self.candidates - 1)
        candidates = torch.cat([others, target.unsqueeze(-1)], -1)
        moved = candidates.gather(-1, answer.unsqueeze(-1))
        candidates = candidates.scatter(-1, answer.unsqueeze(-1), target.unsqueeze(-1))
        candidates[..., -1:] = moved
        return Round(target, candidates, answer)

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        return choice_outcome(logits, round.answer)

    def _others(self, board: Board, target: Tensor, usable: Tensor, draws: Tensor) -> Tensor:
        """Choose the distractors: int64 ``[..., n, candidates - 1]``."""
        meanings, count = len(board.meanings), self.candidates - 1
        if self.distractors == "random":
            return _least(draws, usable, count)
        # Whole part: attributes that differ; fraction: random order.
        keys = draws[..., :meanings] + (board.meanings.unsqueeze(1) != board.meanings).sum(-1)[target]
        others = _least(keys, usable, round(self.hardness * count))
        if self.distractors != "hard":
            # The rest have draws of their own: those above say which meanings were not near enough.
            rest = draws[..., meanings : 2 * meanings]
            far = _least(rest, usable.scatter(-1, others, False), count - others.shape[-1])
            others = torch.cat([others, far], -1)
        # Places are drawn, or the order by nearness would show where the target is not.
        return others.gather(-1, draws[..., -count:].argsort(-1))

    def _usable(self, board: Board, target: Tensor, pool: Tensor) -> Tensor:
        """Which meanings may stand beside each target: bool ``[..., n, meanings]``."""
        own = torch.arange(len(board.looks), device=target.device) if self.allow_equal_features else board.looks
        return (own[target].unsqueeze(-1) != own) & pool.unsqueeze(-2)


def _least(keys: Tensor, allowed: Tensor, count: int) -> Tensor:
    """Places of the `count` smallest keys ``[..., meanings]`` among those allowed: int64 ``[..., count]``."""
    return keys.masked_fill(~allowed, torch.inf).topk(count, largest=False, sorted=False).indices
