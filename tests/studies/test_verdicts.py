from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput
from emcomm.studies.pattern import Pattern
from emcomm.studies.verdicts import COLUMNS, VERDICTS, judge_study


def pattern(direction: str = "up", **changes: Any) -> Pattern:
    return Pattern(**{"name": "p", "metric": "m", "direction": direction, **changes})


FACTORIAL = {"off": (), "a": ("a",), "b": ("b",), "a+b": ("a", "b")}
PATTERNS = (
    pattern("up", name="rises", metric="m", band=0.2),
    pattern("down", name="falls", metric="k", pressures=("b",)),
    pattern("none", name="stays", metric="k", band=0.5),
)


def results(conditions: dict[str, tuple[str, ...]], seeds: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """a raises m by 2, b by 0.01; nothing changes k; a seed's own share is 0.03 a seed in both metrics."""
    rng = np.random.default_rng(31)
    runs, metrics = [], []
    for condition, active in conditions.items():
        for seed in range(seeds):
            run = f"{condition}/{seed}"
            runs.append({"run": run, "condition": condition, "seed": seed, "status": "done", "note": ""})
            m = 0.03 * seed + 2.0 * ("a" in active) + 0.01 * ("b" in active) + rng.normal(0, 0.01)
            finals = {"m": m, "k": 0.03 * seed + rng.normal(0, 0.01), "accuracy": 0.95}
            for name, value in finals.items():
                metrics.append({"run": run, "step": 0, "metric": name, "value": -50.0})
                metrics.append({"run": run, "step": 17, "metric": name, "value": value})
    return pd.DataFrame(runs), pd.DataFrame(metrics)


def study(
    runs: pd.DataFrame, metrics: pd.DataFrame, patterns: Sequence[Pattern] = PATTERNS, **keywords: Any
) -> pd.DataFrame:
    return judge_study(patterns, ("a", "b"), FACTORIAL, "factorial", runs, metrics, **keywords)


def test_table_of_a_study() -> None:
    table = study(*results(FACTORIAL))
    assert tuple(table.columns) == COLUMNS
    found = list(zip(table["pattern"], table["pressure"], table["verdict"], strict=True))
    assert found == [
        ("rises", "a", "recovered"),
        ("rises", "b", "absent"),
        ("falls", "b", "inconclusive"),
        ("stays", "a", "absent"),
        ("stays", "b", "absent"),
    ]
    assert table["as_predicted"].tolist() == [True, False, False, True, True]
    first = table.iloc[0]
    assert (first.on, first.off, first.metric, first.direction) == ("a, a+b", "off, b", "m", "up")
    assert first.effect == pytest.approx(2.0, abs=0.02)
    assert first.ci_low < first.ci90_low < first.effect < first.ci90_high < first.ci_high
    assert (first.accuracy_on, first.accuracy_off) == pytest.approx((0.95, 0.95))
    assert set(table["verdict"]) <= set(VERDICTS)


def test_columns_are_those_promised() -> None:
    head = "pattern metric pressure on off effect ci_low ci_high cliffs_delta p_value n_on n_off verdict"
    tail = (
        "direction min_delta band_low band_high ci90_low ci90_high p_raw accuracy_on accuracy_off as_predicted reason"
    )
    assert " ".join(COLUMNS) == f"{head} {tail}"


def test_factorial_counts_seeds_and_not_runs() -> None:
    runs, metrics = results(FACTORIAL, seeds=4)
    table = study(runs, metrics)
    assert (table[["n_on", "n_off"]] == 4).all().all()  # eight runs an arm, four seeds
    assert set(table["verdict"]) == {"inconclusive"}


def test_failed_and_unfinished_runs_never_enter() -> None:
    runs, metrics = results(FACTORIAL)
    clean = study(runs[runs["seed"] < 5], metrics)
    spoilt = runs.assign(status=np.where(runs["seed"] == 5, "failed", np.where(runs["seed"] == 6, "running", "done")))
    wild = metrics.assign(value=metrics["value"].where(~metrics["run"].str.endswith(("/5", "/6")), 1e9))
    pd.testing.assert_frame_equal(study(spoilt, wild), clean)
    assert clean["n_on"].tolist() == [5] * 5


def test_a_run_stopped_by_its_rule_counts() -> None:
    runs, metrics = results(FACTORIAL)
    pd.testing.assert_frame_equal(study(runs.assign(status="stopped"), metrics), study(runs, metrics))


def test_a_metric_nobody_recorded_is_undefined_everywhere() -> None:
    row = study(*results(FACTORIAL), patterns=[pattern("up", metric="unheard_of")]).iloc[0]
    assert (row.n_on, row.verdict) == (0, "inconclusive")
    assert "metric undefined for 7 seeds in on" in row.reason


@pytest.mark.parametrize(
    ("design", "pressures", "expected"),
    [
        ("each", ("a", "b"), [("a", "off"), ("b", "off")]),
        ("leave-one-out", ("a", "b"), [("a+b", "b"), ("a+b", "a")]),
        ("explicit", ("a",), [("a, a+b", "off, b")]),
        ("each", ("a", "c"), [("a", "off")]),
        ("off", ("a", "b"), []),
    ],
)
def test_design_decides_what_is_compared(
    design: str, pressures: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    table = judge_study(PATTERNS[:1], pressures, FACTORIAL, design, *results(FACTORIAL))
    assert tuple(table.columns) == COLUMNS
    assert list(zip(table["on"], table["off"], strict=True)) == expected


def test_same_results_same_table() -> None:
    runs, metrics = results(FACTORIAL)
    text = study(runs, metrics).to_csv()
    assert study(runs, metrics).to_csv() == text
    assert study(runs.sample(frac=1, random_state=1), metrics.sample(frac=1, random_state=2)).to_csv() == text
    assert study(runs, metrics, seed=1).to_csv() != text


def test_another_pattern_shifts_no_interval() -> None:
    runs, metrics = results(FACTORIAL)
    columns = ["pattern", "pressure", "effect", "ci_low", "ci_high", "ci90_low", "ci90_high", "cliffs_delta", "p_raw"]
    alone = study(runs, metrics, patterns=PATTERNS[:1])[columns]
    among = study(runs, metrics, patterns=PATTERNS[::-1])[columns]
    pd.testing.assert_frame_equal(among[among["pattern"] == "rises"].reset_index(drop=True), alone)


def test_a_pattern_about_a_pressure_the_study_lacks() -> None:
    wrong = pattern("up", name="rises", pressures=("aa",))
    with pytest.raises(BadInput, match=r"unknown pressure of pattern 'rises': 'aa'; known: a, b\. Did you mean 'a'\?"):
        study(*results(FACTORIAL), patterns=[wrong])


def test_written_and_read_back_the_table_is_the_same(tmp_path: Any) -> None:
    table = study(*results(FACTORIAL))
    table.to_csv(tmp_path / "verdicts.csv", index=False)
    back = pd.read_csv(tmp_path / "verdicts.csv", keep_default_na=True, na_values=[""])
    pd.testing.assert_frame_equal(back, table, check_dtype=False)
