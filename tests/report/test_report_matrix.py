from __future__ import annotations

import math
from dataclasses import replace

import pytest

from emcomm.report.answer import answer, unfinished
from emcomm.report.matrix import matrix


def test_every_pattern_meets_every_pressure_in_the_studys_order(data):
    rows = matrix(data)
    assert [[(c.pattern, c.pressure) for c in row] for row in rows] == [
        [(pattern, pressure) for pressure in data.pressures] for pattern in data.patterns
    ]


def test_a_cell_carries_its_verdict_and_numbers(data):
    cell = matrix(data)[0][0]
    row = data.verdicts.iloc[0]
    assert (cell.verdict, cell.effect, cell.delta) == (row["verdict"], row["effect"], row["cliffs_delta"])
    assert cell.numbers == ("+0.20", "+0.84")
    assert cell.tested
    assert cell.as_predicted is True


def test_a_cell_without_a_row_is_not_tested(data):
    cell = matrix(data)[1][0]
    assert (cell.verdict, cell.tested, cell.numbers) == ("not tested", False, ("–", "–"))
    assert math.isnan(cell.delta)


def test_an_absence_that_was_predicted_says_so(data):
    notes = {cell.verdict: cell.note for cell in matrix(data)[3]}
    assert notes == {"absent": "as predicted", "reversed": ""}


@pytest.mark.parametrize(("stored", "read"), [("True", True), ("false", False), (math.nan, None), (True, True)])
def test_as_predicted_is_read_from_whatever_a_file_made_of_it(data, stored, read):
    verdicts = data.verdicts.assign(as_predicted=[stored] * len(data.verdicts))
    assert matrix(replace(data, verdicts=verdicts))[0][0].as_predicted is read


def test_the_answer_counts_verdicts_and_names_them(data):
    text = answer(data)
    assert text.startswith(
        "The study tested 19 combinations of a pattern and a pressure: 7 recovered, 3 reversed, 3 ab"
    )
    assert "“compositional” under teaching and community" in text
    assert "Shown to be absent: “same_accuracy” under teaching, length_cost and noise (as predicted)." in text


def test_the_answer_says_when_nothing_was_recovered_or_tested(data, bare):
    hopeless = data.verdicts[data.verdicts["verdict"] == "inconclusive"].head(1)
    assert answer(replace(data, verdicts=hopeless)) == (
        "The study tested 1 combination of a pattern and a pressure: 1 inconclusive. No predicted effect was recovered."
    )
    assert answer(bare()) == "No pattern has been tested yet, so there is no verdict to report."


def test_failed_and_open_runs_are_owned_up_to(data):
    assert unfinished(data) == "1 run failed and is left out of every comparison."
    runs = data.runs.copy()
    runs.loc[runs.index[:3], "status"] = ["running", "pending", "failed"]
    assert unfinished(replace(data, runs=runs)) == (
        "2 runs failed and are left out of every comparison. 2 runs of 50 have not ended yet."
    )
    assert unfinished(replace(data, runs=data.finished)) == ""
