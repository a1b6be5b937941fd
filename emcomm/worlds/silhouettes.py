"""Shapes as silhouettes: how much of each pixel a shape covers that is so large, stands there and is turned so far.

All shapes lie within a circle of radius 1 about the point they are turned about, x to the right and y downwards, so
that a shape of radius r fits into a square of 2r however it is turned.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["TURNING", "UPRIGHT", "covered"]

FloatArray = NDArray[np.float64]
UPRIGHT = ("circle", "square", "triangle", "cross", "ring", "bar", "diamond", "half")
"""Shapes that are told apart as long as none is turned."""
TURNING = ("arrow", "half", "elbow", "slice", "flag", "hook", "wedge", "tee")
"""Shapes that look different at every angle: none has a symmetry of rotation."""

_ARC = math.pi / 16  # the angle of one side where a polygon stands for a curve


def covered(
    shape: str, pixels: int, across: ArrayLike, down: ArrayLike, radius: ArrayLike, turn: ArrayLike
) -> FloatArray:
    """Draw one shape in several places: the share of each pixel that it covers.

    Args:
        shape: one of `UPRIGHT` or `TURNING`.
        pixels: height and breadth of the picture.
        across: pixels from the left edge to the shape's middle, ``[k]`` or one for all.
        down: pixels from the upper edge to the shape's middle, likewise.
        radius: pixels from the middle to its farthest point, likewise, > 0.
        turn: by what angle it is turned clockwise, radians, likewise.

    Returns:
        float64 ``[k, pixels, pixels]`` in [0, 1]: half a pixel minus the distance of its middle from the outline, which
        is exact for straight edges along the pixels and within some hundredths elsewhere, but for sharp corners.

    Cost: O(k x pixels^2 x sides of the shape), up to 36 sides; 8 bytes x k x pixels^2 for each of about ten tables.
    """
    across, down, radius, turn = np.broadcast_arrays(
        *(np.asarray(number, dtype=np.float64).reshape(-1, 1, 1) for number in (across, down, radius, turn))
    )
    middles = np.arange(pixels) + 0.5
    x, y = middles[None, None, :] - across, middles[None, :, None] - down
    sine, cosine = np.sin(turn), np.cos(turn)
    x, y = (x * cosine + y * sine) / radius, (y * cosine - x * sine) / radius
    if shape == "circle":
        distance = np.hypot(x, y) - 1
    elif shape == "ring":
        distance = np.abs(np.hypot(x, y) - 0.75) - 0.25
    else:
        distance = _from_polygon(x, y, _corners(shape))
    return (0.5 - distance * radius).clip(0, 1)


def _from_polygon(x: FloatArray, y: FloatArray, corners: FloatArray) -> FloatArray:
    """Return the distance of points from the outline of a polygon, negative inside; one step a side."""
    nearest, inside = np.full(x.shape, np.inf), np.zeros(x.shape, dtype=bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        right, down = end - start
        dx, dy = x - start[0], y - start[1]
        along = ((dx * right + dy * down) / (right**2 + down**2)).clip(0, 1)
        np.minimum(nearest, (dx - along * right) ** 2 + (dy - along * down) ** 2, out=nearest)
        # A ray to the right meets this side if its ends lie above and below, and the point to the left of it.
        between = (start[1] > y) != (end[1] > y)
        inside ^= between & ((dx * down < dy * right) == (down > 0))
    return np.where(inside, -1.0, 1.0) * np.sqrt(nearest)


@cache
def _corners(shape: str) -> FloatArray:
    """Return the corners of a shape ``[corners, 2]``, none farther than 1 from where it is turned about."""
    if shape == "half":
        return _arc(math.pi, 2 * math.pi, 0.92) + np.array([0, 0.37])
    if shape == "slice":  # a circle that lacks a quarter
        return np.concatenate([_arc(0, 1.5 * math.pi, 1.0), [(0.0, 0.0)]])
    return np.array(_POLYGONS[shape])


def _arc(start: float, end: float, radius: float) -> FloatArray:
    """Return points of a circle between two angles, clockwise from the right."""
    angles = np.linspace(start, end, round((end - start) / _ARC) + 1)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


_POLYGONS = {
    "square": [(-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), (-0.7, 0.7)],
    "triangle": [(0.0, -1.0), (0.866, 0.5), (-0.866, 0.5)],
    "cross": [
        *[(-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3)],
        *[(0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3), (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3)],
    ],
    "bar": [(-0.95, -0.27), (0.95, -0.27), (0.95, 0.27), (-0.95, 0.27)],
    "diamond": [(0.0, -1.0), (0.6, 0.0), (0.0, 1.0), (-0.6, 0.0)],
    "arrow": [
        *[(0.0, -1.0), (0.9, 0.15), (0.3, 0.15), (0.3, 0.9)],
        *[(-0.3, 0.9), (-0.3, 0.15), (-0.9, 0.15)],
    ],
    "elbow": [(-0.7, -0.7), (-0.1, -0.7), (-0.1, 0.1), (0.7, 0.1), (0.7, 0.7), (-0.7, 0.7)],
    "tee": [
        *[(-0.75, -0.65), (0.75, -0.65), (0.75, -0.25), (0.2, -0.25)],
        *[(0.2, 0.97), (-0.2, 0.97), (-0.2, -0.25), (-0.75, -0.25)],
    ],
    "wedge": [(0.0, -1.0), (0.55, 0.83), (-0.55, 0.83)],
    "flag": [(-0.45, -0.85), (0.75, -0.35), (0.0, 0.1), (0.0, 0.95), (-0.45, 0.85)],
    "hook": [
        *[(-0.6, -0.75), (0.6, -0.75), (0.6, -0.25), (0.0, -0.25), (0.0, 0.3), (0.6, 0.3)],
        *[(0.6, 0.75), (-0.6, 0.75)],
    ],
}
