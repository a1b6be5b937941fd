"""Answers after every symbol count."""

from __future__ import annotations

import pytest
import torch

from emcomm.channel import Channel
from emcomm.envs import Outcome
from emcomm.errors import BadInput
from emcomm.pressures import ImpatientListener, Play
from emcomm.training import GumbelSoftmax, Reinforce
from tests.pressures.moments import moment_of
from tests.training.small import advanced, small_run

# One run, one pair, four games; losses after 0, 1, 2 and 3 symbols.
LOSSES = torch.tensor([[9.0, 4.0, 2.0, 6.0], [9.0, 4.0, 2.0, 2.0], [9.0, 5.0, 5.0, 5.0], [9.0, 9.0, 9.0, 9.0]])
LENGTHS = torch.tensor([3.0, 2.0, 1.0, 0.0])
LAST = torch.tensor([6.0, 2.0, 5.0, 9.0])  # the loss after the last symbol said


def play(length: torch.Tensor = LENGTHS) -> Play:
    outcome = Outcome(LAST.view(1, 1, 4), torch.ones(1, 1, 4, dtype=torch.bool), torch.zeros(1, 1, 4))
    return Play(length.view(1, 1, 4), outcome, LOSSES.view(1, 1, 4, 4))


def test_the_loss_becomes_the_mean_over_the_symbols_said():
    cost = ImpatientListener().cost(play(), moment_of(1.0))
    # (4 + 2 + 6) / 3 - 6, (4 + 2) / 2 - 2, 5 - 5; an empty message has the one answer before any symbol: 9 - 9.
    assert cost.speaker.tolist() == [[[-2.0, 1.0, 0.0, 0.0]]]
    assert torch.equal(cost.speaker, cost.listener)


def test_in_between_the_two_losses_are_mixed():
    cost = ImpatientListener().cost(play(), moment_of(0.25))
    mixed = LAST + cost.speaker[0, 0]
    assert mixed.tolist() == (0.75 * LAST + 0.25 * torch.tensor([4.0, 3.0, 5.0, 9.0])).tolist()


def test_a_relaxed_message_has_the_mean_over_where_it_may_end():
    ends = torch.tensor([[0.5, 0.0, 0.0, 0.5], [0, 0, 1, 0], [0, 0.75, 0.25, 0], [1, 0, 0, 0]]).requires_grad_()
    games = play()._replace(ends=ends.view(1, 1, 4, 4))
    cost = ImpatientListener().cost(games, moment_of(1.0))
    # Means had it ended after 0, 1, 2, 3 symbols: 9, 4, 3, 4; 9, 4, 3, 8/3; 9, 5, 5, 5; 9, 9, 9, 9.
    # (9 + 4) / 2 - 6, 3 - 2, .75 x 5 + .25 x 5 - 5, 9 - 9.
    assert cost.speaker.tolist() == [[[0.5, 1.0, 0.0, 0.0]]]
    (slope,) = torch.autograd.grad(cost.listener.sum(), ends)
    assert slope[0].tolist() == [9.0, 4.0, 3.0, 4.0]


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
@pytest.mark.parametrize("variable", [True, False])
def test_with_one_symbol_at_most_there_is_nothing_to_be_impatient_about(estimator, variable: bool):
    # Messages of one symbol have one answer, and empty ones too: the cost changes by rounding at most.
    changes = {"channel": Channel(7, 1, variable), "estimator": estimator}
    trainer = advanced(
        5, small_run("off", **changes), small_run("on", pressures={"it": ImpatientListener()}, **changes)
    )
    off, on = (trainer.weights(run) for run in trainer.runs)
    for name, weights in off.items():
        torch.testing.assert_close(on[name], weights, rtol=0, atol=1e-5)


def test_strengths_above_one_are_refused():
    with pytest.raises(BadInput, match="strength: .*less than or equal to 1, got 1.5"):
        ImpatientListener(strength=1.5)
