"""Structure and generalisation scores of human-like languages: shapes that move at an angle, described by words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from emcomm.errors import BadInput
from emcomm.metrics.correlation import settled

__all__ = ["generalisation_score", "scene_distances", "structure_score", "word_distances"]

FloatArray = NDArray[np.float64]
_SAME = 1e-12  # distances nearer than this are equal


def structure_score(shapes: Sequence[Any] | NDArray[Any], angles: ArrayLike, words: Sequence[str]) -> float:
    """Pearson correlation, over all pairs of scenes, of how different the scenes are and how different their words.

    Scenes differ by ``[shapes differ] + (angle between them) / 180``, words by their Levenshtein distance divided by
    the length of the longer.

    Args:
        shapes: n labels.
        angles: n directions in degrees; on a circle, so that 360 is 0.
        words: n strings.

    Returns:
        a number in [-1, 1], higher for a more structured language and about 0 for one without structure; NaN with fewer
        than three scenes, or when all scenes or all words are equally far apart.

    Raises:
        BadInput: lengths differ, angles are no finite numbers, or words no strings.

    Cost: O(n²).

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024. The published scores of the ten input languages
    come out to all their digits. Their released Python code takes ``|a - b| / 180``, which is not circular and does not
    give the published numbers.
    """
    shapes, angles, words = _scenes("", shapes, angles, words)
    upper = np.triu_indices(len(words), k=1)
    return _pearson(
        scene_distances(shapes, angles, shapes, angles)[upper],
        word_distances(words, words)[upper],
    )


def generalisation_score(
    shapes: Sequence[Any] | NDArray[Any],
    angles: ArrayLike,
    words: Sequence[str],
    new_shapes: Sequence[Any] | NDArray[Any],
    new_angles: ArrayLike,
    new_words: Sequence[str],
) -> float:
    """Pearson correlation, over all pairs of a familiar and a new scene, of the distances of scenes and of words.

    Distances are those of `structure_score`. High: new scenes are named like the familiar ones that resemble them.

    Args:
        shapes: n labels of the familiar scenes.
        angles: their n directions in degrees, on a circle.
        words: n strings: what the learner calls them.
        new_shapes: m labels of scenes the learner has not met before.
        new_angles: their m directions.
        new_words: m strings: what the learner calls them.

    Returns:
        a number in [-1, 1]; NaN when all pairs of scenes, or of words, are equally far apart.

    Raises:
        BadInput: lengths differ, angles are no finite numbers, or words no strings.

    Cost: O(n m).

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024. Not rescaled: they bring the scores of all
    learners to 0..1 afterwards, from the least, -0.069, to the greatest; their released function for that lacks
    parentheses (``x - min / range``).
    """
    shapes, angles, words = _scenes("", shapes, angles, words)
    new_shapes, new_angles, new_words = _scenes("new_", new_shapes, new_angles, new_words)
    return _pearson(
        scene_distances(shapes, angles, new_shapes, new_angles).ravel(), word_distances(words, new_words).ravel()
    )


def scene_distances(
    shapes: NDArray[Any], angles: FloatArray, other_shapes: NDArray[Any], other_angles: FloatArray
) -> FloatArray:
    """How different scenes are: 1 if the shapes differ, plus the angle between the directions / 180.

    Args:
        shapes: labels ``[n]``.
        angles: degrees ``[n]``.
        other_shapes: labels ``[m]``.
        other_angles: degrees ``[m]``.

    Returns:
        float64 ``[n, m]`` in 0..2. Cost: O(n m).

    Source: Raviv, de Heer Kloots & Meyer 2021, on a circle as the published scores were.
    """
    turn = np.abs(np.asarray(angles)[:, None] - other_angles) % 360.0
    differs = np.asarray(shapes)[:, None] != np.asarray(other_shapes)
    return differs + np.minimum(turn, 360.0 - turn) / 180.0


def word_distances(words: Sequence[str], others: Sequence[str]) -> FloatArray:
    """Levenshtein distance divided by the longer word's length, 0 for two empty words: float64 ``[n, m]`` in 0..1."""
    return cdist(words, others, scorer=Levenshtein.normalized_distance, dtype=np.float64)


def _scenes(prefix: str, shapes: Any, angles: Any, words: Any) -> tuple[NDArray[Any], FloatArray, list[str]]:
    """Check one list of scenes with their words, and return it as arrays."""
    try:
        said = [] if isinstance(words, str) else list(words)
        labels = np.asarray(shapes)
        if np.iscomplexobj(angles):
            raise TypeError
        numbers = np.asarray(angles, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{prefix}shapes must be labels, {prefix}angles numbers, {prefix}words strings") from None
    if isinstance(words, str) or not all(isinstance(word, str) for word in said):
        raise BadInput(f"{prefix}words must be a list of strings, one a scene")
    lengths = {"shapes": labels.shape, "angles": numbers.shape, "words": (len(said),)}
    if len(set(lengths.values())) > 1 or labels.ndim != 1 or not said:
        got = ", ".join(f"{prefix}{what} {list(shape)}" for what, shape in lengths.items())
        raise BadInput(f"every scene has a shape, an angle and a word; got {got}")
    if not np.isfinite(numbers).all():
        raise BadInput(f"{prefix}angles must be finite, in degrees")
    return labels, numbers, [str(word) for word in said]


def _pearson(x: FloatArray, y: FloatArray) -> float:
    if len(x) < 2 or np.ptp(x) < _SAME or np.ptp(y) < _SAME:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    return settled(float(x @ y / np.sqrt((x @ x) * (y @ y))), -1.0, 1.0)
