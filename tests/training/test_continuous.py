"""Agents that send real numbers: company, noise, slopes, evaluation, and that they learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.agents import GRU
from emcomm.agents.vectors import speak_vectors
from emcomm.channel import Channel
from emcomm.envs import Discrimination, Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import Community, ImpatientListener, ListenerDropout, ListenerReset, Talk
from emcomm.training import Continuous, Observed, Run, Setup, Trainer, load_checkpoint, save_checkpoint, train
from emcomm.training.continuous import as_heard
from emcomm.training.evaluation import greedy_messages, observe
from emcomm.training.streams import Streams
from emcomm.worlds import AttributeWorld
from tests.training.small import advanced, equal_weights, small_run, small_setup

FIXED = Channel(7, 3, variable=False)
PRESSURES = {"rush": ImpatientListener(strength=0.5), "lapse": ListenerDropout(), "births": ListenerReset(every=2)}
WAYS = {
    "tanh": Continuous(),
    "tanh, noise": Continuous(noise=0.3),
    "softmax": Continuous(activation="softmax"),
    "identity, noise": Continuous(activation="identity", noise=0.1),
}


def real_run(seed: int = 5, pressures: Any = None, **changes: Any) -> Run:
    return small_run("a", seed, pressures, **{"estimator": Continuous(noise=0.3), "channel": FIXED, **changes})


# Company


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("changes", [{"game": Reconstruction()}, {"pairs": 2}], ids=["naming", "pointing in pairs"])
def test_a_run_alone_goes_like_the_same_run_in_a_stack(way: str, changes: dict[str, Any]):
    pressures = {**PRESSURES, "group": Community(size=2)} if "pairs" in changes else PRESSURES
    runs = [real_run(seed, arm, estimator=WAYS[way], **changes) for seed, arm in ((5, pressures), (7, None))]
    together = advanced(4, *runs)
    assert (together.broken_at == -1).all()
    for run in runs:
        alone = advanced(4, run)
        assert equal_weights(together.weights(run), alone.weights(run))
    seen, (own,) = observe(together, record=False)[1], observe(alone, record=False)
    assert np.array_equal(seen.messages, own.messages)
    assert seen.values["loss"] == own.values["loss"]


def test_agents_can_be_tied_as_well():
    agent = GRU(hidden=11, embedding=3)
    runs = [real_run(seed, tied=True, pairs=2, speaker=agent, listener=agent) for seed in (5, 7)]
    together = advanced(3, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(3, run).weights(run))


def test_going_on_equals_not_having_stopped(tmp_path: Path):
    runs = [real_run(seed, PRESSURES) for seed in (5, 7)]
    whole, first = advanced(5, *runs), advanced(3, *runs)
    save_checkpoint(tmp_path / "stack", first)
    again = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(2):
        again.advance()
    assert all(equal_weights(whole.weights(run), again.weights(run)) for run in runs)


# Slopes and noise


def slopes(trainer: Trainer) -> dict[str, Tensor]:
    """The slope of what a batch cost, for the speakers' parameters."""
    lesson = trainer._lesson(trainer._table([]), [], trainer._deal(), None)
    views = trainer.speakers.views
    return dict(zip(views, torch.autograd.grad(lesson.total, list(views.values())), strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_the_listeners_slope_reaches_the_speaker(way: str):
    found = slopes(advanced(1, real_run(estimator=WAYS[way])))
    assert all((slope != 0).any() for slope in found.values())


def test_there_is_no_entropy_to_reward():
    plain, keen = (advanced(3, real_run(speaker_entropy=weight)) for weight in (0.0, 5.0))
    assert equal_weights(plain.weights(plain.runs[0]), keen.weights(keen.runs[0]))
    assert plain.last_lesson is not None
    assert plain.last_lesson.speaker_entropy.tolist() == [0.0]


def test_noise_changes_training_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    quiet, noisy = (advanced(2, real_run(estimator=Continuous(noise=noise))) for noise in (0.0, 0.3))
    assert not equal_weights(quiet.weights(quiet.runs[0]), noisy.weights(noisy.runs[0]))
    one, other = (observe(noisy, record=False)[0] for _ in range(2))
    assert np.array_equal(one.messages, other.messages)
    assert one.values["loss"] == other.values["loss"]

    def none(*_: object) -> Tensor:
        raise AssertionError("an evaluation asks for noise")

    monkeypatch.setattr(Streams, "normal", none)
    observe(noisy, record=False)
    quiet.advance()  # without noise nobody asks for any either


def test_normal_numbers_belong_to_the_run():
    together = Streams([5, 7]).normal("noise", 3, (2, 5003))
    assert torch.equal(together[1], Streams([7]).normal("noise", 3, (2, 5003))[0])
    assert not torch.equal(together[0], together[1])
    assert not torch.equal(together, Streams([5, 7]).normal("noise", 4, (2, 5003)))
    # 20,012 numbers: standard errors of mean and variance are 0.007 and 0.01.
    assert abs(together.mean().item()) < 0.03
    assert abs(together.var().item() - 1) < 0.04


# Evaluation


@pytest.mark.parametrize("game", [Reconstruction(), Discrimination(candidates=3)], ids=["naming", "pointing"])
def test_accuracy_is_that_of_the_real_numbers(game: Any):
    trainer = advanced(3, real_run(game=game, evaluation_rounds=1))
    with torch.no_grad():  # louder, so that rows are far from symbols
        trainer.speakers.weights.mul_(3)
        trainer.listeners.weights.mul_(2)
    board, table = trainer.board, trainer.table()
    every = torch.arange(15).unsqueeze(0)
    said = speak_vectors(table.speaker, table.features, every, "tanh")
    assert said.relaxed is not None
    needed = game.draws(trainer.setup.world)
    draws = trainer.streams.uniform("evaluation", 0, (15, needed)) if needed else None
    round = game.deal(board, every, trainer.pool, draws)
    losses = []
    for message in (as_heard(said.relaxed), said.symbols):
        answers = table.listener(message, table.features, round.candidates)
        losses.append(game.score(board, round, answers).loss.detach().mean().item())
    (seen,) = observe(trainer, record=False)
    assert seen.values["loss"] == pytest.approx(losses[0], rel=1e-5)
    assert seen.values["loss"] != pytest.approx(losses[1], rel=1e-3)
    assert torch.equal(torch.from_numpy(seen.messages[0]), said.symbols[0])  # the language: the largest of each row
    assert torch.equal(greedy_messages(trainer), said.relaxed.argmax(-1))


@pytest.mark.slow
def test_they_learn_a_small_world():
    setup = Setup(
        world=AttributeWorld(values=(5, 3)),
        game=Reconstruction(),
        channel=Channel(symbols=3, max_length=2, variable=False),
        speaker=GRU(hidden=32, embedding=8),
        listener=GRU(hidden=32, embedding=8),
        estimator=Continuous(noise=0.1),
        steps=600,
        batch_size=64,
        speaker_learning_rate=5e-3,
        listener_learning_rate=5e-3,
    )
    *_, last = (
        event for event in train(Trainer([Run("a", seed, setup) for seed in (2, 3, 5)])) if isinstance(event, Observed)
    )
    # With three symbols twice there are 9 messages for 15 meanings: more than 9 / 15 is understood by numbers only.
    assert sorted(seen.values["accuracy"] for seen in last.observations)[1] > 0.9


# What cannot be


def test_lengths_that_vary_are_refused_in_one_line():
    with pytest.raises(BadInput, match="the channel needs variable=False, got variable=True") as caught:
        small_setup(estimator=Continuous())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"noise": -0.1}, {"noise": float("inf")}, {"activation": "relu"}, {"nois": 1.0}])
def test_settings_that_cannot_be_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match="Continuous: ") as caught:
        Continuous(**settings)
    assert "\n" not in str(caught.value)


def test_lessons_in_symbols_are_refused_in_one_line():
    population, all_ = Trainer([real_run()]).population, torch.ones(1, 1, dtype=torch.bool)
    one = torch.ones(1, 1, 1)
    talk = Talk(one.long(), one.long().unsqueeze(-1), one.bool(), one)
    for lesson in (
        lambda: population.talk(3, "stream", 1),
        lambda: population.imitate(all_, talk, 1, "stream", 1),
        lambda: population.practise(all_, 1, "stream", 1),
    ):
        with pytest.raises(BadInput, match="lessons are in symbols, and agents of the estimator") as caught:
            lesson()
        assert "\n" not in str(caught.value)


def test_a_set_up_with_it_survives_being_written():
    setup = small_setup(estimator=Continuous(noise=0.25, activation="softmax"), channel=FIXED)
    assert Setup.model_validate(setup.model_dump(mode="json")) == setup
