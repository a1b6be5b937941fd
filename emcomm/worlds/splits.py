"""Which meanings to hold out: pure functions from meanings and a generator to sorted indices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput

__all__ = ["check_compositional", "compositional", "cover", "random"]

Indices = NDArray[np.int64]


def random(n: int, held: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Hold out any `held` of `n` meanings, every choice being equally probable.

    Returns:
        sorted int64 indices ``[n - held]`` for training and ``[held]`` held out.
    """
    return _parts(n, rng.permutation(n)[:held])


def compositional(meanings: Indices, held: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Hold out combinations whose every value is still seen in training.

    A drawn set of meanings that shows every value (see `cover`) stays in training; the held-out ones are drawn from the
    rest.

    Args:
        meanings: int64 ``[n, attributes]``, all different, values >= 0.
        held: how many to hold out.
        rng: decides which.

    Returns:
        sorted int64 indices ``[n - held]`` for training and ``[held]`` held out.

    Raises:
        BadInput: no such choice of `held` meanings was found; whether it is raised does not depend on `rng`.
    """
    check_compositional(meanings, held)
    n = len(meanings)
    order = rng.permutation(n)
    kept = order[cover(meanings[order])]
    if n - len(kept) < held:  # in a full grid every cover found is a smallest one; elsewhere this draw may be too large
        kept = cover(meanings)
    free = np.setdiff1d(order, kept)
    return _parts(n, rng.permutation(free)[:held])


def check_compositional(meanings: Indices, held: int) -> None:
    """Raise `BadInput` unless `held` meanings can be held out while every attribute's every value stays in training."""
    n, attributes = meanings.shape
    if attributes < 2:
        raise BadInput("a compositional hold-out needs at least 2 attributes, this world has 1; split='random' works")
    most = n - len(cover(meanings))
    if held > most:
        raise BadInput(
            f"a compositional hold-out can keep back at most {most} of these {n} meanings, as every value must stay in "
            f"training; held_out asks for {held}, so choose at most {np.floor(1000 * most / n) / 1000:g}"
        )


def cover(meanings: Indices) -> Indices:
    """Choose few meanings that together show every value of every attribute.

    Greedy: again and again the first meaning that shows the most values not shown yet. In a full grid this takes as
    many meanings as the largest attribute has values, which is the fewest possible.

    Args:
        meanings: int64 ``[n, attributes]``, values >= 0.

    Returns:
        int64 ``[chosen]``, in the order in which they were chosen.
    """
    missing = np.zeros((meanings.shape[1], meanings.max() + 1), dtype=bool)
    columns = np.arange(meanings.shape[1])
    missing[columns, meanings] = True
    chosen = []
    while missing.any():
        best = int(missing[columns, meanings].sum(axis=1).argmax())
        missing[columns, meanings[best]] = False
        chosen.append(best)
    return np.array(chosen, dtype=np.int64)


def _parts(n: int, held_out: Indices) -> tuple[Indices, Indices]:
    rest = np.ones(n, dtype=bool)
    rest[held_out] = False
    return np.flatnonzero(rest), np.sort(held_out)
