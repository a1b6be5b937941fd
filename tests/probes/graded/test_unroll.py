"""The recurrent net against the same sums written out position by position, and against torch's own cell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad

from emcomm.probes.graded.unroll import hear, position, speak

LEARNERS, N, POSITIONS, HIDDEN, SYMBOLS = 3, 2, 5, 7, 4
ROWS = SYMBOLS + 1


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def letters(seed: int = 1) -> Tensor:
    drawn = torch.randint(0, ROWS, (POSITIONS, LEARNERS, N), generator=torch.Generator().manual_seed(seed))
    return one_hot(drawn, ROWS).float()


def parameters() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shapes: list[tuple[int, ...]] = [
        (LEARNERS, HIDDEN + ROWS, 4 * HIDDEN),
        (LEARNERS, N, HIDDEN),
        (LEARNERS, HIDDEN, SYMBOLS),
    ]
    shapes.append((LEARNERS, 1, SYMBOLS))
    weight, start, out, bias = (numbers(*shape, seed=k).requires_grad_() for k, shape in enumerate(shapes))
    return weight, start, out, bias


def plainly(
    weight: Tensor, state: Tensor, out: Tensor, bias: Tensor, shown: Tensor, noise: Tensor | None
) -> tuple[Tensor, Tensor]:
    cell, logits, states, seen = torch.zeros_like(state), [], [], shown[0]
    for p in range(POSITIONS):
        enter, forget, leave, new = (torch.cat([state, seen], -1) @ weight).chunk(4, -1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
        state = leave.sigmoid() * cell.tanh()
        said = state @ out + bias
        if noise is not None:
            said = said + noise[p]
        if p + 1 < POSITIONS:
            seen = shown[p + 1] if noise is None else pad(said.softmax(-1), (0, 1))
        states.append(state)
        logits.append(said)
    return torch.stack(logits), torch.stack(states)


def test_one_position_is_that_of_torchs_cell() -> None:
    cell = torch.nn.LSTMCell(ROWS, HIDDEN)
    state, memory = numbers(N, HIDDEN, seed=3), numbers(N, HIDDEN, seed=4)
    shown = letters()[0, 0]
    order = [0, 1, 3, 2]  # torch's gates: input, forget, new, output
    joined = torch.cat([cell.weight_hh, cell.weight_ih], 1).detach()
    rows = torch.cat([joined.unflatten(0, (4, HIDDEN))[k] for k in order])
    biases = (cell.bias_hh + cell.bias_ih).detach().unflatten(0, (4, HIDDEN))[order].flatten()
    weight = rows.mT.clone()
    weight[HIDDEN:] += biases  # every input is one-hot, so that the bias may live in its row
    new_state, new_memory = position(torch.cat([state, shown], -1)[None], weight[None], memory[None])
    expected = cell(shown, (state, memory))
    torch.testing.assert_close(new_state[0], expected[0].detach())
    torch.testing.assert_close(new_memory[0], expected[1].detach())


@pytest.mark.parametrize("free", [False, True], ids=["given", "own"])
def test_saying_words_and_its_derivative(free: bool) -> None:
    shown, noise = letters(), numbers(POSITIONS, LEARNERS, N, SYMBOLS, seed=9) if free else None
    if free:
        shown[1:] = 0
    weights = parameters()
    said, expected = speak(*weights, shown, noise, POSITIONS), plainly(*weights, shown, noise)[0]
    torch.testing.assert_close(said, expected)
    charge = numbers(*said.shape, seed=11)
    slopes = torch.autograd.grad((said * charge).sum(), weights)
    for slope, wanted in zip(slopes, torch.autograd.grad((expected * charge).sum(), weights), strict=True):
        torch.testing.assert_close(slope, wanted, rtol=1e-4, atol=1e-5)


def test_reading_words_and_its_derivative() -> None:
    weight, start, out, bias = parameters()
    states, expected = hear(weight, letters(), POSITIONS), plainly(weight, start * 0, out, bias, letters(), None)[1]
    torch.testing.assert_close(states, expected)
    charge = numbers(*states.shape, seed=11)
    (slope,) = torch.autograd.grad((states * charge).sum(), [weight])
    (wanted,) = torch.autograd.grad((expected * charge).sum(), [weight])
    torch.testing.assert_close(slope, wanted, rtol=1e-4, atol=1e-5)


def test_positions_that_are_not_computed_change_nothing_to_the_last_bit() -> None:
    weight, last = parameters()[0], 3
    charge = numbers(POSITIONS, LEARNERS, N, HIDDEN, seed=11)
    charge[last:] = 0
    slopes = []
    for computed in (last, POSITIONS):
        states = hear(weight, letters(), computed)
        slopes.append(torch.autograd.grad((states * charge).sum(), [weight])[0])
    assert torch.equal(slopes[0], slopes[1])
    assert not hear(weight, letters(), last)[last:].any()


def test_what_is_said_is_not_read_again_where_letters_are_given() -> None:
    weights, shown = parameters(), letters()
    said = speak(*weights, shown, None, POSITIONS)
    other = shown.clone()
    other[POSITIONS - 1] = other[POSITIONS - 1].roll(1, -1)
    again = speak(*weights, other, None, POSITIONS)
    assert torch.equal(said[:-1], again[:-1])
    assert not torch.equal(said[-1], again[-1])
