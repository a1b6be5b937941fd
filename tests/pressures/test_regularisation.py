"""What cannot be predicted from the meaning costs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.agents import Utterance
from emcomm.pressures import Regularity
from emcomm.training import GumbelSoftmax, Reinforce
from tests.pressures.moments import moment_of, play_of
from tests.training.small import advanced, small_run


def test_the_cost_is_the_entropy_of_all_choices():
    symbols = torch.tensor([[1, 2, 0], [1, 0, 0], [0, 0, 0], [3, 3, 3]]).expand(2, 1, 4, 3)
    entropy = torch.tensor([0.5, 0.25, 1.0, 0.125]).expand(2, 1, 4)
    play = play_of()._replace(said=Utterance(symbols, torch.zeros(2, 1, 4), entropy))
    cost = Regularity().cost(play, moment_of(2.0, 0.5))
    # 3 choices of .5 nats, 2 of .25, 1 of 1, 3 of .125: 1.5, .5, 1, .375 nats.
    assert cost.policy.tolist() == [[[3.0, 1.0, 2.0, 0.75]], [[0.75, 0.25, 0.5, 0.1875]]]
    assert torch.equal(cost.speaker, cost.policy)
    assert cost.listener is None


def test_its_gradient_is_that_of_the_entropy_of_messages():
    # Messages of two binary symbols; the second position's distribution depends on the first. All four are listed, and
    # what REINFORCE would do with each is weighted by its probability.
    logits = torch.tensor([[0.3, -0.4], [1.1, 0.2], [-0.7, 0.9]], requires_grad=True)  # first; after 1; after 2
    log_p = logits.log_softmax(-1)
    messages = torch.tensor([[1, 1], [1, 2], [2, 1], [2, 2]])
    log_prob = torch.stack([log_p[0, one - 1] + log_p[one, two - 1] for one, two in messages.tolist()])
    (exact,) = torch.autograd.grad(-(log_prob.exp() * log_prob).sum(), logits, retain_graph=True)
    entropies = -(log_p.exp() * log_p).sum(-1)
    mean = (entropies[0] + entropies[messages[:, 0]]) / 2
    said = Utterance(messages.view(1, 1, 4, 2), log_prob.view(1, 1, 4), mean.view(1, 1, 4))
    cost = Regularity().cost(play_of()._replace(said=said), moment_of(1.0))
    assert cost.speaker is not None
    assert cost.policy is not None
    surrogate = cost.speaker.detach() * said.log_prob + cost.policy
    (estimated,) = torch.autograd.grad((log_prob.exp().detach() * surrogate).sum(), logits)
    torch.testing.assert_close(estimated, exact)
    expected = -(log_prob.exp() * log_prob).sum()
    torch.testing.assert_close((log_prob.exp() * cost.policy).sum(), expected)


def test_relaxed_messages_pay_once():
    play = play_of()
    assert play.said is not None
    rows = torch.nn.functional.one_hot(play.said.symbols, 6).float()
    cost = Regularity().cost(play._replace(said=play.said._replace(relaxed=rows)), moment_of(1.0, 0.5))
    assert cost.speaker is None
    assert torch.equal(cost.policy, Regularity().cost(play, moment_of(1.0, 0.5)).policy)


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_a_speaker_that_pays_for_it_becomes_regular(estimator):
    changes: dict[str, Any] = {"estimator": estimator, "speaker_learning_rate": 0.02}
    runs = small_run("off", **changes), small_run("on", 5, {"it": Regularity(strength=1.0)}, **changes)
    trainer = advanced(60, *runs)
    assert trainer.last_lesson is not None
    off, on = trainer.last_lesson.speaker_entropy.tolist()
    assert on < 0.2 < off
