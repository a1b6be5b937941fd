"""The agents of one role: births, the optimiser, departures, and that rows keep to themselves."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.training.agent_stack import AgentStack
from emcomm.worlds.form import Flat

CPU = torch.device("cpu")


def build() -> nn.Module:
    return GRU(hidden=7, embedding=2).speaker(Flat(5), Channel(3, 2))


def stack_of(seeds: list[int], pairs: int = 2, rates: list[float] | None = None, role: str = "speaker") -> AgentStack:
    return AgentStack(build, seeds, pairs, role, rates or [1e-2] * len(seeds), CPU)


def slopes(stack: AgentStack, seed: int = 1) -> list[Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(view.shape, generator=rng) for view in stack.views.values()]


def agents(stack: AgentStack) -> list[dict[str, Tensor]]:
    return [stack.agent(run, index) for run in range(len(stack.seeds)) for index in range(stack.pairs)]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(weights, other[name]) for name, weights in one.items())


def test_every_agent_is_a_module_of_its_own():
    stack = stack_of([5, 7])
    assert stack.numbers == sum(parameter.numel() for parameter in build().parameters())
    expected = {name: parameter.shape for name, parameter in build().named_parameters()}
    for agent in agents(stack):
        assert {name: weights.shape for name, weights in agent.items()} == expected
    embeddings = torch.stack([agent["cell.embedding"] for agent in agents(stack)]).flatten(1)
    assert len(embeddings.unique(dim=0)) == 4


def test_first_weights_depend_on_seed_place_and_role_alone():
    together, alone, larger = stack_of([3, 5, 7]), stack_of([5]), stack_of([5], pairs=3)
    for index in range(2):
        assert same(together.agent(1, index), alone.agent(0, index))
        assert same(larger.agent(0, index), alone.agent(0, index))
    assert not same(stack_of([5], role="listener").agent(0, 0), alone.agent(0, 0))


def test_first_weights_have_the_spread_of_their_module():
    weights = torch.cat([agent["cell.hidden_weight"].flatten() for agent in agents(stack_of(list(range(11))))])
    bound = 7**-0.5
    assert weights.abs().max() <= bound
    assert weights.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)  # of a uniform distribution


def test_building_a_stack_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    stack_of([5, 7])
    assert torch.equal(torch.get_rng_state(), before)


def test_updates_are_those_of_adam():
    stack = stack_of([5, 7], rates=[1e-2, 3e-3])
    twins = []
    for place, agent in enumerate(agents(stack)):
        parameters = [nn.Parameter(weights.clone()) for weights in agent.values()]
        twins.append((parameters, torch.optim.Adam(parameters, lr=[1e-2, 3e-3][place // 2])))
    for step in range(11):
        gradients = slopes(stack, step)
        stack.update(gradients)
        for place, (parameters, optimiser) in enumerate(twins):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient[place].clone()
            optimiser.step()
    for agent, (parameters, _) in zip(agents(stack), twins, strict=True):
        for weights, parameter in zip(agent.values(), parameters, strict=True):
            torch.testing.assert_close(weights, parameter.detach(), rtol=1e-5, atol=1e-7)


def test_equal_agents_with_equal_gradients_stay_equal_wherever_they_stand():
    stack = stack_of([5] * 7, pairs=1)
    for step in range(11):
        stack.update([gradient[:1].expand_as(gradient).contiguous() for gradient in slopes(stack, step)])
    first, *others = agents(stack)
    assert all(same(first, other) for other in others)


def test_an_update_does_not_depend_on_the_rates_or_ages_of_others():
    plain, mixed = stack_of([3, 5, 7], rates=[1e-2] * 3), stack_of([3, 5, 7], rates=[0.5, 1e-2, 1e-2])
    mixed.forget(torch.tensor([[False, False], [False, False], [True, False]]))
    for step in range(5):
        for stack in (plain, mixed):
            stack.update(slopes(stack, step))
        if step == 2:
            mixed.forget(torch.tensor([[False, False], [False, False], [True, False]]))
    for place, (one, other) in enumerate(zip(agents(plain), agents(mixed), strict=True)):
        assert same(one, other) == (place in (2, 3, 5))


def test_a_gradient_that_is_no_number_spoils_its_own_agent_only():
    clean, spoilt = stack_of([3, 5]), stack_of([3, 5])
    for step in range(3):
        clean.update(slopes(clean, step))
        gradients = slopes(spoilt, step)
        for gradient in gradients:
            gradient[1] = torch.nan
        spoilt.update(gradients)
    for place, (one, other) in enumerate(zip(agents(clean), agents(spoilt), strict=True)):
        assert same(one, other) == (place != 1)


def test_an_agent_that_is_reset_starts_like_a_new_one():
    stack, twin = stack_of([3, 5]), stack_of([3, 5])
    for step in range(3):
        stack.update(slopes(stack, step))
    stack.reset(torch.tensor([[False, False], [True, False]]), "speaker.weights", 0)  # the stream of first weights
    assert same(stack.agent(1, 0), twin.agent(1, 0))
    stack.update(slopes(stack, 9))
    twin.update(slopes(twin, 9))
    assert same(stack.agent(1, 0), twin.agent(1, 0))
    assert stack.ages == [4, 4, 1, 4]


def test_those_who_stay_go_on_as_if_nobody_had_left():
    stack, smaller = stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2]), stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2])
    rows = [0, 1, 4, 5]
    for step in range(3):
        for each in (stack, smaller):
            each.update(slopes(each, step))
    smaller.keep([0, 2])
    assert smaller.seeds == [3, 7]
    for step in range(3, 5):
        gradients = slopes(stack, step)
        stack.update(gradients)
        smaller.update([gradient[rows] for gradient in gradients])
    expected = agents(stack)
    assert all(same(agent, expected[row]) for agent, row in zip(agents(smaller), rows, strict=True))


def test_nobody_may_stay():
    stack = stack_of([3, 5])
    stack.keep([])
    assert agents(stack) == []


def test_a_state_brings_everything_back():
    stack, other = stack_of([3, 5]), stack_of([3, 5])
    for step in range(3):
        stack.update(slopes(stack, step))
    stack.forget(torch.tensor([[False, True], [False, False]]))
    other.load({name: tensor.clone() for name, tensor in stack.state().items()})
    for each in (stack, other):
        each.update(slopes(each, 7))
    assert all(same(one, two) for one, two in zip(agents(stack), agents(other), strict=True))
    assert stack.ages == other.ages == [4, 1, 4, 4]


def test_weights_that_are_handed_out_are_copies():
    stack = stack_of([3])
    before = stack.agent(0, 1)
    stack.agent(0, 1)["out.weight"].zero_()
    assert same(before, stack.agent(0, 1))
    stack.update(slopes(stack))
    assert not same(before, stack.agent(0, 1))


def test_the_stack_speaks_like_its_agents():
    stack, rng = stack_of([3, 5]), torch.Generator().manual_seed(1)
    features = torch.randn(4, 11, 5, generator=rng)
    state, logits = stack.speaker().start(features)
    _, following = stack.speaker().step(state, torch.full((4, 11), 2))
    for place, weights in enumerate(agents(stack)):
        module = build()
        module.load_state_dict(weights)
        state, expected = module.start(features[place])  # type: ignore[operator]
        torch.testing.assert_close(logits[place], expected)
        _, expected = module.step(state, torch.full((11,), 2))  # type: ignore[operator]
        torch.testing.assert_close(following[place], expected)


def test_some_are_updated_as_if_everybody_were():
    everybody, some = stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2]), stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2])
    which = torch.tensor([[True, False], [False, False], [True, True]])
    before = agents(some)
    for step in range(3):
        everybody.update(slopes(everybody, step))
        some.update(slopes(some, step), which)
    for place, (one, other) in enumerate(zip(agents(some), agents(everybody), strict=True)):
        assert same(one, other) == which.flatten()[place]
        assert same(one, before[place]) != which.flatten()[place]
    assert some.ages == [3, 0, 0, 0, 3, 3]
    assert (some.mean[[1, 2, 3]] == 0).all()
    assert (some.square[[1, 2, 3]] == 0).all()


def test_a_part_that_is_trained_apart_goes_back_with_what_its_optimisers_remember():
    whole, split = stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2]), stack_of([3, 5, 7], rates=[1e-2, 2e-2, 3e-2])
    for step in range(2):
        for stack in (whole, split):
            stack.update(slopes(stack, step))
    apart, rows, before = split.part([2, 0]), [4, 5, 0, 1], agents(split)
    assert apart.seeds == [7, 3]
    assert apart.ages == [2] * 4
    assert all(same(agent, before[row]) for agent, row in zip(agents(apart), rows, strict=True))
    for step in range(2, 5):
        gradients = slopes(split, step)
        whole.update(gradients, torch.tensor([[True, False], [False, False], [True, True]]))
        apart.update([gradient[rows] for gradient in gradients], torch.tensor([[True, True], [True, False]]))
    assert all(same(one, other) for one, other in zip(agents(split), before, strict=True))  # nothing happened to it yet
    assert split.ages == [2] * 6
    split.put_back(apart, [2, 0])
    assert all(same(one, other) for one, other in zip(agents(split), agents(whole), strict=True))
    assert split.ages == whole.ages == [5, 2, 2, 2, 5, 5]
    for stack in (whole, split):  # the next update shows that the moments came along
        stack.update(slopes(stack, 9))
    assert all(same(one, other) for one, other in zip(agents(split), agents(whole), strict=True))


def test_a_part_has_a_module_of_its_own():
    stack, rng = stack_of([3, 5]), torch.Generator().manual_seed(1)
    features = torch.randn(4, 11, 5, generator=rng)
    _, expected = stack.speaker().start(features)
    apart = stack.part([1])
    _, of_part = apart.speaker().start(features[2:])
    torch.testing.assert_close(of_part, expected[2:])
    apart.update(slopes(apart))
    assert not torch.equal(apart.speaker().start(features[2:])[1], of_part)
    assert torch.equal(stack.speaker().start(features)[1], expected)
    stack.put_back(apart, [1])
    torch.testing.assert_close(stack.speaker().start(features)[1][2:], apart.speaker().start(features[2:])[1])
    torch.testing.assert_close(stack.speaker().start(features)[1][:2], expected[:2])


def test_weights_shrink_by_the_factor_of_their_agent():
    stack = stack_of([3, 5])
    stack.update(slopes(stack))
    before, moments = agents(stack), (stack.mean.clone(), stack.square.clone())
    stack.shrink(torch.tensor([[1.0, 0.5], [0.0, 0.25]]))
    for agent, old, factor in zip(agents(stack), before, [1.0, 0.5, 0.0, 0.25], strict=True):
        assert all(torch.equal(weights, factor * old[name]) for name, weights in agent.items())
    assert torch.equal(stack.mean, moments[0])
    assert torch.equal(stack.square, moments[1])
    assert stack.ages == [1] * 4
