"""What segments would look like if boundaries fell anywhere: the control beside every segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import whole_number
from emcomm.metrics.resampling import p_value
from emcomm.metrics.segmentation import Segmentation
from emcomm.rng import generator

__all__ = ["BoundaryControl", "random_boundaries", "random_boundary_control"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BoundaryControl:
    """A segmentation beside segmentations with as many boundaries in each message, at random places.

    Attributes:
        segmentation: the segmentation in question.
        draws: segmentations with random boundaries.
    """

    segmentation: Segmentation
    draws: tuple[Segmentation, ...]

    @cached_property
    def vocabulary_sizes(self) -> FloatArray:
        """Number of different segments in each draw: float64 ``[draws]``."""
        return np.array([draw.vocabulary_size for draw in self.draws], dtype=np.float64)

    @cached_property
    def word_topographic_similarities(self) -> FloatArray:
        """Word-level topographic similarity of each draw: float64 ``[draws]``, NaN where undefined.

        Raises:
            BadInput: a corpus without meanings.
        """
        return np.array([draw.word_topographic_similarity for draw in self.draws])

    @property
    def vocabulary_p_value(self) -> float:
        """(1 + draws with a vocabulary as small) / (1 + draws), in (0, 1]; low: segments are used again."""
        return p_value(self.segmentation.vocabulary_size, self.vocabulary_sizes, "less")

    @property
    def word_topographic_similarity_p_value(self) -> float:
        """(1 + draws with a similarity as high) / (1 + defined draws), in (0, 1]; NaN where undefined.

        Raises:
            BadInput: a corpus without meanings.
        """
        value = self.segmentation.word_topographic_similarity
        return np.nan if np.isnan(value) else p_value(value, self.word_topographic_similarities, "greater")


def random_boundaries(segmentation: Segmentation, rng: np.random.Generator) -> Segmentation:
    """Move the boundaries of every message to places drawn at random, all sets of places being equally likely.

    Args:
        segmentation: n messages with boundaries ``[n, max_length - 1]``.
        rng: where the places are drawn from.

    Returns:
        `Segmentation` with as many boundaries in each message.

    Raises:
        BadInput: no segmentation, or no generator.

    Cost: O(n max_length log max_length).

    Source: Ueda, Ishii & Miyao 2023. They draw places with replacement, which leaves fewer boundaries; here none fall
    together.
    """
    if not isinstance(rng, np.random.Generator):
        raise BadInput(f"rng must be a generator of NumPy, as np.random.default_rng(0) is; got {type(rng).__name__}")
    boundaries = _checked(segmentation).boundaries
    inside = np.arange(1, boundaries.shape[1] + 1) < segmentation.language.lengths[:, None]
    keys = np.where(inside, rng.random(boundaries.shape), 2.0)
    ranks = keys.argsort(axis=1).argsort(axis=1)
    drawn = ranks < boundaries.sum(axis=1, keepdims=True)
    drawn.flags.writeable = False
    return Segmentation(segmentation.language, drawn)


def random_boundary_control(segmentation: Segmentation, draws: int = 99, seed: int = 0) -> BoundaryControl:
    """Compare a segmentation with random ones: is its vocabulary smaller, its words more like meanings?

    Args:
        segmentation: what `harris_segmentation` gave, or any other.
        draws: random segmentations, at least 1; 19 allow a p-value of 0.05.
        seed: the same seed gives the same draws.

    Returns:
        `BoundaryControl` with `vocabulary_sizes`, `word_topographic_similarities` (worked out when first asked for) and
        a one-sided p-value for each.

    Raises:
        BadInput: no segmentation, fewer than one draw, a negative seed.

    Cost: one cut of all messages a draw; one topographic similarity more where that is asked for.

    Source: Ueda, Ishii & Miyao 2023, who plot the mean of such draws; the p-value is that of Phipson & Smyth 2010.
    """
    rng = generator(whole_number("seed", seed, least=0), "segmentation/control")
    count = whole_number("draws", draws, least=1)
    return BoundaryControl(_checked(segmentation), tuple(random_boundaries(segmentation, rng) for _ in range(count)))


def _checked(segmentation: Segmentation) -> Segmentation:
    if not isinstance(segmentation, Segmentation):
        raise BadInput(f"what is compared must be a Segmentation, got {type(segmentation).__name__}")
    return segmentation
