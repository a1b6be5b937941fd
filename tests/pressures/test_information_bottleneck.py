"""Information about the meaning costs."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from emcomm.agents import Utterance
from emcomm.pressures import InformationBottleneck
from emcomm.training import GumbelSoftmax, Reinforce, Trainer
from emcomm.training.play import play_sampled
from tests.pressures.moments import moment_of, play_of
from tests.training.small import advanced, small_run


def costs(messages: list[list[int]], log_prob: list[float], strength: float = 1.0) -> torch.Tensor:
    """What each message of one run and one pair costs."""
    symbols = torch.tensor(messages).view(1, 1, len(messages), -1)
    logs = torch.tensor(log_prob).view(1, 1, -1).requires_grad_()
    play = play_of()._replace(said=Utterance(symbols, logs, torch.zeros_like(logs)))
    cost = InformationBottleneck().cost(play, moment_of(strength))
    assert cost.listener is None
    assert cost.policy is None
    assert cost.speaker is not None
    assert not cost.speaker.requires_grad
    return cost.speaker[0, 0]


def test_the_cost_is_how_much_likelier_the_meaning_makes_the_message():
    # q of [1, 2], [1, 2], [1], [], [1, 2, 2]: 2/5 twice, then 1/5 each (worked out for `surprisal`).
    messages = [[1, 2, 0], [1, 2, 0], [1, 0, 0], [0, 0, 0], [1, 2, 2]]
    log_prob = [0.0, math.log(0.5), math.log(0.2), 0.0, math.log(0.1)]
    ratios = torch.tensor([1 / 0.4, 0.5 / 0.4, 0.2 / 0.2, 1 / 0.2, 0.1 / 0.2])
    torch.testing.assert_close(costs(messages, log_prob), ratios.log())
    torch.testing.assert_close(costs(messages, log_prob, 0.25), 0.25 * ratios.log())


def test_the_mean_cost_is_the_information_where_positions_are_independent():
    # Four equally frequent meanings, each with its own message of two symbols: log 4 nats.
    assert costs([[1, 1], [1, 2], [2, 1], [2, 2]], [0.0] * 4).mean().item() == pytest.approx(math.log(4))
    # One message for all, or symbols by chance: none.
    assert costs([[3, 3]] * 4, [0.0] * 4).tolist() == [0.0] * 4
    by_chance = costs([[1, 1], [1, 2], [2, 1], [2, 2]], [math.log(1 / 4)] * 4)
    assert by_chance.tolist() == pytest.approx([0.0] * 4, abs=1e-6)


def test_a_batch_of_one_carries_no_information():
    assert costs([[1, 0]], [0.0]).tolist() == [0.0]


def test_relaxed_messages_pay_through_their_symbols_and_entropies():
    rows = torch.tensor([[[0, 1.0, 0], [0.5, 0.25, 0.25]], [[0.5, 0.5, 0], [1.0, 0, 0]]])[None, None]
    rows.requires_grad_()
    symbols = torch.tensor([[[[1, 0], [0, 0]]]])
    entropy = torch.tensor([[[0.25, 0.5]]], requires_grad=True)
    said = Utterance(symbols, torch.zeros(1, 1, 2), entropy, rows)
    cost = InformationBottleneck().cost(play_of()._replace(said=said), moment_of(2.0))
    assert cost.speaker is None
    assert cost.policy is not None
    # Under q (worked out for `surprisal`), less the entropies: two choices of .25 nats, one of .5.
    log = math.log
    first = -log(11 / 18) - 0.5 * log(8 / 15) - 0.5 * log(3.5 / 15) - 0.5
    second = -0.5 * log(5 / 18) - 0.5 * log(11 / 18) - 0.5 * log(8 / 15) - 0.5
    torch.testing.assert_close(cost.policy[0, 0], torch.tensor([2 * first, 2 * second]))
    to_rows, to_entropy = torch.autograd.grad(cost.policy.sum(), (rows, entropy))
    assert (to_rows != 0).any()
    assert to_entropy.tolist() == [[[-4.0, -2.0]]]


@pytest.mark.parametrize("variable", [True, False])
def test_relaxed_and_sampled_messages_pay_alike(variable: bool):
    # A speaker that knows what it says: no entropy. The count that smooths vanishes in a large batch.
    messages = torch.tensor([[1, 2], [1, 1], [2, 1]] if not variable else [[1, 2], [1, 0], [0, 0]]).repeat(3_000, 1)
    rows = torch.nn.functional.one_hot(messages, 3).float()[None, None]
    zeros = torch.zeros(1, 1, len(messages))
    play = play_of()
    sampled = InformationBottleneck().cost(
        play._replace(said=Utterance(messages[None, None], zeros, zeros)), moment_of(1)
    )
    soft = InformationBottleneck().cost(
        play._replace(said=Utterance(messages[None, None], zeros, zeros, rows)), moment_of(1)
    )
    torch.testing.assert_close(soft.policy, sampled.speaker, rtol=0, atol=2e-3)


def complexity(trainer: Trainer) -> list[float]:
    """Nats by which the meaning makes sampled messages likelier, in each run, without the pressure."""
    draws = trainer._uniform("looking", (trainer.setup.batch_size, trainer.setup.channel.max_length))
    with torch.no_grad():
        play = play_sampled(trainer.table(), trainer._deal(), draws).play
    cost = InformationBottleneck().cost(play, moment_of(*[1.0] * len(trainer.runs)))
    assert cost.speaker is not None
    return cost.speaker.mean((-1, -2)).tolist()


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_a_high_price_leaves_messages_that_say_nothing(estimator):
    changes: dict[str, Any] = {"estimator": estimator, "speaker_learning_rate": 0.02, "batch_size": 64}
    bottleneck = InformationBottleneck(strength=3.0)
    trainer = advanced(100, small_run("off", **changes), small_run("on", 5, {"it": bottleneck}, **changes))
    off, on = complexity(trainer)
    assert off > 1.0
    assert on < 0.05
