"""Imitation curves: what fresh speakers learn to say, and that it depends on the language alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS, GRU, Agent, Speaker
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.languages import compositional, structured, synonymous
from emcomm.probes import LearningCurves, imitation, imitation_curves
from emcomm.worlds.form import Form

SMALL = GRU(hidden=17, embedding=5)
COMPOSITIONAL = compositional((3, 5))
PERMUTED = structured((3, 5), 0.0)
MEANINGS = COMPOSITIONAL.meanings
VARIABLE = Language(MEANINGS, PERMUTED.messages * (PERMUTED.messages > 2), symbols=8, sizes=(3, 5))
MUTE = Language(MEANINGS, np.zeros((15, 2), dtype=int), symbols=8, sizes=(3, 5))


def curves(*languages: Language, **changes: Any) -> LearningCurves:
    """Curves of a short course for small speakers."""
    course = {"speaker": SMALL, "speakers": 3, "steps": 19, "batch_size": 23, "learning_rate": 0.01}
    return imitation_curves(languages, **{**course, **changes})


def test_structure_is_learnt_faster_and_everything_in_the_end() -> None:
    found = curves(COMPOSITIONAL, PERMUTED, VARIABLE, speakers=5, steps=200)
    fast, slow, _ = found.area.mean(axis=1)
    assert fast > slow + 0.02
    steps = found.steps_to(0.9, window=5)
    assert steps[0].mean() < steps[1].mean()
    assert found.accuracy[..., -20:].mean(axis=(1, 2)) == pytest.approx(np.ones(3), abs=0.02)
    assert found.symbols is not None
    # With messages of one length, whole ones cannot be right more often than their symbols.
    assert (found.symbols.accuracy >= found.accuracy)[:2].all()


def test_curves_begin_at_chance() -> None:
    found = curves(COMPOSITIONAL, MUTE, speakers=211, steps=1, batch_size=11)
    assert found.symbols is not None
    # Eight symbols at two positions; nothing said is EOS, one of nine, at the first.
    assert found.chance == pytest.approx(np.array([1 / 64, 1 / 9]))
    assert found.symbols.chance == pytest.approx(np.array([1 / 8, 1 / 9]))
    assert found.accuracy.shape == (2, 211, 1)
    # A new speaker says much the same about everything, so what counts is their number: standard error at most 0.02.
    assert found.accuracy.mean(axis=(1, 2)) == pytest.approx(found.chance, abs=0.06)
    assert found.symbols.accuracy.mean(axis=(1, 2)) == pytest.approx(found.symbols.chance, abs=0.06)
    np.testing.assert_array_equal(found.accuracy[1], found.symbols.accuracy[1])  # EOS is all there is to say


def test_chance_of_messages_follows_their_lengths() -> None:
    lengths = Language([[0], [1], [2]], [[1, 2], [1, 0], [0, 0]], frequencies=[0.5, 0.3, 0.2], symbols=4, sizes=(3,))
    # Five choices each time: two symbols leave no room for EOS (2 choices), one and EOS (2), EOS alone (1).
    assert curves(lengths, steps=1).chance == pytest.approx(np.array([0.8 / 25 + 0.2 / 5]))


def test_silence_and_endings_are_learnt() -> None:
    found = curves(MUTE, steps=60)
    assert (found.accuracy[..., -1] == 1).all()


def test_synonyms_bound_what_can_be_right() -> None:
    meanings, messages = [[0], [0], [1]], [[1, 2], [3, 2], [3, 1]]
    often = Language(meanings, messages, frequencies=[0.4, 0.1, 0.5], symbols=3, variable=False, sizes=(2,))
    found = curves(often, steps=150, batch_size=101)
    assert found.symbols is not None
    # Messages: all but the rare synonym, 0.9. Symbols: it costs one of two, and its second is right after its first.
    assert found.accuracy[..., -20:].mean() == pytest.approx(0.9, abs=0.02)
    assert found.symbols.accuracy[..., -20:].mean() == pytest.approx(0.95, abs=0.02)
    wavering = curves(synonymous((3, 5)), steps=150)
    assert 0.25 < wavering.accuracy[..., -20:].mean() < 0.75  # two words for every meaning, used equally often


def company() -> list[Language]:
    """Languages of three shapes; those of the first differ in how many utterances they have, and in frequencies."""
    rng = np.random.default_rng(7)
    rare = Language(MEANINGS, PERMUTED.messages, frequencies=rng.random(15), symbols=8, sizes=(3, 5))
    rows = np.repeat(np.arange(15), 2)
    return [
        VARIABLE,
        COMPOSITIONAL,
        MUTE,
        rare,
        VARIABLE.rearranged(rows, rng.permutation(rows)),
        compositional((2, 7)),
    ]


def test_a_language_has_the_same_curves_alone_and_in_company() -> None:
    languages = company()
    together = curves(*languages)
    assert together.accuracy.shape == (6, 3, 19)
    assert together.symbols is not None
    backwards = curves(*languages[::-1]).symbols
    assert backwards is not None
    assert backwards.accuracy[::-1] == pytest.approx(together.symbols.accuracy, abs=1e-5)
    for language, whole, single in zip(languages, together.accuracy, together.symbols.accuracy, strict=True):
        alone = curves(language)
        assert alone.symbols is not None
        assert alone.accuracy[0] == pytest.approx(whole, abs=1e-5)
        assert alone.symbols.accuracy[0] == pytest.approx(single, abs=1e-5)


def test_stacks_of_any_size_give_the_same_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = curves(*company()).accuracy
    monkeypatch.setattr(imitation, "MOST_LEARNERS", 7)
    assert curves(*company()).accuracy == pytest.approx(whole, abs=1e-5)


def test_equal_seeds_give_equal_curves_and_others_do_not() -> None:
    one = curves(VARIABLE, seed=3).accuracy
    np.testing.assert_array_equal(one, curves(VARIABLE, seed=3).accuracy)
    assert (one != curves(VARIABLE, seed=5).accuracy).any()
    assert (one[0, 0] != one[0, 1]).any()


class PlainSpeaker(Speaker):
    """A speaker for one run; its next symbol depends on the meaning, and on the last symbol and the one before."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.look = nn.Linear(features, 13)
        self.hear = nn.Embedding(channel.symbols + 1, 13)
        self.out = nn.Linear(13, channel.symbols + channel.variable)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.tanh(self.look(features))
        return state, self.out(state)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.tanh(state.flip(-1) + self.hear(symbols))
        return state, self.out(state)


@pytest.fixture
def plain() -> Iterator[Agent]:
    """An agent of the user's own, known by name for the length of a test."""
    before = dict(AGENTS._known)

    class Plain(Agent):
        name: ClassVar[str] = "plain_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return PlainSpeaker(form.width, channel)

    yield Plain()
    AGENTS._known.clear()
    AGENTS._known.update(before)


def test_any_agent_can_be_taught(plain: Agent) -> None:
    found = curves(VARIABLE, COMPOSITIONAL, speaker=plain, steps=150)
    assert (found.accuracy[..., 0] < 0.3).all()
    assert (found.accuracy[..., -10:].mean(axis=(1, 2)) > 0.9).all()


@pytest.mark.parametrize(
    ("language", "changes", "message"),
    [
        (Language(None, [[1], [2]]), {}, "language 1: it has no meanings"),
        (Language([[4], [4]], [[1], [2]]), {}, "language 1: .* at least 2 different meanings occur; got 1"),
        (PERMUTED, {"speaker": "gru"}, r"speaker must be an agent such as GRU\(\), got 'gru'"),
        (PERMUTED, {"speakers": 0}, "speakers must be an integer of at least 1, got 0"),
    ],
)
def test_bad_input_is_refused_in_one_line(language: Language, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        curves(COMPOSITIONAL, language, **changes)
    assert "\n" not in str(caught.value)


def test_no_languages_give_no_curves() -> None:
    found = curves()
    assert found.accuracy.shape == (0, 3, 19)
    assert found.chance.shape == (0,)
