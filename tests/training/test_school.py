"""Lessons apart from games: who learns, from what, and that nobody else notices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.agents.forcing import teacher_forced
from emcomm.agents.speaking import speak
from emcomm.channel import EOS, Channel
from emcomm.envs import Discrimination, Reconstruction
from emcomm.pressures import Talk
from emcomm.training import Run, Trainer, load_checkpoint, save_checkpoint
from emcomm.training.streams import Streams
from emcomm.worlds import AttributeWorld
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

HELD_OUT = AttributeWorld(values=(3, 5), frequencies="zipf", split="random", held_out=0.3)
STACKS: dict[str, dict[str, Any]] = {
    "one pair": {},
    "three pairs": {"pairs": 3},
    "one length": {"channel": Channel(7, 3, variable=False), "pairs": 3},
    "names": {"game": Reconstruction(), "listener_loss": "success"},
    "held out": {"world": HELD_OUT, "pairs": 2},
    "gumbel": {"estimator": ESTIMATORS["straight through"], "pairs": 2},
    "bfloat16": {"matmul": "bfloat16"},
}


def everybody(trainer: Trainer) -> Tensor:
    return torch.ones(trainer.shape, dtype=torch.bool)


def taught(trainer: Trainer, which: Tensor) -> Talk:
    """Lessons of every kind for some agents; returns what was said in between."""
    talk = trainer.population.talk(11, "some.stream", 3)
    trainer.population.imitate(which, talk, 5, "some.stream", 3)
    trainer.population.practise(which, 4, "some.stream", 3)
    return trainer.population.talk(None, "other.stream", 3)


def language(trainer: Trainer, seed: int = 1, shift: int = 0) -> Talk:
    """Another message of any length for each training meaning, the same for every agent of a stack."""
    channel, (targets, _) = trainer.setup.channel, trainer.population.training
    rng = torch.Generator().manual_seed(seed)
    meanings = len(trainer.board.meanings)
    symbols = torch.randint(1, channel.symbols + 1, (meanings, channel.max_length), generator=rng)
    if channel.variable:
        lengths = torch.arange(meanings) % (channel.max_length + 1)
        symbols = symbols * (torch.arange(channel.max_length) < lengths.unsqueeze(-1))
    target = targets.unsqueeze(1).expand(-1, trainer.pairs, -1)
    messages = symbols[(target + shift) % meanings]
    right = torch.ones(target.shape, dtype=torch.bool)
    return Talk(target, messages, right, right.float())


def share_said(trainer: Trainer, talk: Talk) -> Tensor:
    """How much of a language each speaker says, greedily: ``[runs, pairs]``."""
    features = trainer.board.features.expand(len(trainer.runs) * trainer.pairs, -1, -1)
    said = speak(trainer.speakers.speaker(), features, talk.target.flatten(0, 1), None).symbols
    return (said == talk.messages.flatten(0, 1)).all(-1).float().mean(-1).view(trainer.shape)


def memories(trainer: Trainer) -> list[tuple[Tensor, ...]]:
    """Weights and optimisers' memory of each role, by agent."""
    return [
        (stack.weights.detach().clone(), stack.mean.clone(), stack.square.clone(), torch.tensor(stack.ages))
        for stack in (trainer.speakers, trainer.listeners)
    ]


def same_rows(one: Sequence[tuple[Tensor, ...]], other: Sequence[tuple[Tensor, ...]]) -> list[list[bool]]:
    """Whether everything of an agent is the same bit for bit, by role and agent."""
    return [
        torch.stack([(a == b).view(len(a), -1).all(-1) for a, b in zip(mine, theirs, strict=True)]).all(0).tolist()
        for mine, theirs in zip(one, other, strict=True)
    ]


# Company


@pytest.mark.parametrize("name", STACKS)
def test_lessons_do_not_depend_on_who_shares_the_stack(name: str):
    runs = [small_run("a", seed, **STACKS[name]) for seed in (5, 7, 11)]
    together = advanced(3, *runs)
    said = taught(together, everybody(together))
    together.advance()
    for place, run in enumerate(runs):
        alone = advanced(3, run)
        said_alone = taught(alone, everybody(alone))
        alone.advance()
        for one, other in zip(said, said_alone, strict=True):
            assert one is not None
            assert other is not None
            assert torch.equal(one[place], other[0])
        assert equal_weights(together.weights(run), alone.weights(run))


@pytest.mark.parametrize("name", STACKS)
def test_those_who_are_taught_learn_the_same_whoever_else_is_and_the_rest_stay_as_they_were(name: str):
    runs = [small_run("a", seed, **STACKS[name]) for seed in (5, 7, 11)]
    untouched, all_of_them = advanced(3, *runs), advanced(3, *runs)
    before = memories(untouched)
    taught(all_of_them, everybody(all_of_them))
    after, pairs = memories(all_of_them), all_of_them.pairs
    assert not any(any(rows) for rows in same_rows(before, after))
    patterns = ([[1], [0], [1]], [[0], [1], [0]]) if pairs == 1 else ([[1] * pairs, [0] * pairs, [0, 1, 0][:pairs]],)
    for pattern in patterns:
        which = torch.tensor(pattern, dtype=torch.bool)
        some = advanced(3, *runs)
        talk = some.population.talk(11, "some.stream", 3)
        some.population.imitate(which, talk, 5, "some.stream", 3)
        speakers_only = memories(some)
        assert same_rows(speakers_only, after)[0] == which.flatten().tolist()
        assert same_rows(speakers_only, before)[0] == (~which).flatten().tolist()
        assert all(same_rows(speakers_only, before)[1])


@pytest.mark.parametrize("name", STACKS)
def test_practice_changes_the_listeners_concerned_only(name: str):
    runs = [small_run("a", seed, **STACKS[name]) for seed in (5, 7, 11)]
    trainer, every = advanced(3, *runs), advanced(3, *runs)
    before = memories(trainer)
    which = torch.zeros(trainer.shape, dtype=torch.bool)
    which[1, -1] = True
    trainer.population.practise(which, 4, "some.stream", 3)
    every.population.practise(everybody(every), 4, "some.stream", 3)
    speakers, listeners = same_rows(memories(trainer), before)
    assert all(speakers)
    assert listeners == (~which).flatten().tolist()
    assert same_rows(memories(trainer), memories(every))[1] == which.flatten().tolist()


def test_nobody_taught_is_nothing_done():
    trainer, idle = advanced(3, small_run(pairs=2)), advanced(3, small_run(pairs=2))
    nobody, all_ = torch.zeros(1, 2, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    taught(trainer, nobody)
    talk = trainer.population.talk(5, "some.stream", 3)
    trainer.population.imitate(all_, talk, 0, "some.stream", 3)
    trainer.population.practise(all_, 0, "some.stream", 3)
    trainer.population.imitate(all_, talk._replace(weight=talk.weight * 0), 5, "some.stream", 3)
    for each in (trainer, idle):
        each.advance()
    assert equal_weights(trainer.weights(trainer.runs[0]), idle.weights(idle.runs[0]))


def test_a_broken_agent_spoils_nobody_elses_lesson():
    runs = [small_run("a", seed, pairs=2) for seed in (5, 7)]
    clean, spoilt = advanced(2, *runs), advanced(2, *runs)
    with torch.no_grad():
        spoilt.speakers.weights[1] = torch.nan
        spoilt.listeners.weights[1] = torch.nan
    for trainer in (clean, spoilt):
        taught(trainer, everybody(trainer))
    assert same_rows(memories(clean), memories(spoilt)) == [[True, False, True, True]] * 2


# Talk


def test_a_talk_without_a_number_is_about_each_training_meaning_once():
    trainer = advanced(1, *(small_run("a", seed, world=HELD_OUT, pairs=2) for seed in (5, 7)))
    talk = trainer.population.talk(None, "some.stream", 3)
    targets, frequencies = trainer.population.training
    assert targets.shape == frequencies.shape == (2, 11)  # 15 less round(.3 x 15) = 4, by the world's rounding
    for run in range(2):
        for pair in range(2):
            assert talk.target[run, pair].tolist() == targets[run].tolist()
    assert talk.messages.shape == (2, 2, 11, 5)
    assert talk.understood.dtype == torch.bool
    assert (talk.weight == 1).all()
    assert frequencies.sum(-1).tolist() == pytest.approx([1.0, 1.0])


def test_meanings_held_out_are_never_talked_about_nor_stand_beside(monkeypatch: pytest.MonkeyPatch):
    trainer = advanced(1, *(small_run("a", seed, world=HELD_OUT, pairs=2) for seed in (5, 7)))
    shown: list[Tensor] = []
    plain = Discrimination.deal

    def deal(*args: Any) -> Any:
        round = plain(*args)
        shown.append(torch.cat([round.target, round.candidates.flatten(1)], 1).view(2, -1))
        return round

    monkeypatch.setattr(Discrimination, "deal", deal)
    trainer.population.talk(997, "some.stream", 3)
    trainer.population.talk(None, "some.stream", 3)
    trainer.population.practise(everybody(trainer), 7, "some.stream", 3)
    assert len(shown) == 9
    for meanings in shown:
        for run in range(2):
            assert trainer.pool[run, meanings[run]].all()
    for run in range(2):
        assert len(shown[0][run].unique()) == 11


def test_what_is_talked_about_comes_up_by_frequency_and_weight():
    trainer = advanced(1, small_run(world=HELD_OUT))
    targets, frequencies = trainer.population.training
    talk = trainer.population.talk(20_011, "some.stream", 3)
    counts = torch.stack([(talk.target == target).float().mean() for target in targets[0]])
    torch.testing.assert_close(counts, frequencies[0].float(), atol=0.02, rtol=0)
    weights = torch.zeros(1, 11, dtype=torch.float64)
    weights[0, 3] = 1
    trainer.population.weigh(weights)
    assert (trainer.population.talk(101, "some.stream", 4).target == targets[0, 3]).all()


def test_messages_end_where_they_end_and_answers_are_those_of_the_own_listener():
    trainer = advanced(1, small_run(pairs=2))
    talk = trainer.population.talk(499, "some.stream", 3)
    ended = (talk.messages == EOS).long().cumsum(-1) > 0
    assert (talk.messages[ended] == EOS).all()
    assert 0.2 < talk.understood.float().mean() < 0.6  # nothing learnt: about one in three candidates
    assert not torch.equal(talk.messages[0, 0], talk.messages[0, 1])
    with torch.no_grad():
        trainer.listeners.weights[1] = trainer.listeners.weights[0]
    again = trainer.population.talk(499, "some.stream", 3)
    assert torch.equal(again.understood[0, 0], talk.understood[0, 0])
    assert torch.equal(again.messages, talk.messages)
    assert not torch.equal(again.understood[0, 1], talk.understood[0, 1])


def test_streams_of_a_talk_and_of_lessons_by_the_same_name_differ(monkeypatch: pytest.MonkeyPatch):
    trainer = advanced(1, small_run())
    drawn: list[tuple[str, int, int]] = []
    plain = Streams.uniform

    def uniform(self: Streams, stream: str, step: int, shape: Sequence[int], turn: int = 0) -> Tensor:
        drawn.append((stream, step, turn))
        return plain(self, stream, step, shape, turn)

    monkeypatch.setattr(Streams, "uniform", uniform)
    taught(trainer, everybody(trainer))
    trainer.advance()
    assert len(drawn) == len(set(drawn))


# Imitation


@pytest.mark.parametrize("name", ["three pairs", "one length", "names", "held out", "gumbel", "bfloat16"])
def test_pupils_learn_to_say_a_given_language(name: str):
    run = small_run(**{**STACKS[name], "speaker_learning_rate": 0.02})
    trainer = Trainer([run])
    talk = language(trainer)
    before = share_said(trainer, talk)
    which = torch.zeros(trainer.shape, dtype=torch.bool)
    which[0, -1] = True
    trainer.population.imitate(which, talk, 150, "some.stream", 0)
    after = share_said(trainer, talk)
    assert after[0, -1] > 0.9 > 0.3 > before[0, -1]
    assert torch.equal(after[0, :-1], before[0, :-1])


def test_each_pupil_learns_from_its_own_messages():
    runs = [small_run("a", seed, pairs=2, speaker_learning_rate=0.02) for seed in (5, 7)]
    trainer = Trainer(runs)
    one, other = language(trainer), language(trainer, shift=1)
    mixed = one.messages.clone()
    mixed[0, 1], mixed[1, 0] = other.messages[0, 1], other.messages[1, 0]
    trainer.population.imitate(everybody(trainer), one._replace(messages=mixed), 150, "some.stream", 0)
    for talk, learnt in ((one, [[1, 0], [0, 1]]), (other, [[0, 1], [1, 0]])):
        said = share_said(trainer, talk)
        assert ((said > 0.9) == torch.tensor(learnt, dtype=torch.bool)).all()


def test_what_weighs_nothing_is_never_drawn_and_the_rest_by_its_weight(monkeypatch: pytest.MonkeyPatch):
    trainer = Trainer([small_run(batch_size=997, pairs=2)])
    talk = language(trainer)
    weight = torch.zeros_like(talk.weight)
    weight[0, 0, [0, 3, 14]] = torch.tensor([1.0, 2.0, 1.0])
    weight[0, 1, 5:7] = 0.25
    shown: list[Tensor] = []

    def forced(speaker: Any, features: Tensor, index: Tensor, messages: Tensor) -> Any:
        shown.append(index)
        return teacher_forced(speaker, features, index, messages)

    monkeypatch.setattr("emcomm.training.school.teacher_forced", forced)
    trainer.population.imitate(everybody(trainer), talk._replace(weight=weight), 7, "some.stream", 0)
    drawn = torch.cat(shown, -1)
    counts = [drawn[pair].bincount(minlength=15) / drawn.shape[1] for pair in range(2)]
    expected = torch.zeros(2, 15)
    expected[0, [0, 3, 14]] = torch.tensor([0.25, 0.5, 0.25])
    expected[1, 5:7] = 0.5
    assert torch.equal(torch.stack(counts) > 0, expected > 0)
    torch.testing.assert_close(torch.stack(counts), expected, atol=0.03, rtol=0)


def test_a_pupil_without_material_learns_nothing_while_others_do():
    trainer = advanced(2, small_run(pairs=3))
    before, talk = memories(trainer), language(trainer)
    weight = talk.weight.clone()
    weight[0, 1] = 0
    trainer.population.imitate(everybody(trainer), talk._replace(weight=weight), 3, "some.stream", 2)
    assert same_rows(before, memories(trainer))[0] == [False, True, False]
    assert trainer.speakers.ages == [5, 2, 5]


def test_what_an_optimiser_remembers_goes_along():
    run = small_run()
    trainer, forgetful = advanced(3, run), advanced(3, run)
    forgetful.population.forget("speaker", everybody(forgetful))
    talk = language(trainer)
    for each in (trainer, forgetful):
        each.population.imitate(everybody(each), talk, 4, "some.stream", 3)
    assert trainer.speakers.ages == [7]
    assert forgetful.speakers.ages == [4]
    assert not torch.equal(trainer.speakers.mean, forgetful.speakers.mean)
    assert not torch.equal(trainer.speakers.weights, forgetful.speakers.weights)


# Practice


@pytest.mark.parametrize("name", STACKS)
def test_practice_makes_a_listener_understand_its_speaker(name: str):
    rates = {"speaker_learning_rate": 0.02, "listener_learning_rate": 0.02}
    trainer = Trainer([small_run(**{**STACKS[name], **rates})])
    spoken = language(trainer)
    trainer.population.imitate(everybody(trainer), spoken, 150, "some.stream", 0)
    before, speakers = trainer.population.talk(997, "to.look", 0), memories(trainer)[0]
    which = torch.zeros(trainer.shape, dtype=torch.bool)
    which[0, -1] = True
    trainer.population.practise(which, 100, "some.stream", 0)
    after = trainer.population.talk(997, "to.look", 0)
    gained = after.understood.float().mean(-1) - before.understood.float().mean(-1)
    assert gained[0, -1] > 0.25
    assert (gained[0, :-1] == 0).all()
    assert all(torch.equal(one, other) for one, other in zip(speakers, memories(trainer)[0], strict=True))
    assert torch.equal(after.messages, before.messages)


def test_a_batch_of_practice_teaches_what_a_batch_of_games_does(monkeypatch: pytest.MonkeyPatch):
    # The same draws, and the loss and entropy bonus of a game: the listener's update is that of a training step.
    run = small_run(listener_entropy=0.3, pairs=2)
    played, practised = advanced(2, run), advanced(2, run)
    plain = Streams.uniform

    def uniform(self: Streams, stream: str, step: int, shape: Sequence[int], turn: int = 0) -> Tensor:
        return plain(self, stream.removeprefix("some.stream.practice."), step, shape, turn)

    played.advance()
    monkeypatch.setattr(Streams, "uniform", uniform)
    practised.population.practise(everybody(practised), 1, "some.stream", 2)
    assert all(same_rows(memories(played), memories(practised))[1])
    assert practised.step == 2


# Stopping


def test_going_on_from_a_checkpoint_beside_a_lesson_equals_not_having_stopped(tmp_path: Path):
    runs: list[Run] = [small_run("a", seed, pairs=2, world=HELD_OUT) for seed in (5, 7)]
    whole = advanced(3, *runs)
    parts = advanced(3, *runs)

    def stopped(trainer: Trainer) -> Trainer:
        save_checkpoint(tmp_path / "stack", trainer)
        return load_checkpoint(tmp_path / "stack", runs)

    for step in (3, 4):
        parts = stopped(parts)
        for each in (whole, parts):
            which = torch.tensor([[True, False], [step == 3, True]])
            talk = each.population.talk(13, "some.stream", step)
            each.population.imitate(which, talk, 3, "some.stream", step)
        parts = stopped(parts)
        for each in (whole, parts):
            each.population.practise(which, 3, "some.stream", step)
        parts = stopped(parts)
        for each in (whole, parts):
            each.advance()
    assert all(all(rows) for rows in same_rows(memories(whole), memories(parts)))


def test_those_who_stay_are_taught_as_if_nobody_had_left():
    runs = [small_run("a", seed, pairs=2) for seed in (5, 7, 11)]
    whole, smaller = advanced(3, *runs), advanced(3, *runs)
    smaller.leave([runs[1].name])
    for each in (whole, smaller):
        taught(each, everybody(each))
        each.advance()
    for run in (runs[0], runs[2]):
        assert equal_weights(whole.weights(run), smaller.weights(run))
