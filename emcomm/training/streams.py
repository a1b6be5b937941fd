"""The random streams of a stack of runs, as tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emcomm.rng import generator_at, stream_key

__all__ = ["Streams"]


class Streams:
    """The named random streams of a stack of runs; they keep no state, see `emcomm.rng`.

    A run's numbers do not depend on which other runs share the stack, nor on the device they end up on.

    Args:
        seeds: one integer seed a run, each >= 0.
        device: where returned tensors live; the numbers do not depend on it.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        self.seeds = tuple(int(seed) for seed in seeds)
        self.device = torch.device(device)
        self._keys: dict[str, list[NDArray[np.uint64]]] = {}

    def __len__(self) -> int:
        return len(self.seeds)

    def generators(self, stream: str, step: int, turn: int = 0) -> list[np.random.Generator]:
        """Return one NumPy generator a run for `stream` at `step`, and within the step at `turn`."""
        keys = self._keys.get(stream)
        if keys is None:
            keys = self._keys[stream] = [stream_key(seed, stream) for seed in self.seeds]
        return [generator_at(key, step, turn) for key in keys]

    def uniform(self, stream: str, step: int, shape: Sequence[int], turn: int = 0) -> Tensor:
        """Uniform numbers in [0, 1): float32 ``[runs, *shape]``; each turn of a step has its own."""
        out = np.empty((len(self), *shape), dtype=np.float32)
        for row, rng in zip(out, self.generators(stream, step, turn), strict=True):
            rng.random(out=row, dtype=np.float32)
        return torch.from_numpy(out).to(self.device, non_blocking=True)

    def normal(self, stream: str, step: int, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers: float32 ``[runs, *shape]``."""
        out = np.empty((len(self), *shape), dtype=np.float32)
        for row, rng in zip(out, self.generators(stream, step), strict=True):
            rng.standard_normal(out=row, dtype=np.float32)
        return torch.from_numpy(out).to(self.device, non_blocking=True)
