"""Randomness that belongs to the run: every draw is a function of (run seed, stream name, step), and of nothing else.

There is no state: the numbers of step 700 are the same whether or not step 699 was ever played, and a consumer that is
switched off shifts nobody else's numbers.

Source: Salmon et al. 2011 (Philox 4x64, a counter-based generator), through NumPy's bit generators; keys are spread by
`numpy.random.SeedSequence`.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["generator", "generator_at", "stream_key"]


def generator(seed: int, stream: str, step: int = 0) -> np.random.Generator:
    """Return the generator of one run's stream at one step; equal arguments give equal numbers."""
    return generator_at(stream_key(seed, stream), step)


def stream_key(seed: int, stream: str) -> NDArray[np.uint64]:
    """Return the key of one run's stream: seeds >= 0 and names that differ give keys that differ."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(zlib.crc32(stream.encode()),))
    return sequence.generate_state(2, np.uint64).astype(np.uint64)


def generator_at(key: NDArray[np.uint64], step: int, turn: int = 0) -> np.random.Generator:
    """Return the generator of a keyed stream at one turn of a step; no two turns and no two steps share numbers."""
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, step, turn]))
