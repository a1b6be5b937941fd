"""Rare symbols are dear."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from emcomm.agents import Utterance
from emcomm.channel import Channel
from emcomm.pressures import UnigramCost
from emcomm.training import GumbelSoftmax, Reinforce
from emcomm.training.evaluation import greedy_messages
from tests.pressures.moments import moment_of, play_of
from tests.training.small import advanced, small_run

MESSAGES = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 2, 3]])


def test_a_symbol_costs_its_surprisal():
    said = MESSAGES.expand(2, 1, 4, 3)
    zeros = torch.zeros(2, 1, 4)
    cost = UnigramCost().cost(play_of()._replace(said=Utterance(said, zeros, zeros)), moment_of(1.0, 0.5))
    common, rare = math.log(6 / 4), math.log(6)  # six symbols: 1 four times, 2 and 3 once
    expected = torch.tensor([2 * common, common, 0.0, common + 2 * rare])
    torch.testing.assert_close(cost.speaker[:, 0], torch.stack([expected, 0.5 * expected]))
    assert cost.listener is None
    assert cost.policy is None


def test_the_only_symbol_is_free():
    said = torch.tensor([[4, 4, 4], [4, 0, 0], [4, 4, 0], [0, 0, 0]])[None, None]
    zeros = torch.zeros(1, 1, 4)
    cost = UnigramCost().cost(play_of()._replace(said=Utterance(said, zeros, zeros)), moment_of(1.0))
    assert cost.speaker.tolist() == [[[0.0] * 4]]


def test_relaxed_messages_pay_with_a_gradient():
    rows = torch.nn.functional.one_hot(MESSAGES, 4).float()[None, None].requires_grad_()
    zeros = torch.zeros(1, 1, 4)
    cost = UnigramCost().cost(
        play_of()._replace(said=Utterance(MESSAGES[None, None], zeros, zeros, rows)), moment_of(1.0)
    )
    # One count more, shared by three symbols: 13/3, 4/3 and 4/3 of 7.
    common, rare = math.log(7 / (13 / 3)), math.log(7 / (4 / 3))
    torch.testing.assert_close(cost.speaker[0, 0], torch.tensor([2 * common, common, 0.0, common + 2 * rare]))
    (slope,) = torch.autograd.grad(cost.speaker.sum(), rows)
    assert slope[0, 0, 3, 0].tolist() == pytest.approx([-2 * rare, common, rare, rare])  # EOS would have saved the rest


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_a_small_inventory_pays(estimator):
    changes: dict[str, Any] = {
        "estimator": estimator,
        "speaker_learning_rate": 0.02,
        "batch_size": 64,
        "channel": Channel(7, 3, variable=False),  # no way out through short messages
    }
    pressures = {"it": UnigramCost(strength=2.0)}
    trainer = advanced(150, small_run("off", **changes), small_run("on", 5, pressures, **changes))
    off, on = (len(messages.unique()) for messages in greedy_messages(trainer))
    assert on <= 2 < off
