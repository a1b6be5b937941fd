"""Worlds that the tests of games share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from emcomm.envs import Board
from emcomm.worlds import ArrayWorld, AttributeWorld


@pytest.fixture(scope="session")
def unequal() -> AttributeWorld:
    """Fifteen meanings with attributes of 3 and 5 values."""
    return AttributeWorld(values=(3, 5))


@pytest.fixture(scope="session")
def doubles() -> ArrayWorld:
    """Seven meanings of which 0, 2 and 5 look alike, and so do 1 and 6."""
    looks = [0.0, 1.0, 0.0, 2.0, 3.0, 0.0, 1.0]
    return ArrayWorld(meanings=[[value] for value in range(7)], features=[[look, 1.0] for look in looks])


@pytest.fixture(scope="session")
def uniform() -> Callable[..., Tensor]:
    """Uniform numbers in [0, 1)."""

    def draw(*shape: int, seed: int = 1) -> Tensor:
        return torch.rand(shape, generator=torch.Generator().manual_seed(seed))

    return draw


@pytest.fixture(scope="session")
def everything() -> Callable[[Board], Tensor]:
    """A pool of all meanings."""
    return lambda board: torch.ones(len(board.meanings), dtype=torch.bool)
