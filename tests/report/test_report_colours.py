from __future__ import annotations

import math

import pytest

from emcomm.report.colours import SERIES, THEME, cell_colours, dash, series_colour


def luminance(colour):
    """Relative luminance of WCAG 2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", [0, 1])
def test_text_is_legible_on_every_surface_of_both_modes(mode):
    for surface in ("paper", "raised"):
        for text in ("ink", "muted", "accent"):
            assert contrast(THEME[text][mode], THEME[surface][mode]) >= 4.5
    for step in range(-10, 11):
        assert contrast(THEME["ink"][mode], cell_colours(step / 10)[mode]) >= 4.5


@pytest.mark.parametrize("mode", [0, 1])
def test_every_line_stands_out_from_the_page(mode):
    for pair in SERIES:
        assert contrast(pair[mode], THEME["paper"][mode]) >= 3


def test_cells_go_from_orange_through_grey_to_blue_and_no_further():
    assert cell_colours(-1.0) == cell_colours(-1.3) == THEME["less"]
    assert cell_colours(0.0) == THEME["none"]
    assert cell_colours(1.0) == THEME["more"]
    assert cell_colours(math.nan) == THEME["paper"]
    # Halfway from f2 f3 f5 to 7f b6 e2 lie 184.5, 212.5 and 235.5, rounded to the even neighbour: b8 d4 ec.
    assert cell_colours(0.5)[0] == "#b8d4ec"


def test_no_two_of_the_first_forty_conditions_look_alike():
    assert len({(series_colour(series), dash(series)) for series in range(41)}) == 41
