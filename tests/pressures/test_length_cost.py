"""What a symbol costs, always or as communication succeeds."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.envs import Outcome
from emcomm.errors import BadInput
from emcomm.pressures import LengthCost, Play
from tests.pressures.moments import moment_of


def play(length: list[list[int]], correct: list[list[bool]]) -> Play:
    """Games of two runs, one pair: ``[2, 1, n]``."""
    zeros = torch.zeros(len(length), 1, len(length[0]))
    return Play(
        torch.tensor(length).float().unsqueeze(1), Outcome(zeros, torch.tensor(correct).unsqueeze(1), zeros), None
    )


LENGTHS = [[0, 1, 4, 2], [3, 0, 0, 5]]
CORRECT = [[True, True, False, True], [False, True, False, False]]


def test_a_constant_cost_is_a_price_for_each_symbol():
    cost = LengthCost().cost(play(LENGTHS, CORRECT), moment_of(0.5, 0.25))
    assert cost.speaker.tolist() == [[[0.0, 0.5, 2.0, 1.0]], [[0.75, 0.0, 0.0, 1.25]]]
    assert cost.listener is None


def test_a_scheduled_cost_follows_the_accuracy_of_the_pair():
    pressure = LengthCost(schedule="accuracy", exponent=2.0)
    cost = pressure.cost(play(LENGTHS, CORRECT), moment_of(0.5, 0.25))
    # Accuracies .75 and .25: prices .5 x .75^2 = .28125 and .25 x .25^2 = .015625 a symbol.
    assert cost.speaker.tolist() == [[[0.0, 0.28125, 1.125, 0.5625]], [[0.046875, 0.0, 0.0, 0.078125]]]


def test_a_schedule_with_everything_right_is_the_constant_cost_and_with_nothing_right_none():
    pressure = LengthCost(schedule="accuracy")
    cost = pressure.cost(play([[1, 4], [1, 4]], [[True, True], [False, False]]), moment_of(0.5, 0.5))
    assert cost.speaker.tolist() == [[[0.5, 2.0]], [[0.0, 0.0]]]


def test_the_published_schedule_sets_in_late():
    # LazImpa: accuracy**45 / 10 a symbol.
    pressure, said = LengthCost(schedule="accuracy"), [[1] * 100]
    for right, expected in ((100, 0.1), (98, 0.1 * 0.98**45), (80, 0.1 * 0.8**45)):
        cost = pressure.cost(play(said, [[True] * right + [False] * (100 - right)]), moment_of(0.1))
        assert cost.speaker[0, 0, 0].item() == pytest.approx(expected, rel=1e-4)
    assert 0.1 * 0.8**45 < 1e-5


def test_each_pair_has_its_own_accuracy():
    zeros = torch.zeros(1, 2, 3)
    correct = torch.tensor([[[True, True, True], [True, False, False]]])
    games = Play(torch.ones(1, 2, 3), Outcome(zeros, correct, zeros), None)
    cost = LengthCost(schedule="accuracy", exponent=1.0).cost(games, moment_of(3.0))
    assert cost.speaker.tolist() == [[[3.0] * 3, [1.0] * 3]]


def test_a_relaxed_length_keeps_its_gradient():
    length = torch.tensor([[[1.5, 2.5]]], requires_grad=True)
    zeros = torch.zeros(1, 1, 2)
    cost = LengthCost().cost(Play(length, Outcome(zeros, zeros.bool(), zeros), None), moment_of(0.5))
    (slope,) = torch.autograd.grad(cost.speaker.sum(), length)
    assert slope.tolist() == [[[0.5, 0.5]]]


@pytest.mark.parametrize("settings", [{"exponent": 0.0}, {"exponent": -1.0}, {"schedule": "sometimes"}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        LengthCost(**settings)
    assert "\n" not in str(caught.value)
