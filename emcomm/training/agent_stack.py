"""The agents of one role in a stack: stacked parameters, their optimiser, births and departures.

All numbers of an agent lie in one row of a matrix ``[agents, numbers]``; its parameters are views of that row. The
optimiser therefore works row by row (its step count and learning rate belong to the agent), and an agent that leaves or
is born anew is one row.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from emcomm.agents import Listener, Speaker
from emcomm.rng import generator
from emcomm.ternary import quantised, set_share
from emcomm.training.mapping import Mapped, MappedListener, MappedSpeaker

__all__ = ["AgentStack"]

_VECTOR = 16  # float32 numbers in the widest vector of a CPU


class AgentStack:
    """Runs x pairs agents of one role, trained as one.

    Args:
        build: makes one untrained module for one run.
        seeds: the runs' seeds.
        pairs: agents of this role in each run.
        role: ``"speaker"`` or ``"listener"``; names the stream of first weights.
        learning_rates: one for each run.
        device: where the stack lives.

    Attributes:
        ternary: whether there are ternary layers.
        shares: how far they are quantised in each run, see `quantise`.
        codes: of their weights when they were last looked at, int8 ``[agents, weights]``; None before.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        seeds: Sequence[int],
        pairs: int,
        role: str,
        learning_rates: Sequence[float],
        device: torch.device,
    ) -> None:
        self.build, self.seeds, self.pairs, self.role, self.device = build, list(seeds), pairs, role, device
        self.learning_rates = list(learning_rates)
        self.shares = [1.0] * len(seeds)
        self.anchor_decay = 0.0
        self._furnish()
        shapes = {name: parameter.shape for name, parameter in self.module.named_parameters()}
        self.shapes: dict[str, torch.Size] = shapes
        rows = [self._newborn(seed, index, f"{role}.weights", 0) for seed in self.seeds for index in range(pairs)]
        weights = torch.stack(rows).to(device)
        self.ages = [0] * len(weights)
        self.codes: Tensor | None = None
        self._adopt(weights, torch.zeros_like(weights), torch.zeros_like(weights))

    @property
    def numbers(self) -> int:
        """Trainable numbers of one agent."""
        return sum(shape.numel() for shape in self.shapes.values())

    @property
    def width(self) -> int:
        """Length of a row: whole vectors, as the optimiser rounds the numbers of a broken last one differently."""
        return -(-self.numbers // _VECTOR) * _VECTOR

    def _newborn(self, seed: int, index: int, stream: str, step: int) -> Tensor:
        """First weights of one agent, as a row; they depend on the run's seed and the agent's place alone."""
        state = generator(seed, stream, step).integers(0, 2**63, size=index + 1)[index]
        row = torch.cat([parameter.detach().reshape(-1) for parameter in self._built(int(state)).parameters()])
        return pad(row, (0, self.width - len(row)))

    def _built(self, seed: int) -> nn.Module:
        """A module built from a seed; torch's global generator comes back as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # noqa: TID251 - inside fork_rng
            return self.build()

    def _furnish(self) -> None:
        """Make the module that all agents go through, and what maps it over the stack if it does not stack itself."""
        self.module = self._built(0).to(self.device)
        self._mapped = None if getattr(self.module, "stacks", False) is True else Mapped(self.module)
        self.ternary = bool(quantised(self.module))

    def _adopt(self, weights: Tensor, mean: Tensor, square: Tensor, average: Tensor | None = None) -> None:
        """Take over a weight matrix, the optimiser's moments and the average; parameters become views of the first."""
        self.weights, self.mean, self.square, self.average = weights, mean, square, average
        self._averaged: AgentStack | None = None
        self.views: dict[str, Tensor] = {}
        start = 0
        for name, shape in self.shapes.items():
            part = weights[:, start : start + shape.numel()]
            self.views[name] = part.view(len(weights), *shape).requires_grad_()
            start += shape.numel()
        if self._mapped is None:
            for name, view in self.views.items():
                owner, _, leaf = name.rpartition(".")
                self.module.get_submodule(owner)._parameters[leaf] = cast(nn.Parameter, view)

    def quantise(self, shares: Sequence[float]) -> None:
        """Set how far the ternary layers of each run's agents are quantised from now on, each in [0, 1]."""
        self.shares = list(shares)
        rows = [share for share in self.shares for _ in range(self.pairs)]
        if self._mapped is None:
            set_share(self.module, rows)
        else:
            self._mapped.quantise(rows, self.device)
        if self._averaged is not None:
            self._averaged.quantise(shares)

    def view(self, name: str) -> Tensor:
        """A parameter of the module by its name there, ``[agents, ...]``."""
        return self.views[name]

    def speaker(self) -> Speaker:
        """The stack as a speaker whose tensors have a leading dimension of agents."""
        return cast(Speaker, self.module) if self._mapped is None else MappedSpeaker(self._mapped, self.views)

    def follow(self, decay: float) -> None:
        """From now on keep a moving average of each agent's weights, of which an update leaves a share of `decay`."""
        self.anchor_decay, self.average = decay, self.weights.detach().clone()

    def averaged(self) -> Speaker:
        """The stack as a speaker with averaged weights; there is one after `follow`."""
        assert self.average is not None, "follow() comes before averaged()"
        if self._averaged is None:
            self._averaged = copy.copy(self)
            self._averaged._furnish()
            self._averaged._adopt(self.average, self.mean, self.square)
            self._averaged.quantise(self.shares)
        return self._averaged.speaker()

    def listener(self) -> Listener:
        """The stack as a listener whose tensors have a leading dimension of agents."""
        return cast(Listener, self.module) if self._mapped is None else MappedListener(self._mapped, self.views)

    def update(self, gradients: Sequence[Tensor], which: Tensor | None = None) -> None:
        """One step of Adam for every agent, or for some.

        Args:
            gradients: in the order of `views`.
            which: bool ``[runs, pairs]``, who is updated; None: everybody.

        Source: Kingma & Ba 2015, with torch's fused kernel and default constants.
        """
        agents = len(self.weights)
        rest = self.weights.new_zeros(agents, self.width - self.numbers)
        flat = torch.cat([*(gradient.reshape(agents, -1) for gradient in gradients), rest], 1)
        pupils = range(agents) if which is None else which.flatten().nonzero().flatten().tolist()
        groups: dict[tuple[float, int], list[int]] = {}
        for row in pupils:
            age = self.ages[row]
            groups.setdefault((self.learning_rates[row // self.pairs], age), []).append(row)
        for (rate, age), rows in groups.items():
            whole = len(rows) == agents
            weights, slopes, means, squares = (
                [matrix] if whole else [matrix[row] for row in rows]
                for matrix in (self.weights, flat, self.mean, self.square)
            )
            counts = [torch.tensor(float(age + 1), device=self.device) for _ in weights]
            with torch.no_grad():
                torch._fused_adam_(
                    weights, slopes, means, squares, [], counts, amsgrad=False,
                    beta1=0.9, beta2=0.999, lr=rate, weight_decay=0.0, eps=1e-8, maximize=False,
                )  # fmt: skip
        for row in pupils:
            self.ages[row] += 1
        if self.average is not None:
            learnt = slice(None) if which is None else which.flatten()
            with torch.no_grad():  # sum and products apart, as fused ones round differently at the end of a row
                kept, new = self.average[learnt] * self.anchor_decay, self.weights[learnt] * (1 - self.anchor_decay)
                self.average[learnt] = kept + new

    def reset(self, which: Tensor, stream: str, step: int) -> None:
        """Put newborns in the place of some agents.

        Args:
            which: bool ``[runs, pairs]``.
            stream: random stream of the new weights.
            step: step of that stream.
        """
        for run, index in which.nonzero().tolist():
            row = run * self.pairs + index
            self.weights[row].copy_(self._newborn(self.seeds[run], index, stream, step))
            if self.average is not None:
                self.average[row] = self.weights[row]
        self.forget(which)

    def forget(self, which: Tensor) -> None:
        """Empty the optimiser's memory of some agents, bool ``[runs, pairs]``."""
        rows = which.flatten().nonzero().flatten()
        self.mean[rows] = 0
        self.square[rows] = 0
        for row in rows.tolist():
            self.ages[row] = 0

    def keep(self, runs: Sequence[int]) -> None:
        """Let all runs but these leave the stack."""
        rows = [run * self.pairs + index for run in runs for index in range(self.pairs)]
        self.seeds = [self.seeds[run] for run in runs]
        self.learning_rates = [self.learning_rates[run] for run in runs]
        self.ages = [self.ages[row] for row in rows]
        average = None if self.average is None else self.average[rows]
        self._adopt(self.weights.detach()[rows], self.mean[rows], self.square[rows], average)
        self.codes = None if self.codes is None else self.codes[rows]
        if self.ternary and runs:
            self.quantise([self.shares[run] for run in runs])

    def part(self, runs: Sequence[int]) -> AgentStack:
        """A stack of copies of the agents of some runs, by place, to be trained apart; see `put_back`."""
        apart = copy.copy(self)
        apart._furnish()
        apart.ages, apart.seeds = list(self.ages), list(self.seeds)
        apart.keep(runs)
        return apart

    def put_back(self, apart: AgentStack, runs: Sequence[int]) -> None:
        """Take over agents from `part`, with what their optimisers remember."""
        rows = [run * self.pairs + index for run in runs for index in range(self.pairs)]
        with torch.no_grad():
            for own, changed in zip(self._matrices, apart._matrices, strict=True):
                own[rows] = changed
        for row, age in zip(rows, apart.ages, strict=True):
            self.ages[row] = age

    @property
    def _matrices(self) -> list[Tensor]:
        return [self.weights, self.mean, self.square, *([] if self.average is None else [self.average])]

    def shrink(self, factor: Tensor) -> None:
        """Multiply each agent's weights by its factor, float32 ``[runs, pairs]``."""
        with torch.no_grad():
            self.weights.mul_(factor.reshape(-1, 1))

    def state(self) -> dict[str, Tensor]:
        """Everything that changes in training, by name."""
        ages = torch.tensor(self.ages, dtype=torch.int64)
        told = {"weights": self.weights, "mean": self.mean, "square": self.square, "ages": ages}
        return told | {
            name: part for name, part in (("average", self.average), ("codes", self.codes)) if part is not None
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over a `state`."""
        self.ages = state["ages"].tolist()
        self.codes = state["codes"].to(self.device) if "codes" in state else None
        self._adopt(
            *(state[name].to(self.device) for name in ("weights", "mean", "square", "average") if name in state)
        )

    def agent(self, run: int, index: int) -> dict[str, Tensor]:
        """Copies of one agent's parameters by name, on the CPU."""
        row = run * self.pairs + index
        return {name: view.detach()[row].to("cpu", copy=True) for name, view in self.views.items()}
