from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput
from emcomm.report import ReportData


def runs_of(rows):
    return pd.DataFrame(
        [{"run": f"{c}/{s}", "condition": c, "seed": s, "status": status, "steps": 7} for c, s, status in rows]
    )


def metrics_of(rows):
    return pd.DataFrame(rows, columns=["run", "step", "metric", "value"])


def verdict_of(on, off):
    columns = ["pattern", "metric", "pressure", "on", "off", "effect", "ci_low", "ci_high", "cliffs_delta", "p_value"]
    row = ["p", "m", "cost", on, off, 0.1, 0.0, 0.2, 0.5, 0.01, 5, 5, "recovered"]
    return pd.DataFrame([row], columns=[*columns, "n_on", "n_off", "verdict"])


def test_a_frame_with_rows_must_have_its_columns(bare):
    with pytest.raises(BadInput, match="'runs' lacks status, steps; it has run, condition, seed"):
        bare(runs=pd.DataFrame({"run": ["off/0"], "condition": ["off"], "seed": [0]}))


def test_empty_frames_are_enough(bare):
    data = bare()
    assert (data.conditions, data.pressures, data.patterns) == ({}, [], [])
    assert data.final_values("accuracy").empty


def test_conditions_are_read_from_a_mapping_or_a_list_and_completed_from_the_runs(bare):
    expected = {"off": (), "both": ("a", "b"), "stray": ()}
    runs = runs_of([("off", 0, "done"), ("stray", 0, "done")])
    assert bare(study={"conditions": {"off": [], "both": ["a", "b"]}}, runs=runs).conditions == expected
    listed = [{"name": "off"}, {"name": "both", "pressures": ["a", "b"]}]
    assert bare(study={"conditions": listed}, runs=runs).conditions == expected


def test_the_final_value_is_the_last_recorded_one_of_a_finished_run(bare):
    data = bare(
        runs=runs_of([("off", 0, "done"), ("off", 1, "stopped"), ("off", 2, "failed"), ("off", 3, "done")]),
        metrics=metrics_of(
            [
                ("off/0", 13, "accuracy", 0.9),
                ("off/0", 5, "accuracy", 0.4),
                ("off/0", 17, "other", 0.1),
                ("off/1", 5, "accuracy", 0.7),
                ("off/2", 5, "accuracy", 0.2),
                ("off/3", 5, "accuracy", 0.6),
                ("off/3", 13, "accuracy", np.nan),
            ]
        ),
    )
    # off/2 failed; what off/3 ended with is not defined, and an earlier value does not stand in for it.
    assert data.final_values("accuracy").to_dict() == {"off/0": 0.9, "off/1": 0.7}


def test_a_seeds_value_is_its_mean_over_the_compared_conditions(bare):
    places = [(c, s) for c in ("a", "a + b") for s in (2, 3, 5)]
    values = {("a", 2): 1.0, ("a", 3): 4.0, ("a", 5): 7.0, ("a + b", 2): 3.0, ("a + b", 3): 5.0, ("a + b", 5): 9.0}
    data = bare(
        runs=runs_of([(c, s, "failed" if (c, s) == ("a + b", 3) else "done") for c, s in places]),
        metrics=metrics_of([(f"{c}/{s}", 7, "length", values[c, s]) for c, s in places]),
    )
    # Seed 3 has no finished run in "a + b" and is left out; seeds 2 and 5: (1 + 3) / 2 and (7 + 9) / 2.
    assert data.seed_values("length", ["a", "a + b"]).tolist() == [2.0, 8.0]
    # A condition that stands for two twins counts twice: (1 + 1 + 3) / 3 and (7 + 7 + 9) / 3.
    assert data.seed_values("length", ["a", "a", "a + b"]).tolist() == pytest.approx([5 / 3, 23 / 3])
    assert data.seed_values("length", []).tolist() == []


def test_the_compared_conditions_are_those_that_the_verdict_names(bare):
    verdicts = verdict_of("cost, mild, other", "off")
    study = {"conditions": {"off": [], "cost, mild": ["cost"], "other": ["cost", "reset"], "cost": ["cost"]}}
    data = bare(study=study, verdicts=verdicts)
    assert data.arms("cost") == (("cost, mild", "other"), ("off",))
    assert data.arms("reset") == ((), ())
    told = bare(study=study, verdicts=verdicts, contrasts={"cost": (["other"], ["off", "off"])})
    assert told.arms("cost") == (("other",), ("off", "off"))


def test_names_of_no_condition_give_no_arms(bare):
    verdicts = verdict_of("nowhere", "off")
    assert bare(study={"conditions": {"off": []}}, verdicts=verdicts).arms("cost") == ((), ("off",))


def test_a_unit_is_empty_where_there_is_none(bare):
    data = bare(metric_definitions={"length": ("", "symbols", "", ""), "share": ("", "none", "", "")})
    assert [data.unit(name) for name in ("length", "share", "unknown")] == ["symbols", "", ""]


def test_the_study_file_gives_names_settings_and_definitions(bare):
    content = {
        "name": "mine",
        "study": {
            "name": "mine",
            "source": "Someone 2019",
            "base": {"steps": 700, "world": {"values": [7, 5]}},
            "design": "each",
            "patterns": [{"name": "p", "metric": "m", "direction": "up"}],
            "pressures": {"cost": {"kind": "length_cost", "strength": 0.5}},
        },
        "conditions": {"off": [], "cost": ["cost"]},
        "seeds": [2, 3],
        "definitions": {"m": ["what it is", "bits", "0 to 5", "Someone 2019"]},
        "device": "cpu",
        "versions": {"python": "3.11"},
    }
    empty = bare()
    frames = {name: getattr(empty, name) for name in ("runs", "metrics", "languages", "verdicts")}
    data = ReportData.from_study_file(content, **frames)
    assert data.study["settings"] == {
        "base": {"steps": 700, "world": {"values": [7, 5]}},
        "design": "each",
        "device": "cpu",
    }
    assert (data.pressures, data.patterns, data.metric_of("p")) == (["cost"], ["p"], "m")
    assert (data.study["source"], data.study["seeds"], data.unit("m")) == ("Someone 2019", [2, 3], "bits")
