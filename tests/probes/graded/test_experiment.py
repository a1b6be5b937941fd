"""The script: its rules on made-up tables, and the files it writes."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from emcomm.probes.graded import Course
from emcomm.studies.verdicts import COLUMNS

SCRIPT = Path(__file__).parents[3] / "experiments" / "graded_structure.py"
SEEDS = 7


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("graded_structure", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their module there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def final(values: list[float], noise: float = 0.001) -> pd.DataFrame:
    """Five languages of structure 0.1 to 0.5 and levels 1 to 5; each seed's value is the language's plus a little."""
    rows = [
        {"language": f"L{k}", "structure": k / 10, "level": k, "seed": seed, "score": value + noise * seed}
        for k, value in enumerate(values, start=1)
        for seed in range(SEEDS)
    ]
    return pd.DataFrame(rows)


def test_rank_correlation_over_languages(script: ModuleType) -> None:
    rule = script.Rule("made up", "score", "spearman", 0.9, "none")
    # Ranks 1 2 3 5 4 against 1 to 5: 1 - 6 (1 + 1) / (5 x 24) = 0.9. High (0.5 + 0.4) / 2, low (0.1 + 0.2) / 2.
    row = script.judged(final([0.1, 0.2, 0.3, 0.5, 0.4]), [rule]).iloc[0]
    assert row["value"] == pytest.approx(0.9)
    assert (row["value_low"], row["value_high"]) == (pytest.approx(0.9), pytest.approx(0.9))
    assert row["effect"] == pytest.approx(0.3)
    assert (row["verdict"], row["n_on"], row["n_off"], row["cliffs_delta"]) == ("recovered", SEEDS, SEEDS, 1.0)


def test_a_missed_threshold_is_not_recovered(script: ModuleType) -> None:
    rule = script.Rule("made up", "score", "spearman", 0.91, "none")
    row = script.judged(final([0.1, 0.2, 0.3, 0.5, 0.4]), [rule]).iloc[0]
    assert (row["verdict"], row["reason"]) == ("inconclusive", "spearman 0.9 below 0.91")
    assert not row["as_predicted"]


def test_difference_of_high_and_low(script: ModuleType) -> None:
    rules = [script.Rule(f"at {t}", "score", "difference", t, "none") for t in (0.29, 0.31)]
    table = script.judged(final([0.1, 0.2, 9.0, 0.5, 0.4]), rules)  # the middle does not count
    assert table["value"].tolist() == [pytest.approx(0.3)] * 2
    assert table["verdict"].tolist() == ["recovered", "inconclusive"]
    against = script.judged(final([0.5, 0.4, 0.3, 0.2, 0.1]), rules).iloc[0]
    assert against["verdict"] == "reversed"


def test_few_seeds_settle_nothing(script: ModuleType) -> None:
    made = final([0.1, 0.2, 0.3, 0.4, 0.5])
    row = script.judged(made[made["seed"] < 4], [script.Rule("made up", "score", "spearman", 0.6, "none")]).iloc[0]
    assert (row["value"], row["verdict"]) == (pytest.approx(1.0), "inconclusive")


def test_one_draw_of_seeds_serves_all_languages(script: ModuleType) -> None:
    # Seeds differ widely, but alike in every language: the order of the languages is certain all the same.
    rule = script.Rule("made up", "score", "spearman", 0.6, "none")
    row = script.judged(final([0.1, 0.2, 0.3, 0.4, 0.5], noise=10.0), [rule]).iloc[0]
    assert row["value_low"] == pytest.approx(1.0)


def test_the_files_of_a_short_run(script: ModuleType, tmp_path: Path) -> None:
    verdicts = script.run(tmp_path, None, [3, 5], Course(rounds=1, hidden=8))
    assert {path.name for path in tmp_path.iterdir()} == {
        *("learners.parquet", "verdicts.csv", "summary.csv", "figure.svg", "run.json")
    }
    table = pd.read_csv(tmp_path / "verdicts.csv")
    assert tuple(table.columns[:13]) == COLUMNS[:13]
    assert table["pattern"].tolist() == verdicts["pattern"].tolist() == [rule.pattern for rule in script.RULES]
    assert set(table["verdict"]) == {"inconclusive"}  # two seeds
    rows = pd.read_csv(tmp_path / "summary.csv")
    assert len(rows) == 10
    assert np.all(np.diff(rows["structure"]) > 0)
    assert len(pd.read_parquet(tmp_path / "learners.parquet")) == 20
    about = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert about["seeds"] == [3, 5]
    assert about["command"].endswith("--seeds 2 --first-seed 3 --rounds 1 --feeding own")


def test_the_published_thresholds_stand(script: ModuleType) -> None:
    first, second, third = ((rule.metric, rule.statistic, rule.threshold) for rule in script.RULES[:3])
    assert first == ("similarity", "spearman", 0.6)
    assert second == ("generalisation", "spearman", 0.8)
    assert third == ("generalisation", "difference", 0.3)
