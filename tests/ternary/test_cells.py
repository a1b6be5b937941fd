"""Recurrent cells against known float ones, normalised gates, held states, scales of gates, derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from emcomm.agents.cell import GRUCell
from emcomm.errors import BadInput
from emcomm.ternary import (
    Norm,
    Ternary,
    TernaryCell,
    TernaryGRUCell,
    TernaryLSTMCell,
    TernaryRNNCell,
    set_share,
    ternary_linear,
    ternary_tensors,
)
from emcomm.ternary.normalise import sigmoid
from tests.ternary.making import WAYS, noise, numbered, same_bits, threads

ROWS, EMBEDDING, HIDDEN, SAMPLES = 5, 3, 11, 7
INDEX = torch.tensor([4, 0, 2, 2, 1, 3, 0])
HOLD = torch.tensor([False, True, False, False, True, False, False])


def gru(options: Ternary | None = None, gate_norm: Norm = "none") -> TernaryGRUCell:
    return numbered(TernaryGRUCell(ROWS, EMBEDDING, HIDDEN, options, gate_norm), 1)


def lstm(options: Ternary | None = None, gate_norm: Norm = "none") -> TernaryLSTMCell:
    return numbered(TernaryLSTMCell(ROWS, EMBEDDING, HIDDEN, options, gate_norm), 1)


def test_a_float_gru_is_the_agents_gru():
    mine, theirs = gru(), GRUCell(ROWS, EMBEDDING, HIDDEN)
    assert [(n, p.shape) for n, p in mine.named_parameters()] == [(n, p.shape) for n, p in theirs.named_parameters()]
    theirs.load_state_dict(mine.state_dict())
    state = noise(SAMPLES, HIDDEN).tanh()
    torch.testing.assert_close(mine.table(), theirs.table())
    for hold in (None, HOLD):
        found, expected = mine(mine.table(), INDEX, state, hold), theirs(theirs.table(), INDEX, state, hold)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
        slope = noise(SAMPLES, HIDDEN, seed=3)
        gradients = (
            torch.autograd.grad((o * slope).sum(), list(c.parameters())) for o, c in ((found, mine), (expected, theirs))
        )
        for one, other in zip(*gradients, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_float_cell_without_gates_is_torchs_cell():
    mine, theirs = numbered(TernaryRNNCell(ROWS, EMBEDDING, HIDDEN), 1), nn.RNNCell(EMBEDDING, HIDDEN)
    with torch.no_grad():
        theirs.weight_ih.copy_(mine.input_weight)
        theirs.weight_hh.copy_(mine.hidden_weight)
        theirs.bias_ih.copy_(mine.input_bias)
        theirs.bias_hh.zero_()
    state = noise(SAMPLES, HIDDEN).tanh()
    expected = torch.where(HOLD[:, None], state, theirs(mine.embedding[INDEX], state))
    torch.testing.assert_close(mine(mine.table(), INDEX, state, HOLD), expected, rtol=1e-5, atol=1e-6)


def test_a_float_lstm_is_torchs_lstm():
    mine, theirs = lstm(), nn.LSTMCell(EMBEDDING, HIDDEN)
    order = torch.arange(4 * HIDDEN).view(4, HIDDEN)[[0, 1, 3, 2]].flatten()  # theirs: input, forget, new, output
    with torch.no_grad():
        theirs.weight_ih.copy_(mine.input_weight[order])
        theirs.weight_hh.copy_(mine.hidden_weight[order])
        theirs.bias_ih.copy_(mine.input_bias[order])
        theirs.bias_hh.zero_()
    state = noise(SAMPLES, 2 * HIDDEN).tanh()
    output, memory = theirs(mine.embedding[INDEX], (state[:, :HIDDEN], state[:, HIDDEN:]))
    after = mine(mine.table(), INDEX, state)
    torch.testing.assert_close(after, torch.cat([output, memory], -1), rtol=1e-5, atol=1e-6)
    assert same_bits(mine.output(after), after[:, :HIDDEN])


@pytest.mark.parametrize("options", [None, *WAYS])
def test_a_ternary_gru_by_its_formula(options: Ternary | None):
    cell, state = gru(options, "layer"), noise(SAMPLES, HIDDEN).tanh()
    inward = None if options is None else options
    if options is not None and options.activations == "unit":
        inward = Ternary(scale=options.scale, per=options.per, activations="token")

    def gates(x: Tensor, weight: Tensor, way: Ternary | None) -> Tensor:
        product = ternary_linear(x, weight, None, way, 1.0, 3)
        return torch.cat([layer_norm(part, (HIDDEN,)) for part in product.chunk(3, -1)], -1)

    x = (gates(cell.embedding, cell.input_weight, inward) + cell.input_bias)[INDEX].chunk(3, -1)
    h = gates(state, cell.hidden_weight, options).chunk(3, -1)
    reset, update = torch.sigmoid(x[0] + h[0]), torch.sigmoid(x[1] + h[1])
    new = torch.tanh(x[2] + reset * (h[2] + cell.candidate_bias))
    expected = (1 - update) * new + update * state
    expected[HOLD] = state[HOLD]
    torch.testing.assert_close(cell(cell.table(), INDEX, state, HOLD), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", [gru, lstm])
def test_each_gate_has_its_own_scale(build: type[TernaryCell]):
    cell = build(Ternary())  # type: ignore[arg-type, call-arg]
    with torch.no_grad():
        cell.hidden_weight[:HIDDEN] *= 100.0
    trits = ternary_tensors(cell)
    assert sorted(trits) == ["hidden_weight", "input_weight"]
    gates = cell.hidden_weight.view(cell.gates, HIDDEN, HIDDEN)
    torch.testing.assert_close(trits["hidden_weight"].scales, gates.abs().mean((1, 2)))
    for gate in trits["hidden_weight"].codes.view(cell.gates, -1):
        assert 0.1 < (gate == 0).float().mean() < 0.6


@pytest.mark.parametrize("build", [gru, lstm])
@pytest.mark.parametrize("gate_norm", ["none", "rms", "layer"])
def test_an_initial_state_of_zeros_is_a_state(build: type[TernaryCell], gate_norm: Norm):
    for options in (None, *WAYS):
        cell = build(options, gate_norm)  # type: ignore[arg-type, call-arg]
        width = HIDDEN * (2 if isinstance(cell, TernaryLSTMCell) else 1)
        start, other = torch.zeros(ROWS, width), noise(ROWS, width).tanh()
        after = cell(cell.table(), None, start)
        assert bool((after[:, :HIDDEN].abs() <= 1).all())
        with torch.no_grad():
            cell.hidden_weight.mul_(-3.0)
        assert same_bits(cell(cell.table(), None, start), after)  # no state, no products of states
        assert not torch.equal(cell(cell.table(), None, other), after)


@pytest.mark.parametrize("build", [gru, lstm])
def test_what_is_held_gets_no_gradient(build: type[TernaryCell]):
    cell = build(Ternary(), "layer")  # type: ignore[arg-type, call-arg]
    width = HIDDEN * (2 if isinstance(cell, TernaryLSTMCell) else 1)
    state = noise(SAMPLES, width).tanh().requires_grad_()
    after = cell(cell.table(), INDEX, state, torch.ones(SAMPLES, dtype=torch.bool))
    assert same_bits(after, state)
    gradients = torch.autograd.grad(after.sum(), [state, *cell.parameters()], allow_unused=True)
    assert same_bits(gradients[0], torch.ones(SAMPLES, width))
    assert all(gradient is None or not gradient.any() for gradient in gradients[1:])


@pytest.mark.parametrize("options", [way for way in WAYS if way.activations != "none"])
def test_bits_do_not_depend_on_the_batch(options: Ternary):
    for build in (gru, lstm):
        cell = build(options, "layer")
        width = HIDDEN * (2 if isinstance(cell, TernaryLSTMCell) else 1)
        state = noise(256, width).tanh()
        index = torch.arange(256) % ROWS
        whole = cell(cell.table(), index, state)
        for batch in (1, 7, 256):
            assert same_bits(cell(cell.table(), index[:batch], state[:batch]), whole[:batch])
        with threads(2):
            assert same_bits(cell(cell.table(), index, state), whole)


def test_remembering_starts_with_an_open_gate():
    for build in (TernaryGRUCell, TernaryLSTMCell):
        bias = build(ROWS, EMBEDDING, HIDDEN, remember=True).input_bias
        assert bool((bias[HIDDEN : 2 * HIDDEN] == 1).all())
        assert bool((bias[:HIDDEN] < 1).all())
        assert bool((bias[2 * HIDDEN :] < 1).all())
    kept = numbered(TernaryGRUCell(ROWS, EMBEDDING, HIDDEN), 1)
    state = noise(SAMPLES, HIDDEN).tanh()
    before = (kept(kept.table(), INDEX, state) - state).abs().mean()
    with torch.no_grad():
        kept.input_bias[HIDDEN : 2 * HIDDEN] += 5.0
    assert (kept(kept.table(), INDEX, state) - state).abs().mean() < before / 5


@pytest.mark.parametrize("build", [gru, lstm])
@pytest.mark.parametrize("gate_norm", ["none", "rms", "layer"])
def test_the_derivative_at_share_0_is_right(build: type[TernaryCell], gate_norm: Norm):
    cell = build(Ternary(), gate_norm).double()  # type: ignore[arg-type, call-arg]
    set_share(cell, 0.0)
    names = [name for name, _ in cell.named_parameters()]
    width = HIDDEN * (2 if isinstance(cell, TernaryLSTMCell) else 1)

    def step(state: Tensor, *parameters: Tensor) -> Tensor:
        cell._parameters.update(dict(zip(names, parameters, strict=True)))  # type: ignore[arg-type]
        return cell(cell.table(), INDEX, state, HOLD)

    tensors = [noise(SAMPLES, width).tanh().double(), *(parameter.detach() for parameter in cell.parameters())]
    assert torch.autograd.gradcheck(step, [tensor.requires_grad_() for tensor in tensors], fast_mode=True)


def test_states_begin_in_bounds():
    first = noise(2, SAMPLES, HIDDEN) * 5
    for cell in (gru(), lstm(), TernaryRNNCell(ROWS, EMBEDDING, HIDDEN)):
        state = cell.begin(first)
        assert state.shape == (2, SAMPLES, cell.parts * HIDDEN)
        assert same_bits(cell.output(state), first.tanh())
        assert not state[..., HIDDEN:].any()


def test_weights_change_with_the_next_pass():
    cell, state = gru(Ternary()), noise(SAMPLES, HIDDEN).tanh()
    before = cell(cell.table(), INDEX, state)
    with torch.no_grad():
        cell.hidden_weight.neg_()
    assert not torch.equal(cell(cell.table(), INDEX, state), before)
    set_share(cell, 0.5)
    after = cell(cell.table(), INDEX, state)
    assert not torch.equal(after, before)
    with pytest.raises(AssertionError, match="table"):
        gru()(torch.zeros(SAMPLES, 3 * HIDDEN), None, state)


def test_the_logistic_function():
    x = torch.cat([noise(997) * 20, torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4])]).double().requires_grad_()
    torch.testing.assert_close(sigmoid(x), torch.sigmoid(x))
    assert torch.autograd.gradcheck(sigmoid, (x,))
    small = noise(97)
    for start in range(40):
        assert same_bits(sigmoid(small[start:].clone()), sigmoid(small)[start:])
    assert same_bits(torch.vmap(sigmoid)(small.view(1, 97)), sigmoid(small).view(1, 97))


def test_cells_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="132104"):
        TernaryGRUCell(1, 132_105, 1)
