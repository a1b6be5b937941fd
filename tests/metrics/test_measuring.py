"""`measure`: the table, its notes, the choice of metrics, and that equal seeds give equal tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import METRICS, measure

COLUMNS = ["metric", "variant", "value", "null_mean", "p_value", "ci_low", "ci_high", "n", "note"]


def row(table: pd.DataFrame, name: str) -> pd.Series:
    return table[table["metric"] == name].iloc[0]


def test_one_row_for_every_metric(rich: Language):
    table = measure(rich, resamples=29)
    assert list(table.columns) == COLUMNS
    assert table["metric"].tolist() == METRICS.names()
    assert set(table["variant"]) == {"default"}
    assert set(table["n"]) == {11}
    for name, info in METRICS:
        assert row(table, name)["value"] == info.function(rich)


def test_equal_seeds_give_equal_tables_and_others_do_not(rich: Language):
    first, again, other = (measure(rich, resamples=29, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_a_metric_does_not_depend_on_its_neighbours(rich: Language):
    alone = measure(rich, "topographic_similarity", resamples=29)
    among = measure(rich, resamples=29)
    assert row(alone, "topographic_similarity").equals(row(among, "topographic_similarity"))


def test_structure_is_told_from_chance(perfect):
    table = measure(perfect(5, 7), ["topographic_similarity", "positional_disentanglement"], resamples=199)
    np.testing.assert_allclose(table["value"], 1.0)
    np.testing.assert_allclose(table["p_value"], 1 / 200)
    topsim, positions = (table.loc[index] for index in (0, 1))
    assert abs(topsim["null_mean"]) < 0.02
    assert positions["null_mean"] < 0.4
    assert topsim["ci_low"] == pytest.approx(1.0)
    assert 0.7 < positions["ci_low"] < positions["ci_high"] == 1.0


def test_a_permuted_code_is_chance(grid):
    meanings = grid(5, 7)
    language = Language(meanings, meanings[np.random.default_rng(2).permutation(35)] + 1, variable=False)
    topsim = measure(language, "topographic_similarity", resamples=199).loc[0]
    assert topsim["p_value"] > 0.05
    assert topsim["ci_low"] < 0 < topsim["ci_high"]


def test_the_null_of_token_length_is_the_mean_by_type(rich: Language):
    table = measure(rich, resamples=2000)
    by_type = row(table, "mean_length_by_type")
    assert row(table, "mean_length_by_token")["null_mean"] == pytest.approx(by_type["value"], abs=0.1)
    assert math.isnan(by_type["p_value"])
    assert by_type["note"].startswith("no null")


def test_the_null_is_named(rich: Language):
    table = measure(rich, resamples=5)
    assert "null: messages permuted over meanings" in row(table, "topographic_similarity")["note"]
    assert "p for high values" in row(table, "topographic_similarity")["note"]
    assert "p for low values" in row(table, "mean_length_by_token")["note"]


def test_an_interval_holds_its_value(rich: Language):
    table = measure(rich, resamples=99).set_index("metric").drop("distinct_messages")
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["value"] <= table["ci_high"]).all()
    assert (table["ci_low"] < table["ci_high"]).all()


def test_every_missing_number_has_a_reason(rich: Language, perfect):
    silent = Language([[0, 0], [1, 1], [0, 1]], np.zeros((3, 2), dtype=int))
    lone = Language([[0, 1]], [[1, 2]])
    for language in (rich, perfect(2, 3), silent, lone, Language([[0], [1], [2]], [[1], [2], [3]])):
        table = measure(language, resamples=11)
        missing = table[["value", "null_mean", "p_value", "ci_low", "ci_high"]].isna().any(axis=1)
        assert (table["note"][missing] != "").all()
        undefined = table["value"].isna()
        assert table["note"][undefined].str.startswith("undefined: ").all()
        assert table.loc[undefined, ["null_mean", "p_value", "ci_low", "ci_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("metric", "meanings", "messages", "reason"),
    [
        ("topographic_similarity", [[0], [1], [2]], [[1, 0], [2, 2], [3, 3]], "all meanings are equally far apart"),
        ("topographic_similarity", [[0, 0], [1, 0], [2, 2]], [[1], [1], [1]], "all messages are equally far apart"),
        ("topographic_similarity", [[0, 0]], [[1]], "there are no two meanings to compare"),
        ("positional_disentanglement", [[0], [1]], [[1], [2]], "there is one attribute, so none comes second"),
        ("positional_disentanglement", [[0, 0], [1, 1]], [[1], [1]], "no position varies over meanings"),
        ("bag_of_symbols_disentanglement", [[0, 0], [1, 1]], [[1, 2], [2, 1]], "no symbol count varies over meanings"),
        ("length_frequency_correlation", [[0], [1]], [[1, 0], [1, 1]], "all meanings are equally frequent"),
    ],
)
def test_reasons(metric: str, meanings: list[list[int]], messages: list[list[int]], reason: str):
    table = measure(Language(meanings, messages), metric, resamples=3)
    assert table["note"][0] == f"undefined: {reason}"


def test_equally_long_messages_are_a_reason_too():
    language = Language(None, [[1], [2]], frequencies=[2, 1])
    assert measure(language, "length_frequency_correlation")["note"][0] == "undefined: all messages are equally long"


def test_a_corpus_is_measured_where_no_meaning_is_needed():
    corpus = Language(None, [[1, 2, 0], [1, 0, 0], [2, 2, 2], [1, 2, 0], [0, 0, 0]])
    table = measure(corpus, resamples=11)
    assert row(table, "message_entropy")["value"] == pytest.approx(0.4 * math.log2(2.5) + 0.6 * math.log2(5))
    assert row(table, "mean_length_by_type")["value"] == pytest.approx(8 / 5)
    for name in ("topographic_similarity", "positional_disentanglement", "bag_of_symbols_disentanglement"):
        assert math.isnan(row(table, name)["value"])
        assert row(table, name)["note"] == "needs meanings, and this corpus has none"
        with pytest.raises(BadInput, match=f"{name} needs meanings"):
            measure(corpus, [name])


def test_variants_are_asked_for_by_name(rich: Language):
    wanted = ["topographic_similarity/li_bowling_2019", "mean_length_by_type/with_eos", "topographic_similarity"]
    table = measure(rich, wanted, resamples=11)
    assert table["variant"].tolist() == ["li_bowling_2019", "with_eos", "default"]
    assert table["value"][0] > table["value"][2]
    assert table["value"][1] == measure(rich, "mean_length_by_type", resamples=0)["value"][0] + 1


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("topografic_similarity", "unknown metric.*Did you mean 'topographic_similarity'"),
        (
            ["message_entropy", "topsim"],
            "unknown metric 'topsim'; known: abbreviation_saving, bag_of_symbols_disentanglement, ",
        ),
        (
            "topographic_similarity/li_bowling",
            "unknown variant of topographic_similarity.*Did you mean 'li_bowling_2019'",
        ),
        ([], "no metric was asked for"),
    ],
)
def test_unknown_names_are_refused(rich: Language, metrics, said: str):
    with pytest.raises(BadInput, match=said):
        measure(rich, metrics)


@pytest.mark.parametrize("keywords", [{"resamples": -1}, {"resamples": 1.5}, {"seed": -1}, {"seed": "a"}])
def test_impossible_resampling_is_refused(rich: Language, keywords: dict[str, Any]):
    with pytest.raises(BadInput, match="must be an integer of at least 0"):
        measure(rich, **keywords)


def test_without_resampling_there_are_values_alone(rich: Language):
    table = measure(rich, resamples=0)
    assert table["value"].notna().all()
    assert table[["null_mean", "p_value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (table["note"] != "").all()
