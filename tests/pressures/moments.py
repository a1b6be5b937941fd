"""Moments, plays and populations made by hand, to call a pressure outside of training."""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.channel import Channel
from emcomm.envs import Outcome
from emcomm.pressures import Moment, Play, Role, Talk

__all__ = ["Village", "moment_of", "play_of"]


def moment_of(*strengths: float, step: int = 0, seed: int = 1) -> Moment:
    """A moment of as many runs as strengths; its draws follow from `seed`."""
    rng, lasting = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(0)
    return Moment(
        step,
        torch.tensor(strengths),
        lambda *shape: torch.rand(len(strengths), *shape, generator=rng),
        lambda *shape: torch.rand(len(strengths), *shape, generator=lasting),
    )


def play_of(runs: int = 2, pairs: int = 3, n: int = 5, max_length: int = 7, seed: int = 1) -> Play:
    """Random games with messages of every length, and losses after every symbol, which carry a gradient."""
    rng = torch.Generator().manual_seed(seed)
    length = torch.arange(runs * pairs * n).view(runs, pairs, n) % (max_length + 1)
    prefix_loss = torch.rand(runs, pairs, n, max_length + 1, generator=rng).requires_grad_()
    loss = prefix_loss.gather(-1, length.unsqueeze(-1)).squeeze(-1)
    correct = torch.rand(runs, pairs, n, generator=rng) < 0.7
    said = torch.randint(1, 6, (runs, pairs, n, max_length), generator=rng)
    said = said * (torch.arange(max_length) < length.unsqueeze(-1))
    log_prob = torch.rand(runs, pairs, n, generator=rng).log().requires_grad_()
    entropy = torch.rand(runs, pairs, n, generator=rng).requires_grad_()
    utterance = Utterance(said, log_prob, entropy)
    return Play(length.float(), Outcome(loss, correct, torch.ones_like(loss)), prefix_loss, None, utterance)


class Village:
    """A population that writes down what is asked of it.

    Attributes:
        asked: every call as ``(method, role, which or factor or weights, ...)``, in order.
    """

    def __init__(self, runs: int = 2, pairs: int = 3, meanings: int = 11, max_length: int = 5) -> None:
        self.shape = (runs, pairs)
        self.meanings, self.max_length = meanings, max_length
        self.channel = Channel(3, max_length)
        self.asked: list[tuple[str, str, Tensor]] = []
        self.resets: list[tuple[str, list[list[bool]], str, int]] = []
        self.forgets: list[tuple[str, list[list[bool]]]] = []
        self.lessons: list[tuple[Talk, int]] = []
        self.practices: list[int] = []

    def reset(self, role: Role, which: Tensor, stream: str, step: int) -> None:
        self.asked.append(("reset", role, which))
        self.resets.append((role, which.tolist(), stream, step))

    def forget(self, role: Role, which: Tensor) -> None:
        self.asked.append(("forget", role, which))
        self.forgets.append((role, which.tolist()))

    def shrink(self, role: Role, factor: Tensor) -> None:
        self.asked.append(("shrink", role, factor))

    def weigh(self, weights: Tensor) -> None:
        self.asked.append(("weigh", "", weights))

    @property
    def training(self) -> tuple[Tensor, Tensor]:
        """The meanings 0, 1, ..., the first being the most frequent."""
        frequencies = 1 / torch.arange(1, self.meanings + 1, dtype=torch.float64)
        every = torch.arange(self.meanings).expand(self.shape[0], -1)
        return every, (frequencies / frequencies.sum()).expand(self.shape[0], -1)

    def talk(self, games: int | None, stream: str, step: int) -> Talk:
        rng = torch.Generator().manual_seed(step + len(stream))
        size = (*self.shape, self.meanings if games is None else games)
        target = torch.randint(self.meanings, size, generator=rng)
        messages = torch.randint(1, 4, (*size, self.max_length), generator=rng)
        understood = torch.rand(size, generator=rng) < 0.7
        self.asked.append(("talk", "speaker", torch.zeros(self.shape, dtype=torch.bool)))
        return Talk(target, messages, understood, torch.ones(size))

    def imitate(self, which: Tensor, talk: Talk, steps: int, stream: str, step: int) -> None:
        self.asked.append(("imitate", "speaker", which))
        self.lessons.append((talk, steps))

    def practise(self, which: Tensor, steps: int, stream: str, step: int) -> None:
        self.asked.append(("practise", "listener", which))
        self.practices.append(steps)

    def touched(self, run: int) -> bool:
        """Whether anything was changed in a run."""
        for what, _, concerned in self.asked:
            unchanged = concerned[run] == (1 if what in ("shrink", "weigh") else 0)
            if not unchanged.all():
                return True
        return False
