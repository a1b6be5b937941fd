"""The concept game: the speaker sees examples of a concept, the listener says which meanings belong to it."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, PositiveInt
from torch import Tensor

from emcomm.envs.base import Board, Game, Outcome, Round, choice_outcome
from emcomm.errors import BadInput
from emcomm.worlds import Split, World
from emcomm.worlds.form import Form, Set

__all__ = ["Concept", "pick"]

ANY = 0
MOST_CONCEPTS = 1_000_000


class Concept(Game):
    """Say of each candidate whether it belongs to the concept that the speaker saw examples of.

    A concept fixes the values of some attributes ("red", "red square") and leaves the others open. Half of the
    speaker's examples belong to it and come first, half do not. So it is with the candidates, in random order. Meanings
    are drawn with replacement.

    A speaker of a study sees a set: the features of each example, and 1 if it belongs or 0 if not. Its listener gives
    each candidate one number, the log-odds that it belongs.

    Args:
        mode: ``"concept"``: the listener judges meanings of its own; ``"set_reference"``: it judges the speaker's
            examples, shuffled.
        examples: meanings the speaker sees, an even number.
        candidates: meanings the listener judges, an even number; `examples` of them in a set-reference game.
        fixed: how many attributes a concept fixes; None: any number from one to all. All of them is a reference game.
        held_out: share of the concepts that are kept back, in [0, 1).

    Source: Mu & Goodman 2021, with attribute meanings for images and conjunctions for their Boolean concepts; their
    speaker sees a label beside each example, ours does in studies and sees its place in environments.
    """

    name: ClassVar[str] = "concept"
    sets: ClassVar[bool] = True
    mode: Literal["concept", "set_reference"] = "concept"
    examples: PositiveInt = Field(default=10, ge=2, multiple_of=2)
    candidates: PositiveInt = Field(default=10, ge=2, multiple_of=2)
    fixed: PositiveInt | None = None
    held_out: float = Field(default=0.0, ge=0.0, lt=1.0)

    def check(self, board: Board, pool: Tensor) -> None:
        if self.mode == "set_reference" and self.candidates != self.examples:
            raise BadInput(
                f"a set-reference game judges the speaker's {self.examples} examples; got {self.candidates} candidates"
            )
        concepts = torch.tensor(self._concepts(board.sizes), device=pool.device)
        for part in concepts.split(4096):
            inside = (self._inside(board, part) & pool).sum(-1)
            lonely = (inside == 0) | (inside == pool.sum())
            if lonely.any():
                raise BadInput(
                    f"concept {part[lonely][0].tolist()} (0 = any value) has no example or no counter-example among "
                    f"the {int(pool.sum())} meanings in play; hold out concepts (held_out=) in place of meanings"
                )

    def sizes(self, world: World) -> None:
        return None

    def choices(self, world: World) -> tuple[int, ...]:
        return (2,) * self.candidates

    def form(self, world: World) -> Form:
        return Set(self.examples, world.form.width + 1)

    def seen(self, looks: Tensor) -> Tensor:
        """Examples ``[..., examples, features]`` with a label each, in one row ``[..., examples (features + 1)]``."""
        belongs = torch.arange(self.examples, device=looks.device) < self.examples // 2
        label = belongs.to(looks.dtype).unsqueeze(-1).expand(*looks.shape[:-1], 1)
        return torch.cat([looks, label], -1).flatten(-2)

    def options(self, logits: Tensor) -> Tensor:
        """For each candidate the logits of "does not belong", 0, and "belongs"; two numbers each stay as they are."""
        if logits.shape[-1] == 2 * self.candidates:
            return logits
        return torch.stack([torch.zeros_like(logits), logits], -1).flatten(-2)

    def meanings(self, world: World) -> NDArray[np.int64]:
        """Every concept: int64 ``[concepts, attributes]``, 0 = any value, v + 1 = the value v."""
        return self._concepts(tuple(world.sizes())).copy()

    def values(self, world: World) -> tuple[int, ...]:
        return tuple(size + 1 for size in world.sizes())

    def probabilities(self, world: World) -> NDArray[np.float64]:
        concepts = len(self._concepts(tuple(world.sizes())))
        return np.full(concepts, 1.0 / concepts)

    def split(self, world: World, rng: np.random.Generator) -> Split:
        concepts = len(self._concepts(tuple(world.sizes())))
        held = round(self.held_out * concepts)
        order = rng.permutation(concepts)
        return Split(np.sort(order[held:]), np.sort(order[:held]))

    def draws(self, world: World) -> int:
        return self.examples + 2 * self.candidates

    def deal(self, board: Board, target: Tensor, pool: Tensor, draws: Tensor | None) -> Round:
        assert draws is not None, "the concept game needs draws"
        concepts = torch.tensor(self._concepts(board.sizes), device=target.device)
        shown, judged, order = draws.split([self.examples, self.candidates, self.candidates], -1)
        examples = self._drawn(board, concepts[target], pool, shown)
        own = examples if self.mode == "set_reference" else self._drawn(board, concepts[target], pool, judged)
        place = order.argsort(-1)
        return Round(target, own.gather(-1, place), (place < self.candidates // 2).long(), examples)

    def score(self, board: Board, round: Round, logits: Tensor) -> Outcome:
        parts = choice_outcome(self.options(logits).unflatten(-1, (self.candidates, 2)), round.answer)
        return Outcome(parts.loss.sum(-1), parts.correct.all(-1), parts.entropy.sum(-1))

    def _drawn(self, board: Board, concept: Tensor, pool: Tensor, draws: Tensor) -> Tensor:
        """Meanings ``[..., n, k]``: the first half belongs to the concept ``[..., n, attributes]``, the second not."""
        inside = self._inside(board, concept)
        own = pool.unsqueeze(-2)
        return torch.cat(
            [pick(usable & own, half) for usable, half in zip((inside, ~inside), draws.chunk(2, -1), strict=True)], -1
        )

    @staticmethod
    def _inside(board: Board, concept: Tensor) -> Tensor:
        """Which meanings belong to each concept: bool ``[..., meanings]``."""
        wanted = concept.unsqueeze(-2)
        return ((wanted == ANY) | (wanted == board.meanings + 1)).all(-1)

    def _concepts(self, sizes: tuple[int, ...]) -> NDArray[np.int64]:
        return _every_concept(sizes, self.fixed)


def pick(usable: Tensor, draws: Tensor) -> Tensor:
    """Draw meanings with replacement, evenly among those that are usable.

    Args:
        usable: bool ``[..., n, meanings]``, at least one of them in each row.
        draws: uniform numbers in [0, 1) ``[..., n, k]``.

    Returns:
        int64 ``[..., n, k]``.
    """
    counts = usable.cumsum(-1)
    number = counts[..., -1:]
    wanted = (draws * number).long().minimum(number - 1)  # the wanted-th usable meaning, from 0
    return torch.searchsorted(counts, wanted, right=True)


@lru_cache(maxsize=8)
def _every_concept(sizes: tuple[int, ...], fixed: int | None) -> NDArray[np.int64]:
    """Every concept over attributes of these sizes that fixes so many of them."""
    if fixed is not None and fixed > len(sizes):
        raise BadInput(f"a concept cannot fix {fixed} attributes of a world that has {len(sizes)}")
    number = int(np.prod([size + 1 for size in sizes], dtype=np.float64))
    if number > MOST_CONCEPTS:
        raise BadInput(f"this world has about {number} concepts, at most {MOST_CONCEPTS} are allowed")
    every = np.array(list(product(*(range(size + 1) for size in sizes))), dtype=np.int64)
    known = (every != ANY).sum(-1)
    chosen: NDArray[np.int64] = every[known >= 1 if fixed is None else known == fixed]
    return chosen
