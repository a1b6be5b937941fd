"""The thread setting of tests that train."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

__all__ = ["one_thread"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Stacks this small are slower, and on a busy machine much slower, when threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
