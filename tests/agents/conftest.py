"""Agents and meanings that the tests of agents share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import stack_module_state

from emcomm.agents import GRU
from emcomm.agents.recurrent import RecurrentListener, RecurrentSpeaker
from emcomm.channel import Channel
from emcomm.worlds.form import Flat

FEATURES = 11
SMALL = GRU(hidden=7, embedding=3)


@pytest.fixture(scope="session")
def features() -> Tensor:
    """Thirteen meanings: ``[13, 11]``."""
    return torch.randn(13, FEATURES, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="session")
def speaker_of() -> Callable[..., RecurrentSpeaker]:
    """An untrained speaker with louder logits than usual, so that its choices differ."""

    def build(channel: Channel, seed: int = 0) -> RecurrentSpeaker:
        torch.manual_seed(seed)
        speaker = SMALL.speaker(Flat(FEATURES), channel)
        with torch.no_grad():
            speaker.out.weight.mul_(4)
        return speaker

    return build


@pytest.fixture(scope="session")
def listener_of() -> Callable[..., RecurrentListener]:
    """An untrained listener; it names attributes with `sizes` values, or points at candidates."""

    def build(channel: Channel, sizes: tuple[int, ...] | None = (2, 3), seed: int = 0) -> RecurrentListener:
        torch.manual_seed(seed)
        return SMALL.listener(Flat(FEATURES), channel, sizes)

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
