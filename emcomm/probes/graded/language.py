"""`GradedLanguage`: words for scenes in which one of a few shapes moves in a direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput
from emcomm.metrics.structure import structure_score

__all__ = ["ALPHABET", "SHAPES", "GradedLanguage", "scene_features", "spell", "words_of"]

ALPHABET = "-aefghikmnopstuw"
"""The letters people had; letter k is the symbol k + 1."""
SHAPES = 4
"""How many shapes there are."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GradedLanguage:
    """A word for each familiar scene, and new scenes without one.

    Args:
        name: what it is called.
        shapes: the familiar scenes' shapes, integers ``[n]`` in ``0..3``.
        angles: their directions in degrees, ``[n]``; 360 is 0.
        words: n words of the letters of `ALPHABET`.
        new_shapes: shapes of the new scenes, ``[m]``.
        new_angles: their directions, ``[m]``.
        level: rank of its structure among the languages it is studied with, 1 (least) to 5; 0 if unknown.

    Raises:
        BadInput: no scenes, lengths that differ, shapes out of range, angles that are no finite numbers, or words that
            are empty or have other letters.
    """

    name: str
    shapes: IntArray
    angles: NDArray[np.float64]
    words: tuple[str, ...]
    new_shapes: IntArray
    new_angles: NDArray[np.float64]
    level: int = 0

    def __post_init__(self) -> None:
        for prefix, (shapes, angles) in {"": self.familiar, "new_": self.new}.items():
            object.__setattr__(self, f"{prefix}shapes", _shapes(self.name, shapes))
            object.__setattr__(self, f"{prefix}angles", np.asarray(angles, dtype=np.float64))
            if len(angles) != len(shapes) or not len(shapes) or not np.isfinite(getattr(self, f"{prefix}angles")).all():
                raise BadInput(
                    f"language {self.name}: every scene has one shape and one finite angle, and there is one"
                )
        object.__setattr__(self, "words", tuple(self.words))
        if len(self.words) != len(self.shapes):
            raise BadInput(f"language {self.name}: {len(self.shapes)} scenes need as many words, got {len(self.words)}")
        for word in self.words:
            if not isinstance(word, str) or not word or set(word) - set(ALPHABET):
                raise BadInput(f"language {self.name}: words have at least one letter of {ALPHABET!r}, got {word!r}")

    @property
    def familiar(self) -> tuple[IntArray, NDArray[np.float64]]:
        """Shapes and angles of the familiar scenes."""
        return self.shapes, self.angles

    @property
    def new(self) -> tuple[IntArray, NDArray[np.float64]]:
        """Shapes and angles of the new scenes."""
        return self.new_shapes, self.new_angles

    @cached_property
    def structure(self) -> float:
        """`emcomm.metrics.structure_score` of the familiar scenes and their words, in [-1, 1]."""
        return structure_score(self.shapes, self.angles, self.words)

    @property
    def longest(self) -> int:
        """Letters of the longest word."""
        return max(map(len, self.words))


def scene_features(shapes: IntArray, angles: ArrayLike) -> NDArray[np.float32]:
    """Show scenes to a learner: which shape, and sine and cosine of the direction; float32 ``[n, SHAPES + 2]``.

    Source: Galke, Ram & Raviv 2024.
    """
    turn = np.deg2rad(np.asarray(angles, dtype=np.float64))
    return np.concatenate([np.eye(SHAPES)[shapes], np.stack([np.sin(turn), np.cos(turn)], -1)], -1, dtype=np.float32)


def spell(words: Sequence[str], positions: int) -> IntArray:
    """Write words as symbols: int64 ``[n, positions]``, letter k of `ALPHABET` is k + 1, then 0s.

    Raises:
        BadInput: a word has more letters than positions.
    """
    if (longest := max(map(len, words), default=0)) > positions:
        raise BadInput(f"words may have at most {positions} letters, got one of {longest}")
    numbers = {letter: number for number, letter in enumerate(ALPHABET, start=1)}
    rows = [[numbers[letter] for letter in word] + [0] * (positions - len(word)) for word in words]
    return np.array(rows, dtype=np.int64).reshape(-1, positions)


def words_of(symbols: IntArray) -> NDArray[np.object_]:
    """Read symbols ``[..., positions]`` as words, strings ``[...]``; a word ends before the first 0."""
    ended = (symbols == 0).cumsum(-1) > 0
    letters = np.array(["", *ALPHABET])[np.where(ended, 0, symbols)]
    flat = letters.reshape(-1, symbols.shape[-1])
    return np.array(["".join(row) for row in flat.tolist()], dtype=object).reshape(symbols.shape[:-1])


def _shapes(name: str, shapes: ArrayLike) -> IntArray:
    array = np.asarray(shapes)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() < SHAPES):
        raise BadInput(f"language {name}: shapes are integers in 0..{SHAPES - 1}, got {shapes!r}")
    return array.astype(np.int64)
