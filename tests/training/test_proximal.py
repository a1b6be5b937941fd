"""Clipped updates: the objective by hand, advantages on one scale for each agent, parts of a batch, what moves how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.envs import Reconstruction
from emcomm.training import PPO, ActorCritic, Setup, Trainer
from emcomm.training.actor_critic import Batch, Taken, actor_critic_lesson, attempt, say, take
from emcomm.training.agent_stack import AgentStack
from emcomm.training.play import Arrived, arrive
from emcomm.training.proximal import _parts, _some, clipped, normalised, proximal_lessons
from tests.training.small import small_run


def batch_of(trainer: Trainer) -> Batch:
    return Batch(trainer.setup, trainer._table([]), trainer._deal(), trainer._entropy_weights, None, trainer._uniform)


def slopes(trainer: Trainer, loss: Tensor) -> list[Tensor]:
    views = [*trainer.speakers.views.values(), *trainer.listeners.views.values()]
    return list(torch.autograd.grad(loss, views, materialize_grads=True))


@pytest.mark.parametrize(
    ("ratio", "advantage", "objective", "slope"),
    [
        # Within 0.8..1.2 the objective is r A, and its slope in log r is r A as well.
        (1.0, 2.0, 2.0, 2.0),
        (1.1, -3.0, -3.3, -3.3),
        # Above: min(1.5 * 2, 1.2 * 2) = 2.4, clipped; min(1.5 * -2, 1.2 * -2) = -3, which is not.
        (1.5, 2.0, 2.4, 0.0),
        (1.5, -2.0, -3.0, -3.0),
        # Below: min(0.5 * 2, 0.8 * 2) = 1, which is not clipped; min(0.5 * -2, 0.8 * -2) = -1.6, clipped.
        (0.5, 2.0, 1.0, 1.0),
        (0.5, -2.0, -1.6, 0.0),
    ],
)
def test_ratios_count_up_to_the_clip(ratio: float, advantage: float, objective: float, slope: float):
    before = torch.tensor([-0.7])
    log_prob = (before + math.log(ratio)).requires_grad_()
    loss = clipped(log_prob, before, torch.tensor([advantage]), 0.2)
    assert loss.item() == pytest.approx(-objective, rel=1e-5)
    (found,) = torch.autograd.grad(loss.sum(), log_prob)
    assert found.item() == pytest.approx(-slope, rel=1e-5, abs=1e-7)


def test_advantages_of_an_agent_get_one_scale_and_those_of_others_do_not_matter():
    counted = torch.tensor([[[True, True], [True, False], [True, True]]] * 2)
    advantage = torch.tensor([[[1.0, 2.0], [3.0, 99.0], [4.0, 5.0]], [[10.0, 10.0], [10.0, -7.0], [10.0, 10.0]]])
    found = normalised(advantage, counted)
    # Of 1, 2, 3, 4, 5 the mean is 3 and the variance 2; what comes after the end is not counted, and stays 0.
    by_hand = [[-2 / 2**0.5, -1 / 2**0.5], [0.0, 0.0], [1 / 2**0.5, 2 / 2**0.5]]
    torch.testing.assert_close(found[0], torch.tensor(by_hand))
    assert (found[1] == 0).all()  # all advantages equal
    louder = torch.stack([advantage[0], 1e6 * advantage[1]])
    assert torch.equal(normalised(louder, counted)[0], found[0])
    garbage = torch.where(counted, advantage, torch.nan)
    assert torch.equal(normalised(garbage, counted), found)


def test_the_parts_of_a_batch_are_all_of_it_in_another_order_for_each_agent_and_epoch():
    trainer = Trainer([small_run("a", seed, pairs=2, estimator=PPO(minibatches=3)) for seed in (5, 7)])
    batch, estimator = batch_of(trainer), PPO(minibatches=3)
    symbols = say(batch)
    arrived = arrive(batch.table, symbols)
    now = attempt(batch, estimator, batch.round, symbols, arrived)
    taken = take(batch, estimator, now, symbols, arrived)
    numbered = taken._replace(reward=torch.arange(17.0).expand(4, -1))
    orders = []
    for epoch in (0, 1):
        parts = list(_parts(batch, 3, epoch, numbered))
        assert [part.reward.shape[1] for _, part in parts] == [6, 6, 5]
        order = torch.cat([part.reward for _, part in parts], 1).long()
        assert torch.equal(order.sort(-1).values, torch.arange(17).expand(4, -1))
        for round, part in parts:
            place = part.reward.long()
            assert torch.equal(round.target, batch.round.target.gather(1, place))
            assert torch.equal(part.symbols, symbols.gather(1, place.unsqueeze(-1).expand(-1, -1, 5)))
        orders.append(order)
    everyone = torch.cat(orders)
    assert len(everyone.unique(dim=0)) == 8


@pytest.mark.parametrize("listener_loss", ["log_likelihood", "policy_gradient"])
def test_the_first_update_is_that_of_actor_critic(listener_loss: str):
    # Ratios are 1, and d r / d theta = d log p / d theta there.
    changes: dict[str, Any] = {"game": Reconstruction(), "listener_loss": listener_loss}
    trainer = Trainer([small_run("a", 5, estimator=PPO(normalise=False), **changes)])
    batch = batch_of(trainer)
    first = slopes(trainer, next(iter(proximal_lessons(batch, PPO(normalise=False)))).total)
    plain = slopes(trainer, actor_critic_lesson(batch, ActorCritic()).total)
    assert max(float(each.abs().max()) for each in plain) > 1e-2
    for one, other in zip(first, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_both_roles_learn_from_advantages_on_one_scale():
    # At ratios of 1 the policy's loss is minus the sum of an agent's advantages, whose mean is 0 once they have one
    # scale; values and entropies weigh nothing here.
    changes: dict[str, Any] = {"game": Reconstruction(), "listener_loss": "policy_gradient", "pairs": 2}
    trainer = Trainer([small_run("a", 5, speaker_entropy=0.0, listener_entropy=0.0, estimator=PPO(), **changes)])
    batch = batch_of(trainer)
    scaled, raw = (
        next(iter(proximal_lessons(batch, PPO(normalise=normalise, value_weight=0.0)))).total
        for normalise in (True, False)
    )
    assert abs(scaled.item()) < 1e-4
    assert abs(raw.item()) > 1e-2
    weights = [stack.views["critic.weight"] for stack in (trainer.speakers, trainer.listeners)]
    assert not any(
        each.any() for each in torch.autograd.grad(scaled, weights, materialize_grads=True, retain_graph=True)
    )
    for stack in (trainer.speakers, trainer.listeners):
        (slope,) = torch.autograd.grad(scaled, [stack.views["out.weight"]], retain_graph=True)
        assert slope.flatten(1).any(1).all()


@pytest.mark.parametrize("moved", ["speakers", "listeners"])
def test_later_updates_are_measured_by_the_chances_of_the_first(moved: str):
    # Nothing but the policy counts, so the first loss is 0 (see above), and so would be all that took ratios anew.
    changes: dict[str, Any] = {"game": Reconstruction(), "listener_loss": "policy_gradient", "speaker_entropy": 0.0}
    estimator = PPO(epochs=2, value_weight=0.0)
    trainer = Trainer([small_run("a", 5, listener_entropy=0.0, estimator=estimator, **changes)])
    lessons = proximal_lessons(batch_of(trainer), estimator)
    first = next(lessons)
    with torch.no_grad():
        getattr(trainer, moved).views["out.weight"].neg_()
    second = next(lessons)
    assert abs(first.total.item()) < 1e-4
    assert abs(second.total.item()) > 1e-3
    assert all(torch.equal(one, other) for one, other in zip(first[1:], second[1:], strict=True))  # as it was played
    assert next(lessons, None) is None


def test_what_listeners_keep_in_mind_goes_with_their_games():
    trainer = Trainer([small_run("a", 5, pairs=3)])
    # Speaker 0 speaks to listener 2, 1 to 0 and 2 to 1. Two games of each speaker's three, in an order of its own.
    table, games = trainer.table(partners=torch.tensor([[2, 0, 1]])), torch.tensor([[2, 0], [1, 2], [0, 1]])
    said, keep = torch.arange(9).view(3, 3), 100 + torch.arange(9).view(3, 3)
    nothing = torch.zeros(3, 3)
    taken = Taken(said, Arrived(said, keep), nothing, nothing, nothing, None)
    some = _some(table, taken, games)
    assert some.symbols.tolist() == some.arrived.message.tolist() == [[2, 0], [4, 5], [6, 7]]
    assert some.arrived.keep is not None  # listener 0 hears speaker 1's games 1 and 2, and so on
    assert some.arrived.keep.tolist() == [[101, 102], [103, 104], [108, 106]]


def test_every_agent_is_updated_epochs_times_minibatches_times(monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    plain = AgentStack.update

    def update(stack: AgentStack, gradients: Sequence[Tensor], which: Tensor | None = None) -> None:
        done.append(stack.role)
        plain(stack, gradients, which)

    monkeypatch.setattr(AgentStack, "update", update)
    trainer = Trainer([small_run(estimator=PPO(epochs=3, minibatches=2))])
    for _ in range(2):
        trainer.advance()
    assert done == ["speaker", "listener"] * 12
    assert trainer.speakers.ages == [12]
    assert trainer.games == 2 * 17


def test_far_from_what_was_said_the_policy_stops_moving():
    # Once every ratio has left the interval in the wanted direction, the policy's loss has no slope.
    advantage, before = torch.tensor([1.0, -1.0]), torch.tensor([-1.0, -1.0])
    log_prob = torch.tensor([-0.5, -1.9]).requires_grad_()  # ratios e^0.5 and e^-0.9
    (slope,) = torch.autograd.grad(clipped(log_prob, before, advantage, 0.3).sum(), log_prob)
    assert slope.tolist() == [0.0, 0.0]


def test_set_ups_say_how_many_updates_a_step_has():
    assert "epochs * minibatches" in " ".join((Setup.__doc__ or "").split())
