"""`ImageWorld`: small pictures of one thing each, whose shape, colour, size, place and rotation vary."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emcomm.errors import BadInput
from emcomm.worlds.base import MOST_CELLS, World
from emcomm.worlds.form import Image
from emcomm.worlds.silhouettes import TURNING, UPRIGHT, covered

__all__ = ["COLOURS", "ImageWorld"]

FloatArray = NDArray[np.float64]
COLOURS = {
    "white": (1.0, 1.0, 1.0),
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.65, 0.15),
    "blue": (0.2, 0.3, 1.0),
    "yellow": (1.0, 0.9, 0.1),
    "pink": (1.0, 0.45, 0.8),
    "cyan": (0.2, 0.85, 0.95),
    "orange": (1.0, 0.55, 0.0),
    "grey": (0.5, 0.5, 0.5),
    "purple": (0.55, 0.1, 0.7),
    "brown": (0.5, 0.3, 0.1),
    "lime": (0.6, 1.0, 0.3),
}
"""Red, green and blue in [0, 1] of each colour, in the order in which a world takes them."""

LATENTS = ("shape", "colour", "size", "horizontal", "vertical", "rotation")
ALONE, PLACED = 0.9, 0.5  # radius of the largest thing as a share of half the picture: in the middle, in several places
SMALLEST = 0.5  # radius of the smallest thing as a share of that of the largest
CLEAR = 1.0  # least sum over pixels of the squared difference between two silhouettes
_AT_ONCE = 1 << 18  # pixels drawn at a time


class ImageWorld(World):
    """Small pictures, each of one thing on black: every combination of shape, colour, size, place and rotation.

    A setting of 1 keeps that property the same in all pictures, and it is no attribute then. The others are the
    attributes, in the order of the arguments (see `latents`); meanings are in lexicographic order, the last attribute
    varying fastest. Features are the pictures, float32 in [0, 1], red, green, blue, each from the top left: ``form`` is
    ``Image(3, pixels, pixels)``.

    Edges are smooth. The thing stays within the picture in every place: its radius is 0.9 of half the picture where
    there is one place, 0.5 where there are several, and the smallest of several sizes has half the radius of the
    largest. Shapes are the first of circle, square, triangle, cross, ring, bar, diamond, half circle. As a circle or a
    square looks the same at several angles, shapes that are turned are others: with several rotations, which go once
    around clockwise, they are the first of arrow, half circle, elbow, slice, flag, hook, wedge, tee, none of which has
    a symmetry of rotation. Colours are the first of white, red, green, blue, yellow, pink, cyan, orange, grey, purple,
    brown, lime.

    With the defaults there are 40 pictures of 1728 numbers. Features take 12 bytes x meanings x pixels^2.

    Args:
        shapes: how many shapes there are, 1 to 8.
        colours: how many colours there are, 1 to 12.
        scales: how many sizes there are, 1 to 8, radii evenly spaced.
        columns: how many places there are from left to right, at least a pixel apart.
        rows: how many places there are from top to bottom, at least a pixel apart.
        rotations: how many angles there are, 1 to 36, evenly spaced, the first being upright.
        pixels: height and breadth of the pictures, 8 to 64.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: one picture only, places less than a pixel apart, shapes, sizes or rotations that look alike in so few
            pixels, more than 500 million numbers in all, or what `World` refuses.

    Source: latents as in dSprites (Matthey et al. 2017), whose squares and ellipses look the same at several rotations;
    things in several colours on black as in ShapeWorld (Kuhnle & Copestake 2017). Shapes, colours and drawing are our
    own.
    """

    name: ClassVar[str] = "image"

    shapes: int = Field(default=5, ge=1, le=len(UPRIGHT))
    colours: int = Field(default=8, ge=1, le=len(COLOURS))
    scales: int = Field(default=1, ge=1, le=8)
    columns: int = Field(default=1, ge=1)
    rows: int = Field(default=1, ge=1)
    rotations: int = Field(default=1, ge=1, le=36)
    pixels: int = Field(default=24, ge=8, le=64)

    @property
    def form(self) -> Image:
        """Red, green and blue, pixels x pixels."""
        return Image(3, self.pixels, self.pixels)

    def latents(self) -> tuple[str, ...]:
        """Return what each attribute is: those of shape, colour, size, horizontal, vertical, rotation that vary."""
        return tuple(name for name, count in zip(LATENTS, self._counts, strict=True) if count > 1)

    def sizes(self) -> tuple[int, ...]:
        """Return how many values each attribute has, each at least 2."""
        return tuple(count for count in self._counts if count > 1)

    def build_meanings(self) -> NDArray[np.int64]:
        """Return every combination: int64 ``[n, attributes]``; what cannot be told apart is refused."""
        n, numbers = math.prod(self._counts), self.form.width
        if n < 2:
            raise BadInput("all pictures would be the same one; at least one of shapes, colours, ... must be above 1")
        if n * numbers > MOST_CELLS:
            raise BadInput(
                f"{n} pictures of {numbers} numbers make {n * numbers} feature numbers, at most {MOST_CELLS} are "
                "allowed"
            )
        self._check_places()
        self._check_silhouettes()
        return np.stack(np.unravel_index(np.arange(n), self.sizes()), axis=1).astype(np.int64)

    def build_features(self) -> NDArray[np.float32]:
        """Draw the pictures: float32 ``[n, 3 * pixels * pixels]``."""
        radii, across, down, turns = (axis.ravel() for axis in np.meshgrid(*self._axes(), indexing="ij"))
        k, pixels = len(radii), self.pixels
        paints = np.array(list(COLOURS.values()), dtype=np.float32)[: self.colours]
        out = np.empty((self.shapes, self.colours, k, 3, pixels, pixels), dtype=np.float32)
        step = max(1, _AT_ONCE // pixels**2)
        for pictures, shape in zip(out, self._shapes, strict=True):
            for first in range(0, k, step):
                part = slice(first, first + step)
                drawn = covered(shape, pixels, across[part], down[part], radii[part], turns[part]).astype(np.float32)
                pictures[:, part] = drawn[:, None] * paints[:, None, :, None, None]
        return out.reshape(-1, self.form.width)

    @property
    def _counts(self) -> tuple[int, ...]:
        return self.shapes, self.colours, self.scales, self.columns, self.rows, self.rotations

    @property
    def _shapes(self) -> tuple[str, ...]:
        return (TURNING if self.rotations > 1 else UPRIGHT)[: self.shapes]

    def _axes(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return radii, places across, places down (in pixels) and angles (in radians)."""
        half = self.pixels / 2
        largest = half * (ALONE if self.columns == self.rows == 1 else PLACED)
        radii = np.linspace(SMALLEST * largest, largest, self.scales) if self.scales > 1 else np.array([largest])
        places = [
            np.linspace(largest, self.pixels - largest, count) if count > 1 else np.array([half])
            for count in (self.columns, self.rows)
        ]
        turns = 2 * np.pi * np.arange(self.rotations) / self.rotations
        return radii, places[0], places[1], turns

    def _check_places(self) -> None:
        most = int(self.pixels * (1 - PLACED)) + 1
        for name, count in (("columns", self.columns), ("rows", self.rows)):
            if count > most:
                raise BadInput(
                    f"{name}={count} places would be less than a pixel apart; at pixels={self.pixels} at most {most} "
                    "are allowed"
                )

    def _check_silhouettes(self) -> None:
        """Refuse shapes, sizes and rotations two of which look alike."""
        radii, across, down, turns = self._axes()
        radius, turn = (axis.ravel() for axis in np.meshgrid(radii, turns, indexing="ij"))
        drawn = [covered(shape, self.pixels, across[0], down[0], radius, turn) for shape in self._shapes]
        table = np.concatenate(drawn).reshape(-1, self.pixels**2).astype(np.float32)
        squares = (table**2).sum(axis=1)
        apart = np.add.outer(squares, squares) - 2 * table @ table.T
        np.fill_diagonal(apart, np.inf)
        place = int(apart.argmin())
        if apart.flat[place] < CLEAR:
            pair = [np.unravel_index(k, (self.shapes, len(radii), len(turns))) for k in divmod(place, len(table))]
            one, other = (f"{self._shapes[shape]} (size {size}, rotation {turned})" for shape, size, turned in pair)
            raise BadInput(
                f"{one} and {other} look alike at pixels={self.pixels}; ask for more pixels, or for fewer shapes, "
                "scales or rotations"
            )
