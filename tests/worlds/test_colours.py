"""ColourWorld: a cylinder of chips, as saturated as a screen shows them."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import ColourWorld
from tests.worlds.lab import cielab_of


def test_meanings_are_hues_with_lightnesses_from_dark_to_light() -> None:
    world = ColourWorld(hues=3, lightnesses=2)
    assert world.meanings().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]
    assert world.meanings().dtype == np.int64
    assert world.sizes() == (3, 2)
    # L* from 20 to 90: the two ends, again and again.
    assert world.cielab()[:, 0] == pytest.approx([20, 90] * 3)


def test_hues_go_evenly_around_and_lightness_goes_evenly_up() -> None:
    world = ColourWorld(hues=5, lightnesses=3)
    lightness, a, b = world.cielab().reshape(5, 3, 3).transpose(2, 0, 1)
    assert lightness == pytest.approx(np.tile([20, 55, 90], (5, 1)))
    angles = np.rad2deg(np.arctan2(b, a)) % 360
    assert angles[1:] == pytest.approx(np.repeat([[72], [144], [216], [288]], 3, axis=1))
    assert b[0] == pytest.approx(0)  # the first hue is at 0 degrees: b* = 0, a* > 0
    assert (a[0] > 0).all()


def test_one_lightness_leaves_a_circle_of_hues() -> None:
    world = ColourWorld(hues=7, lightnesses=1)
    assert world.meanings().tolist() == [[k] for k in range(7)]
    assert world.sizes() == (7,)
    assert world.cielab()[:, 0] == pytest.approx(55)
    assert world.features().shape == (7, 3)


def test_features_are_a_hundredth_of_cielab() -> None:
    world = ColourWorld(hues=11, lightnesses=5)
    features, cielab = world.features(), world.cielab()
    assert features.dtype == np.float32
    assert features[:, 0] == pytest.approx((cielab[:, 0] - 50) / 100, abs=1e-6)
    assert features[:, 1:] == pytest.approx(cielab[:, 1:] / 100, abs=1e-6)
    # A distance between chips is a hundred times that of their features.
    assert np.linalg.norm(features[3] - features[17]) * 100 == pytest.approx(
        np.linalg.norm(cielab[3] - cielab[17]), rel=1e-5
    )


def test_the_conversion_used_here_knows_the_corners_of_the_screen() -> None:
    # Published L*, a*, b* of the red, green, blue and white of sRGB.
    corners = cielab_of([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    assert corners == pytest.approx(
        np.array([[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86], [100, 0, 0]]), abs=0.03
    )


def test_screen_colours_lead_back_to_cielab() -> None:
    world = ColourWorld(hues=13, lightnesses=7, chroma=0.6)
    assert ((world.srgb() >= 0) & (world.srgb() <= 1)).all()
    assert cielab_of(world.srgb()) == pytest.approx(world.cielab(), abs=0.05)


def test_chips_are_as_saturated_as_a_screen_can_show() -> None:
    world = ColourWorld()
    screen = world.srgb()
    # On the boundary of the screen's colours some channel is at its end; a bit more chroma leads out.
    assert (np.minimum(screen, 1 - screen).min(axis=1) < 1e-3).all()
    assert cielab_of(screen) == pytest.approx(world.cielab(), abs=0.05)
    chroma = np.hypot(*world.cielab()[:, 1:].T)
    assert chroma.max() < 135  # the blue corner has 133.8, and no colour of the screen has more
    assert np.abs(world.features()).max() < 1.1


def test_chroma_is_a_share_of_the_highest() -> None:
    full, half = ColourWorld(hues=7, lightnesses=3), ColourWorld(hues=7, lightnesses=3, chroma=0.5)
    assert half.cielab()[:, 1:] == pytest.approx(full.cielab()[:, 1:] / 2)
    assert half.cielab()[:, 0] == pytest.approx(full.cielab()[:, 0])


def test_no_two_chips_are_the_same_colour() -> None:
    cielab = ColourWorld().cielab()
    apart = np.linalg.norm(cielab[:, None] - cielab, axis=2) + np.diag(np.full(len(cielab), np.inf))
    assert len(cielab) == 320
    assert apart.min() > 1  # about what can just be seen


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"hues": 1}, "hues: input should be greater than or equal to 2, got 1"),
        ({"hues": 361}, "hues: input should be less than or equal to 360, got 361"),
        ({"lightnesses": 0}, "lightnesses: input should be greater than or equal to 1, got 0"),
        ({"chroma": 0}, "chroma: input should be greater than 0, got 0"),
        ({"chroma": 1.5}, "chroma: input should be less than or equal to 1, got 1.5"),
        ({"hue": 5}, "unknown key 'hue'.*Did you mean 'hues'"),
        ({"lightnesses": 1, "split": "compositional", "held_out": 0.2}, "needs at least 2 attributes"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        ColourWorld(**settings)
    assert "\n" not in str(caught.value)
