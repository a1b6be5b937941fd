"""Small languages that the tests of metrics share."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from emcomm.language import Language


def _grid(*sizes: int) -> np.ndarray:
    return np.array(list(itertools.product(*map(range, sizes))))


@pytest.fixture(scope="session")
def grid() -> Callable[..., np.ndarray]:
    """All combinations of attribute values: ``grid(3, 5)`` is int64 ``[15, 2]``."""
    return _grid


@pytest.fixture(scope="session")
def perfect() -> Callable[..., Language]:
    """One position for each attribute; with `shared`, all positions use the same symbols."""

    def build(*sizes: int, shared: bool = False) -> Language:
        meanings = _grid(*sizes)
        offsets = 1 if shared else 1 + np.concatenate([[0], np.cumsum(sizes)[:-1]])
        return Language(meanings, meanings + offsets, variable=False, sizes=sizes)

    return build


@pytest.fixture(scope="session")
def rich() -> Language:
    """A language on which every metric has a value: 11 meanings, some messages shared, lengths 0..5, skewed use."""
    rng = np.random.default_rng(7)
    messages = rng.integers(0, 4, (11, 5))
    messages[3] = messages[8]
    return Language(_grid(3, 5)[:11], messages, frequencies=1 / np.arange(1, 12))
