from __future__ import annotations

import math

import pytest

from emcomm.report.wording import delta, label, listing, number, p_value, plural, setting, shorten


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123, "0.12"),
        (-0.0042, "−0.004"),
        (0.00031, "0.0003"),
        (0.00002, "2e-05"),
        (12.34, "12.3"),
        (-1234.5, "−1,234"),
        (0, "0.00"),
        (math.nan, "–"),
        (None, "–"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_have_the_decimals_their_size_deserves(value, text):
    assert number(value) == text


def test_a_sign_is_written_before_positive_numbers_on_request_and_never_before_zero():
    assert [number(value, signed=True) for value in (0.5, 0.0, -0.5)] == ["+0.50", "0.00", "−0.50"]


@pytest.mark.parametrize(
    ("value", "text"), [(1, "+1.00"), (-0.604, "−0.60"), (0.0, "0.00"), (-0.001, "0.00"), (math.nan, "–"), (None, "–")]
)
def test_cliffs_delta_has_two_decimals_and_no_negative_zero(value, text):
    assert delta(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0004, "< 0.001"), (0.0312, "0.031"), (1.0, "1.000"), (None, "–")])
def test_p_values_below_a_thousandth_are_not_spelled_out(value, text):
    assert p_value(value) == text


def test_counts_and_lists_read_as_prose():
    assert (plural(1, "run"), plural(1300, "run"), plural(0, "run")) == ("1 run", "1,300 runs", "0 runs")
    assert [listing(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_a_shortened_text_has_at_most_the_asked_length_and_says_that_it_was_cut():
    assert shorten("seventeen letters", 17) == "seventeen letters"
    assert shorten("seventeen letters", 11) == "seventeen…"


def test_settings_are_written_as_words():
    assert setting(None) == "not set"
    assert setting(True) == "yes"
    assert setting([]) == "none"
    assert setting([7, 5]) == "7, 5"
    assert setting([[0, 1], [2, 3]]) == "(0, 1), (2, 3)"
    assert label("mean_length_by_token") == "mean length by token"
