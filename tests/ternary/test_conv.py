"""Ternary convolutions against torch's own, exact sums, scales of pictures and channels."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d

from emcomm.errors import BadInput
from emcomm.ternary import (
    Ternary,
    TernaryConv2d,
    activation_codes,
    set_share,
    ternary_conv2d,
    ternary_tensors,
    weight_codes,
)
from tests.ternary.making import WAYS, noise, numbered, same_bits, threads

STEPS = [(1, 0), (1, 2), (2, 1), (3, 0)]


@pytest.mark.parametrize(("stride", "padding"), STEPS)
def test_without_options_it_is_a_convolution(stride: int, padding: int):
    x, weight, bias = noise(5, 3, 11, 7), noise(6, 3, 2, 3, seed=2), noise(6, seed=3)
    found = ternary_conv2d(x, weight, bias, None, stride=stride, padding=padding)
    torch.testing.assert_close(found, conv2d(x, weight, bias, stride, padding), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("stride", "padding"), STEPS)
def test_a_stack_is_a_grouped_convolution(stride: int, padding: int):
    x, weight, bias = noise(2, 5, 3, 11, 7), noise(2, 6, 3, 3, 3, seed=2), noise(2, 6, seed=3)
    found = ternary_conv2d(x, weight, bias, None, stride=stride, padding=padding)
    together = x.transpose(0, 1).flatten(1, 2)
    expected = conv2d(together, weight.flatten(0, 1), bias.flatten(), stride, padding, groups=2)
    expected = expected.unflatten(1, (2, 6)).transpose(0, 1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", WAYS)
def test_it_is_the_convolution_of_dequantised_numbers(options: Ternary):
    x, weight = noise(5, 3, 11, 7), noise(6, 3, 3, 3, seed=2)
    codes, scale = activation_codes(x.flatten(1), options.activations)
    trits, scales = weight_codes(weight.flatten(1), options)
    filters = (trits * scales.expand(6)[:, None]).view_as(weight)
    expected = conv2d((codes * scale).view_as(x).double(), filters.double(), padding=1).float()
    found = ternary_conv2d(x, weight, None, options, padding=1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert scales.shape == ((6,) if options.per == "row" else (1,))


def test_sums_are_exact_at_share_1():
    x, weight = noise(31, 5, 11, 13) * 5, noise(7, 5, 3, 3, seed=2)
    whole = ternary_conv2d(x, weight, None, Ternary(), padding=1)
    for batch in (1, 7, 31):
        assert same_bits(ternary_conv2d(x[:batch], weight, None, Ternary(), padding=1), whole[:batch])
    order = torch.randperm(5, generator=torch.Generator().manual_seed(4))
    assert same_bits(ternary_conv2d(x[:, order], weight[:, order], None, Ternary(), padding=1), whole)
    with threads(2):
        assert same_bits(ternary_conv2d(x, weight, None, Ternary(), padding=1), whole)
    codes, scale = activation_codes(x.flatten(1), "token")
    trits, scales = weight_codes(weight.flatten(1), Ternary())
    exact = conv2d(codes.view_as(x).double(), trits.view_as(weight).double(), padding=1).float()
    assert same_bits(whole, exact * (scale * scales)[:, :, None, None])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_its_gradients_are_those_of_a_convolution(share: float):
    options = Ternary()
    x, weight, bias = noise(5, 3, 7, 7).requires_grad_(), noise(6, 3, 3, 3).requires_grad_(), noise(6).requires_grad_()
    out = ternary_conv2d(x, weight, bias, options, share, 2, 1)
    slope = noise(*out.shape, seed=4)
    found = torch.autograd.grad((out * slope).sum(), (x, weight, bias))
    codes, scale = activation_codes(x.flatten(1), "token")
    trits, scales = weight_codes(weight.flatten(1), options)
    rough = [(codes * scale).view_as(x), (trits * scales).view_as(weight), bias.detach()]
    plain = [tensor.detach().clone().requires_grad_() for tensor in (rough if share else (x, weight, bias))]
    expected = torch.autograd.grad((conv2d(plain[0], plain[1], plain[2], 2, 1) * slope).sum(), plain)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_the_derivative_at_share_0_is_right():
    tensors = [noise(*shape).double().requires_grad_() for shape in ((2, 3, 2, 5, 3), (2, 3, 2, 2, 2), (2, 3))]
    assert torch.autograd.gradcheck(lambda x, w, b: ternary_conv2d(x, w, b, Ternary(), torch.zeros(2), 2, 1), tensors)


def test_a_module_normalises_whole_pictures():
    options, x = Ternary(per="row"), noise(5, 3, 11, 7) * 3 + 2
    layer = numbered(TernaryConv2d(3, 6, 3, 2, 1, options=options, norm="layer"), 1)
    flat = x.flatten(1)
    normed = (flat - flat.mean(1, keepdim=True)) / (flat.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    expected = ternary_conv2d(normed.view_as(x), layer.weight, layer.bias, options, 1.0, 2, 1)
    torch.testing.assert_close(layer(x), expected)
    assert layer(x).shape == (5, 6, 6, 4)
    trits = ternary_tensors(layer)["weight"]
    assert trits.codes.shape == (6, 3, 3, 3)
    assert trits.scales.shape == (6,)
    assert set_share(layer, 0.5) == 1
    assert TernaryConv2d(1, 1, 1, bias=False).bias is None


def test_filters_larger_than_the_picture_are_refused():
    with pytest.raises(BadInput, match=r"at most \[4, 3\].*got \[5, 5\]"):
        ternary_conv2d(noise(1, 1, 2, 1), noise(1, 1, 5, 5), None, None, padding=1)
    with pytest.raises(BadInput, match="132104"):
        TernaryConv2d(20_000, 1, 3)
