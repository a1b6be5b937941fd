"""The parts of a picture: things with their attributes, symbols, colours, words and cards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emcomm.envs.drawing import Referent, Turn, picture
from emcomm.envs.drawing.canvas import Canvas, shorten, width_of
from emcomm.envs.drawing.grid import Card, draw_cards
from emcomm.envs.drawing.palette import EIGHT, INK, PAPER, mix, on, tile, value_colour
from emcomm.envs.drawing.referents import draw_thing
from tests.envs.scenes import NAME


def look(attributes: tuple[int | None, ...], sizes: tuple[int, ...]) -> bytes:
    canvas = Canvas(128, 96)
    draw_thing(canvas, 64, 48, 80, attributes, sizes)
    return canvas.pixels().tobytes()


@pytest.mark.parametrize("attribute", range(5))
def test_the_values_of_an_attribute_look_different(attribute: int) -> None:
    sizes, start = (12, 8, 5, 6, 7), (1, 2, 3, 0, 0)
    values = [(*start[:attribute], value, *start[attribute + 1 :]) for value in range(sizes[attribute])]
    assert len({look(attributes, sizes) for attributes in values}) == sizes[attribute]


def test_values_beyond_the_shapes_are_written_into_the_thing() -> None:
    assert len({look((value,), (101,)) for value in range(0, 101, 4)}) == 26
    assert len({look((1, value), (2, 101)) for value in range(0, 101, 4)}) == 26  # a ramp of colours
    # Seven fillings are more than there are: all things are solid, and the numbers below say which is which.
    assert look((1, 1, 1, 3), (2, 2, 2, 7)) == look((1, 1, 1, 5), (2, 2, 2, 7))


def test_what_is_not_known_yet_is_left_open() -> None:
    whole, sizes = (1, 2, 3, 3, 1), (4, 4, 4, 4, 4)
    assert len({look((*whole[:n], *[None] * (5 - n)), sizes) for n in range(6)}) == 6


def test_things_stay_within_their_room() -> None:
    for shape in range(12):
        pixels = np.frombuffer(look((shape, 0, 1, 0, 1), (12, 8, 2, 6, 8)), np.uint8).reshape(96, 128, 3)
        assert (pixels[:, :20] == 255).all()  # 64 - 1.06 x 80 / 2 is 21.6, less half a line of 1.8
        assert (pixels[:, 108:] == 255).all()
        assert (pixels[:4] == 255).all()
        assert (pixels[92:] == 255).all()
        assert (pixels < 255).any()


def test_a_symbol_has_one_colour_wherever_it_is() -> None:
    def count(said: tuple[int, ...], heard: tuple[int, ...]) -> int:
        pixels = picture(replace(NAME, symbols=7, turns=(Turn("speaker_0", said, heard, True),), shown=(), answer=()))
        fill = tile(7)[0]
        return int((pixels == [int(fill[at : at + 2], 16) for at in (1, 3, 5)]).all(-1).sum())

    assert count((3, 3), (3, 3)) == 0
    once = count((7, 3), (7, 3))
    assert once > 300  # most of a tile of 34 x 34
    assert count((7, 7), (7, 7)) == 2 * once
    assert once < count((7, 3), (7, 4)) <= 2 * once  # said and heard
    assert 0.7 * once < count((3, 3), (3, 7)) <= once  # heard alone


def test_colours() -> None:
    assert len({tile(symbol) for symbol in range(1, 17)}) == 16
    assert tile(1)[0] == EIGHT[0]
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix(INK, PAPER, 1.0) == PAPER
    assert (on("#ffffff"), on("#000000")) == (INK, PAPER)
    assert [value_colour(value, 8) for value in range(8)] == list(EIGHT)
    ramp = [value_colour(value, 101) for value in range(101)]
    assert len(set(ramp)) == 101
    assert ramp[25] == "#3b528b"  # a quarter of the way along five colours is the second of them
    assert (ramp[0], ramp[-1]) == ("#440154", "#fde725")


def test_long_words_are_cut() -> None:
    assert shorten("speaker_0", 200, 12) == "speaker_0"
    cut = shorten("speaker_0" * 9, 200, 12)
    assert cut.endswith("…")
    assert cut.startswith("speaker_0")
    assert width_of(cut, 12) <= 200
    assert shorten("speaker_0", 0, 12) == "…"


def test_no_cards_are_needed_but_none_that_matters_is_left_out() -> None:
    def drawn(keep: tuple[int, ...], colour: int) -> bytes:
        canvas = Canvas(320, 160)
        cards = [Card(Referent((0, 0))) for _ in range(97)]
        cards[89] = Card(Referent((0, colour)))
        draw_cards(canvas, cards, (5, 7), (0, 0, 320, 160), keep)
        return canvas.pixels().tobytes()

    assert drawn((), 1) == drawn((), 2)  # the 90th does not fit
    assert drawn((89,), 1) != drawn((89,), 2)
