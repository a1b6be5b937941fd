"""Seats in a ring: who talks to whom if nobody may talk to himself."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["in_a_ring"]


def in_a_ring(order: Tensor) -> Tensor:
    """The listener of each agent if everybody talks to the next in a ring.

    With a random order, each agent talks to any other with equal chance, and two agents talk to each other.

    Args:
        order: int64 ``[..., agents]``, the agents as they sit, a permutation.

    Returns:
        int64 ``[..., agents]``, a permutation in which nobody stays in place, given at least two agents.
    """
    return torch.empty_like(order).scatter_(-1, order, order.roll(-1, -1))
