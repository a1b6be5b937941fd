"""Encoders as plug-ins, and what holds for each: shapes, stacks, samples that do not touch each other, gradients."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

import emcomm.agents
from emcomm.agents import CNN, ENCODERS, GNN, GRU, MLP, Encoder, Linear, SetEncoder
from emcomm.agents.arithmetic import Arithmetic
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Flat, Form, Graph, Image, Set

HIDDEN, N = 7, 13
FORMS: dict[str, Form] = {"flat": Flat(11), "image": Image(2, 7, 5), "graph": Graph(5, 3), "set": Set(3, 5)}
CASES: dict[str, tuple[Encoder, Form]] = {
    f"{name} {form}": (ENCODERS.get(name)(), FORMS[form])
    for name in ENCODERS.names()
    for form in FORMS
    if isinstance(FORMS[form], ENCODERS.get(name).reads)
} | {
    "mlp without layers": (MLP(layers=()), FORMS["flat"]),
    "deep mlp": (MLP(layers=(5, 3)), FORMS["flat"]),
    "deep cnn": (CNN(channels=(3, 5, 2)), FORMS["image"]),
    "summing gnn": (GNN(rounds=1, neighbours="sum"), FORMS["graph"]),
    "deep set": (SetEncoder(layers=(5, 3)), FORMS["set"]),
}
EVERY = pytest.mark.parametrize("case", CASES)


def module_of(case: str, seed: int = 1, dtype: torch.dtype = torch.float32) -> nn.Module:
    torch.manual_seed(seed)
    encoder, form = CASES[case]
    return encoder.module(form, HIDDEN, Arithmetic(dtype))


def seen(case: str, *stack: int) -> Tensor:
    """Random rows; of graphs, undirected ones."""
    form, rng = CASES[case][1], torch.Generator().manual_seed(3)
    x = torch.randn(*stack, N, form.width, generator=rng)
    if isinstance(form, Graph):
        features, edges = x.split([form.nodes * form.node_features, form.nodes**2], -1)
        upper = (edges.unflatten(-1, (form.nodes, form.nodes)) > 0).float().triu(1)
        x = torch.cat([features, (upper + upper.mT).flatten(-2)], -1)
    return x


def stacked(case: str, *members: nn.Module) -> nn.Module:
    whole = module_of(case)
    for name, parameter in stack_module_state([*members])[0].items():
        owner, _, leaf = name.rpartition(".")
        whole.get_submodule(owner)._parameters[leaf] = nn.Parameter(parameter.detach().clone())
    return whole


def outcome(module: nn.Module, x: Tensor) -> list[Tensor]:
    """What comes out, and the slopes of a weighting of it."""
    out = module(x)
    weight = torch.rand(N, HIDDEN, generator=torch.Generator().manual_seed(5))
    return [out, *torch.autograd.grad((out * weight).sum(), list(module.parameters()))]


@EVERY
def test_rows_become_as_many_numbers_as_wanted(case: str):
    out, *slopes = outcome(module_of(case), seen(case))
    assert out.shape == (N, HIDDEN)
    assert out.dtype == torch.float32
    assert len(out.unique(dim=0)) == N
    assert all((slope != 0).any() for slope in slopes)


@EVERY
def test_a_stack_is_its_members_bit_for_bit(case: str):
    members, x = [module_of(case, seed) for seed in (1, 2, 3)], seen(case, 3)
    together = outcome(stacked(case, *members), x)
    for place, member in enumerate(members):
        here = slice(place, place + 1)
        alone = outcome(stacked(case, member), x[here])
        assert all(torch.equal(one[here], other) for one, other in zip(together, alone, strict=True))
        for one, other in zip(together, outcome(member, x[place]), strict=True):
            torch.testing.assert_close(one[place], other, rtol=1e-5, atol=1e-5)


@EVERY
def test_rows_and_members_do_not_touch_each_other(case: str):
    members, x = [module_of(case, seed) for seed in (1, 2, 3)], seen(case, 3)
    whole = stacked(case, *members)
    before, spoilt = outcome(whole, x), x.clone()
    spoilt[1, 4] = torch.nan
    after = outcome(whole, spoilt)
    assert after[0][1, 4].isnan().any()
    rest = torch.ones(3, N, dtype=torch.bool)
    rest[1, 4] = False
    assert torch.equal(before[0][rest], after[0][rest])
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one[[0, 2]], other[[0, 2]])


@EVERY
def test_under_vmap_it_is_the_stack(case: str):
    members, x = [module_of(case, seed) for seed in (1, 2)], seen(case, 2)

    def one(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(members[0], parameters, (x,))

    found = torch.vmap(one)(stack_module_state([*members])[0], x)
    torch.testing.assert_close(found, stacked(case, *members)(x), rtol=1e-5, atol=1e-5)


@EVERY
def test_bfloat16_products_are_close_to_float32(case: str):
    one, other = (module_of(case, dtype=dtype)(seen(case)) for dtype in (torch.float32, torch.bfloat16))
    assert other.dtype == torch.float32
    assert torch.equal(one, other) == case.startswith("linear")
    torch.testing.assert_close(one, other, rtol=0.05, atol=0.05)


@EVERY
def test_agents_see_through_it(case: str):
    encoder, form = CASES[case]
    agent, channel = GRU(hidden=HIDDEN, embedding=3, encoder=encoder), Channel(5, 3)
    torch.manual_seed(1)
    said = speak(agent.speaker(form, channel), seen(case), torch.arange(N), None)
    assert len(said.entropy.unique()) > N // 2  # meanings look different to the speaker (narrow ReLUs lose some)
    message, candidates = torch.tensor([[1, 2, 3], [4, 0, 0]]), torch.arange(N).expand(2, -1)
    answers = agent.listener(form, channel, None)(message, seen(case), candidates)
    assert all(len(answer.unique()) > N // 2 for answer in answers)  # and to the listener
    assert agent.listener(form, channel, (2, 3))(message, seen(case), None).shape == (2, 5)


@pytest.mark.parametrize(
    ("encoder", "form", "sentence"),
    [
        (CNN(), FORMS["flat"], r"the encoder 'cnn' reads Image meanings, got Flat\(width=11\)"),
        (GNN(), FORMS["image"], r"the encoder 'gnn' reads Graph meanings, got Image\(channels=2"),
        (SetEncoder(), FORMS["graph"], r"the encoder 'set' reads Set meanings, got Graph\(nodes=5"),
    ],
)
def test_what_others_do_not_read_is_refused_in_one_line(encoder: Encoder, form: Form, sentence: str):
    agent, channel = GRU(encoder=encoder), Channel(5, 3)
    for build in (lambda: agent.speaker(form, channel), lambda: agent.listener(form, channel, None)):
        with pytest.raises(BadInput, match=sentence) as caught:
            build()
        assert "\n" not in str(caught.value)
    agent.listener(form, channel, (2, 3))  # who names attributes sees no meanings


@pytest.mark.parametrize("name", ENCODERS.names())
def test_every_encoder_survives_being_written_and_read(name: str):
    encoder = ENCODERS.get(name)()
    assert TypeAdapter(Encoder).validate_python(encoder.model_dump(mode="json")) == encoder
    agent = GRU(encoder=encoder)
    assert TypeAdapter(emcomm.agents.Agent).validate_json(agent.model_dump_json()) == agent
    assert "Source:" in (type(encoder).__doc__ or "")
    assert type(encoder).__name__ in emcomm.agents.__all__


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kind": "cnm"}, "unknown encoder 'cnm'; known: .*Did you mean 'cnn'"),
        ({"kind": "cnn", "channels": []}, "channels"),
        ({"kind": "cnn", "channels": [0]}, "channels.0: .*got 0"),
        ({"kind": "set", "layers": []}, "layers"),
        ({"kind": "gnn", "neighbours": "max"}, "neighbours: .*got 'max'"),
        ({"kind": "gnn", "round": 3}, "unknown key 'round'|round"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, object], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        GRU(encoder=settings)
    assert "\n" not in str(caught.value)


def test_the_linear_encoder_is_that_of_torch():
    torch.manual_seed(1)
    twin = nn.Linear(11, HIDDEN)
    module = module_of("linear flat", 1)
    assert [name for name, _ in module.named_parameters()] == ["weight", "bias"]
    assert all(torch.equal(*pair) for pair in zip(module.parameters(), twin.parameters(), strict=True))
    torch.testing.assert_close(module(seen("linear flat")), twin(seen("linear flat")))


def test_an_encoder_of_ones_own_is_two_files_like_any_plug_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ENCODERS, "_known", dict(ENCODERS._known))

    class Halves(Encoder):
        name: ClassVar[str] = "halves_of_this_test"
        reads: ClassVar[tuple[type, ...]] = (Flat, Set)
        share: float = 0.5

        def build(self, form: Form, hidden: int, arithmetic: Arithmetic) -> nn.Module:
            return nn.Linear(form.width, hidden, bias=False)

    class Empty(Encoder):
        name: ClassVar[str] = "empty_of_this_test"

    agent = GRU(hidden=HIDDEN, encoder=Halves(share=0.25))
    assert TypeAdapter(emcomm.agents.Agent).validate_json(agent.model_dump_json()) == agent
    state, _ = agent.speaker(Flat(11), Channel(5, 3)).start(torch.ones(3, 11))
    assert state.shape == (3, HIDDEN)
    with pytest.raises(BadInput, match="'halves_of_this_test' reads Flat or Set meanings, got Graph"):
        agent.speaker(Graph(5, 3), Channel(5, 3))
    with pytest.raises(TypeError, match="Empty does not define build"):
        Empty().module(Flat(11), HIDDEN)


def test_linear_is_what_agents_have_unless_told_otherwise():
    assert GRU().encoder == Linear()
