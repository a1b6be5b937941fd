"""The tied agents of a stack: each is one row of weights, which its speaking and its listening module both view.

A parameter that both roles use is one tensor under two names, so that the derivative of any loss is the sum of what
both roles contribute, and the optimiser sees it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from emcomm.agents import Listener, Speaker
from emcomm.agents.base import Stacks
from emcomm.training.agent_stack import AgentStack
from emcomm.training.mapping import Mapped, MappedListener, MappedSpeaker

__all__ = ["TiedStack"]

ROLES = ("speaker", "listener")


class _Agent(nn.Module):
    """The speaker and the listener of one agent, which share parts."""

    stacks: ClassVar[Stacks] = True  # they see to it themselves

    def __init__(self, speaker: nn.Module, listener: nn.Module) -> None:
        super().__init__()
        self.speaker, self.listener = speaker, listener


class TiedStack(AgentStack):
    """Runs x pairs agents of both roles, trained as one.

    Args:
        build: makes an untrained speaker and listener that share parts, see `emcomm.agents.Agent.tie`.
        seeds: the runs' seeds.
        pairs: agents in each run.
        learning_rates: one for each run.
        device: where the stack lives.
    """

    def __init__(
        self,
        build: Callable[[], tuple[nn.Module, nn.Module]],
        seeds: Sequence[int],
        pairs: int,
        learning_rates: Sequence[float],
        device: torch.device,
    ) -> None:
        super().__init__(lambda: _Agent(*build()), seeds, pairs, "agent", learning_rates, device)

    def _furnish(self) -> None:
        super()._furnish()
        found: dict[int, str] = {}
        named = self.module.named_parameters(remove_duplicate=False)
        self.names = {name: found.setdefault(id(parameter), name) for name, parameter in named}
        halves = {role: self.module.get_submodule(role) for role in ROLES}
        self._halves = {
            role: half if getattr(half, "stacks", False) is True else Mapped(half) for role, half in halves.items()
        }

    def _adopt(self, weights: Tensor, mean: Tensor, square: Tensor, average: Tensor | None = None) -> None:
        super()._adopt(weights, mean, square, average)
        for name, first in self.names.items():
            owner, _, leaf = name.rpartition(".")
            self.module.get_submodule(owner)._parameters[leaf] = cast(nn.Parameter, self.views[first])

    def quantise(self, shares: Sequence[float]) -> None:
        super().quantise(shares)
        rows = [share for share in shares for _ in range(self.pairs)]
        for half in self._halves.values():
            if isinstance(half, Mapped):
                half.quantise(rows, self.device)

    def view(self, name: str) -> Tensor:
        return self.views[self.names[name]]

    def _views_of(self, role: str) -> dict[str, Tensor]:
        """A role's parameters by its own names."""
        before = f"{role}."
        return {name[len(before) :]: self.views[first] for name, first in self.names.items() if name.startswith(before)}

    def speaker(self) -> Speaker:
        half = self._halves["speaker"]
        return MappedSpeaker(half, self._views_of("speaker")) if isinstance(half, Mapped) else cast(Speaker, half)

    def listener(self) -> Listener:
        half = self._halves["listener"]
        return MappedListener(half, self._views_of("listener")) if isinstance(half, Mapped) else cast(Listener, half)

    def agent(self, run: int, index: int) -> dict[str, Tensor]:
        """Copies of one agent's parameters, on the CPU, as ``"speaker.<name>"`` and ``"listener.<name>"``."""
        own = super().agent(run, index)
        names = [name for role in ROLES for name in self.names if name.startswith(f"{role}.")]
        return {name: own[self.names[name]] for name in names}
