"""The dial: shares reach every layer, and training goes through the transition with its optimiser."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from emcomm.errors import BadInput
from emcomm.ternary import (
    Attention,
    Schedule,
    Ternary,
    TernaryConv2d,
    TernaryGRUCell,
    TernaryLinear,
    begin_pass,
    flip_rate,
    quantised,
    set_share,
    ternary_tensors,
)
from emcomm.training.agent_stack import AgentStack
from tests.ternary.making import WAYS, noise, numbered, same_bits, stacked


class Net(nn.Module):
    """A ternary layer, a float layer of the same class, and a plain one."""

    stacks: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.first = TernaryLinear(5, 7)
        self.second = TernaryLinear(7, 11, options=Ternary())
        self.third = TernaryLinear(11, 3, options=Ternary(scale="twn", activations="unit"))

    def forward(self, x: Tensor) -> Tensor:
        return self.third(self.second(self.first(x).tanh()).tanh())


def test_shares_reach_every_ternary_layer():
    net = Net()
    assert list(quantised(net)) == ["second", "third"]
    assert [layer.share for layer in quantised(net).values()] == [1.0, 1.0]
    assert set_share(net, 0.25) == 2
    assert (net.first.share, net.second.share, net.third.share) == (1.0, 0.25, 0.25)
    for alike in ([0.0, 0.0, 0.0], torch.zeros(3), 0, 0.0):
        set_share(net, alike)
        assert isinstance(net.second.share, float)
        assert net.second.share == 0.0
    set_share(net, [0.0, 0.5, 1.0])
    assert isinstance(net.second.share, Tensor)
    assert net.second.share.tolist() == [0.0, 0.5, 1.0]
    assert set_share(nn.Linear(3, 5), 0.5) == 0
    assert list(quantised(net.second)) == [""]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), [0.5, 2.0], []])
def test_shares_that_cannot_be_are_refused(share: float | list[float]):
    net = Net()
    with pytest.raises(BadInput, match=r"share: numbers in 0\.\.1, got"):
        set_share(net, share)
    assert net.second.share == 1.0


@pytest.mark.parametrize("shares", [[0.0, 1.0, 0.5], [[0.0, 1.0]]])
def test_shares_of_another_stack_are_refused(shares: list[float]):
    whole = stacked(Net(), Net())
    set_share(whole, torch.tensor(shares))
    with pytest.raises(BadInput, match=r"one for each of the stack \[2\], got"):
        whole(noise(2, 13, 5))
    alone = Net()
    set_share(alone, [0.0, 1.0])
    with pytest.raises(BadInput, match=r"one for each of the stack \[\], got \[2\]"):
        alone(noise(13, 5))


def test_codes_are_those_of_the_parameters_whatever_the_share():
    parts = nn.ModuleDict(
        {
            "cell": TernaryGRUCell(5, 3, 7, WAYS[2]),
            "look": Attention(6, 2, WAYS[1]),
            "eye": TernaryConv2d(3, 5, 3, options=WAYS[3]),
            "plain": TernaryLinear(3, 5),
        }
    )
    set_share(parts, 0.0)
    trits = ternary_tensors(parts)
    names = ["cell.hidden_weight", "cell.input_weight", "eye.weight", "look.inward.weight", "look.outward.weight"]
    assert sorted(trits) == names
    for name, tensor in trits.items():
        assert tensor.codes.shape == parts.get_parameter(name).shape
        assert tensor.codes.dtype == torch.int8
        assert set(tensor.codes.unique().tolist()) <= {-1, 0, 1}
    assert len(trits["eye.weight"].scales) == 5
    whole = ternary_tensors(stacked(parts, numbered(parts, 3)))
    assert whole["eye.weight"].codes.shape == (2, 5, 3, 3, 3)
    assert whole["look.inward.weight"].scales.shape == (2, 3)
    with pytest.raises(BadInput, match="belongs to a float layer"):
        parts["plain"].trits("weight")  # type: ignore[operator]
    with pytest.raises(BadInput, match="unknown ternary parameter 'bias'; known: weight"):
        parts["eye"].trits("bias")  # type: ignore[operator]


def test_training_goes_through_the_transition():
    net, steps = numbered(Net(), 1), 50
    schedule = Schedule(kind="linear", start=0.4, length=0.2)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    x = noise(101, 5)
    y = numbered(nn.Linear(5, 3), 9)(x).detach()
    tensors, losses = {name: id(parameter) for name, parameter in net.named_parameters()}, []
    for step in range(steps):
        weights = net.second.weight.detach().clone()
        codes = ternary_tensors(net)["second.weight"].codes
        moments = {name: state.clone() for name, state in optimiser.state[net.second.weight].items()}
        set_share(net, schedule.share_at(step, steps))
        for name, state in optimiser.state[net.second.weight].items():
            assert same_bits(state, moments[name])  # turning the dial touches no moment
        optimiser.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        assert not torch.equal(weights, net.second.weight)
        assert 0 <= flip_rate(codes, ternary_tensors(net)["second.weight"].codes) < 0.2
    assert {name: id(parameter) for name, parameter in net.named_parameters()} == tensors
    assert int(optimiser.state[net.second.weight]["step"]) == steps
    assert net.second.share == 1.0
    assert losses[-1] < losses[30] < losses[0]  # it learns before the rise, and after it


def test_the_engine_stacks_ternary_agents():
    stack = AgentStack(Net, [3, 5], 2, "speaker", [0.01, 0.02], torch.device("cpu"))
    x, shares = noise(4, 13, 5), torch.tensor([0.0, 0.0, 1.0, 1.0])
    set_share(stack.module, shares)
    before = stack.module(x)
    for row in range(4):
        alone = Net()
        alone.load_state_dict(stack.agent(row // 2, row % 2))
        set_share(alone, float(shares[row]))
        torch.testing.assert_close(alone(x[row]), before[row])
    gradients = torch.autograd.grad(before.square().sum(), list(stack.views.values()))
    assert all(gradient.flatten(1).any(1).all() for gradient in gradients)
    stack.update(gradients)
    assert not (stack.module(x) == before).all(-1).any()


def test_codes_are_made_once_a_pass_where_somebody_says_when_it_begins():
    layer, x = numbered(TernaryLinear(7, 5, options=Ternary()), 1), noise(3, 7)
    before = layer(x)
    begin_pass(layer)
    assert same_bits(layer(x), before)
    assert layer.operand("weight") is layer.operand("weight")
    with torch.no_grad():
        layer.weight[0].neg_()
    assert same_bits(layer(x), before)
    begin_pass(layer)
    assert not torch.equal(layer(x)[:, 0], before[:, 0])
    after = layer(x)
    set_share(layer, 0.5)  # another share needs no new pass
    assert not same_bits(layer(x), after)
    set_share(layer, 1.0)
    assert same_bits(layer(x), after)
    begin_pass(layer)  # gradients go to the weights at every call
    (gradient,) = torch.autograd.grad((layer(x) + layer(x)).sum(), layer.weight)
    (once,) = torch.autograd.grad(layer(x).sum(), layer.weight)
    torch.testing.assert_close(gradient, 2 * once)
