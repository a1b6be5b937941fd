"""`measure`: the table, its notes, the choice of metrics and of nulls, progress; equal seeds give equal tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import (
    METRICS,
    NULL_MODELS,
    bigram_conditional_entropy,
    measure,
    null_languages,
    topographic_similarity,
)

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
    table = measure(rich, ["mean_length_by_type", "mean_length_by_token"], resamples=2000)
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
    table = measure(rich, resamples=99).set_index("metric")
    table = table[[METRICS.get(str(name)).interval for name in table.index]]
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["value"] <= table["ci_high"]).all()
    # No two rows of this language share a meaning, so that the message follows from it however rows are drawn.
    narrow = table[table["ci_low"] == table["ci_high"]]
    assert set(narrow.index) <= {"conditional_message_entropy", "consistency"}


def test_an_interval_draws_a_meaning_with_all_its_rows():
    # Meaning 0 has three messages of length 1, meaning 1 three of length 3: draws have the mean 1, 2 or 3.
    language = Language([[0]] * 3 + [[1]] * 3, [[1, 0, 0]] * 3 + [[1, 1, 1]] * 3)
    table = measure(language, "mean_length_by_type", resamples=999)
    assert table["ci_low"][0] == pytest.approx(1, abs=0.1)  # moved by the bias of the draws' mean
    assert table["ci_high"][0] == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        (Language([[0, 1]] * 5, [[1], [2], [3], [1], [2]]), "no interval: there is one meaning"),
        (Language(None, [[1, 2]]), "no interval: there is one utterance"),
    ],
)
def test_without_a_second_meaning_there_is_no_interval(language: Language, reason: str):
    table = measure(language, "message_entropy", resamples=5)
    assert reason in table["note"][0]
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)


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
            "unknown metric 'topsim'; known: abbreviation_saving, adjusted_mutual_information, bag_of_symbols_",
        ),
        (
            "topographic_similarity/li_bowling_2018",
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


@pytest.mark.parametrize(
    ("language", "metrics", "said"),
    [
        ([[1]], None, "what is measured must be a Language, got list"),
        (Language(None, [[1]]), 5, "metrics must be names"),
    ],
)
def test_wrong_types_are_refused(language: Any, metrics: Any, said: str):
    with pytest.raises(BadInput, match=said):
        measure(language, metrics)


# Nulls


def test_every_metric_is_beside_the_null_that_is_its_own(rich: Language):
    table = measure(rich, resamples=5)
    for name, info in METRICS:
        if info.null is None:
            assert row(table, name)["note"].startswith("no null: ")
        else:
            assert row(table, name)["note"].startswith(f"null: {NULL_MODELS[info.null_model].told}, p for ")


@pytest.mark.parametrize("null", NULL_MODELS)
def test_a_null_can_be_asked_for(rich: Language, null: str):
    names = ["topographic_similarity", "bigram_conditional_entropy"]
    table = measure(rich, names, resamples=29, null=null, seed=3)
    assert table["note"][0] == f"null: {NULL_MODELS[null].told}, p for high values"
    if null == "meanings":  # which leaves this metric as it is
        assert table["note"][1].startswith("no null: ")
        return
    assert table["note"][1].startswith(f"null: {NULL_MODELS[null].told}, p for low values")
    drawn = list(null_languages(rich, null, 29, seed=3))
    similarities = np.array([topographic_similarity(language) for language in drawn])
    bits = np.array([bigram_conditional_entropy(language) for language in drawn])
    np.testing.assert_allclose(table["null_mean"], [similarities.mean(), bits.mean()])
    as_far = [(similarities >= table["value"][0]).sum(), (bits <= table["value"][1]).sum()]
    np.testing.assert_allclose(table["p_value"], (1 + np.array(as_far)) / 30)


def test_metrics_without_an_opinion_on_chance_are_tested_on_both_sides():
    language = Language(None, [[1, 1], [1, 0], [0, 0]])
    table = measure(language, "mean_length_by_type", resamples=9, null="random")
    told = "null: random languages of the same size, p for values that differ; chance always gives this value"
    assert table["note"][0] == told  # lengths stay
    assert table["p_value"][0] == 1.0


def test_languages_may_be_given_as_the_null():
    meanings = [[0], [1], [2], [3]]
    language = Language(meanings, [[1], [2], [3], [4]])
    nulls = [Language(meanings, rows) for rows in ([[1]] * 4, [[1], [1], [2], [2]], [[4], [3], [2], [1]])]
    table = measure(language, ["distinct_messages", "effectiveness"], resamples=0, nulls=nulls)
    # 1, 2 and 4 messages beside the 4 of the language: 1 of 3 has as many, all have at most as many. With the language
    # itself that is 2/4 and 4/4, and twice the smaller is 1.
    assert table["null_mean"][0] == pytest.approx(7 / 3)
    assert table["p_value"][0] == 1.0
    assert "null: 3 given languages, p for values that differ" in table["note"][0]
    # Shares of the meaning told: 0, 1 bit of 2, and all of it; p for high values: (1 + 1) / (1 + 3).
    assert table["null_mean"][1] == pytest.approx(0.5)
    assert table["p_value"][1] == 0.5
    assert table["note"][1] == "null: 3 given languages, p for high values; not resampled"


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"null": "betwen"}, "unknown null 'betwen'; known: between, meanings, random, within. Did you mean 'between'"),
        ({"null": 3}, "unknown null 3"),
        ({"null": "untrained"}, r"given as languages, .*; measure\(language, nulls=untrained_languages\(language\)\)$"),
        ({"nulls": []}, "nulls must be at least one language, got none"),
        ({"nulls": [[1]]}, "nulls must be languages, got list"),
        ({"nulls": [Language(None, [[1]] * 11)]}, "nulls must be like what is measured.*number 0 is Language"),
        ({"nulls": [Language([[1]], [[1]])]}, "nulls must be like what is measured.*n=11.*number 0 is Language.n=1,"),
        ({"null": "within", "nulls": [Language([[1]], [[1]])]}, "drawn by a null model or given as nulls"),
    ],
)
def test_impossible_nulls_are_refused(rich: Language, keywords: dict[str, Any], said: str):
    with pytest.raises(BadInput, match=said):
        measure(rich, resamples=3, **keywords)


def test_a_null_that_is_undefined_says_so():
    # Two of three messages are empty; every language of chance that is given has nothing but empty ones.
    language = Language(None, [[1, 2], [0, 0], [0, 0]])
    table = measure(language, "symbol_entropy", resamples=3, nulls=[Language(None, [[0]] * 3)] * 2)
    assert "no null: undefined for all 2 given languages" in table["note"][0]
    assert math.isnan(table["p_value"][0])


# Progress


def test_progress_is_told_and_ends_with_the_end(rich: Language, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("emcomm.metrics.progress._PAUSE", 0.0)
    told: list[tuple[int, int, str]] = []
    names = ["distinct_messages", "mean_length_by_type", "topographic_similarity"]
    measure(rich, names, resamples=5, progress=lambda *now: told.append(now))
    # A value each; 5 shuffled languages and no interval; no null and 5 draws; 5 permutations and 5 draws.
    total = (1 + 5) + (1 + 5) + (1 + 5 + 5)
    assert [done for done, _, _ in told] == [*range(1, total + 1), total]
    assert {of for _, of, _ in told} == {total}
    assert {name for _, _, name in told} == set(names)


def test_progress_leaves_out_what_is_undefined():
    told: list[tuple[int, int, str]] = []
    measure(Language([[0]], [[1]]), resamples=5, progress=lambda *now: told.append(now))
    assert told[-1][0] == told[-1][1] < 300  # 31 metrics and more, of which most have no value, and none an interval


def test_without_resampling_there_are_values_alone(rich: Language):
    table = measure(rich, resamples=0)
    assert table["value"].notna().all()
    assert table[["null_mean", "p_value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (table["note"] != "").all()
