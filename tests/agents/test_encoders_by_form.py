"""What each encoder computes: by hand, beside torch's own layers, and what must make no difference to it."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, relu

from emcomm.agents import CNN, GNN, MLP, SetEncoder
from emcomm.agents.functions import sigmoid
from emcomm.agents.layers import Affine, affine
from emcomm.worlds.form import Flat, Graph, Image, Set

HIDDEN = 7


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def filled(module: nn.Module, **values: list[float] | list[list[float]]) -> nn.Module:
    """The module with some parameters, ``__`` in their names standing for a dot; all others are 0."""
    parameters = dict(module.named_parameters())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.zero_()
        for name, value in values.items():
            parameters[name.replace("__", ".")].copy_(torch.tensor(value))
    return module


# Affine maps


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("between", [(), (3,), (3, 2)])
def test_affine_maps_take_any_number_of_dimensions_between_samples_and_inputs(bias: bool, between: tuple[int, ...]):
    module = affine(5, 7, bias=bias)
    assert isinstance(module, Affine)
    x = random(11, *between, 5)
    torch.testing.assert_close(module(x), nn.functional.linear(x, module.weight, module.bias))
    assert (module.bias is None) != bias
    members = [affine(5, 7, bias=bias) for _ in range(2)]
    x = random(2, 11, *between, 5)
    expected = torch.stack([member(part) for member, part in zip(members, x, strict=True)])
    for name in ("weight", "bias")[: 1 + bias]:
        module._parameters[name] = nn.Parameter(torch.stack([getattr(member, name).detach() for member in members]))
    torch.testing.assert_close(module(x), expected)


def test_the_logistic_function_is_that_of_torch():
    x = random(13, 7).double().requires_grad_()
    torch.testing.assert_close(sigmoid(x), x.sigmoid())
    assert torch.autograd.gradcheck(sigmoid, x)
    assert torch.equal(sigmoid(x[:, 2:5]), sigmoid(x)[:, 2:5])


# Rows


def test_an_mlp_is_the_usual_one():
    module = MLP(layers=(5, 3)).module(Flat(11), HIDDEN)
    parameters = list(module.parameters())
    x = random(13, 11)
    expected = x
    for place in range(3):
        expected = expected @ parameters[2 * place].mT + parameters[2 * place + 1]
        expected = relu(expected) if place < 2 else expected
    torch.testing.assert_close(module(x), expected)


# Images


def test_a_cnn_is_convolutions_with_stride_two():
    form = Image(2, 7, 5)
    module, x = CNN(channels=(3, 4)).module(form, HIDDEN), random(13, form.width)
    first, second, out = list(module.parameters())[::2]
    biases = list(module.parameters())[1::2]
    picture = x.view(13, 2, 7, 5)
    picture = relu(conv2d(picture, first.view(3, 2, 3, 3), biases[0], stride=2, padding=1))
    picture = relu(conv2d(picture, second.view(4, 3, 3, 3), biases[1], stride=2, padding=1))
    assert picture.shape == (13, 4, 2, 2)  # 7 -> 4 -> 2 and 5 -> 3 -> 2
    torch.testing.assert_close(module(x), picture.flatten(1) @ out.mT + biases[2])


@pytest.mark.parametrize("form", [Image(1, 1, 1), Image(3, 1, 11), Image(3, 2, 2)])
def test_images_may_be_as_small_as_a_pixel(form: Image):
    assert CNN(channels=(2, 3, 5)).module(form, HIDDEN)(random(5, form.width)).shape == (5, HIDDEN)


# Graphs


@pytest.mark.parametrize(("neighbours", "expected"), [("mean", [22.0, 47.0]), ("sum", [27.0, 57.0])])
def test_a_gnn_by_hand(neighbours: Literal["mean", "sum"], expected: list[float]):
    # A path 0 - 1 - 2 and a node 3 apart, with features 1, 2, 4, 3; one round, two hidden numbers.
    # At first nodes are [1, 2] x: [1, 2], [2, 4], [4, 8], [3, 6]. Each keeps itself and says twice what it is.
    # 0 and 2 hear 1, [4, 8], and become [5, 10] and [8, 16]; 3 hears nothing and stays.
    # 1 hears [2, 4] and [8, 16]: their mean is [5, 10], and all are [5 + 7 + 8 + 3, 46] = [23, 46];
    # their sum is [10, 20], and all are [28, 56]. At the end [-1, 1] is added.
    module = filled(
        GNN(rounds=1, neighbours=neighbours).module(Graph(4, 1), 2),
        first__weight=[[1.0], [2.0]],
        own__0__weight=[[1.0, 0.0], [0.0, 1.0]],
        said__0__weight=[[2.0, 0.0], [0.0, 2.0]],
        out__weight=[[1.0, 0.0], [0.0, 1.0]],
        out__bias=[-1.0, 1.0],
    )
    edges = [[0.0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    row = torch.cat([torch.tensor([1.0, 2, 4, 3]), torch.tensor(edges).flatten()])
    assert module(row.unsqueeze(0)).tolist() == [expected]


@pytest.mark.parametrize("neighbours", ["mean", "sum"])
def test_how_nodes_are_numbered_makes_no_difference(neighbours: Literal["mean", "sum"]):
    module = GNN(neighbours=neighbours).module(Graph(5, 3), HIDDEN)
    nodes, edges = random(13, 5, 3), (random(13, 5, 5, seed=2) > 0).float().triu(1)
    edges = edges + edges.mT
    order = torch.tensor([3, 0, 4, 1, 2])
    row = torch.cat([nodes.flatten(1), edges.flatten(1)], -1)
    other = torch.cat([nodes[:, order].flatten(1), edges[:, order][:, :, order].flatten(1)], -1)
    torch.testing.assert_close(module(row), module(other), rtol=1e-5, atol=1e-5)
    mixed = torch.cat([nodes[:, order].flatten(1), edges.flatten(1)], -1)  # attributes moved, edges not
    assert not torch.isclose(module(row), module(mixed), atol=1e-3).all(-1).any()


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_rounds_say_how_far_nodes_are_heard(rounds: int):
    # A path 0 - 1 - 2 - 3: before the last round, node 3 has been heard by those up to rounds - 1 edges away.
    edges = torch.diag(torch.ones(3), 1)
    torch.manual_seed(1)
    module = GNN(rounds=rounds).module(Graph(4, 2), HIDDEN)
    states: list[Tensor] = []
    module.get_submodule(f"own.{rounds - 1}").register_forward_hook(lambda _, inputs, output: states.append(inputs[0]))
    for last in (1.0, 5.0):
        nodes = torch.tensor([[1.0, 2, 3, 4, 5, 6, last, last]])
        module(torch.cat([nodes, (edges + edges.mT).view(1, -1)], -1))
    differs = (states[0] != states[1]).any(-1)[0].tolist()
    assert differs == [place >= 4 - rounds for place in range(4)]


# Sets


def test_a_set_encoder_by_hand():
    # Two members of two numbers: relu of the sum and of the difference of each, then the mean, then times 2 plus 1.
    module = filled(
        SetEncoder(layers=(2,)).module(Set(2, 2), 2),
        member__maps__0__weight=[[1.0, 1.0], [1.0, -1.0]],
        out__weight=[[2.0, 0.0], [0.0, 2.0]],
        out__bias=[1.0, 1.0],
    )
    # (3, 1): sum 4, difference 2. (1, 4): sum 5, difference -3 -> 0. Means 4.5 and 1.
    assert module(torch.tensor([[3.0, 1.0, 1.0, 4.0]])).tolist() == [[10.0, 3.0]]


def test_the_order_of_members_makes_no_difference():
    module, members = SetEncoder(layers=(5, 3)).module(Set(5, 3), HIDDEN), random(13, 5, 3)
    order = torch.tensor([3, 0, 4, 1, 2])
    same = module(members[:, order].flatten(1))
    torch.testing.assert_close(module(members.flatten(1)), same, rtol=1e-5, atol=1e-5)
    across = members.flatten(1).view(13, 3, 5).mT.flatten(1)  # numbers moved from member to member
    assert not torch.isclose(same, module(across), atol=1e-3).all(-1).any()
