from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emcomm.report.lengths import MOST_POINTS, length_panel


def languages_of(rows):
    frame = pd.DataFrame(rows, columns=["run", "step", "speaker", "meaning", "frequency", "length"])
    return frame.assign(a0=frame["meaning"], message=[" ".join("3" * n) for n in frame["length"]])


@pytest.fixture
def small(bare):
    runs = pd.DataFrame(
        [
            {"run": f"{c}/{s}", "condition": c, "seed": s, "status": status, "steps": 7}
            for c, s, status in (("off", 0, "done"), ("off", 1, "done"), ("on", 0, "failed"))
        ]
    )
    final = {"off/0": (5, 3, 1), "off/1": (7, 3, 3), "on/0": (1, 1, 1)}
    rows = [
        *[("off/0", 0, 0, m, f, 2) for m, f in enumerate((0.2, 0.6, 0.2))],
        *[(run, 7, 0, m, f, n[m]) for run, n in final.items() for m, f in enumerate((0.2, 0.6, 0.2))],
    ]
    return bare(study={"conditions": {"off": [], "on": ["a"]}}, runs=runs, languages=languages_of(rows))


def test_lengths_at_the_end_are_averaged_over_runs_and_equal_frequencies(small):
    (curve,) = length_panel(small).curves
    assert (curve.condition, curve.series) == ("off", 0)
    # Meaning 1 has rank 1. Meanings 0 and 2 share ranks 2 and 3, that is 2.5; of their mean lengths (5 + 7) / 2 = 6 and
    # (1 + 3) / 2 = 2 the mean is 4.
    assert curve.ranks.tolist() == [1.0, 2.5]
    assert curve.lengths.tolist() == [3.0, 4.0]
    assert length_panel(small).words.endswith("off from 3.00 to 4.00.")


def test_the_plot_is_left_out_with_a_reason_where_it_could_show_nothing(small, bare):
    assert "No language" in length_panel(bare()).why_hidden
    flat = small.languages.assign(frequency=1 / 3)
    assert "equally frequent" in length_panel(replace(small, languages=flat)).why_hidden
    fixed = small.languages.assign(length=5)
    panel = length_panel(replace(small, languages=fixed))
    assert "same length here (5.00 symbols)" in panel.why_hidden
    assert panel.curves == ()


def test_many_ranks_are_averaged_without_losing_the_ends_or_the_mean(make_data):
    data = make_data(seeds=2, meanings=997)
    panel = length_panel(data)
    assert panel.binned
    for curve in panel.curves:
        assert len(curve.ranks) <= MOST_POINTS
        assert curve.ranks[0] == 1.0
        assert np.all(np.diff(curve.ranks) > 0)
    assert not length_panel(make_data(seeds=2)).binned
