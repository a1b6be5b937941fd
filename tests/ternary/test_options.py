"""Options and presets: defaults, what is refused, float controls."""

from __future__ import annotations

import math

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.ternary import (
    PRESETS,
    Preset,
    Ternary,
    TernaryConv2d,
    TernaryGRUCell,
    TernaryLinear,
    TernaryLSTMCell,
    TernaryRNNCell,
    preset,
    quantised,
)
from emcomm.ternary.normalise import normalise
from tests.ternary.making import noise, same_bits


def test_the_recipes():
    assert (preset("bitnet").ternary, preset("bitnet").norm) == (Ternary(scale="absmean", activations="token"), "rms")
    assert (preset("reloaded").ternary, preset("reloaded").norm) == (Ternary(scale="absmedian"), "layer")
    assert (preset("rnn").ternary, preset("rnn").gate_norm) == (Ternary(scale="twn", activations="unit"), "layer")
    with pytest.raises(BadInput, match="unknown recipe 'bitnat'; known: bitnet, reloaded, rnn. Did you mean 'bitnet'"):
        preset("bitnat")


@pytest.mark.parametrize("name", PRESETS)
def test_a_control_has_the_same_architecture(name: str):
    recipe = preset(name)
    control = recipe.control()
    assert control == Preset(ternary=None, norm=recipe.norm, gate_norm=recipe.gate_norm)
    for way in (recipe, control):
        cell = TernaryGRUCell(5, 3, 7, way.ternary, way.gate_norm)
        layer = TernaryLinear(7, 3, options=way.ternary, norm=way.norm)
        assert sum(parameter.numel() for parameter in cell.parameters()) == 5 * 3 + 21 * 3 + 21 + 21 * 7 + 7
        assert len(quantised(cell)) == len(quantised(layer)) == (way.ternary is not None)
    assert Preset.model_validate(recipe.model_dump(mode="json")) == recipe


def test_options_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="scale: input should be 'absmean', 'absmedian' or 'twn', got 'mean'"):
        Ternary(scale="mean")
    for eps in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(BadInput, match="eps"):
            Ternary(eps=eps)
    with pytest.raises(BadInput, match="unknown key 'pre'"):
        Ternary(pre="row")  # type: ignore[call-arg]


def test_first_weights_are_spread_evenly_to_the_usual_bound():
    # 1 / sqrt of what goes into one output, as in torch: 101 numbers, or 5 x 3 x 3; of cells, of their 107 outputs.
    # The largest of n >= 101 even numbers is below 0.8 of the bound once in 0.8^-101 > 10^9 times.
    cells = {cell: cell(3, 2, 107) for cell in (TernaryRNNCell, TernaryGRUCell, TernaryLSTMCell)}
    for module, inputs in (
        (TernaryLinear(101, 103), 101),
        (TernaryConv2d(5, 103, 3), 45),
        *((cell, 107) for cell in cells.values()),
    ):
        for name, parameter in module.named_parameters():
            if name != "embedding":
                largest = parameter.detach().abs().max().item() * math.sqrt(inputs)
                assert 0.8 < largest <= 1 + 1e-6, (type(module).__name__, name)
    names = ["embedding", "input_weight", "input_bias", "hidden_weight"]
    assert [name for name, _ in cells[TernaryGRUCell].named_parameters()] == [*names, "candidate_bias"]
    assert [name for name, _ in cells[TernaryLSTMCell].named_parameters()] == names


def test_normalised_vectors_have_unit_size():
    x = noise(7, 31) * 5 + 3
    layer, rms = normalise(x, "layer"), normalise(x, "rms")
    torch.testing.assert_close(layer.mean(-1), torch.zeros(7), rtol=0, atol=1e-5)
    torch.testing.assert_close(layer.var(-1, correction=0), torch.ones(7), rtol=1e-4, atol=0)
    torch.testing.assert_close(rms.square().mean(-1), torch.ones(7), rtol=1e-4, atol=0)
    torch.testing.assert_close(rms / rms[:, :1], x / x[:, :1], rtol=1e-4, atol=1e-4)
    assert same_bits(normalise(x, "none"), x)
    assert not normalise(torch.zeros(3, 5), "layer").any()
    assert not normalise(torch.zeros(3, 5), "rms").any()
    # Small vectors are what eps is for: 1e-3 / sqrt(1e-6 + 1e-5).
    torch.testing.assert_close(normalise(torch.full((3, 5), 1e-3), "rms"), torch.full((3, 5), 1e-3 / 1.1e-5**0.5))
