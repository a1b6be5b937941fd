"""Generated languages of graded structure, for those who have no data of people at hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import whole_number
from emcomm.probes.graded.language import ALPHABET, SHAPES, GradedLanguage
from emcomm.rng import generator

__all__ = ["graded_language", "graded_languages"]

ANGLES = 9
NEW = 13
STEM = 3
SECTORS = 10


def graded_language(structured: float, *, name: str = "", seed: int = 0, level: int = 0) -> GradedLanguage:
    """A language in which a share of the words says what its scene is, and the others are words of their own.

    Scenes are 4 shapes by 9 directions (every 40 degrees): 23 familiar ones and 13 new ones, of which each shape has
    three or four. A structured word is a stem of three letters for the shape and five letters for the direction; those
    are of two kinds, and change one by one around the circle, so that their edit distance is the angle in steps of 36
    degrees. Any other word is eight letters at random, different from all words of the language. Languages of one
    seed share scenes, stems and letters; the scenes that have a structured word in one language have it in all
    languages of more structure.

    Known: `structure_score` is above 0.9 with ``structured=1`` and about 0 with 0; 23 different words of eight letters.

    Args:
        structured: share of the familiar scenes whose word is structured, in [0, 1]; rounded to whole scenes.
        name: what to call it; "": after the share.
        seed: draws scenes, letters and words.
        level: see `GradedLanguage`.

    Raises:
        BadInput: a share outside [0, 1], or a seed that is no integer of at least 0.

    Source: none; the dial of `emcomm.languages.structured` for the scenes of Raviv, de Heer Kloots & Meyer 2021.
    """
    if not isinstance(structured, (int, float, np.number)) or not 0 <= structured <= 1:
        raise BadInput(f"structured must be a share from 0 to 1, got {structured!r}")
    seed = whole_number("seed", seed, least=0)
    shapes, angles, new = _scenes(seed)
    words = _structured_words(shapes, angles, seed)
    own = _own_words(len(words), set(words), seed)
    familiar = np.flatnonzero(~new)
    order = generator(seed, "graded.order").permutation(len(familiar))
    keep = np.zeros(len(words), dtype=bool)
    keep[familiar[order[: round(structured * len(familiar))]]] = True
    said = [words[k] if keep[k] else own[k] for k in familiar.tolist()]
    return GradedLanguage(
        name or f"{structured:.2f}", shapes[~new], angles[~new], tuple(said), shapes[new], angles[new], level
    )


def graded_languages(count: int = 10, *, seed: int = 0) -> list[GradedLanguage]:
    """Languages from no structure to full structure, named L1, L2, ...

    The share of structured words is the root of 0, 1 / (count - 1), ..., 1: a pair of scenes adds to the structure
    score if both words are structured, so that the scores then go up in about equal steps.

    Args:
        count: how many, at least 2.
        seed: see `graded_language`.

    Raises:
        BadInput: fewer than two, or no such seed.
    """
    count = whole_number("count", count, least=2)
    return [
        graded_language((k / (count - 1)) ** 0.5, name=f"L{k + 1}", seed=seed, level=1 + 5 * k // count)
        for k in range(count)
    ]


def _scenes(seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Shapes ``[36]``, angles ``[36]``, and which scenes are new."""
    shape, turn = np.divmod(np.arange(SHAPES * ANGLES), ANGLES)
    draws = generator(seed, "graded.new").random((SHAPES, ANGLES))
    rank = draws.argsort(axis=1).argsort(axis=1)
    least, more = divmod(NEW, SHAPES)
    extra = generator(seed, "graded.extra").permutation(SHAPES) < more
    return shape, turn * 360.0 / ANGLES, (rank < least + extra[:, None]).ravel()


def _structured_words(shapes: NDArray[np.int64], angles: NDArray[np.float64], seed: int) -> list[str]:
    letters = generator(seed, "graded.letters").permutation(list(ALPHABET)).tolist()
    stems = ["".join(letters[k * STEM : (k + 1) * STEM]) for k in range(SHAPES)]
    first, second = letters[SHAPES * STEM : SHAPES * STEM + 2]
    half = SECTORS // 2
    sectors = np.rint(angles / (360.0 / SECTORS)).astype(int) % SECTORS
    around = [second * k + first * (half - k) for k in range(half)] + [
        first * k + second * (half - k) for k in range(half)
    ]
    return [stems[shape] + around[sector] for shape, sector in zip(shapes.tolist(), sectors.tolist(), strict=True)]


def _own_words(count: int, taken: set[str], seed: int) -> list[str]:
    rng, words = generator(seed, "graded.words"), list[str]()
    while len(words) < count:
        word = "".join(rng.choice(list(ALPHABET), STEM + SECTORS // 2).tolist())
        if word not in taken and word not in words:
            words.append(word)
    return words
