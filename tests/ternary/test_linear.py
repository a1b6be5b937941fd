"""Ternary maps: exact at share 1, a plain map at share 0, biases outside the scales, gradients as they should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from emcomm.agents.functions import linear
from emcomm.errors import BadInput
from emcomm.ternary import Norm, Ternary, TernaryLinear, activation_codes, ternary_linear, weight_codes
from emcomm.ternary.operands import product
from tests.ternary.making import WAYS, noise, numbered, same_bits, threads

EXACT = [way for way in WAYS if way.activations != "none"]


def dequantised(weight: Tensor, options: Ternary, gates: int = 1) -> Tensor:
    codes, scales = weight_codes(weight, options, gates)
    return codes * scales.repeat_interleave(weight.shape[-2] // scales.shape[-1], -1).unsqueeze(-1)


def test_a_product_by_hand():
    # Weights: mean size 1, codes 1 0 / -1 1. Inputs: the unit is 2 / 127, codes 127 and 64 (63.5 to even).
    weight, bias = torch.tensor([[1.5, 0.25], [-1.0, 1.25]]), torch.tensor([10.0, 20.0])
    y = ternary_linear(torch.tensor([[2.0, 1.0]]), weight, bias, Ternary())
    torch.testing.assert_close(y, torch.tensor([[127 * 2 / 127 + 10, (64 - 127) * 2 / 127 + 20]]))


@pytest.mark.parametrize("share", [torch.tensor, float])
def test_halves_go_to_the_even_code(share: Callable[[float], Tensor | float]):
    # Six in the diagonal of 6 x 6: mean size 1, so codes of 1 there. The unit of the inputs is 254 / 127 = 2: they are
    # 127, 1/2, 3/2, 5/2, -1/2 and -3/2 units, of which codes 127, 0, 2, 2, 0 and -2 are made, 2 each.
    x, weight = torch.tensor([[254.0, 1.0, 3.0, 5.0, -1.0, -3.0]]), 6 * torch.eye(6)
    assert ternary_linear(x, weight, None, Ternary(), share(1.0)).tolist() == [[254, 0, 4, 4, 0, -4]]
    # Half way the weight is (6 + 1) / 2 = 3.5, and what enters is the mean of units and codes, 2 each: 3.5 of the sum.
    half = ternary_linear(x, weight, None, Ternary(), share(0.5))
    assert half.tolist() == [[889, 1.75, 12.25, 15.75, -1.75, -12.25]]


@pytest.mark.parametrize("share", [torch.tensor, float])
def test_beyond_the_unit_of_states_codes_are_cut_off(share: Callable[[float], Tensor | float]):
    # Two in the diagonal of 2 x 2: mean size 1. In units of 1 / 127 the codes are 127 and -127, so 1 and -1 in all.
    way, x, weight = Ternary(activations="unit"), torch.tensor([[1.25, -3.0]]), 2 * torch.eye(2)
    torch.testing.assert_close(ternary_linear(x, weight, None, way, share(1.0)), torch.tensor([[1.0, -1.0]]))
    # Half way: 1.5 times the means of 1.25 and 1, and of -3 and -1.
    half = ternary_linear(x, weight, None, way, share(0.5))
    torch.testing.assert_close(half, torch.tensor([[1.5 * 1.125, 1.5 * -2.0]]))


@pytest.mark.parametrize("options", WAYS)
def test_it_is_the_map_of_dequantised_numbers(options: Ternary):
    x, weight, bias = noise(13, 31), noise(6, 31, seed=2), noise(6, seed=3)
    codes, scale = activation_codes(x, options.activations)
    expected = (codes * scale).double() @ dequantised(weight, options, 3).double().T + bias
    torch.testing.assert_close(
        ternary_linear(x, weight, bias, options, 1.0, 3).double(), expected, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("options", EXACT)
def test_products_are_exact_integers(options: Ternary):
    x, weight = noise(257, 1009) * 5, noise(37, 1009, seed=2)
    codes, _ = activation_codes(x, options.activations)
    trits, _ = weight_codes(weight, options)
    assert same_bits(product(codes, trits.T).double(), codes.double() @ trits.double().T)


@pytest.mark.parametrize("options", EXACT)
@pytest.mark.parametrize("share", [1.0, torch.ones(())])
def test_bits_depend_on_nothing_else(options: Ternary, share: Tensor | float):
    x, weight, bias = noise(256, 101), noise(41, 101, seed=2), noise(41, seed=3)
    whole = ternary_linear(x, weight, bias, options, share)
    for batch in (1, 7, 256):
        assert same_bits(ternary_linear(x[:batch], weight, bias, options, share), whole[:batch])
        assert same_bits(ternary_linear(x[-batch:], weight, bias, options, share), whole[-batch:])
    for count in (1, 2):
        with threads(count):
            assert same_bits(ternary_linear(x, weight, bias, options, share), whole)
    for shape in ((16, 16), (2, 8, 16)):
        deep = ternary_linear(x.view(*shape, 101), weight, bias, options, share)
        assert same_bits(deep.view(256, 41), whole)
    assert same_bits(ternary_linear(x[0], weight, bias, options, share), whole[0])
    order = torch.randperm(101, generator=torch.Generator().manual_seed(5))
    assert same_bits(ternary_linear(x[:, order], weight[:, order], bias, options, share), whole)
    # A map of floats does not pass: that is what the exact sums are for.
    assert not same_bits(x[:, order] @ weight[:, order].T, x @ weight.T)


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("stack", [(), (3,)])
def test_share_0_is_the_float_map_bit_for_bit(options: Ternary, stack: tuple[int, ...]):
    tensors = [noise(*stack, 13, 31), noise(*stack, 7, 31, seed=2), noise(*stack, 7, seed=3)]
    x, weight, bias = plain = [tensor.requires_grad_() for tensor in tensors]
    expected = x @ weight.mT + bias.unsqueeze(-2)
    slope = noise(*stack, 13, 7, seed=4)
    wanted = torch.autograd.grad((expected * slope).sum(), plain)
    for share in (0.0, torch.zeros(stack), torch.zeros(())):
        found = ternary_linear(x, weight, bias, options, share)
        assert same_bits(found, expected)
        assert same_bits(found, linear(x, weight, bias))  # the agents' own
        for one, other in zip(torch.autograd.grad((found * slope).sum(), plain), wanted, strict=True):
            assert same_bits(one, other)
    assert same_bits(ternary_linear(x, weight, bias, None, 1.0), expected)


@pytest.mark.parametrize("options", WAYS)
def test_biases_are_outside_the_scales(options: Ternary):
    x, weight, bias = noise(13, 31) * 100, noise(7, 31, seed=2) * 0.01, noise(7, seed=3) * 5
    for share in (0.0, 0.5, 1.0):
        without = ternary_linear(x, weight, None, options, share)
        assert same_bits(without, ternary_linear(x, weight, torch.zeros(7), options, share))
        added = ternary_linear(x, weight, bias, options, share) - without
        torch.testing.assert_close(added, bias.expand(13, 7), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("options", WAYS)
def test_gradients_go_straight_through(options: Ternary):
    x, weight, bias = noise(13, 31).requires_grad_(), noise(6, 31, seed=2).requires_grad_(), noise(6).requires_grad_()
    slope = noise(13, 6, seed=4)
    out = ternary_linear(x, weight, bias, options, 1.0, 3)
    to_x, to_weight, to_bias = torch.autograd.grad((out * slope).sum(), (x, weight, bias))
    codes, scale = activation_codes(x, options.activations)
    torch.testing.assert_close(to_x, slope @ dequantised(weight, options, 3), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(to_weight, slope.T @ (codes * scale), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(to_bias, slope.sum(0))


def test_gradients_between_the_ends_mix_floats_and_codes():
    options, share = Ternary(), 0.25
    x, weight = noise(13, 31).requires_grad_(), noise(7, 31, seed=2)
    (to_x,) = torch.autograd.grad(ternary_linear(x, weight, None, options, share).sum(), x)
    mixed = weight + share * (dequantised(weight, options) - weight)
    torch.testing.assert_close(to_x, mixed.sum(0).expand(13, 31), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stack", [(), (2,)])
def test_the_derivative_at_share_0_is_right(stack: tuple[int, ...]):
    shapes = ((*stack, 5, 7), (*stack, 3, 7), (*stack, 3))
    tensors = [noise(*shape, seed=place).double().requires_grad_() for place, shape in enumerate(shapes)]
    for share in (0.0, torch.zeros(stack)):
        assert torch.autograd.gradcheck(lambda x, w, b, s=share: ternary_linear(x, w, b, Ternary(), s), tensors)


@pytest.mark.parametrize("scale", ["absmean", "absmedian", "twn"])
def test_latent_weights_may_move_within_their_cells(scale: str):
    options = Ternary.model_validate({"scale": scale})
    # On a grid of 1/64 sums are exact: one weight a step up and one a step down leave mean and median as they were.
    x, weight = noise(7, 31), (noise(11, 31, seed=2) * 64).round() / 64
    _, unit = weight_codes(weight, options)
    up, down = ((weight / unit > 1.2) & (weight / unit < 3)).nonzero()[:2]
    moved = weight.clone()
    moved[tuple(up)] += 1 / 64
    moved[tuple(down)] -= 1 / 64
    assert not torch.equal(moved, weight)
    assert same_bits(weight_codes(moved, options)[1], unit)
    assert same_bits(ternary_linear(x, moved, None, options), ternary_linear(x, weight, None, options))
    # Across a border, the output does change.
    moved[tuple(up)] = -moved[tuple(up)]
    assert not torch.equal(ternary_linear(x, moved, None, options), ternary_linear(x, weight, None, options))


@pytest.mark.parametrize("norm", ["none", "rms", "layer"])
def test_the_module_is_the_function(norm: Norm):
    options = Ternary()
    x = noise(3, 5, 31) * 4 + 1
    layer = numbered(TernaryLinear(31, 6, options=options, norm=norm, gates=2), 1)
    control = numbered(TernaryLinear(31, 6, options=None, norm=norm, gates=2), 1)
    normed = {
        "none": x,
        "rms": x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt(),
        "layer": (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt(),
    }[norm]
    torch.testing.assert_close(layer(x), ternary_linear(normed, layer.weight, layer.bias, options, 1.0, 2))
    layer.share = 0.0
    assert same_bits(layer(x), control(x))
    torch.testing.assert_close(control(x), torch.nn.functional.linear(normed, control.weight, control.bias))
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert TernaryLinear(5, 3, bias=False).bias is None


def test_products_keep_their_precision_under_autocast():
    x, weight = noise(7, 31), noise(11, 31, seed=2)
    expected = ternary_linear(x, weight, None, Ternary())
    with torch.autocast("cpu", torch.bfloat16):
        found = ternary_linear(x, weight, None, Ternary())
    assert found.dtype == torch.float32
    assert same_bits(found, expected)


def test_layers_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="132104"):
        TernaryLinear(132_105, 1)
    with pytest.raises(BadInput, match="5 outputs cannot be split into 3 gates"):
        TernaryLinear(7, 5, gates=3)
