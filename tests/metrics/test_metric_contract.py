"""What holds for every registered metric and variant, and how a new one is added."""

from __future__ import annotations

import importlib
import inspect
import itertools
import math
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emcomm.metrics
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import METRICS, NULL_MODELS, MetricInfo, Undefined, measure, metric
from emcomm.metrics.base import evaluate

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=15)
NAMES = [
    "bag_of_symbols_disentanglement",
    "distinct_messages",
    "length_frequency_correlation",
    "mean_length_by_token",
    "mean_length_by_type",
    "message_entropy",
    "positional_disentanglement",
    "topographic_similarity",
]
CASES = [(name, variant) for name, info in METRICS for variant in info.variants]
INTERNAL = {
    *("compositions", "contingency", "correlation", "joint_entropy", "message_distances", "morpheme_counts"),
    *("pair_counting", "pair_levels", "progress", "question", "substrings", "units", "variation_table"),
}
"""Modules that others are made of."""
PARTS = {
    *("Scorer", "Tail", "evaluate", "meanings_of"),  # for those who write metrics, from emcomm.metrics.base
    *("bootstrap_values", "interval", "null_values", "p_value", "null_model", "COLUMNS"),
    *("CORRECTIONS", "Bias", "row_weights", "distributions", "joint_information", "prior_over", "normaliser_of"),
    *("Alignment", "Composition", "Partition", "Representation", "VARIANTS", "Pairs", "EDITS", "Edit", "edit_levels"),
    *("MEANING_DISTANCES", "MeaningDistance", "meaning_levels", "length_frequency_scorer", "token_length_scorer"),
    *("Words", "normalised_distances", "pairs_of", "spelled", "strings_of", "entropies", "centred", "points_of"),
}
"""Names, of modules that export others, that stay where they are."""
PAIRS = [[0, 0], [0, 1], [1, 0], [1, 1]]
DEGENERATE = {
    "one message": Language(PAIRS, [[1, 2]] * 4),
    "one message, of one symbol": Language(PAIRS, [[3]] * 4),
    "one message but for one": Language(PAIRS, [[1, 2]] * 3 + [[2, 1]]),
    "one meaning": Language([[1, 1]] * 3, [[1, 2], [2, 0], [3, 1]]),
    "one attribute": Language([[0], [1], [2]], [[1, 0], [2, 1], [3, 0]]),
    "one attribute, values repeated": Language([[0], [1], [0], [1], [1]], [[1, 2], [2, 1], [1, 2], [1, 1], [2, 0]]),
    "one attribute with one value": Language([[3, 0], [3, 1], [3, 2]], [[1, 2], [2, 2], [1, 0]]),
    "empty messages": Language(PAIRS, np.zeros((4, 3), dtype=int)),
    "one message that is not empty": Language(PAIRS, [[0, 0], [2, 1], [0, 0], [0, 0]]),
    "constant position": Language(PAIRS, [[7, 1, 3], [7, 2, 3], [7, 1, 4], [7, 2, 4]], variable=False),
    "single row": Language([[0, 1]], [[1, 2]]),
    "single row, empty": Language([[0, 1]], [[0, 0]]),
    "meanings that never occur": Language(PAIRS, [[1, 1], [1, 2], [2, 1], [2, 2]], frequencies=[0, 1, 0, 0]),
    "large numbers": Language([[10**9, -5], [-5, 10**9], [7, 7]], [[10**9, 1], [10**6, 0], [3, 10**9]]),
}


@st.composite
def languages(draw: st.DrawFn) -> Language:
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, width, symbols = draw(st.integers(1, 11)), draw(st.integers(1, 5)), draw(st.integers(1, 7))
    meanings = rng.integers(0, 3, (n, draw(st.integers(1, 3))))
    return Language(meanings, rng.integers(0, symbols + 1, (n, width)), frequencies=rng.integers(1, 5, n))


@pytest.fixture
def newcomer() -> Iterator[str]:
    """A metric from outside, without a scorer: the share of messages that start with symbol 1."""

    @metric(
        definition="Share of messages that start with symbol 1.",
        unit="none",
        range=(0.0, 1.0),
        direction="higher: more of them",
        source="this test",
        needs_meanings=False,
        null="greater",
        variants={"of_two": {"symbol": 2}},
    )
    def newcomer(language: Language, *, symbol: int = 1) -> float:
        if language.lengths.max() == 0:
            return math.nan
        return float(language.frequencies @ (language.messages[:, 0] == symbol))

    yield "newcomer"
    METRICS._known.pop("newcomer")


def test_the_study_level_names_are_all_there():
    assert set(NAMES) <= set(METRICS.names())


@pytest.mark.parametrize("name", METRICS.names())
def test_each_is_described(name: str):
    info = METRICS.get(name)
    assert info.name == name == info.function.__name__
    assert all([info.definition, info.unit, info.direction, info.source])
    assert info.range[0] < info.range[1]
    assert info.variants["default"] == {}
    assert info.null_model in NULL_MODELS
    assert info.null in ("greater", "less", "either", None)
    assert info.null is not None or info.null_model == "meanings"
    assert "Source:" in (inspect.getdoc(info.function) or "")
    assert getattr(emcomm.metrics, name) is info.function
    assert name in emcomm.metrics.__all__


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_value_lies_in_its_range(name: str, variant: str, rich: Language):
    info = METRICS.get(name)
    value = info(rich, **info.options(variant))
    assert isinstance(value, float)
    assert info.range[0] <= value <= info.range[1]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_scorer_agrees_with_the_function_on_rearranged_languages(name: str, variant: str, rich: Language):
    info, rng = METRICS.get(name), np.random.default_rng(19)
    options, score, everything = info.options(variant), info.scorer(rich, variant), np.arange(rich.n)
    for _ in range(7):
        dealt = rng.permutation(rich.n)
        expected = info.function(rich.rearranged(everything, dealt), **options)
        assert score(everything, dealt) == pytest.approx(expected, abs=1e-12)
        drawn = rng.permutation(rich.n)[:7]  # without doublets, which metrics of pairs treat in their own way
        expected = info.function(rich.rearranged(drawn, drawn), **options)
        assert score(drawn, drawn) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_degenerate_languages_give_a_number_or_nan_and_a_reason(name: str, variant: str):
    info = METRICS.get(name)
    for case, language in DEGENERATE.items():
        value = info(language, **info.options(variant))
        assert isinstance(value, float), case
        assert math.isnan(value) or info.range[0] <= value <= info.range[1], case
        table = measure(language, f"{name}/{variant}", resamples=3)
        assert table["value"][0] == pytest.approx(value, nan_ok=True), case
        assert table["note"][0].startswith("undefined: ") == math.isnan(value), case


@pytest.mark.parametrize("name", METRICS.names())
def test_degenerate_languages_can_be_resampled(name: str):
    info = METRICS.get(name)
    for (case, language), null in itertools.product(DEGENERATE.items(), NULL_MODELS):
        found = measure(language, name, resamples=3, null=null).iloc[0]
        numbers = found[["null_mean", "ci_low", "ci_high"]].dropna()
        assert numbers.between(info.range[0], info.range[1]).all(), (case, null)
        assert math.isnan(found["p_value"]) == math.isnan(found["null_mean"]), (case, null)
        assert math.isnan(found["p_value"]) or 0.25 <= found["p_value"] <= 1, (case, null)


@pytest.mark.parametrize(("name", "variant"), [case for case in CASES if not METRICS.get(case[0]).needs_meanings])
def test_metrics_that_need_no_meanings_do_not_look_at_them(name: str, variant: str, rich: Language):
    info = METRICS.get(name)
    for language in (rich, *DEGENERATE.values()):
        corpus = Language(None, language.messages, frequencies=language.frequencies, variable=language.variable)
        value = info(language, **info.options(variant))
        assert info(corpus, **info.options(variant)) == pytest.approx(value, nan_ok=True, abs=1e-12)


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_scorer_takes_more_rows_or_fewer_and_rows_again(name: str, variant: str, rich: Language):
    info = METRICS.get(name)
    score = info.scorer(rich, variant)
    for rows in ([4, 4, 4], [5], [*range(11), *range(11), 3]):
        try:
            value = score(np.array(rows), np.array(rows))
        except Undefined:
            continue
        assert info.range[0] <= value <= info.range[1]


@pytest.mark.parametrize(("name", "variant"), CASES)
@fixed
@given(language=languages(), seed=st.integers(0, 2**31))
def test_what_must_not_matter_does_not(name: str, variant: str, language: Language, seed: int):
    info, rng = METRICS.get(name), np.random.default_rng(seed)
    options, messages = info.options(variant), language.messages
    value = info(language, **options)
    assert language.meanings is not None

    new_symbols = np.concatenate([[0], rng.permutation(7) + 1])
    new_values = rng.permutation(3)
    order = rng.permutation(language.n)
    tail = np.concatenate([np.zeros((language.n, 1), int), rng.integers(0, 5, (language.n, 2))], axis=1)
    others = {
        "other symbols": Language(language.meanings, new_symbols[messages], frequencies=language.frequencies),
        "other values": Language(new_values[language.meanings], messages, frequencies=language.frequencies),
        "other order": language.rearranged(order, order),
        "after the end": Language(
            language.meanings, np.concatenate([messages, tail], axis=1), frequencies=language.frequencies
        ),
    }
    for change, other in others.items():
        assert info(other, **options) == pytest.approx(value, nan_ok=True, abs=1e-9), change


def test_a_corpus_without_meanings_is_refused_by_name():
    corpus = Language(None, [[1], [2], [1]])
    for name, info in METRICS:
        if info.needs_meanings:
            with pytest.raises(BadInput, match=f"{name} needs meanings, and this corpus has none"):
                info(corpus)
        else:
            assert isinstance(info(corpus), float)


# What the package exports


def test_modules_export_their_plain_functions_from_the_package():
    for module in pkgutil.iter_modules(emcomm.metrics.__path__, "emcomm.metrics."):
        names = importlib.import_module(module.name).__all__
        exported = {name for name in names if name in emcomm.metrics.__all__}
        if module.name.rpartition(".")[2] in INTERNAL:
            assert not exported
        else:
            assert exported, module.name
            assert set(names) - exported <= PARTS, module.name


def test_everything_exported_is_what_its_module_has():
    for module in pkgutil.iter_modules(emcomm.metrics.__path__, "emcomm.metrics."):
        for name in importlib.import_module(module.name).__all__:
            if name in emcomm.metrics.__all__:
                assert getattr(emcomm.metrics, name) is getattr(importlib.import_module(module.name), name)
    assert len(set(emcomm.metrics.__all__)) == len(emcomm.metrics.__all__)


def test_metrics_need_neither_torch_nor_what_is_rarely_used():
    code = (
        "import sys, emcomm.metrics; sys.exit(bool({'torch', 'networkx', 'matplotlib', 'colour'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


# Adding one


def test_a_new_metric_is_measured_like_the_others(newcomer: str):
    language = Language(None, [[1, 2], [1, 1], [2, 0], [0, 0]], frequencies=[0.4, 0.3, 0.2, 0.1])
    table = measure(language, [newcomer, "newcomer/of_two"], resamples=49)
    np.testing.assert_allclose(table["value"], [0.7, 0.2])
    assert (table["ci_low"] < table["value"]).all()
    assert (table["null_mean"] - [0.5, 0.25]).abs().max() < 0.1
    assert newcomer in measure(language, resamples=0)["metric"].tolist()


def test_a_new_metric_without_a_value_has_a_note(newcomer: str):
    table = measure(Language(None, [[0], [0]]), newcomer, resamples=3)
    assert table["note"][0] == "undefined: the metric has no value for this language"


def test_meanings_that_never_occur_do_not_stop_a_bootstrap(newcomer: str):
    table = measure(Language(None, [[1], [2], [2]], frequencies=[1, 0, 0]), newcomer, resamples=99)
    assert table["value"][0] == table["ci_low"][0] == 1.0


def test_an_entry_point_names_the_function(newcomer: str):
    info = METRICS.get(newcomer)
    assert METRICS.register(newcomer)(info.function) is info  # type: ignore[arg-type]
    assert METRICS.get(newcomer) is info


def test_a_function_without_a_definition_is_refused():
    with pytest.raises(BadInput, match="'nameless' has no definition; decorate it"):
        METRICS.register("nameless")(lambda language: 0.0)  # type: ignore[arg-type]


def test_two_metrics_cannot_share_a_name():
    def message_entropy(language: Language) -> float:
        return 0.0

    info = METRICS.get("message_entropy")
    rival = MetricInfo(
        name="message_entropy",
        function=message_entropy,
        definition="Nothing.",
        unit="none",
        range=(0.0, 1.0),
        direction="none",
        source="this test",
    )
    with pytest.raises(BadInput, match=r"already registered by emcomm\.metrics\.entropy\.message_entropy"):
        METRICS.register("message_entropy")(rival)
    assert METRICS.get("message_entropy") is info


def test_descriptions_survive_pickling():
    info = pickle.loads(pickle.dumps(METRICS.get("topographic_similarity")))
    assert info.function is emcomm.metrics.topographic_similarity


def test_evaluate_turns_undefined_into_nan():
    def prepare(language: Language) -> None:
        raise Undefined("for a reason")

    assert math.isnan(evaluate(prepare, Language(None, [[1]])))  # type: ignore[arg-type]
