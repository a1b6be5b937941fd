"""From games to gradients: REINFORCE against the exact expected gradient, baselines, entropy bonuses, shared losses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.channel import Channel
from emcomm.envs import Outcome, Reconstruction, Round
from emcomm.pressures import Cost, LengthCost, Moment, Play
from emcomm.training import Reinforce, Trainer
from emcomm.training.learner import Baseline, lesson_of, reinforce_lesson, relaxed_lesson, summed
from emcomm.training.play import Acting, Played, play_relaxed, play_sampled
from tests.training.small import small_run, small_setup

N = 8009
ONE_SYMBOL = Channel(5, 1, variable=False)
CPU = torch.device("cpu")
NO_BONUS = (torch.zeros(1), torch.zeros(1))
GRID = ((torch.arange(N) + 0.5) / N).view(1, N, 1)  # draws that hit every symbol as often as it is probable


def trainer_of(**changes) -> Trainer:
    trainer = Trainer([small_run(game=Reconstruction(), batch_size=N, **changes)])
    with torch.no_grad():
        for stack in (trainer.speakers, trainer.listeners):
            stack.views["out.weight"].mul_(4)
    return trainer


def round_about(trainer: Trainer, meaning: int = 7, n: int = N) -> Round:
    target = torch.full((1, n), meaning)
    return trainer.setup.game.deal(trainer.board, target, torch.ones(1, 15, dtype=torch.bool), None)


def exact(trainer: Trainer, reward: str, meaning: int = 7) -> tuple[Tensor, Tensor]:
    """Probability of each one-symbol message about a meaning, with gradient, and its cost."""
    table = trainer.table()
    _, logits = table.speaker.start(table.features[:, meaning : meaning + 1])
    every = torch.arange(1, 6).view(1, 5, 1)
    answers = table.listener(every, table.features, None)
    outcome = trainer.setup.game.score(trainer.board, round_about(trainer, meaning, 5), answers)
    cost = {
        "log_likelihood": outcome.loss,
        "success": -(-outcome.loss).exp(),
        "accuracy": -outcome.correct.float(),
    }[reward]
    return logits[0, 0].softmax(-1), cost[0].detach()


def speaker_slopes(trainer: Trainer, loss: Tensor) -> list[Tensor]:
    views = list(trainer.speakers.views.values())
    return list(torch.autograd.grad(loss, views, retain_graph=True, materialize_grads=True))


@pytest.mark.parametrize("reward", ["log_likelihood", "success", "accuracy"])
@pytest.mark.parametrize("baseline", ["none", "mean", "greedy"])
def test_reinforce_is_the_gradient_of_the_expected_cost(reward: str, baseline: str):
    trainer = trainer_of(channel=ONE_SYMBOL)
    # The meaning that it matters most what is said about.
    meaning = max(range(15), key=lambda m: float(exact(trainer, reward, m)[1].std()))
    round, table = round_about(trainer, meaning), trainer.table()
    means = Baseline(1, 1, 1, 0.9, CPU)
    means.add(torch.full((1, 1, 1, 1), 3.0))  # any constant leaves the expected gradient as it is
    lesson = reinforce_lesson(
        trainer.setup,
        Reinforce(reward=reward, baseline=baseline),
        play_sampled(table, round, GRID),
        [],
        NO_BONUS,
        means,
        lambda: play_sampled(table, round, None),
    )
    probability, cost = exact(trainer, reward, meaning)
    expected = speaker_slopes(trainer, (probability * cost).sum())
    assert max(slope.abs().max() for slope in expected) > 100 / N
    for found, wanted in zip(speaker_slopes(trainer, lesson.total), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=10 / N)
    assert lesson.speaker_cost.item() == pytest.approx((probability * cost).sum().item(), abs=20 / N)


def test_the_entropy_bonus_is_the_gradient_of_the_entropy():
    trainer = trainer_of(channel=ONE_SYMBOL)
    played = play_sampled(trainer.table(), round_about(trainer), GRID)
    bonus = (torch.tensor([0.7]), torch.zeros(1))
    estimator, means = Reinforce(baseline="none"), Baseline(1, 1, 1, 0.9, CPU)
    lesson = reinforce_lesson(trainer.setup, estimator, played, [], bonus, means, None)
    probability, cost = exact(trainer, "log_likelihood")
    entropy = -(probability * probability.log()).sum()
    expected = speaker_slopes(trainer, (probability * cost).sum() - 0.7 * entropy)
    for found, wanted in zip(speaker_slopes(trainer, lesson.total), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=20 / N)
    assert lesson.speaker_entropy.item() == pytest.approx(entropy.item(), rel=1e-4)


@pytest.mark.parametrize("listener_loss", ["log_likelihood", "success"])
def test_the_listener_learns_its_loss_and_its_bonus(listener_loss: str):
    trainer = trainer_of(channel=ONE_SYMBOL, listener_loss=listener_loss)
    table = trainer.table()
    played = play_sampled(table, round_about(trainer), GRID)
    bonus = (torch.zeros(1), torch.tensor([0.3]))
    estimator, means = Reinforce(baseline="none"), Baseline(1, 1, 1, 0.9, CPU)
    lesson = reinforce_lesson(trainer.setup, estimator, played, [], bonus, means, None)
    outcome = trainer.setup.game.score(
        trainer.board, round_about(trainer), table.listener(played.said.symbols, table.features, None)
    )
    loss = outcome.loss if listener_loss == "log_likelihood" else -(-outcome.loss).exp()
    views = list(trainer.listeners.views.values())
    expected = torch.autograd.grad((loss - 0.3 * outcome.entropy).mean(), views)
    for found, wanted in zip(torch.autograd.grad(lesson.total, views), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    assert lesson.listener_loss.item() == pytest.approx(loss.mean().item(), rel=1e-5)


def test_a_speaker_that_only_says_the_most_probable_learns_nothing_against_the_greedy_baseline():
    trainer = trainer_of()
    with torch.no_grad():
        trainer.speakers.views["out.weight"].mul_(1e6)
    round, table = round_about(trainer), trainer.table()
    played = play_sampled(table, round, torch.rand(1, N, 5, generator=torch.Generator().manual_seed(1)))
    means = Baseline(1, 1, 1, 0.9, CPU)
    greedy = lambda: play_sampled(table, round, None)  # noqa: E731
    arguments: Any = trainer.setup, Reinforce(baseline="greedy"), played, [], NO_BONUS, means, greedy
    lesson = reinforce_lesson(*arguments)
    assert all((slope == 0).all() for slope in speaker_slopes(trainer, lesson.total))
    assert lesson.speaker_cost.item() > 0


def test_a_game_like_the_greedy_one_counts_nothing_and_others_their_difference():
    trainer = trainer_of(channel=ONE_SYMBOL)
    round, table = round_about(trainer), trainer.table()
    probability, cost = exact(trainer, "log_likelihood")
    best = int(probability.argmax())
    played = play_sampled(table, round, GRID)
    means = Baseline(1, 1, 1, 0.9, CPU)
    greedy = lambda: play_sampled(table, round, None)  # noqa: E731
    arguments: Any = trainer.setup, Reinforce(baseline="greedy"), played, [], NO_BONUS, means, greedy
    lesson = reinforce_lesson(*arguments)
    chosen = played.said.symbols[0, :, 0] - 1
    weight = (cost[chosen] - cost[best]).detach()
    assert (weight[chosen == best] == 0).all()
    expected = speaker_slopes(trainer, (weight * probability[chosen].log()).mean())
    for found, wanted in zip(speaker_slopes(trainer, lesson.total), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_the_running_mean_weighs_batches_by_age():
    means = Baseline(2, 1, 2, 0.5, CPU)
    assert means.values().tolist() == [[[0.0, 0.0]], [[0.0, 0.0]]]
    batches = torch.tensor([[[1.0, 3.0], [10.0, 30.0]], [[2.0, 4.0], [0.0, 0.0]], [[7.0, 9.0], [1.0, 3.0]]])
    for batch in batches:  # terms, n; the second run has twice the costs
        means.add(torch.stack([batch, 2 * batch]).unsqueeze(1))
    # Batch means 2, 3, 8 and 20, 0, 2. Weights .5^2, .5, 1 by age, normalised: (2/4 + 3/2 + 8) / 1.75 and
    # (20/4 + 0 + 2) / 1.75.
    expected = torch.tensor([10 / 1.75, 7 / 1.75])
    torch.testing.assert_close(means.values(), torch.stack([expected, 2 * expected]).unsqueeze(1))


def test_without_decay_the_mean_is_that_of_the_last_batch():
    means = Baseline(1, 1, 1, 0.0, CPU)
    for value in (3.0, 5.0):
        means.add(torch.full((1, 1, 1, 7), value))
    assert means.values().item() == 5.0


def test_the_first_batch_of_a_run_has_no_baseline_and_the_second_the_mean_of_the_first():
    trainer = trainer_of(channel=ONE_SYMBOL, estimator=Reinforce(baseline_decay=0.9))
    draws = torch.rand(1, 101, 1, generator=torch.Generator().manual_seed(4))
    played = play_sampled(trainer.table(), round_about(trainer, n=101), draws)
    estimator, means = Reinforce(baseline="mean", baseline_decay=0.9), trainer.baseline
    found = []
    for _ in range(2):
        lesson = reinforce_lesson(trainer.setup, estimator, played, [], NO_BONUS, means, None)
        found.append(speaker_slopes(trainer, lesson.total))
    chosen = played.said.symbols[0, :, 0] - 1
    probability, cost = exact(trainer, "log_likelihood")
    for slopes, baseline in zip(found, (torch.zeros(()), cost[chosen].mean()), strict=True):
        expected = speaker_slopes(trainer, ((cost[chosen] - baseline) * probability[chosen].log()).mean())
        for one, other in zip(slopes, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert (found[0][0] - found[1][0]).abs().max() > 1e-2


class Levy:
    """Costs both agents."""

    def cost(self, play: Play, moment: Moment) -> Cost:
        return Cost(speaker=2 * play.length, listener=3 * play.outcome.loss)


def acting(pressure: Any) -> list[Acting]:
    return [Acting("it", pressure, Moment(0, torch.ones(1), torch.rand))]


def test_costs_reach_the_agents_they_are_meant_for():
    trainer = trainer_of()
    draws = torch.rand(1, N, 5, generator=torch.Generator().manual_seed(5))
    played = play_sampled(trainer.table(), round_about(trainer), draws)
    estimator, means = Reinforce(baseline="none"), Baseline(1, 1, 2, 0.9, CPU)
    lesson = reinforce_lesson(trainer.setup, estimator, played, acting(Levy()), NO_BONUS, means, None)
    loss, length = played.play.outcome.loss, played.play.length
    torch.testing.assert_close(lesson.speaker_cost, (loss + 2 * length).mean().view(1))
    torch.testing.assert_close(lesson.listener_loss, (4 * loss).mean().view(1))
    expected = speaker_slopes(trainer, ((loss + 2 * length).detach() * played.said.log_prob).mean())
    for found, wanted in zip(speaker_slopes(trainer, lesson.total), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_relaxed_agents_share_one_loss():
    trainer = trainer_of()
    draws = torch.rand(1, N, 5, 8, generator=torch.Generator().manual_seed(2))
    played = play_relaxed(trainer.table(), round_about(trainer), draws, torch.ones(1), True)
    bonus = torch.tensor([0.2]), torch.tensor([0.3])
    lesson = relaxed_lesson(trainer.setup, played, acting(Levy()), bonus)
    both = played.play.outcome.loss * 4  # a cost to both counts once
    assert lesson.speaker_cost.item() == lesson.listener_loss.item() == pytest.approx(both.mean().item(), rel=1e-5)
    wanted = (both - 0.2 * played.said.entropy.view(1, 1, N) - 0.3 * played.play.outcome.entropy).mean()
    assert lesson.total.item() == pytest.approx(wanted.item(), rel=1e-5)
    lesson = relaxed_lesson(trainer.setup, played, acting(LengthCost()), bonus)
    expected = (played.play.outcome.loss + played.play.length).mean()
    assert lesson.speaker_cost.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_batch_counts_by_its_mean_whatever_its_size_and_agents_by_their_sum():
    # Gradients of an agent must not shrink or grow with the number of its neighbours.
    setup = small_setup()
    outcome = torch.rand(3, 2, 11, generator=torch.Generator().manual_seed(1)).requires_grad_()
    said = Utterance(torch.zeros(6, 11, 5), torch.zeros(6, 11), torch.zeros(6, 11))
    play = Play(torch.zeros(3, 2, 11), Outcome(outcome, outcome > 0.5, torch.zeros(3, 2, 11)), None)
    none = torch.zeros(3), torch.zeros(3)
    lesson = relaxed_lesson(setup, Played(said, play), [], none)
    (slope,) = torch.autograd.grad(lesson.total, outcome)
    torch.testing.assert_close(slope, torch.full((3, 2, 11), 1 / 11))
    torch.testing.assert_close(lesson.listener_loss, outcome.mean((1, 2)))


def test_what_is_reported_does_not_depend_on_how_numbers_lie_in_memory():
    entropy = torch.rand(7, 1, 64, 5)[..., -1]  # as after messages of five symbols, which others may have said
    alone = [lesson_of(part, part, part, part.contiguous()).speaker_entropy for part in entropy.split(1)]
    assert torch.equal(lesson_of(entropy, entropy, entropy, entropy).speaker_entropy, torch.cat(alone))


def test_terms_that_are_0_change_no_bit_of_a_sum():
    terms, nothing = torch.randn(1, 2, 5, 17), torch.zeros(1, 2, 3, 17)
    assert torch.allclose(summed(terms), terms.sum(2), atol=1e-6)
    for place in range(6):  # terms of other runs stand before, between or after its own
        assert torch.equal(summed(torch.cat([terms[:, :, :place], nothing, terms[:, :, place:]], 2)), summed(terms))
