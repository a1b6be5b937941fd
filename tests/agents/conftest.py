"""Agents and meanings that the tests of agents share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import stack_module_state

from emcomm.agents.gru import GRUListener, GRUSpeaker
from emcomm.channel import Channel

FEATURES = 11


@pytest.fixture(scope="session")
def features() -> Tensor:
    """Thirteen meanings: ``[13, 11]``."""
    return torch.randn(13, FEATURES, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="session")
def speaker_of() -> Callable[..., GRUSpeaker]:
    """An untrained speaker with louder logits than usual, so that its choices differ."""

    def build(channel: Channel, seed: int = 0) -> GRUSpeaker:
        torch.manual_seed(seed)
        speaker = GRUSpeaker(FEATURES, channel, hidden=7, embedding=3)
        with torch.no_grad():
            speaker.out.weight.mul_(4)
        return speaker

    return build


@pytest.fixture(scope="session")
def listener_of() -> Callable[..., GRUListener]:
    """An untrained listener; it names attributes with `sizes` values, or points at candidates."""

    def build(channel: Channel, sizes: tuple[int, ...] | None = (2, 3), seed: int = 0) -> GRUListener:
        torch.manual_seed(seed)
        return GRUListener(FEATURES, channel, sizes, hidden=7, embedding=3)

    return build


@pytest.fixture(scope="session")
def stacked() -> Callable[..., nn.Module]:
    """One module whose parameters are those of several modules, stacked."""

    def build(whole: nn.Module, *members: nn.Module) -> nn.Module:
        parameters, _ = stack_module_state(list(members))
        for name, parameter in parameters.items():
            owner, _, leaf = name.rpartition(".")
            whole.get_submodule(owner)._parameters[leaf] = nn.Parameter(parameter.detach().clone())
        return whole

    return build
