"""What holds for every registered metric and variant, and how a new one is added."""

from __future__ import annotations

import inspect
import math
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emcomm.metrics
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import METRICS, MetricInfo, Undefined, measure, metric
from emcomm.metrics.base import evaluate

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=25)
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
@pytest.mark.parametrize(
    ("meanings", "messages"),
    [
        ([[0, 0], [0, 1], [1, 1]], [[1, 2], [1, 2], [1, 2]]),
        ([[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0]]),
        ([[0], [1], [2]], [[1, 0], [2, 1], [3, 0]]),
        ([[0, 1]], [[1, 2]]),
        ([[0, 1]], [[0, 0]]),
        ([[1, 1], [1, 1], [1, 1]], [[1, 2], [2, 0], [3, 1]]),
    ],
)
def test_degenerate_languages_give_a_number_or_nan(
    name: str, variant: str, meanings: list[list[int]], messages: list[list[int]]
):
    info, language = METRICS.get(name), Language(meanings, messages)
    value = info(language, **info.options(variant))
    assert math.isnan(value) or info.range[0] <= value <= info.range[1]
    table = measure(language, f"{name}/{variant}", resamples=3)
    assert table["value"][0] == pytest.approx(value, nan_ok=True)


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
