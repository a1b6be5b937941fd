"""Languages of untrained speakers: who speaks about what, in which symbols, and that seeds say it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.agents import AGENTS, GRU, Agent, Speaker
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.languages import compositional
from emcomm.metrics import measure
from emcomm.probes import untrained, untrained_languages
from emcomm.worlds.form import Form

SMALL = GRU(hidden=17, embedding=5)
# Six rows about four meanings, one of them never heard; the symbols 4, 6 and 9, of an alphabet nobody has told.
MEANINGS = [[7, 0], [2, 3], [7, 0], [2, 5], [7, 3], [2, 3]]
GAPS = Language(
    MEANINGS,
    [[4, 0, 0], [9, 9, 0], [4, 0, 0], [4, 9, 6], [0, 0, 0], [9, 9, 0]],
    frequencies=[3, 1, 2, 1, 0, 1],
    speaker="anna",
    step=11,
)


def spoken(language: Language, count: int = 5, **keywords: Any) -> list[Language]:
    return untrained_languages(language, count, **{"speaker": SMALL, **keywords})


def symbols_of(languages: list[Language]) -> set[int]:
    return {symbol for language in languages for symbol in np.unique(language.messages).tolist()}


class CountingSpeaker(Speaker):
    """Adds up the places of what is hot in the features, says that number, then one less each time."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.choices = channel.symbols + channel.variable

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self._said((features * torch.arange(features.shape[-1])).sum(-1).long())

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        return self._said(state - 1)

    def _said(self, state: Tensor) -> tuple[Tensor, Tensor]:
        each = torch.arange(self.choices)
        return state, (each == state.unsqueeze(-1).clamp(0, self.choices - 1)).float() + 0 * self.unused


@pytest.fixture
def counting() -> Iterator[Agent]:
    """An agent of the user's own, known by name for the length of a test."""
    before = dict(AGENTS._known)

    class Counting(Agent):
        name: ClassVar[str] = "counting_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return CountingSpeaker(form.width, channel)

    yield Counting()
    AGENTS._known.clear()
    AGENTS._known.update(before)


def test_every_row_gets_the_message_about_its_meaning_in_the_languages_own_symbols(counting: Agent) -> None:
    # Values 2, 7 are 0, 1 and 0, 3, 5 are 0, 1, 2, so features have the places 0, 1 | 2, 3, 4. The sum of the two hot
    # places: [7, 0] 1 + 2 = 3; [2, 3] 0 + 3 = 3; [2, 5] 0 + 4 = 4; [7, 3] 1 + 3 = 4, clamped to the last choice, 3.
    # From 3 one counts 3 2 1, from 4 (clamped) 3 3 2. Symbols 1, 2, 3 are 4, 6, 9.
    (found,) = spoken(GAPS, 1, speaker=counting)
    assert found.messages.tolist() == [[9, 6, 4], [9, 6, 4], [9, 6, 4], [9, 9, 6], [9, 9, 6], [9, 6, 4]]


def test_messages_end_at_the_first_end(counting: Agent) -> None:
    # One attribute of three values: 0 says EOS at once; 1 says 1, then EOS; 2 says 2 1 EOS. Of seven symbols, known.
    language = Language([[2], [0], [1]], [[1] * 5, [2] * 5, [3] * 5], symbols=7, sizes=(3,))
    (found,) = spoken(language, 1, speaker=counting)
    assert found.messages.tolist() == [[2, 1, 0, 0, 0], [0] * 5, [1, 0, 0, 0, 0]]


def test_fixed_lengths_have_no_end(counting: Agent) -> None:
    # Choices are the symbols 5, 8, 9 alone: 0 says 5 and goes on with 5 (clamped), 2 says 9 8.
    language = Language([[2], [0], [1]], [[5, 8], [9, 5], [8, 8]], variable=False)
    (found,) = spoken(language, 1, speaker=counting)
    assert found.messages.tolist() == [[9, 8], [5, 5], [8, 5]]
    for other in spoken(language, 7, sampled=True):
        assert (other.variable, other.messages.min() > 0) == (False, True)


@pytest.mark.parametrize("sampled", [False, True])
def test_rows_and_channel_stay(sampled: bool) -> None:
    known = Language(MEANINGS, GAPS.messages, frequencies=GAPS.frequencies, symbols=11, sizes=(8, 7), speaker=3)
    for language in (GAPS, known):
        for other in spoken(language, sampled=sampled):
            np.testing.assert_array_equal(other.meanings, language.meanings)
            np.testing.assert_array_equal(other.frequencies, language.frequencies)
            assert other.messages.shape == (6, 3)
            kept = (other.speaker, other.step, other.symbols, other.variable, other.sizes)
            assert kept == (language.speaker, language.step, language.symbols, language.variable, language.sizes)
            ended = np.cumsum(other.messages == 0, axis=1) > 0
            assert (other.messages[ended] == 0).all()
    assert symbols_of(spoken(GAPS, 101, sampled=True)) == {0, 4, 6, 9}
    assert symbols_of(spoken(known, 101, sampled=True)) == set(range(12))


def test_greedy_speakers_say_one_thing_about_a_meaning_and_others_something_else() -> None:
    found = spoken(GAPS, 29)
    for other in found:
        for one, same in ((0, 2), (1, 5)):
            assert other.messages[one].tolist() == other.messages[same].tolist()
    assert len({other.messages.tobytes() for other in found}) > 20


def test_sampling_follows_the_language_unless_it_is_asked_for() -> None:
    synonyms = GAPS.rearranged(np.arange(6), np.array([0, 1, 4, 3, 2, 5]))  # rows 0 and 2, one meaning, now differ

    def wavers(languages: list[Language]) -> bool:
        return any((other.messages[0] != other.messages[2]).any() for other in languages)

    assert [wavers(spoken(GAPS, 13, sampled=sampled)) for sampled in (None, False, True)] == [False, False, True]
    assert [wavers(spoken(synonyms, 13, sampled=sampled)) for sampled in (None, False, True)] == [True, False, True]


def test_sampled_symbols_are_near_to_uniform() -> None:
    language = Language(np.arange(211)[:, None] % 3, np.full((211, 1), 2), symbols=3, sizes=(3,))
    found = np.concatenate([other.messages for other in spoken(language, 101, sampled=True, speaker=GRU())])
    # 101 speakers, each favouring some of four choices: their mean is uniform to about 0.1 / sqrt(101).
    assert np.bincount(found.ravel(), minlength=4) / found.size == pytest.approx(np.full(4, 0.25), abs=0.04)


@pytest.mark.parametrize("sampled", [False, True])
def test_seeds_say_it_all(sampled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def messages(count: int, seed: int = 3) -> list[list[list[int]]]:
        return [other.messages.tolist() for other in spoken(GAPS, count, seed=seed, sampled=sampled)]

    whole = messages(13)
    assert messages(13) == whole
    assert messages(5) == whole[:5]
    assert messages(13, seed=4) != whole
    monkeypatch.setattr(untrained, "MOST_LEARNERS", 3)
    assert messages(13) == whole
    monkeypatch.setattr(untrained, "MOST_LOGITS", 1)
    assert messages(13) == whole


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    spoken(GAPS)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_order_of_rows_makes_no_difference_to_what_is_said_about_a_meaning() -> None:
    order = np.array([3, 5, 0, 4, 2, 1])
    for one, other in zip(spoken(GAPS), spoken(GAPS.rearranged(order, order)), strict=True):
        assert one.messages[order].tolist() == other.messages.tolist()


def test_alphabets_of_one_symbol_and_of_none() -> None:
    for one in (Language([[0], [1], [2]], [[5, 0], [5, 5], [0, 0]]), Language([[0], [1]], [[5, 5], [5, 5]])):
        assert symbols_of(spoken(one, 31, sampled=True)) == {0, 5}
    assert symbols_of(spoken(Language([[0], [1]], [[1, 0], [0, 0]], symbols=1), 31, sampled=True)) == {0, 1}
    assert symbols_of(spoken(Language([[0], [1]], [[5, 5], [5, 5]], variable=False))) == {5}
    assert symbols_of(spoken(Language([[0], [1]], [[0, 0], [0, 0]]), sampled=True)) == {0}


def test_untrained_speakers_are_a_null_of_their_own() -> None:
    language = compositional((5, 7))
    greedy, sampled = (untrained_languages(language, 40, sampled=sampled) for sampled in (False, True))
    untrained_null, uniform_null = (
        measure(language, "topographic_similarity", resamples=0, nulls=nulls).iloc[0] for nulls in (greedy, sampled)
    )
    assert untrained_null["value"] == pytest.approx(1.0)
    assert untrained_null["p_value"] == pytest.approx(1 / 41)
    assert "null: 40 given languages" in untrained_null["note"]
    # Networks map what is alike to what is alike before they learn anything; their samples are nearly random.
    assert uniform_null["null_mean"] == pytest.approx(0.0, abs=0.03)
    assert untrained_null["null_mean"] > uniform_null["null_mean"] + 0.05


@pytest.mark.parametrize(
    ("language", "keywords", "message"),
    [
        (Language(None, [[1], [2]]), {}, "need meanings to speak about, and this language has none"),
        (Language([[4], [4]], [[1], [2]]), {}, "need at least 2 different meanings to speak about, got 1"),
        ([[1]], {}, "give a Language, got list"),
        (GAPS, {"speaker": "gru"}, r"speaker must be an agent such as GRU\(\), got 'gru'"),
        (GAPS, {"count": 0}, "count must be an integer of at least 1, got 0"),
        (GAPS, {"seed": -1}, "seed must be an integer of at least 0, got -1"),
        (GAPS, {"device": "gpu"}, "unknown device 'gpu'"),
    ],
)
def test_bad_input_is_refused_in_one_line(language: Any, keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        spoken(language, **keywords)
    assert "\n" not in str(caught.value)
