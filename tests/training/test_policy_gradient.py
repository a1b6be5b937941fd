"""Listeners that draw their answers: probabilities and rewards by hand, expected gradients, baselines of their own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.channel import Channel
from emcomm.envs import Discrimination, Reconstruction, Round
from emcomm.training import PPO, ActorCritic, Reinforce, Trainer
from emcomm.training.learner import Baseline, task_loss
from emcomm.training.play import Table, play_heard
from emcomm.training.policy_gradient import answer_log_prob, answer_loss, answered_right, draw_answers
from emcomm.worlds import AttributeWorld
from tests.training.small import advanced, small_run

N = 8009
# Two parts of 2 and 3 options, with chances (1/4, 3/4) and (1/2, 1/3, 1/6).
LOGITS = torch.tensor([0.25, 0.75, 1 / 2, 1 / 3, 1 / 6]).log()


def test_whole_answers_have_the_product_of_the_chances_of_their_parts():
    logits = (LOGITS + torch.tensor([5.0, 5.0, -3.0, -3.0, -3.0])).expand(1, 4, -1)  # logits are chances up to a factor
    answer = torch.tensor([[[0, 0], [1, 0], [1, 2], [0, 1]]])
    found = answer_log_prob(logits, (2, 3), answer).exp()
    torch.testing.assert_close(found, torch.tensor([[1 / 8, 3 / 8, 1 / 8, 1 / 12]]))


def test_answers_are_drawn_as_often_as_they_are_probable():
    grid = ((torch.arange(N) + 0.5) / N).view(1, N, 1).expand(-1, -1, 2)
    drawn = draw_answers(LOGITS.expand(1, N, -1), (2, 3), grid)
    for part, chances in ((0, (1 / 4, 3 / 4)), (1, (1 / 2, 1 / 3, 1 / 6))):
        shares = torch.bincount(drawn[0, :, part]) / N
        torch.testing.assert_close(shares, torch.tensor(chances), atol=2 / N, rtol=0)


def test_only_a_whole_answer_is_rewarded():
    named = Round(torch.zeros(1, 3).long(), None, torch.tensor([[[1, 2], [1, 2], [0, 1]]]))
    assert answered_right(named, torch.tensor([[[1, 2], [1, 1], [0, 1]]])).tolist() == [[1.0, 0.0, 1.0]]
    pointed = Round(torch.zeros(1, 3).long(), torch.zeros(1, 3, 5).long(), torch.tensor([[4, 0, 2]]))
    assert answered_right(pointed, torch.tensor([[[4], [1], [2]]])).tolist() == [[1.0, 0.0, 1.0]]


def trainer_of(**changes: Any) -> Trainer:
    trainer = Trainer([small_run(**{"batch_size": N, "listener_loss": "policy_gradient", **changes})])
    with torch.no_grad():
        trainer.listeners.views["out.weight"].mul_(4)
    return trainer


def listener_slopes(trainer: Trainer, loss: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(trainer.listeners.views.values()), retain_graph=True))


def grid(stream: str, shape: tuple[int, ...], turn: int) -> Tensor:
    return ((torch.arange(shape[0]) + 0.5) / shape[0]).view(1, -1, 1).expand(1, *shape)


@pytest.mark.parametrize("baseline", [None, 0.7])
def test_its_loss_has_the_slope_of_minus_the_chance_of_a_right_answer(baseline: float | None):
    # One message about one meaning among three candidates: draws from a grid hit answers as often as they are probable.
    trainer = trainer_of(channel=Channel(5, 1, variable=False), game=Discrimination(candidates=3))
    table, setup = trainer.table(), trainer.setup
    round = Round(torch.full((1, N), 7), torch.tensor([2, 7, 11]).expand(1, N, -1), torch.full((1, N), 1))
    with torch.no_grad():
        trainer.speakers.views["out.bias"][0, 3] = 1e4  # it says the same every time
    played, logits = play_heard(table, round, torch.full((1, N, 1), 0.5))
    means = None
    if baseline is not None:
        means = Baseline(1, 1, 1, 0.9, torch.device("cpu"))
        means.add(torch.full((1, 1, 1, 1), baseline))
    found = listener_slopes(trainer, answer_loss(table, setup, round, logits, grid, means).mean())
    expected = listener_slopes(trainer, task_loss(setup, played.play.outcome).mean())
    assert max(float(each.abs().max()) for each in expected) > 100 / N
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=20 / N)
    assert task_loss(setup, played.play.outcome).mean().item() == pytest.approx(-logits.softmax(-1)[0, 0, 1].item())


def test_each_listener_has_the_running_mean_of_its_own_rewards():
    run = small_run("a", 5, pairs=2, game=Reconstruction(), listener_loss="policy_gradient")
    trainer = Trainer([run, small_run("b", 7, pairs=2, game=Reconstruction(), listener_loss="policy_gradient")])
    table = trainer.table(partners=torch.tensor([[1, 0], [0, 1]]))  # in the first run each speaks to the other's
    round = trainer._deal()
    answer = round.answer
    logits = torch.full((4, 17, 8), -50.0).scatter(-1, answer + torch.tensor([0, 3]), 50.0)
    logits[0] = logits[0].flip(-1)  # the first speaker's games, which the second listener plays, are mostly lost
    means = Baseline(2, 2, 1, 0.5, torch.device("cpu"))
    loss = answer_loss(table, trainer.setup, round, logits, trainer._uniform, means)
    won = means.values().squeeze(-1)
    assert won[0, 0] == won[1, 0] == won[1, 1] == 1
    assert won[0, 1] < 0.5
    assert loss.shape == (2, 2, 17)
    # The next batch is measured by each listener's own mean, in the speakers' order.
    again = answer_loss(table, trainer.setup, round, torch.zeros(4, 17, 8), trainer._uniform, means)
    drawn = draw_answers(torch.zeros(4, 17, 8), (3, 5), trainer._uniform("answers", (17, 2)))
    right = answered_right(round, drawn).view(2, 2, 17)
    expected = torch.stack([won[0].flip(0), won[1]]).unsqueeze(-1)
    log_third_fifth = -torch.tensor(15.0).log()
    torch.testing.assert_close(again, -(right - expected) * log_third_fifth)


@pytest.mark.parametrize("estimator", [Reinforce(baseline="none"), Reinforce(), ActorCritic(), PPO(epochs=2)], ids=str)
def test_a_rewarded_answer_gets_likelier(estimator: Any):
    # The speaker stays as it is and says nothing of use; the listener learns which of the meanings come up most.
    fields: dict[str, Any] = {"speaker_learning_rate": 1e-12, "listener_learning_rate": 0.02, "batch_size": 127}
    fields |= {"world": AttributeWorld(values=(2, 3), frequencies="zipf"), "game": Reconstruction()}
    run = small_run("a", 5, estimator=estimator, listener_loss="policy_gradient", **fields)
    first, later = advanced(1, run).last_lesson, advanced(40, run).last_lesson
    assert first is not None
    assert later is not None
    assert -first.listener_loss.item() == pytest.approx(1 / 6, abs=0.07)
    assert -later.listener_loss.item() > 0.27  # the chance of a right answer


def test_no_baseline_means_none_for_listeners_too():
    trainer = advanced(2, small_run(estimator=Reinforce(baseline="none"), listener_loss="policy_gradient"))
    assert trainer.answer_baseline.steps == 0
    trainer = advanced(2, small_run(estimator=Reinforce(baseline="greedy"), listener_loss="policy_gradient"))
    assert trainer.answer_baseline.steps == 2


def test_tables_turn_from_speakers_to_listeners_and_back():
    trainer = Trainer([small_run("a", seed, pairs=3) for seed in (5, 7)])
    table: Table = trainer.table(partners=torch.tensor([[2, 0, 1], [0, 2, 1]]))
    speakers = torch.arange(6)
    # Speaker 0 speaks to listener 2, so listener 2 hears speaker 0; listener 0 hears 1, listener 1 hears 2; ...
    assert table.to_listeners(speakers).tolist() == [1, 2, 0, 3, 5, 4]
    assert torch.equal(table.to_speakers(table.to_listeners(speakers)), speakers)
