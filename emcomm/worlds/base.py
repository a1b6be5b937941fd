"""`World`, what every world has in common: meanings as integer attributes, features, frequencies and a split.

A concrete world says which meanings there are; frequencies, one-hot features and the split into training and held-out
meanings follow from that. A world is a frozen set-up object: it draws nothing, and equal worlds give equal arrays.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from emcomm.errors import BadInput, unknown
from emcomm.registry import Plugin, Registry
from emcomm.worlds import splits
from emcomm.worlds.form import Flat, Form

__all__ = ["WORLDS", "Split", "World"]

WORLDS: Registry[type[World]] = Registry("worlds", "world")
FREQUENCIES = ("uniform", "zipf")
SPLITS = ("none", "random", "compositional")
MOST_CELLS = 500_000_000  # numbers in the features of the largest world, 2 GB of float32


@dataclass(frozen=True, eq=False)
class Split:
    """Which meanings are for training and which are kept back.

    Attributes:
        train: int64 ``[n_train]``, sorted indices of meanings; never empty.
        held_out: int64 ``[n_held]``, sorted indices of the others; empty without a hold-out.
    """

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]


def _read_frequencies(value: Any) -> Any:
    if isinstance(value, str):
        if value not in FREQUENCIES:
            raise unknown("word", value, [*FREQUENCIES, "an array of weights"])
        return value
    try:
        weights = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"must be 'uniform', 'zipf' or one weight a meaning, got {value!r}") from None
    if weights.ndim != 1:
        raise BadInput(f"weights must be one row [meanings], got shape {weights.shape}")
    good = np.isfinite(weights) & (weights > 0)
    if not good.all():
        raise BadInput(f"weights must be finite and above 0, got {weights[~good][0]}")
    return tuple(weights.tolist())


def _read_split(value: Any) -> Any:
    if value not in SPLITS:
        raise unknown("word", value, SPLITS)
    return value


class World(Plugin):
    """Base of every world; a concrete one has `build_meanings`, and may have its own `build_features` and `form`.

    Args:
        frequencies: how often each meaning occurs: ``"uniform"``; ``"zipf"``, p(k-th meaning) proportional to
            ``1 / k**zipf_exponent`` in the order of the meanings, the first being the most frequent; or one weight
            above 0 for each meaning, ``[n]``, normalised for you.
        zipf_exponent: exponent of ``"zipf"``, in [0, 10].
        split: ``"none"``; ``"random"``, any meanings are held out; ``"compositional"``, held-out meanings are unseen
            combinations of seen values, so that every value of every attribute stays in training.
        held_out: share of the meanings to hold out, in (0, 1) with a split and 0 without. Their number is
            ``round(held_out * n)``, whatever is drawn.

    Raises:
        BadInput: weights do not fit the meanings, or a part of the split would be empty or cannot be had.
    """

    registry: ClassVar[Registry[Any]] = WORLDS

    frequencies: Annotated[str | tuple[float, ...], BeforeValidator(_read_frequencies)] = "uniform"
    zipf_exponent: float = Field(default=1.0, ge=0, le=10)
    # `split` is also what one asks a world to do: the setting is written and read under that name, and kept under this.
    split_by: Annotated[str, BeforeValidator(_read_split)] = Field(default="none", alias="split")
    held_out: float = Field(default=0.0, ge=0, lt=1)

    @abstractmethod
    def build_meanings(self) -> NDArray[np.int64]:
        """Make the meanings, once a world: int64 ``[n, attributes]``, all different, values from 0."""

    def build_features(self) -> NDArray[np.float32]:
        """Make the features, once a world: float32 ``[n, features]``; one-hot codes unless a world has its own."""
        meanings, sizes = _meanings_of(self), self.sizes()
        out = np.zeros((len(meanings), sum(sizes)), dtype=np.float32)
        starts = np.cumsum((0, *sizes[:-1]))
        np.put_along_axis(out, meanings + starts, 1.0, axis=1)
        return out

    def meanings(self) -> NDArray[np.int64]:
        """Return every meaning once: int64 ``[n, attributes]``, attribute a in ``0..sizes()[a] - 1``."""
        return _meanings_of(self).copy()

    def sizes(self) -> tuple[int, ...]:
        """Return how many values each attribute has."""
        return tuple((_meanings_of(self).max(axis=0) + 1).tolist())

    def features(self) -> NDArray[np.float32]:
        """Return what agents see of each meaning: float32 ``[n, features]``, the one-hot codes of its attributes."""
        return _features_of(self).copy()

    @property
    def form(self) -> Form:
        """How a row of `features` is to be read: `Flat`, unless a world says that it is an image, a graph or a set."""
        return Flat(_features_of(self).shape[1])

    def probabilities(self) -> NDArray[np.float64]:
        """Return how probable each meaning is: float64 ``[n]``, above 0, summing to 1."""
        n = len(_meanings_of(self))
        if self.frequencies == "uniform":
            weights = np.ones(n)
        elif self.frequencies == "zipf":
            weights = np.arange(1, n + 1, dtype=np.float64) ** -self.zipf_exponent
        else:
            weights = np.asarray(self.frequencies)
            weights = weights / weights.max()
        return weights / weights.sum()

    def split(self, rng: np.random.Generator) -> Split:
        """Draw which meanings are held out; how many does not depend on `rng`.

        Returns:
            the split, whose parts are disjoint and together hold every meaning.
        """
        meanings = _meanings_of(self)
        held = round(self.held_out * len(meanings))
        if self.split_by == "compositional":
            return Split(*splits.compositional(meanings, held, rng))
        return Split(*splits.random(len(meanings), held, rng))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        meanings = _meanings_of(self)
        n, columns = len(meanings), sum(self.sizes())
        if n < 2:
            raise BadInput(f"a world needs at least 2 meanings, this one has {n}")
        if n * columns > MOST_CELLS:
            raise BadInput(
                f"{n} meanings with {columns} values make {n * columns} feature numbers, at most {MOST_CELLS} are "
                "allowed; count the values of each attribute 0, 1, 2, ..."
            )
        if not isinstance(self.frequencies, str) and len(self.frequencies) != n:
            raise BadInput(
                f"frequencies has {len(self.frequencies)} weights, and there are {n} meanings; give one each"
            )
        self._fits_split(meanings)
        return self

    def _fits_split(self, meanings: NDArray[np.int64]) -> None:
        n = len(meanings)
        if self.split_by == "none":
            if self.held_out > 0:
                raise BadInput(f"held_out={self.held_out} needs a split: 'random' or 'compositional', got 'none'")
            return
        held = round(self.held_out * n)
        if held in (0, n):
            part = "held-out" if held == 0 else "training"
            raise BadInput(
                f"held_out={self.held_out} of {n} meanings is {held}, which leaves no {part} meanings; "
                f"choose a share from {1 / n:.3g} to {(n - 1) / n:.3g}"
            )
        if self.split_by == "compositional":
            splits.check_compositional(meanings, held)

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:
        # Settings go by the names they are given by: ``type(world)(**{**dict(world), ...})`` is a changed world.
        for name, field in type(self).model_fields.items():
            yield field.alias or name, getattr(self, name)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return list(self)


@lru_cache(maxsize=16)
def _meanings_of(world: World) -> NDArray[np.int64]:
    return world.build_meanings()


@lru_cache(maxsize=8)
def _features_of(world: World) -> NDArray[np.float32]:
    return world.build_features()
