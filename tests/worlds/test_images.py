"""ImageWorld: what the pictures show, and that no two look alike."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import ImageWorld
from emcomm.worlds.form import Image
from emcomm.worlds.images import COLOURS
from tests.worlds.lab import cielab_of


def pictures(world: ImageWorld) -> np.ndarray:
    """Float32 ``[n, 3, pixels, pixels]``."""
    return world.features().reshape(-1, 3, world.pixels, world.pixels)


def test_meanings_are_all_combinations_of_what_varies() -> None:
    world = ImageWorld(shapes=2, colours=1, columns=3, pixels=17)
    assert world.latents() == ("shape", "horizontal")
    assert world.sizes() == (2, 3)
    assert world.meanings().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert world.meanings().dtype == np.int64
    assert world.form == Image(3, 17, 17)
    assert world.features().shape == (6, 867)  # 3 x 17 x 17
    assert world.features().dtype == np.float32


def test_every_property_is_an_attribute_of_its_own() -> None:
    world = ImageWorld(shapes=3, colours=5, scales=2, columns=2, rows=3, rotations=7, pixels=29)
    assert world.latents() == ("shape", "colour", "size", "horizontal", "vertical", "rotation")
    assert world.sizes() == (3, 5, 2, 2, 3, 7)
    assert world.meanings().shape == (1260, 6)
    assert len(world.features()) == 1260
    assert (world.meanings()[-1] == [2, 4, 1, 1, 2, 6]).all()


def test_the_square_of_a_small_picture_is_where_it_belongs() -> None:
    # Half the picture is 10 pixels, 0.9 of it the radius 9, 0.7 of that half a side: from 3.7 to 16.3.
    square = pictures(ImageWorld(shapes=2, colours=2, pixels=20))[2]
    row = np.zeros(20)
    row[4:16] = 1
    row[[3, 16]] = 0.3
    # The second shape in the first colour, white, which is 1 in every channel.
    for channel in square:
        assert channel[10] == pytest.approx(row, abs=1e-6)
        assert channel[:, 10] == pytest.approx(row, abs=1e-6)


def test_things_have_the_colour_that_the_meaning_says_on_black() -> None:
    world = ImageWorld(shapes=2, colours=12, pixels=13)
    drawn = pictures(world)
    for meaning, picture in zip(world.meanings(), drawn, strict=True):
        assert picture[:, 6, 6] == pytest.approx(list(COLOURS.values())[meaning[1]])
        assert (picture[:, 0, 0] == 0).all()
    assert drawn.min() == 0
    assert drawn.max() == 1


def test_colours_are_far_apart_for_the_eye() -> None:
    places = cielab_of(list(COLOURS.values()))
    apart = np.linalg.norm(places[:, None] - places, axis=2) + np.diag(np.full(12, np.inf))
    assert apart.min() > 30
    assert np.linalg.norm(places, axis=1).min() > 30  # and from the black behind


def test_places_move_the_thing_and_nothing_else() -> None:
    # Radius 0.5 x 8 = 4: middles from 4 to 12, so 5 columns are 2 pixels apart and 3 rows 4 pixels.
    world = ImageWorld(shapes=4, colours=1, columns=5, rows=3, pixels=16)
    drawn = pictures(world).reshape(4, 5, 3, 3, 16, 16)
    for column in range(4):
        assert (drawn[:, column + 1, 1] == np.roll(drawn[:, column, 1], 2, axis=-1)).all()
    for row in range(2):
        assert (drawn[:, 2, row + 1] == np.roll(drawn[:, 2, row], 4, axis=-2)).all()


@pytest.mark.parametrize("rotations", [1, 5])
def test_things_stay_within_the_picture(rotations: int) -> None:
    world = ImageWorld(shapes=8, colours=1, scales=2, columns=3, rows=3, rotations=rotations)
    mass = pictures(world)[:, 0].sum(axis=(1, 2)).reshape(8, 2, 9, rotations)
    # As much is seen in the corners as in the middle (place 4 of 9), but for the blur of the outermost edge.
    assert mass == pytest.approx(np.repeat(mass[:, :, 4:5], 9, axis=2), rel=0.04)


def test_sizes_are_evenly_spaced_from_half_the_largest() -> None:
    world = ImageWorld(shapes=1, colours=1, scales=3, pixels=32)
    mass = pictures(world)[:, 0].sum(axis=(1, 2))
    # Circles of radius 7.2, 10.8 and 14.4: areas as 4, 9 and 16.
    assert mass == pytest.approx(np.pi * np.array([7.2, 10.8, 14.4]) ** 2, rel=0.01)


def test_rotations_go_once_around_clockwise() -> None:
    drawn = pictures(ImageWorld(shapes=3, colours=1, rotations=4, pixels=21)).reshape(3, 4, 3, 21, 21)
    for k in range(4):
        assert drawn[:, k] == pytest.approx(np.rot90(drawn[:, 0], -k, axes=(-2, -1)), abs=1e-6)
    assert np.abs(drawn[:, 1] - drawn[:, 0]).max() > 0.5


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"shapes": 8, "colours": 12, "pixels": 16},
        {"shapes": 8, "colours": 1, "scales": 3, "columns": 3, "rows": 2},
        {"shapes": 5, "colours": 2, "rotations": 8, "columns": 2, "pixels": 16},
        {"shapes": 1, "colours": 1, "rotations": 36},
        {"shapes": 1, "colours": 1, "columns": 9, "rows": 9, "pixels": 16},
        {"shapes": 8, "colours": 1, "scales": 2, "rows": 2, "rotations": 7},
    ],
)
def test_no_two_pictures_look_alike(settings: dict[str, int]) -> None:
    table = ImageWorld(**settings).features()
    squares = (table.astype(np.float64) ** 2).sum(axis=1)
    apart = np.add.outer(squares, squares) - 2 * table.astype(np.float64) @ table.T.astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 1


def test_pictures_drawn_in_parts_are_the_same_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ImageWorld(shapes=2, colours=3, scales=2, rotations=5, pixels=17)
    whole = world.build_features()
    monkeypatch.setattr("emcomm.worlds.images._AT_ONCE", 3 * 17 * 17)  # three pictures at a time
    assert (world.build_features() == whole).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"shapes": 1, "colours": 1}, "all pictures would be the same one"),
        ({"shapes": 0}, "shapes: input should be greater than or equal to 1, got 0"),
        ({"shapes": 9}, "shapes: input should be less than or equal to 8, got 9"),
        ({"colours": 13}, "colours: input should be less than or equal to 12, got 13"),
        ({"rotations": 37}, "rotations: input should be less than or equal to 36, got 37"),
        ({"pixels": 7}, "pixels: input should be greater than or equal to 8, got 7"),
        ({"columns": 10, "pixels": 16}, "columns=10 places .* less than a pixel apart; at pixels=16 at most 9 are"),
        ({"rows": 14}, "rows=14 places .* less than a pixel apart; at pixels=24 at most 13 are allowed"),
        ({"rotations": 36, "scales": 2, "pixels": 8}, "look alike at pixels=8; ask for more pixels"),
        ({"scales": 8, "columns": 2, "pixels": 8}, r"\(size \d, rotation 0\) and .* look alike at pixels=8"),
        ({"columns": 33, "rows": 33, "pixels": 64}, "43560 pictures .* make 535265280 feature numbers, at most 500000"),
        ({"shape": 3}, "unknown key 'shape'.*Did you mean 'shapes'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        ImageWorld(**settings)
    assert "\n" not in str(caught.value)
