"""Silhouettes: how much of each pixel a shape covers, worked by hand and compared with other ways to draw."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.path import Path

from emcomm.worlds import silhouettes
from emcomm.worlds.silhouettes import TURNING, UPRIGHT, covered

SHAPES = sorted({*UPRIGHT, *TURNING})
POLYGONS = [shape for shape in SHAPES if shape not in ("circle", "ring")]


def test_a_square_covers_parts_of_the_pixels_on_its_edge() -> None:
    # Side 1.4 x 5 = 7, from 6.5 - 3.5 = 3 to 10 across: seven whole pixels. Its middle lies a quarter of a pixel lower,
    # so that it covers 3/4 of the pixels of row 3 and 1/4 of those of row 10.
    (drawn,) = covered("square", 13, 6.5, 6.75, 5, 0)
    row = np.zeros(13)
    row[3:10] = 1
    column = np.zeros(13)
    column[3:10] = [0.75, 1, 1, 1, 1, 1, 1]
    column[10] = 0.25
    assert drawn == pytest.approx(np.outer(column, row))


@pytest.mark.parametrize(("shape", "area"), [("circle", math.pi), ("ring", math.pi * (1 - 0.5**2))])
def test_round_shapes_have_their_area(shape: str, area: float) -> None:
    for radius in (3.0, 7.3):
        assert covered(shape, 17, 8.2, 8.9, radius, 0).sum() == pytest.approx(area * radius**2, rel=0.01)


@pytest.mark.parametrize("shape", POLYGONS)
def test_polygons_have_the_area_of_their_corners_at_every_angle(shape: str) -> None:
    x, y = silhouettes._corners(shape).T
    area = abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
    turns = np.linspace(0, 2 * np.pi, 7)
    assert covered(shape, 61, 30.3, 29.9, 29, turns).sum(axis=(1, 2)) == pytest.approx(area * 29**2, rel=0.01)


@pytest.mark.parametrize("shape", POLYGONS)
def test_a_pixel_is_more_than_half_covered_where_its_middle_is_inside(shape: str) -> None:
    turn, radius, across, down = 0.7, 13.0, 14.3, 15.9
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])  # clockwise, y downwards
    outline = Path(silhouettes._corners(shape) @ rotation.T * radius + [across, down])
    x, y = np.meshgrid(np.arange(29) + 0.5, np.arange(31) + 0.5)
    inside = outline.contains_points(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(31, 29)
    drawn = covered(shape, 31, across, down, radius, turn)[0][:, :29]
    clear = np.abs(drawn - 0.5) > 1e-6
    assert ((drawn > 0.5) == inside)[clear].all()
    assert inside.sum() > 50


@pytest.mark.parametrize("shape", POLYGONS)
def test_no_corner_is_farther_off_than_the_radius(shape: str) -> None:
    farthest = np.hypot(*silhouettes._corners(shape).T).max()
    assert 0.9 < farthest <= 1.001


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quarter_turn_is_clockwise(shape: str) -> None:
    turned = covered(shape, 23, 11.5, 11.5, 10, np.pi / 2 * np.arange(4))
    for k in range(4):
        assert turned[k] == pytest.approx(np.rot90(turned[0], -k), abs=1e-9)


def test_an_arrow_points_up_and_then_right() -> None:
    up, right = covered("arrow", 21, 10.5, 10.5, 10, [0, np.pi / 2])
    assert up[2, 10] > 0.5 > up[2, 5]  # the tip in the middle of the upper rows
    assert right[10, 18] > 0.5 > right[5, 18]


@pytest.mark.parametrize("shape", TURNING)
def test_turning_shapes_look_different_at_every_angle(shape: str) -> None:
    table = covered(shape, 23, 11.5, 11.5, 10, 2 * np.pi * np.arange(36) / 36).reshape(36, -1)
    apart = ((table[:, None] - table) ** 2).sum(axis=2) + np.diag(np.full(36, np.inf))
    assert apart.min() > 5


@pytest.mark.parametrize(("shape", "angles"), [("circle", 7), ("square", 4), ("triangle", 3), ("cross", 4), ("bar", 2)])
def test_upright_shapes_do_not(shape: str, angles: int) -> None:
    turned = covered(shape, 23, 11.5, 11.5, 10, 2 * np.pi * np.arange(angles) / angles)
    # Up to the three decimals in which the corners of the triangle are written.
    assert np.abs(turned - turned[0]).max() < 0.02


@pytest.mark.parametrize("shape", SHAPES)
def test_many_at_once_are_the_same_as_one_by_one(shape: str) -> None:
    across, down, radius, turn = np.array([[5, 6.5, 8.2], [7, 4.5, 6.0], [3, 4.1, 5.2], [0, 1, 2]])
    together = covered(shape, 13, across, down, radius, turn)
    assert together.shape == (3, 13, 13)
    assert ((together >= 0) & (together <= 1)).all()
    for k in range(3):
        assert (together[k] == covered(shape, 13, across[k], down[k], radius[k], turn[k])[0]).all()
