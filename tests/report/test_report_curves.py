from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emcomm.report.curves import curve_panels
from emcomm.report.effects import effect_panels


@pytest.fixture
def small(bare):
    rows = [("off", 0, "done"), ("off", 1, "stopped"), ("off", 2, "failed"), ("on", 0, "done")]
    runs = pd.DataFrame(
        [{"run": f"{c}/{s}", "condition": c, "seed": s, "status": status, "steps": 14} for c, s, status in rows]
    )
    metrics = pd.DataFrame(
        [
            *[("off/0", step, "accuracy", value) for step, value in ((0, 0.1), (7, 0.3), (14, 0.5))],
            *[("off/1", step, "accuracy", value) for step, value in ((0, 0.3), (7, 0.9))],
            *[("off/2", step, "accuracy", 0.0) for step in (0, 7)],
            *[("on/0", 14, "topsim", 0.25), ("on/0", 14, "accuracy", np.nan), ("on/0", 7, "unasked", 1.0)],
        ],
        columns=["run", "step", "metric", "value"],
    )
    study = {
        "conditions": {"idle": [], "off": [], "on": ["a"]},
        "patterns": [{"name": "p", "metric": "topsim"}, {"name": "q", "metric": "never_recorded"}],
    }
    return bare(study=study, runs=runs, metrics=metrics)


def test_a_curve_is_the_mean_over_seeds_between_the_lowest_and_the_highest(small):
    panel = curve_panels(small)[0]
    (curve,) = panel.curves
    assert (panel.metric, curve.condition, curve.series, curve.runs) == ("accuracy", "off", 1, 2)
    assert curve.steps.tolist() == [0, 7, 14]
    # off/1 met its stopping rule at step 7 and keeps 0.9, off/2 failed.
    # (0.1 + 0.3) / 2, (0.3 + 0.9) / 2, (0.5 + 0.9) / 2:
    assert curve.mean.tolist() == pytest.approx([0.2, 0.6, 0.7])
    assert (curve.low.tolist(), curve.high.tolist()) == ([0.1, 0.3, 0.5], [0.3, 0.9, 0.9])


def test_panels_are_accuracy_and_the_patterns_metrics_that_have_values(small):
    assert [panel.metric for panel in curve_panels(small)] == ["accuracy", "topsim"]
    assert curve_panels(small)[1].words == "topsim against training steps, mean over seeds. At the end: on 0.25."


def test_the_effect_plot_shows_every_seed_that_the_verdict_counts(data):
    panels = effect_panels(data)
    assert [panel.pattern for panel in panels] == data.patterns
    for panel in panels:
        for row in panel.rows:
            judged = row.cell.row
            assert judged is not None
            assert (len(row.on), len(row.off)) == (judged["n_on"], judged["n_off"])
            assert row.on.mean() - row.off.mean() == pytest.approx(row.cell.effect)


def test_an_effect_panel_leaves_out_what_was_not_tested_and_knows_its_band(data):
    panels = {panel.pattern: panel for panel in effect_panels(data)}
    assert [row.cell.pressure for row in panels["abbreviation"].rows] == ["length_cost", "community", "noise"]
    assert (panels["same_accuracy"].band, panels["abbreviation"].band) == (0.02, None)
    assert panels["short_messages"].unit == "symbols"
    assert "teaching +0.20 (+0.13 to +0.26), recovered" in panels["compositional"].words
