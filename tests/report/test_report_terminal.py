from __future__ import annotations

import io

from rich.console import Console

from emcomm.report import print_matrix


def printed(data, width):
    stream = io.StringIO()
    print_matrix(data, Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


def test_the_matrix_says_verdict_effect_and_delta_in_every_cell(data):
    text = printed(data, 120)
    assert "Recovery matrix: ease_of_teaching" in text
    assert "✓ recovered" in text
    assert "+0.20  δ +0.84" in text
    assert "not tested" in text
    assert "as predicted" in text
    assert "1 run failed" in text


def test_a_narrow_terminal_gets_several_tables_with_every_pressure(make_data):
    data = make_data(pressures=("teaching", "length_cost", "community", "noise", "memory"), seeds=5, records=2)
    text = printed(data, 80)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.count("│ compositional") == 2
    assert all(pressure in text for pressure in data.pressures)
    assert "reversed" in text


def test_names_are_not_read_as_styles(make_data):
    data = make_data(pressures=["[red]x[/red]"], patterns=[("[/nothing]", "accuracy", "up")], seeds=5, records=2)
    text = printed(data, 80)
    assert "[red]x[/red]" in text
    assert "[/nothing]" in text


def test_no_pattern_is_said_in_words(bare):
    assert "no recovery matrix" in printed(bare(), 80)
