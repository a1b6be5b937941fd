"""The building blocks against plain formulas, their derivatives, and the edges of sampling."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from emcomm.agents.functions import add_rows, flat_rows, linear, policy, product, rows, sample, sigmoid_

LAST = 1 - 2**-24  # the largest number a stream can draw


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_linear_is_an_affine_map_for_each_member():
    x, weight, bias = noise(2, 7, 5), noise(2, 3, 5, seed=2), noise(2, 3, seed=3)
    out = linear(x, weight, bias)
    for member in range(2):
        torch.testing.assert_close(out[member], x[member] @ weight[member].T + bias[member])
        torch.testing.assert_close(linear(x[member], weight[member], bias[member]), out[member])


@pytest.mark.parametrize("stack", [(), (2,)])
def test_the_derivative_of_linear_is_right(stack: tuple[int, ...]):
    shapes = ((*stack, 7, 5), (*stack, 3, 5), (*stack, 3))
    tensors = [noise(*shape, seed=place).double().requires_grad_() for place, shape in enumerate(shapes)]
    assert torch.autograd.gradcheck(linear, tensors)


def test_products_in_bfloat16_are_close_and_float32():
    a, b = noise(2, 7, 5), noise(2, 5, 3, seed=2)
    rounded = product(a, b, torch.bfloat16)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, a @ b)
    torch.testing.assert_close(rounded, a @ b, rtol=0.02, atol=0.05)
    assert torch.equal(product(a, b), a @ b)


@pytest.mark.parametrize("columns", [1, 3])
def test_a_product_is_the_same_alone_and_in_a_stack(columns: int):
    a, b = torch.randn(3, 37, 64), torch.randn(3, 64, columns)
    together = product(a, b)
    assert torch.allclose(together, a @ b, atol=1e-5)
    for place in range(3):
        assert torch.equal(product(a[place : place + 1], b[place : place + 1])[0], together[place])


def test_rows_are_picked_from_each_members_own_table():
    table, index = noise(2, 5, 3), torch.tensor([[4, 0, 0, 2, 1, 4, 4], [1, 1, 3, 0, 2, 2, 1]])
    picked = rows(table, index)
    for member in range(2):
        assert torch.equal(picked[member], table[member][index[member]])
        assert torch.equal(rows(table[member], index[member]), picked[member])
    # Row numbers in the flattened tables of five rows each: the second member's start at 5.
    assert flat_rows(index, 5).tolist() == [4, 0, 0, 2, 1, 4, 4, 6, 6, 8, 5, 7, 7, 6]


def test_the_derivative_of_rows_sums_what_was_picked_twice():
    table, index = noise(2, 5, 3).double().requires_grad_(), torch.tensor([[4, 0, 0, 2], [1, 1, 3, 1]])
    assert torch.autograd.gradcheck(lambda t: rows(t, index), (table,))
    (grad,) = torch.autograd.grad(rows(table, index).sum(), table)
    # Member 0 picked rows 0 (twice), 2 and 4; member 1 rows 1 (three times) and 3.
    assert grad[..., 0].tolist() == [[2, 0, 1, 0, 1], [0, 3, 0, 1, 0]]


def test_rows_are_added_into_zeros():
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    out = add_rows(values, torch.tensor([3, 0, 3]), torch.Size((2, 2, 2)))
    assert out.tolist() == [[[3, 4], [0, 0]], [[0, 0], [6, 8]]]


def test_shares_of_samples_are_the_probabilities():
    logits, grid = noise(3, 7, seed=4) * 2, (torch.arange(4001) + 0.5) / 4001
    chosen = sample(logits.unsqueeze(1).expand(-1, 4001, -1), grid.expand(3, -1))
    shares = torch.nn.functional.one_hot(chosen, 7).double().mean(1)
    # An evenly spaced grid hits an interval of length p in p 4001 points, give or take one.
    assert ((shares - logits.double().softmax(-1)).abs() <= 1.01 / 4001).all()


def test_larger_draws_choose_later_categories():
    logits = noise(5, seed=4).expand(997, -1)
    assert (sample(logits, torch.arange(997) / 997).diff() >= 0).all()


@pytest.mark.parametrize("draw", [0.0, 0.5, LAST])
def test_a_category_of_probability_zero_is_never_chosen(draw: float):
    for possible in ([3], [2, 3], [1, 5], [0, 6], [4], [0], [6]):
        logits = torch.full((7,), -math.inf)
        logits[possible] = torch.tensor([1.0, 1.5])[: len(possible)]
        assert sample(logits, torch.tensor(draw)).item() in possible
        logits = torch.full((7,), -200.0)  # a probability that rounds to 0
        logits[possible] = torch.tensor([1.0, 1.5])[: len(possible)]
        assert sample(logits, torch.tensor(draw)).item() in possible


def test_the_extreme_draws_choose_the_first_and_the_last_category():
    for seed in range(53):
        logits = noise(11, seed=seed)
        assert sample(logits, torch.tensor(0.0)).item() == 0
        assert sample(logits, torch.tensor(LAST)).item() == 10


def test_a_broken_distribution_still_gives_a_category():
    for logits in (torch.full((5,), torch.nan), torch.tensor([0.0, torch.inf, 0.0, 1.0, 2.0])):
        assert 0 <= sample(logits, torch.tensor(LAST)).item() < 5


def messages() -> tuple[Tensor, Tensor, Tensor]:
    """Logits of 3 messages of up to 5 positions over 7 categories, what was chosen, and where something was said."""
    choices = torch.tensor([[2, 6, 0, 4, 4], [1, 1, 1, 1, 3], [0, 5, 5, 5, 5]])
    spoken = torch.tensor([[1.0, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]])
    return noise(3, 5, 7).double(), choices, spoken.double()


def test_the_policy_counts_what_was_said_only():
    logits, choices, spoken = messages()
    log_prob, entropy = policy(logits, choices, spoken)
    for place, said in enumerate((3, 5, 1)):
        each = torch.distributions.Categorical(logits=logits[place, :said])
        torch.testing.assert_close(log_prob[place], each.log_prob(choices[place, :said]).sum())
        torch.testing.assert_close(entropy[place], each.entropy().mean())


def test_the_derivative_of_the_policy_is_right():
    logits, choices, spoken = messages()
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: policy(x, choices, spoken), (logits,))
    for part in (0, 1):  # either half alone
        assert torch.autograd.gradcheck(lambda x, part=part: policy(x, choices, spoken)[part], (logits,))


def test_logits_after_the_end_get_no_gradient_and_change_nothing():
    logits, choices, spoken = messages()

    def outcome(logits: Tensor, choices: Tensor) -> tuple[Tensor, ...]:
        logits = logits.clone().requires_grad_()
        log_prob, entropy = policy(logits, choices, spoken)
        (grad,) = torch.autograd.grad((2 * log_prob - 3 * entropy).sum(), logits)
        return log_prob.detach(), entropy.detach(), grad

    clean = outcome(logits, choices)
    other_logits, other_choices = logits.clone(), choices.clone()
    other_logits[spoken == 0] += 100 * noise(6, 7, seed=5)
    other_choices[spoken == 0] = 3
    for one, other in zip(clean, outcome(other_logits, other_choices), strict=True):
        assert torch.equal(one, other)
    assert (clean[2][spoken == 0] == 0).all()
    assert (clean[2][spoken == 1] != 0).any(-1).all()


def test_trailing_silence_does_not_change_a_bit():
    # How many positions a stack holds depends on the longest message in it, which may be another run's.
    logits, choices = noise(13, 17, 7), torch.randint(7, (13, 17), generator=torch.Generator().manual_seed(2))
    spoken = (torch.arange(17) < torch.arange(1, 14).unsqueeze(-1)).float()
    whole = policy(logits, choices, spoken)
    for positions in (13, 14, 15, 16):
        part = policy(logits[:, :positions], choices[:, :positions], spoken[:, :positions])
        assert all(torch.equal(one, other) for one, other in zip(whole, part, strict=True))


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("width", [37, 64])
@pytest.mark.parametrize("samples", [1, 331, 1021])
def test_the_logistic_function_is_the_same_everywhere_in_a_stack(width: int, samples: int, threads: int):
    one = 3 * noise(samples, 3 * width)
    for members in (2, 3):
        stack = one.expand(members, -1, -1).contiguous()
        for x in (stack[..., :width].clone(), stack[..., : 2 * width]):  # of its own, and as columns of a wider one
            expected = x.double().sigmoid()
            found = sigmoid_(x)
            assert found is x
            torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-7)
            assert all(torch.equal(found[0], found[member]) for member in range(members))


def test_the_logistic_function_of_nothing_is_nothing():
    assert sigmoid_(torch.empty(2, 0, 5)).shape == (2, 0, 5)
