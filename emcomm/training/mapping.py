"""Modules for one run as modules for a stack: through `torch.vmap`, or one agent after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from emcomm.agents import Listener, Speaker
from emcomm.errors import BadInput
from emcomm.ternary import quantised, set_share

__all__ = ["Mapped", "MappedListener", "MappedSpeaker"]

RANDOM = (
    "draws random numbers, which would depend on who shares the stack; agents are handed what they need, as "
    "ListenerDropout does for dropout"
)


class Mapped:
    """The methods of a module for one run, called for every agent of a stack.

    A class with ``stacks = "loop"`` is called for one agent after the other; any other through `torch.vmap`, at once.

    Args:
        module: a speaker or listener for one run.

    Raises:
        BadInput: its class says something else than False or ``"loop"``.
    """

    def __init__(self, module: nn.Module) -> None:
        stacks = getattr(module, "stacks", False)
        if stacks not in (False, "loop"):
            raise BadInput(f"{type(module).__name__} has stacks = {stacks!r}; allowed: True, False, 'loop'")
        self.module, self.loop = module, stacks == "loop"
        self._methods: dict[str, _Method] = {}
        self._layers = list(quantised(module).values())
        self._shares: Tensor | None = None  # None: all agents alike, as the layers have it

    def quantise(self, shares: Sequence[float], device: torch.device) -> None:
        """Set how far the ternary layers of each agent are quantised, each in [0, 1]."""
        alike = len(set(shares)) == 1
        self._shares = None if alike else torch.tensor(shares, device=device)
        if alike:
            set_share(self.module, shares[0])

    def __call__(self, method: str, views: Mapping[str, Tensor], *args: Any) -> Any:
        """Call a method.

        Args:
            method: its name.
            views: parameters by name, each ``[agents, ...]``.
            *args: tensors ``[agents, ...]``, of which each agent gets its own, and anything else, which all get.

        Returns:
            what the method returns, a tensor or a tuple of tensors, each ``[agents, ...]``.

        Raises:
            BadInput: `torch.vmap` cannot batch an operation of the method, or the method draws random numbers or
                changes a buffer.
        """
        if method not in self._methods:
            self._methods[method] = _Method(self.module, method)
        parameters = {f"module.{name}": view for name, view in views.items()}
        call = self._in_turn if self.loop else self._at_once
        return call(self._methods[method], parameters, args)

    def _at_once(self, method: _Method, parameters: dict[str, Tensor], args: tuple[Any, ...]) -> Any:
        def one(parameters: dict[str, Tensor], share: Tensor | None, *args: Any) -> Any:
            self._turn_to(share)
            return functional_call(method, parameters, args)

        dims = (0, *(0 if isinstance(arg, Tensor) else None for arg in (self._shares, *args)))
        try:
            return torch.vmap(one, in_dims=dims)(parameters, self._shares, *args)
        except RuntimeError as error:
            sentence = _sentence(str(error))
            if sentence is None:
                raise
            raise BadInput(f"{method.title} {sentence}") from error

    def _in_turn(self, method: _Method, parameters: dict[str, Tensor], args: tuple[Any, ...]) -> Any:
        device = next(iter(parameters.values())).device
        noise, versions = _noise(device), self._versions()
        parts = {name: view.unbind() for name, view in parameters.items()}
        shares = [arg.unbind() if isinstance(arg, Tensor) else None for arg in args]
        answers = []
        for place in range(len(next(iter(parameters.values())))):
            own = {name: part[place] for name, part in parts.items()}
            given = tuple(arg if share is None else share[place] for arg, share in zip(args, shares, strict=True))
            self._turn_to(None if self._shares is None else float(self._shares[place]))
            answers.append(functional_call(method, own, given))
        if not torch.equal(noise, _noise(device)):
            raise BadInput(f"{method.title} {RANDOM}")
        if self._versions() != versions:
            raise BadInput(f"{method.title} changes a buffer, which all agents would share; keep it in the state")
        if isinstance(answers[0], Tensor):
            return torch.stack(answers)
        return tuple(torch.stack(each) for each in zip(*answers, strict=True))

    def _turn_to(self, share: Tensor | float | None) -> None:
        """Quantise the ternary layers as far as one agent's are; None: they are as they should be."""
        if share is not None:
            for layer in self._layers:
                layer.share = share

    def _versions(self) -> list[int]:
        """How often each buffer of the module has been changed."""
        return [buffer._version for buffer in self.module.buffers()]


class _Method(nn.Module):
    """Make a method of a module callable as the module itself, which is what `functional_call` calls."""

    def __init__(self, module: nn.Module, method: str) -> None:
        super().__init__()
        self.module, self.method = module, method
        self.title = f"{type(module).__name__}.{method}()"

    def forward(self, *args: Any) -> Any:
        return getattr(self.module, self.method)(*args)


def _noise(device: torch.device) -> Tensor:
    """How far torch's global generators have come."""
    here = torch.get_rng_state()
    return here if device.type != "cuda" else torch.cat([here, torch.cuda.get_rng_state(device)])


def _sentence(said: str) -> str | None:
    """Turn what `torch.vmap` says into what was asked and what to do instead; None: it was not about batching."""
    if "random" in said and "vmap" in said:
        return RANDOM
    named = re.search(r"Batching rule not implemented for aten::(\w+)|calling (\.\w+\(\))|over (indexing .*)\.", said)
    if named:
        operation = next(group for group in named.groups() if group)
    elif "control flow" in said:
        operation = "control flow that depends on a tensor"
    elif "vmap" in said:
        operation = said.splitlines()[0]
    else:
        return None
    return (
        f"uses an operation that torch.vmap cannot batch, {operation!r}; write it from primitive operations, or set "
        'stacks = "loop" in its class, and agents are called one after the other'
    )


class MappedSpeaker(Speaker):
    """A speaker for one run, mapped over a stack.

    Args:
        mapped: the module.
        views: its parameters, each ``[agents, ...]``.
    """

    def __init__(self, mapped: Mapped, views: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.mapped, self.views = mapped, views
        self.channel = cast(Speaker, mapped.module).channel

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.mapped("start", self.views, features)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        return self.mapped("step", self.views, state, symbols)

    def value(self, state: Tensor) -> Tensor:
        return self.mapped("value", self.views, state)


class MappedListener(Listener):
    """A listener for one run, mapped over a stack; arguments as for `MappedSpeaker`."""

    def __init__(self, mapped: Mapped, views: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.mapped, self.views = mapped, views
        self.width = cast(Listener, mapped.module).width

    def forward(self, message: Tensor, *rest: Any) -> Tensor:
        return self.mapped("forward", self.views, message, *rest)

    def value(self, message: Tensor, head_only: bool) -> Tensor:
        return self.mapped("value", self.views, message, head_only)
