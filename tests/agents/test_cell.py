"""The recurrent cell against torch's own, its hand-written derivative, and its independence of stack and neighbours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from emcomm.agents.cell import GRUCell

ROWS, EMBEDDING, HIDDEN, SAMPLES, STACK = 7, 3, 5, 11, 2


def cell_of(seed: int, *, fused: bool = True, dtype: torch.dtype = torch.float32) -> GRUCell:
    torch.manual_seed(seed)
    return GRUCell(ROWS, EMBEDDING, HIDDEN, dtype, fused)


def stacked(*cells: GRUCell) -> GRUCell:
    """One cell whose parameters have a leading dimension."""
    whole = cell_of(0)
    parameters, _ = stack_module_state([*cells])
    for name, parameter in parameters.items():
        whole._parameters[name] = nn.Parameter(parameter.detach().clone())
    return whole


def inputs(*stack: int, seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Symbols, states and which samples are held."""
    rng = torch.Generator().manual_seed(seed)
    index = torch.randint(ROWS, (*stack, SAMPLES), generator=rng)
    state = torch.rand(*stack, SAMPLES, HIDDEN, generator=rng) * 2 - 1
    return index, state, torch.rand(*stack, SAMPLES, generator=rng) < 0.4


def gradients(cell: GRUCell, index: Tensor | None, state: Tensor, hold: Tensor | None) -> list[Tensor]:
    """The new state and the gradients of a fixed weighting of it."""
    state = state.clone().requires_grad_()
    table = cell.table()
    after = cell(table if index is not None else table[..., :1, :].expand(*state.shape[:-1], -1), index, state, hold)
    weight = torch.arange(after.numel()).view(after.shape).sin()
    return [after.detach(), *torch.autograd.grad((after * weight).sum(), [state, *cell.parameters()])]


def test_it_is_the_cell_of_torch():
    cell, (index, state, _) = cell_of(2), inputs()
    twin = nn.GRUCell(EMBEDDING, HIDDEN)
    with torch.no_grad():
        twin.weight_ih.copy_(cell.input_weight)
        twin.bias_ih.copy_(cell.input_bias)
        twin.weight_hh.copy_(cell.hidden_weight)
        twin.bias_hh.zero_()[2 * HIDDEN :] = cell.candidate_bias  # the reset gate multiplies this one alone
    expected = twin(cell.embedding[index], state)
    torch.testing.assert_close(cell(cell.table(), index, state), expected)
    torch.testing.assert_close(cell._plain(cell.table()[index], state, None), expected)


def test_its_derivative_is_right_in_double_precision():
    cell, (index, state, hold) = cell_of(3).double(), inputs()
    state = state.double().requires_grad_()
    names = [name for name, _ in cell.named_parameters()]

    def step(looked_up: bool, held: bool) -> Callable[..., Tensor]:
        def go(state: Tensor, *parameters: Tensor) -> Tensor:
            for name, parameter in zip(names, parameters, strict=True):
                cell._parameters[name] = parameter  # type: ignore[assignment]
            table = cell.table()
            return cell(
                table if looked_up else table[index], index if looked_up else None, state, hold if held else None
            )

        return go

    parameters = [parameter.detach().clone().requires_grad_() for parameter in cell.parameters()]
    for looked_up in (True, False):
        for held in (True, False):
            assert torch.autograd.gradcheck(step(looked_up, held), (state, *parameters))


@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_its_derivative_is_that_of_the_plain_formula(looked_up: bool, held: bool):
    index, state, hold = inputs()
    found, expected = (
        gradients(cell_of(2, fused=fused), index if looked_up else None, state, hold if held else None)
        for fused in (True, False)
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_stack_is_its_members():
    cells, (index, state, hold) = [cell_of(4), cell_of(5)], inputs(STACK)
    whole = stacked(*cells)
    weight = torch.rand(STACK, SAMPLES, HIDDEN, generator=torch.Generator().manual_seed(9))
    after = whole(whole.table(), index, state, hold)
    found = torch.autograd.grad((after * weight).sum(), list(whole.parameters()))
    for place, cell in enumerate(cells):
        alone = cell(cell.table(), index[place], state[place], hold[place])
        torch.testing.assert_close(after[place], alone)
        expected = torch.autograd.grad((alone * weight[place]).sum(), list(cell.parameters()))
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one[place], other, rtol=1e-5, atol=1e-6)


def test_the_plain_cell_under_vmap_is_the_stack():
    cells, (index, state, hold) = [cell_of(4, fused=False), cell_of(5, fused=False)], inputs(STACK)
    parameters, _ = stack_module_state([*cells])
    whole = stacked(*cells)

    def one(parameters: dict[str, Tensor], index: Tensor, state: Tensor, hold: Tensor) -> Tensor:
        table = parameters["embedding"] @ parameters["input_weight"].mT + parameters["input_bias"]
        return functional_call(cells[0], parameters, (table, index, state, hold))

    mapped = torch.vmap(one)(parameters, index, state, hold)
    torch.testing.assert_close(mapped, whole(whole.table(), index, state, hold))


@pytest.mark.parametrize("fused", [True, False])
def test_a_held_sample_keeps_its_state_and_teaches_nothing(fused: bool):
    cell, (index, state, hold) = cell_of(6, fused=fused), inputs()
    assert 0 < hold.sum() < SAMPLES
    state.requires_grad_()
    table = cell.table()
    after = cell(table, index, state, hold)
    assert torch.equal(after[hold], state[hold])
    assert not torch.isclose(after[~hold], state[~hold]).all(-1).any()
    seen = torch.randn(int(hold.sum()), HIDDEN, generator=torch.Generator().manual_seed(3))
    found = torch.autograd.grad((after[hold] * seen).sum(), [state, *cell.parameters()])
    assert torch.equal(found[0][hold], seen)
    assert torch.equal(found[0][~hold], torch.zeros_like(state[~hold]))
    assert all(torch.equal(each, torch.zeros_like(each)) for each in found[1:])


def test_samples_and_members_do_not_touch_each_other():
    cells, (index, state, hold) = [cell_of(4), cell_of(5)], inputs(STACK)
    whole = stacked(*cells)

    def outcome(state: Tensor) -> tuple[Tensor, ...]:
        state = state.clone().requires_grad_()
        after = whole(whole.table(), index, state, hold)
        slopes = torch.autograd.grad(after.sum(), [state, *whole.parameters()])
        return after.detach(), *slopes

    clean = outcome(state)
    spoilt_state = state.clone()
    spoilt_state[1, 3] = torch.nan
    spoilt = outcome(spoilt_state)
    others = torch.arange(SAMPLES) != 3
    assert spoilt[0][1, 3].isnan().any() or hold[1, 3]
    for place in (0, 1):  # states and their gradients, sample by sample
        for one, other in zip(clean[:2], spoilt[:2], strict=True):
            rows = others if place else slice(None)
            assert torch.equal(one[place, rows], other[place, rows])
    for one, other in zip(clean[2:], spoilt[2:], strict=True):  # what member 0 learns
        assert torch.equal(one[0], other[0])


def test_bfloat16_products_are_close_to_float32():
    index, state, hold = inputs()
    exact = gradients(cell_of(7), index, state, hold)
    rounded = gradients(cell_of(7, dtype=torch.bfloat16), index, state, hold)
    assert rounded[0].dtype == torch.float32
    assert not torch.equal(exact[0], rounded[0])
    for one, other in zip(exact, rounded, strict=True):
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.03)


def test_a_state_stays_within_its_bounds():
    cell, (index, state, _) = cell_of(8), inputs()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(50)
        for _ in range(13):
            state = cell(cell.table(), index, state)
    assert state.abs().max() <= 1
