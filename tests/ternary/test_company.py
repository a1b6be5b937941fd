"""A member of a stack is computed as if it were alone, bit for bit, whatever the shares of the others.

Every layer is put through the same: members alone in a stack of one, in company, in another order, and as a module of
one run; other runs, samples and later moments that change; shares 0, between and 1 side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import pytest
import torch
from torch import Tensor, nn

from emcomm.ternary import (
    Attention,
    FeedForward,
    GraphLayer,
    Ternary,
    TernaryCell,
    TernaryConv2d,
    TernaryGRUCell,
    TernaryLinear,
    TernaryLSTMCell,
    TernaryRNNCell,
    quantised,
    set_share,
    ternary_linear,
)
from tests.ternary.making import WAYS, noise, numbered, same_bits, stacked

SHARES = (0.0, 0.37, 1.0, 0.37, 1.0)
MEMBERS, SAMPLES = len(SHARES), 7


class Case(NamedTuple):
    """A layer, and how it is used on inputs ``[*stack, SAMPLES, *shape]``."""

    build: Callable[[Ternary | None], nn.Module]
    shape: tuple[int, ...]
    use: Callable[[nn.Module, Tensor], Tensor]


def plainly(module: nn.Module, x: Tensor) -> Tensor:
    return module(x)


def through_symbols(module: nn.Module, x: Tensor) -> Tensor:
    """Three symbols read one after the other, the last one held back for some samples."""
    assert isinstance(module, TernaryCell)
    table, state = module.table(), torch.tanh(x)
    outs = []
    for place in range(3):
        index = (torch.arange(SAMPLES) * (place + 2) % 5).expand(x.shape[:-1])
        hold = (torch.arange(SAMPLES) % 3 == 1).expand(x.shape[:-1]) if place == 2 else None
        state = module(table, index, state, hold)
        outs.append(state)
    return torch.cat(outs, -1)


def causally(module: nn.Module, x: Tensor) -> Tensor:
    return module(x, torch.ones(x.shape[-2], x.shape[-2]).tril().bool())


def on_a_ring(module: nn.Module, x: Tensor) -> Tensor:
    return module(x, torch.eye(x.shape[-2]).roll(1, 0) * 0.7)


CASES = {
    "linear": Case(lambda way: TernaryLinear(13, 6, options=way, norm="layer", gates=2), (13,), plainly),
    "linear over time": Case(lambda way: TernaryLinear(13, 6, options=way, norm="rms"), (3, 13), plainly),
    "conv": Case(lambda way: TernaryConv2d(3, 5, 3, padding=1, options=way), (3, 11, 7), plainly),
    "strided conv": Case(lambda way: TernaryConv2d(2, 7, 3, 2, options=way, norm="layer"), (2, 11, 7), plainly),
    "gru": Case(lambda way: TernaryGRUCell(5, 3, 11, way, "layer"), (11,), through_symbols),
    "plain gru": Case(lambda way: TernaryGRUCell(5, 3, 11, way), (11,), through_symbols),
    "lstm": Case(lambda way: TernaryLSTMCell(5, 3, 11, way, "rms"), (22,), through_symbols),
    "rnn": Case(lambda way: TernaryRNNCell(5, 3, 11, way, "layer"), (11,), through_symbols),
    "attention": Case(lambda way: Attention(6, 2, way, "layer"), (5, 6), causally),
    "feed-forward": Case(lambda way: FeedForward(6, 13, way, "rms"), (5, 6), plainly),
    "graph": Case(lambda way: GraphLayer(7, 3, way), (5, 7), on_a_ring),
}


def members(case: Case, way: Ternary | None) -> list[nn.Module]:
    return [numbered(case.build(way), seed) for seed in range(MEMBERS)]


def gone_through(case: Case, module: nn.Module, x: Tensor, slope: Tensor) -> list[Tensor]:
    """Output, and the gradients to the inputs and to each parameter."""
    x = x.clone().requires_grad_()
    out = case.use(module, x)
    parameters = [p for layer in module.modules() for p in layer._parameters.values() if p is not None]
    return [out.detach(), *torch.autograd.grad((out * slope).sum(), [x, *parameters])]


def in_a_stack(case: Case, way: Ternary) -> tuple[list[nn.Module], Tensor, Tensor, list[Tensor]]:
    """Members, their inputs, the slope of their outputs, and what comes out of them together; see `gone_through`."""
    modules, x = members(case, way), noise(MEMBERS, SAMPLES, *case.shape)
    whole = stacked(*modules)
    set_share(whole, SHARES)
    slope = noise(*case.use(whole, x).shape, seed=3)
    return modules, x, slope, gone_through(case, whole, x, slope)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.scale}-{way.per}-{way.activations}")
def test_company_changes_no_bit(case: Case, way: Ternary):
    modules, x, slope, found = in_a_stack(case, way)
    for chosen in ([4, 1, 0, 2, 3], [2, 0], [0], [1], [4], [3, 3, 2, 1, 0, 0, 4, 2]):
        other = stacked(*(modules[place] for place in chosen))
        set_share(other, [SHARES[place] for place in chosen])
        for one, all_of_them in zip(gone_through(case, other, x[chosen], slope[chosen]), found, strict=True):
            assert same_bits(one, all_of_them[chosen])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.scale}-{way.per}-{way.activations}")
def test_a_stack_is_its_single_runs(case: Case, way: Ternary):
    modules, x, slope, found = in_a_stack(case, way)
    for place, module in enumerate(modules):
        set_share(module, SHARES[place])
        alone = gone_through(case, module, x[place], slope[place])
        for one, other in zip(found, alone, strict=True):
            torch.testing.assert_close(one[place], other, rtol=1e-4, atol=1e-5)


def test_share_0_is_the_float_layer(case: Case):
    x = noise(MEMBERS, SAMPLES, *case.shape)
    control = stacked(*members(case, None))
    assert set_share(control, SHARES) == 0
    slope = noise(*case.use(control, x).shape, seed=3)
    expected = gone_through(case, control, x, slope)
    for way in WAYS:
        layer = stacked(*members(case, way))
        for shares in ([0.0] * MEMBERS, [0.0, 1.0, 0.0, 0.5, 0.0]):
            set_share(layer, shares)
            off = [place for place, share in enumerate(shares) if share == 0.0]
            for one, other in zip(gone_through(case, layer, x, slope), expected, strict=True):
                assert same_bits(one[off], other[off])


def test_a_ternary_layer_is_not_a_float_layer(case: Case):
    x = noise(MEMBERS, SAMPLES, *case.shape)
    control, layer = stacked(*members(case, None)), stacked(*members(case, WAYS[0]))
    assert not torch.equal(case.use(control, x), case.use(layer, x))


@pytest.mark.parametrize("shares", [SHARES, (1.0,) * MEMBERS])
def test_other_runs_and_samples_leave_no_trace(case: Case, shares: tuple[float, ...]):
    for way in WAYS:
        modules, x = members(case, way), noise(MEMBERS, SAMPLES, *case.shape)
        whole = stacked(*modules)
        set_share(whole, shares)
        before = case.use(whole, x)
        changed = x.clone()
        changed[:, 2] = 50.0 * noise(MEMBERS, *case.shape, seed=9)
        others = [sample for sample in range(SAMPLES) if sample != 2]
        after = case.use(whole, changed)
        assert same_bits(before[:, others], after[:, others])
        assert not torch.equal(before[:, 2], after[:, 2])
        with torch.no_grad():
            for layer in whole.modules():
                for parameter in layer._parameters.values():
                    if parameter is not None:
                        parameter[3] *= 50.0
        runs = [run for run in range(MEMBERS) if run != 3]
        assert same_bits(before[runs], case.use(whole, x)[runs])


@pytest.mark.parametrize("name", ["linear over time", "attention", "feed-forward"])
def test_later_moments_leave_no_trace(name: str):
    case = CASES[name]
    for way in WAYS:
        layer, x = numbered(case.build(way), 1), noise(SAMPLES, *case.shape)
        changed = x.clone()
        changed[:, 2:] = 50.0 * noise(*changed[:, 2:].shape, seed=9)
        before, after = case.use(layer, x), case.use(layer, changed)
        assert same_bits(before[:, :2], after[:, :2])
        assert not torch.equal(before[:, 2:], after[:, 2:])


def test_two_stack_dimensions_are_one():
    x, weight = noise(2, 3, 7, 13), noise(2, 3, 6, 13, seed=2)
    layer, flat = TernaryLinear(13, 6, bias=False, options=WAYS[0]), TernaryLinear(13, 6, bias=False, options=WAYS[0])
    layer._parameters["weight"] = weight  # type: ignore[assignment]
    flat._parameters["weight"] = weight.flatten(0, 1)  # type: ignore[assignment]
    shares = torch.tensor([[0.0, 0.4, 1.0], [1.0, 0.0, 0.9]])
    set_share(layer, shares)
    set_share(flat, shares.flatten())
    assert same_bits(layer(x).flatten(0, 1), flat(x.flatten(0, 1)))
    set_share(layer, shares[:, :1])  # one for each run, all its pairs alike
    set_share(flat, shares[:, :1].expand(2, 3).flatten())
    assert same_bits(layer(x).flatten(0, 1), flat(x.flatten(0, 1)))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.scale}-{way.per}-{way.activations}")
def test_a_vmap_is_a_stack(case: Case, way: Ternary):
    modules, x = members(case, way), noise(MEMBERS, SAMPLES, *case.shape)
    whole = stacked(*modules)
    set_share(whole, SHARES)
    places = [
        (f"{owner}.{leaf}" if owner else leaf, layer, leaf)
        for owner, layer in modules[0].named_modules()
        for leaf in [name for name, parameter in layer._parameters.items() if parameter is not None]
    ]
    rows = [torch.stack([module.get_parameter(name).detach() for module in modules]) for name, _, _ in places]

    def one(x: Tensor, share: Tensor, *parameters: Tensor) -> Tensor:
        for (_, layer, leaf), parameter in zip(places, parameters, strict=True):
            layer._parameters[leaf] = cast(nn.Parameter, parameter)
        for layer in quantised(modules[0]).values():
            layer.share = share
        return case.use(modules[0], x)

    torch.testing.assert_close(torch.vmap(one)(x, torch.tensor(SHARES), *rows), case.use(whole, x).detach())


@pytest.mark.parametrize("outputs", [1, 2])
def test_layers_of_few_outputs_have_the_same_bits_in_a_stack_of_one(outputs: int):
    weight, bias, x = noise(3, outputs, 61), noise(3, outputs), noise(3, 37, 61)
    for share in (0.0, 0.5):  # sums of floats, not of codes alone
        together = ternary_linear(x, weight, bias, Ternary(), share)
        for row in range(3):
            alone = ternary_linear(x[row : row + 1], weight[row : row + 1], bias[row : row + 1], Ternary(), share)
            assert same_bits(alone[0], together[row])
