"""Numbers and stacks that the tests of ternary layers share."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from emcomm.ternary import Ternary

__all__ = ["WAYS", "noise", "numbered", "same_bits", "stacked", "threads"]

Module = TypeVar("Module", bound=nn.Module)

WAYS = [
    Ternary(scale=scale, per=per, activations=activations)
    for scale, per, activations in (
        ("absmean", "tensor", "token"),
        ("absmedian", "gate", "token"),
        ("twn", "gate", "unit"),
        ("absmean", "row", "none"),
    )
]
"""Every setting of `Ternary` at least once."""


def noise(*shape: int, seed: int = 1) -> Tensor:
    """Gaussian numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def numbered(module: Module, seed: int) -> Module:
    """The module with Gaussian parameters that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return module


def stacked(*modules: Module) -> Module:
    """A stack: the first module with stacked parameters, put in their place as an engine does."""
    whole = copy.deepcopy(modules[0])
    for name, _ in modules[0].named_parameters():
        owner, _, leaf = name.rpartition(".")
        rows = torch.stack([module.get_parameter(name).detach() for module in modules])
        whole.get_submodule(owner)._parameters[leaf] = cast(nn.Parameter, rows.requires_grad_())
    return whole


def same_bits(one: Tensor, other: Tensor) -> bool:
    """Equal in shape and in every bit (but for the sign of a zero)."""
    return torch.equal(one, other) and not bool(one.isnan().any())


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run with so many threads."""
    before: Any = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
