"""Moments, plays and populations made by hand, to call a pressure outside of training."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from emcomm.envs import Outcome
from emcomm.pressures import Moment, Play

__all__ = ["Village", "moment_of", "play_of"]


def moment_of(*strengths: float, step: int = 0, seed: int = 1) -> Moment:
    """A moment of as many runs as strengths; its draws follow from `seed`."""
    rng = torch.Generator().manual_seed(seed)
    return Moment(step, torch.tensor(strengths), lambda *shape: torch.rand(len(strengths), *shape, generator=rng))


def play_of(runs: int = 2, pairs: int = 3, n: int = 5, max_length: int = 7, seed: int = 1) -> Play:
    """Random games with messages of every length, and losses after every symbol, which carry a gradient."""
    rng = torch.Generator().manual_seed(seed)
    length = torch.arange(runs * pairs * n).view(runs, pairs, n) % (max_length + 1)
    prefix_loss = torch.rand(runs, pairs, n, max_length + 1, generator=rng).requires_grad_()
    loss = prefix_loss.gather(-1, length.unsqueeze(-1)).squeeze(-1)
    correct = torch.rand(runs, pairs, n, generator=rng) < 0.7
    return Play(length.float(), Outcome(loss, correct, torch.ones_like(loss)), prefix_loss)


class Village:
    """A population that writes down what is asked of it."""

    def __init__(self, runs: int = 2, pairs: int = 3) -> None:
        self.shape = (runs, pairs)
        self.resets: list[tuple[str, list[list[bool]], str, int]] = []
        self.forgets: list[tuple[str, list[list[bool]]]] = []

    def reset(self, role: Literal["speaker", "listener"], which: Tensor, stream: str, step: int) -> None:
        self.resets.append((role, which.tolist(), stream, step))

    def forget(self, role: Literal["speaker", "listener"], which: Tensor) -> None:
        self.forgets.append((role, which.tolist()))

    def touched(self, run: int) -> bool:
        """Whether any agent of a run was changed."""
        which = [call[1] for call in self.resets] + [call[1] for call in self.forgets]
        return any(any(each[run]) for each in which)
