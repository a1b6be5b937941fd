"""Looking at a stack: messages and accuracies against plain loops over single agents."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.envs import Board, Discrimination, Reconstruction
from emcomm.pressures import ChannelNoise, ImpatientListener
from emcomm.rng import generator
from emcomm.training import Observation, Run, Trainer, build_agents, evaluation
from emcomm.training.evaluation import observe
from emcomm.worlds import AttributeWorld
from tests.training.small import small_run

WORLD = AttributeWorld(values=(3, 5), split="random", held_out=0.4, frequencies="zipf")


def trained(*runs: Run, steps: int = 13) -> Trainer:
    trainer = Trainer(runs)
    with torch.no_grad():  # louder than at birth, so that messages and answers differ
        for stack in (trainer.speakers, trainer.listeners):
            for name in ("out.weight", "cell.embedding"):
                stack.views[name].mul_(4)
    for _ in range(steps):
        trainer.advance()
    return trainer


def modules(trainer: Trainer, run: Run, role: str) -> list[nn.Module]:
    """The agents of one role of one run, as plain modules."""
    weights = trainer.weights(run)
    built = []
    for index in range(run.setup.pairs):
        module = build_agents(run.setup)[role == "listener"]
        module.load_state_dict({n.partition(".")[2]: w[index] for n, w in weights.items() if n.startswith(role)})
        built.append(module)
    return built


def by_hand(trainer: Trainer, run: Run) -> tuple[np.ndarray, dict[str, float]]:
    """Messages of one run, and accuracy and loss of training and held-out meanings, agent by agent, game by game."""
    setup, board = run.setup, Board.of(run.setup.world)
    n = len(board.meanings)
    split, frequency = setup.world.split(generator(run.seed, "split")), setup.world.probabilities()
    everything, train = torch.ones(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)
    train[torch.from_numpy(split.train)] = True
    speakers, listeners = (modules(trainer, run, role) for role in ("speaker", "listener"))
    needed = setup.game.draws(setup.world)
    messages = [speak(s, board.features, torch.arange(n), None).symbols for s in speakers]  # type: ignore[arg-type]
    values = {}
    for pool, part, name in ((train, split.train, ""), (everything, split.held_out, "_held_out")):
        won, lost = (torch.zeros(n, dtype=torch.float64) for _ in range(2))
        games = 0
        for turn in range(setup.evaluation_rounds if needed else 1):
            draws = torch.from_numpy(generator(run.seed, "evaluation", turn).random((n, needed), dtype=np.float32))
            round = setup.game.deal(board, torch.arange(n), pool, draws)
            for said in messages:
                for listener in listeners:
                    outcome = setup.game.score(board, round, listener(said, board.features, round.candidates))
                    won += outcome.correct
                    lost += outcome.loss.detach()
                    games += 1
        weight = frequency[part]
        for what, went in (("accuracy", won), ("loss", lost)):
            values[what + name] = float((went.numpy()[part] / games * weight).sum() / weight.sum())
    return torch.stack(messages).numpy(), values


@pytest.mark.parametrize("game", [Discrimination(candidates=3), Reconstruction()], ids=["pointing", "naming"])
@pytest.mark.parametrize("channel", [Channel(7, 3), Channel(7, 3, variable=False)], ids=["variable", "fixed"])
def test_a_stack_is_evaluated_like_its_agents_one_by_one(game, channel: Channel):
    runs = [small_run("a", seed, game=game, channel=channel, world=WORLD, pairs=2) for seed in (5, 7)]
    trainer = trained(*runs)
    for run, seen in zip(runs, observe(trainer, record=True), strict=True):
        messages, values = by_hand(trainer, run)
        assert isinstance(seen, Observation)
        assert (seen.run, seen.step, seen.record) == (run, 13, True)
        assert seen.messages.dtype == np.int64
        assert np.array_equal(seen.messages, messages)
        assert {name: seen.values[name] for name in values} == pytest.approx(values)
        assert 0 < values["accuracy"] < 1


def test_without_a_hold_out_there_is_no_accuracy_on_it():
    for game in (Discrimination(candidates=3), Reconstruction()):
        (seen,) = observe(trained(small_run(game=game)), record=False)
        assert math.isnan(seen.values["accuracy_held_out"])
        assert math.isnan(seen.values["loss_held_out"])


def test_the_last_batch_is_reported_and_nothing_before_the_first():
    trainer = trained(small_run("a", 5), small_run("a", 7), steps=0)
    names = ("speaker_cost", "listener_loss", "speaker_entropy")
    for seen in observe(trainer, record=False):
        assert all(math.isnan(seen.values[name]) for name in names)
    trainer.advance()
    lesson = trainer.last_lesson
    assert lesson is not None
    for place, seen in enumerate(observe(trainer, record=False)):
        assert [seen.values[name] for name in names] == [float(getattr(lesson, name)[place]) for name in names]


def test_the_same_games_are_dealt_at_every_look():
    trainer = trained(small_run())
    one, other = (observe(trainer, record=False)[0] for _ in range(2))
    held_out = {name: one.values[name] for name in ("accuracy_held_out", "loss_held_out")}
    assert one.values == {**other.values, **held_out}


def test_a_look_does_not_depend_on_company_or_pressures():
    pressures = {"noise": ChannelNoise(strength=0.9), "rush": ImpatientListener()}
    run = small_run("a", 5, pairs=2)
    alone = observe(trained(run, steps=0), record=False)[0]
    others = [small_run("b", 5, pressures, pairs=2), small_run("a", 7, pairs=2)]
    together = observe(trained(*others, run, steps=0), record=False)[2]
    assert np.array_equal(alone.messages, together.messages)
    assert alone.values["accuracy"] == together.values["accuracy"]


def test_games_dealt_in_parts_are_the_same_games(monkeypatch: pytest.MonkeyPatch):
    trainer = trained(*(small_run("a", seed, world=WORLD, pairs=2) for seed in (3, 5, 7)))
    whole = [seen.values for seen in observe(trainer, record=False)]
    monkeypatch.setattr(evaluation, "MOST_DRAWS", 1)
    assert [seen.values for seen in observe(trainer, record=False)] == whole


def test_looking_leaves_no_gradient_behind():
    trainer = trained(small_run())
    observe(trainer, record=False)
    assert all(view.grad is None for view in trainer.speakers.views.values())


def test_more_rounds_make_the_accuracy_finer():
    runs = [small_run(f"{rounds} rounds", 5, evaluation_rounds=rounds) for rounds in (1, 7)]
    for run, rounds in zip(runs, (1, 7), strict=True):
        (seen,) = observe(trained(run), record=False)
        won = seen.values["accuracy"] * 15 * rounds
        assert won == pytest.approx(round(won), abs=1e-6)
