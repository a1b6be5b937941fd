"""`Deck`, what rounds are dealt from: which targets come up and how often, and which meanings may stand beside them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from emcomm.envs.base import Board, Game, Round
from emcomm.errors import BadInput
from emcomm.rng import generator
from emcomm.worlds import World

__all__ = ["Deck", "Part"]

Part = Literal["train", "held_out", "all"]


class Deck:
    """What the games of several runs are dealt from.

    Args:
        game: the rules.
        world: what there is to talk about.
        seeds: one for each run; a run's hold-out follows from its seed alone.
        part: which targets come up: those for training, with distractors from training; those held out, or all, with
            distractors from everywhere.
        device: where the tensors live.

    Attributes:
        board: the world as tensors.
        targets: int64 ``[runs, n]``, rows of ``game.meanings(world)``.
        pool: bool ``[runs, meanings]``, which meanings may stand beside a target.
        frequencies: float64 ``[runs, n]``, how often each target comes up; a run's sum to 1.
        needed: uniform numbers that a deal takes for each game.

    Raises:
        BadInput: held-out targets are asked for and there are none.
    """

    def __init__(
        self, game: Game, world: World, seeds: Sequence[int], part: Part = "train", device: torch.device | str = "cpu"
    ) -> None:
        self.game, self.needed = game, game.draws(world)
        self.board = Board.of(world, device)
        splits = [game.split(world, generator(seed, "split")) for seed in seeds]
        if part == "held_out" and not len(splits[0].held_out):
            raise BadInput(
                "held-out targets asked for, but nothing is held out; give the world a split and held_out=, or a game "
                "about concepts held_out="
            )
        everything = np.arange(len(game.meanings(world)))
        chosen = {"train": [s.train for s in splits], "held_out": [s.held_out for s in splits]}
        rows = chosen.get(part, [everything] * len(splits))
        self.targets = torch.from_numpy(np.stack(rows)).to(device)
        self.pool = torch.full((len(splits), len(self.board.meanings)), part != "train", device=device)
        if part == "train":
            known = np.stack([world.split(generator(seed, "split")).train for seed in seeds])
            self.pool.scatter_(1, torch.from_numpy(known).to(device), True)
        weights = torch.from_numpy(game.probabilities(world)).to(device)[self.targets]
        self.frequencies = weights / weights.sum(-1, keepdim=True)
        self._cumulative = self.frequencies.cumsum(-1)
        self._pools: dict[int, Tensor] = {}

    def weigh(self, weights: Tensor | None) -> None:
        """Let targets come up more or less often than their frequency says.

        Args:
            weights: float64 ``[runs, n]``, >= 0, with something above 0 in each run; a run whose weights are all 1 is
                dealt what it was dealt before. None: as the frequencies say.
        """
        own = self.frequencies.cumsum(-1)
        if weights is None:
            self._cumulative = own
            return
        weighted = self.frequencies * weights
        weighted = (weighted / weighted.sum(-1, keepdim=True)).cumsum(-1)
        self._cumulative = torch.where((weights == 1).all(-1, keepdim=True), own, weighted)

    def part(self, runs: Sequence[int]) -> Deck:
        """The deck of some of the runs, by place."""
        deck = copy.copy(self)
        kept = torch.tensor(list(runs), dtype=torch.int64, device=self.targets.device)
        deck.targets, deck.pool = self.targets[kept], self.pool[kept]
        deck.frequencies, deck._cumulative = self.frequencies[kept], self._cumulative[kept]
        deck._pools = {}
        return deck

    def deal(self, draws: Tensor, extra: Tensor | None) -> Round:
        """Draw targets by their frequency and deal a game about each.

        Args:
            draws: uniform numbers in [0, 1) ``[runs, agents, n]``.
            extra: uniform numbers ``[runs, agents, n, self.needed]``, or None if none are needed.

        Returns:
            a `Round` of tensors ``[runs * agents, n, ...]``.
        """
        _, agents, n = draws.shape
        place = torch.searchsorted(self._cumulative, draws.flatten(1).double(), right=True)
        target = self.targets.gather(1, place.clamp_max_(self.targets.shape[1] - 1)).view(-1, n)
        if agents not in self._pools:
            self._pools[agents] = self.pool.repeat_interleave(agents, 0)
        flat = None if extra is None else extra.flatten(0, 1)
        return self.game.deal(self.board, target, self._pools[agents], flat)
