"""Every recurrent cell against torch's own, and its independence of stack and neighbours; see also test_cell.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from emcomm.agents.arithmetic import Arithmetic
from emcomm.agents.cell import Cell
from emcomm.agents.layers import CellKind, recurrent_cell

ROWS, EMBEDDING, HIDDEN, SAMPLES, STACK = 7, 3, 5, 11, 2
KINDS = pytest.mark.parametrize("kind", ["gru", "lstm", "rnn"])


def cell_of(kind: CellKind, seed: int, dtype: torch.dtype = torch.float32) -> Cell:
    torch.manual_seed(seed)
    cell = recurrent_cell(kind, ROWS, EMBEDDING, HIDDEN, Arithmetic(dtype))
    assert isinstance(cell, Cell)
    return cell


def stacked(*cells: Cell) -> Cell:
    """One cell whose parameters have a leading dimension."""
    whole = type(cells[0])(ROWS, EMBEDDING, HIDDEN)
    for name, parameter in stack_module_state([*cells])[0].items():
        whole._parameters[name] = nn.Parameter(parameter.detach().clone())
    return whole


def inputs(cell: Cell, *stack: int, seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Symbols, states and which samples are held."""
    rng = torch.Generator().manual_seed(seed)
    index = torch.randint(ROWS, (*stack, SAMPLES), generator=rng)
    state = torch.rand(*stack, SAMPLES, cell.parts * HIDDEN, generator=rng) * 2 - 1
    return index, state, torch.rand(*stack, SAMPLES, generator=rng) < 0.4


def test_the_lstm_is_that_of_torch():
    cell, twin = cell_of("lstm", 2), nn.LSTMCell(EMBEDDING, HIDDEN)
    order = [0, 1, 3, 2]  # torch: input, forget, new, output
    with torch.no_grad():
        for name, weights in (("weight_ih", cell.input_weight), ("weight_hh", cell.hidden_weight)):
            getattr(twin, name).copy_(weights.view(4, HIDDEN, -1)[order].flatten(0, 1))
        twin.bias_ih.copy_(cell.input_bias.view(4, HIDDEN)[order].flatten())
        twin.bias_hh.zero_()
    index, state, _ = inputs(cell)
    expected = torch.cat(twin(cell.embedding[index], (state[:, :HIDDEN], state[:, HIDDEN:])), -1)
    found = cell(cell.table(), index, state)
    torch.testing.assert_close(found, expected)
    assert torch.equal(cell.output(found), found[:, :HIDDEN])


def test_the_plain_cell_is_that_of_torch():
    cell, twin = cell_of("rnn", 2), nn.RNNCell(EMBEDDING, HIDDEN)
    with torch.no_grad():
        twin.weight_ih.copy_(cell.input_weight)
        twin.bias_ih.copy_(cell.input_bias)
        twin.weight_hh.copy_(cell.hidden_weight)
        twin.bias_hh.zero_()
    index, state, _ = inputs(cell)
    torch.testing.assert_close(cell(cell.table(), index, state), twin(cell.embedding[index], state))


@KINDS
def test_a_state_begins_with_what_it_is_given(kind: CellKind):
    cell, first = cell_of(kind, 3), torch.randn(SAMPLES, HIDDEN, generator=torch.Generator().manual_seed(1))
    state = cell.begin(first)
    assert state.shape == (SAMPLES, cell.parts * HIDDEN)
    assert torch.equal(cell.output(state), first)
    assert not state[:, HIDDEN:].any()


@KINDS
@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_derivatives_are_right_in_double_precision(kind: CellKind, looked_up: bool, held: bool):
    cell = cell_of(kind, 3).double()
    index, state, hold = inputs(cell)
    names = [name for name, _ in cell.named_parameters()]

    def step(state: Tensor, *parameters: Tensor) -> Tensor:
        for name, parameter in zip(names, parameters, strict=True):
            cell._parameters[name] = parameter  # type: ignore[assignment]
        table = cell.table()
        return cell(table if looked_up else table[index], index if looked_up else None, state, hold if held else None)

    parameters = [parameter.detach().clone().requires_grad_() for parameter in cell.parameters()]
    assert torch.autograd.gradcheck(step, (state.double().requires_grad_(), *parameters))


@KINDS
def test_a_stack_is_its_members_bit_for_bit(kind: CellKind):
    cells = [cell_of(kind, 4), cell_of(kind, 5)]
    whole, (index, state, hold) = stacked(*cells), inputs(cells[0], STACK)
    weight = torch.rand(state.shape, generator=torch.Generator().manual_seed(9))

    def outcome(cell: Cell, *parts: Tensor) -> list[Tensor]:
        index, state, hold, weight = parts
        after = cell(cell.table(), index, state, hold)
        return [after, *torch.autograd.grad((after * weight).sum(), list(cell.parameters()))]

    together = outcome(whole, index, state, hold, weight)
    for place, cell in enumerate(cells):
        here = slice(place, place + 1)
        alone = outcome(stacked(cell), index[here], state[here], hold[here], weight[here])
        assert all(torch.equal(one[here], other) for one, other in zip(together, alone, strict=True))
        single = outcome(cell, index[place], state[place], hold[place], weight[place])
        for one, other in zip(together, single, strict=True):
            torch.testing.assert_close(one[place], other, rtol=1e-5, atol=1e-6)


@KINDS
def test_under_vmap_it_is_the_stack(kind: CellKind):
    cells = [cell_of(kind, 4), cell_of(kind, 5)]
    whole, (index, state, hold) = stacked(*cells), inputs(cells[0], STACK)

    class Pass(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = cells[0]

        def forward(self, *parts: Tensor) -> Tensor:
            after: Tensor = self.cell(self.cell.table(), *parts)
            return after

    def one(parameters: dict[str, Tensor], *parts: Tensor) -> Tensor:
        return functional_call(Pass(), {f"cell.{name}": part for name, part in parameters.items()}, parts)

    mapped: Callable[..., Tensor] = torch.vmap(one)
    found = mapped(stack_module_state([*cells])[0], index, state, hold)
    torch.testing.assert_close(found, whole(whole.table(), index, state, hold))


@KINDS
def test_a_held_sample_keeps_its_state_and_teaches_nothing(kind: CellKind):
    cell = cell_of(kind, 6)
    index, state, hold = inputs(cell)
    assert 0 < hold.sum() < SAMPLES
    state.requires_grad_()
    after = cell(cell.table(), index, state, hold)
    assert torch.equal(after[hold], state[hold])
    assert not torch.isclose(after[~hold], state[~hold]).all(-1).any()
    found = torch.autograd.grad(after[hold].sum(), [state, *cell.parameters()])
    assert (found[0][hold] == 1).all()
    assert (found[0][~hold] == 0).all()
    assert all((each == 0).all() for each in found[1:])


@KINDS
def test_samples_and_members_do_not_touch_each_other(kind: CellKind):
    cells = [cell_of(kind, 4), cell_of(kind, 5)]
    whole, (index, state, _) = stacked(*cells), inputs(cells[0], STACK)

    def outcome(state: Tensor) -> list[Tensor]:
        state = state.clone().requires_grad_()
        after = whole(whole.table(), index, state)
        return [after.detach(), *torch.autograd.grad(after.sum(), [state, *whole.parameters()])]

    clean = outcome(state)
    state[1, 3] = torch.nan
    spoilt = outcome(state)
    others = torch.arange(SAMPLES) != 3
    assert spoilt[0][1, 3].isnan().all()
    for one, other in zip(clean, spoilt, strict=True):
        assert torch.equal(one[0], other[0])
    for one, other in zip(clean[:2], spoilt[:2], strict=True):
        assert torch.equal(one[1, others], other[1, others])


@KINDS
def test_bfloat16_products_are_close_to_float32(kind: CellKind):
    exact, rounded = cell_of(kind, 7), cell_of(kind, 7, torch.bfloat16)
    index, state, _ = inputs(exact)
    one, other = (cell(cell.table(), index, state) for cell in (exact, rounded))
    assert other.dtype == torch.float32
    assert not torch.equal(one, other)
    torch.testing.assert_close(one, other, rtol=0.05, atol=0.03)


@KINDS
def test_outputs_stay_within_bounds(kind: CellKind):
    cell = cell_of(kind, 8)
    index, state, _ = inputs(cell)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(50)
        for _ in range(13):
            state = cell(cell.table(), index, state)
    assert cell.output(state).abs().max() <= 1
