"""Look at activations' codes as they are made, without changing what makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

from emcomm.ternary.health import saturation
from emcomm.ternary.stacking import in_vmap

__all__ = ["Watch", "notice", "watched", "watching"]


class Watch:
    """Running mean of the saturation of all activations that were quantised while it watched.

    Attributes:
        hits: saturated codes so far, float64 ``[*stack]``; None before any.
        seen: codes of one member of the stack so far.
    """

    def __init__(self) -> None:
        self.hits: Tensor | None = None
        self.seen = 0

    @property
    def saturation(self) -> Tensor | None:
        """Share of saturated codes, float64 ``[*stack]`` in [0, 1]; None if nothing was quantised."""
        return None if self.hits is None else self.hits / self.seen


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(anything: bool = True) -> Iterator[Watch]:
    """Watch what is quantised inside of a ``with``; modules that are mapped over a stack cannot be told apart.

    Args:
        anything: False watches nothing, which takes no time.
    """
    watch = Watch()
    token = _WATCH.set(watch if anything else None)
    try:
        yield watch
    finally:
        _WATCH.reset(token)


def watched() -> bool:
    """Whether somebody watches.

    Loops over messages then go on to the last position, lest what is seen of a run depend on how long others talk.
    """
    return _WATCH.get() is not None


def notice(make: Callable[[], Tensor]) -> None:
    """Show codes of activations ``[*stack, n, features]`` to whoever is watching; they are made for nobody else."""
    watch = _WATCH.get()
    if watch is None or in_vmap():
        return
    codes = make()
    if not codes.numel():
        return
    stack = codes.dim() - 2
    count = codes.shape[stack:].numel()
    hits = saturation(codes, stack).double() * count
    watch.hits = hits if watch.hits is None else watch.hits + hits
    watch.seen += count
