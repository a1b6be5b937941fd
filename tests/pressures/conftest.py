"""What tests of pressures run under; failures of the inherited contract show their values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

pytest.register_assert_rewrite("tests.pressures.contract")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Stacks this small are slower, and on a busy machine much slower, when threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
