"""What is ternary in ternary agents and what is not, their float controls, company of other shares, derivatives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import CNN, GNN, GRU, LSTM, MLP, RNN, Agent, FeedForward, Linear, SetEncoder, VectorQuantised
from emcomm.agents.arithmetic import DEFAULT, Precise
from emcomm.agents.encoders import Encoder
from emcomm.agents.transformer import Transformer
from emcomm.channel import Channel, trim
from emcomm.errors import BadInput
from emcomm.ternary import Preset, TernaryLinear, quantised, set_share, ternary_tensors
from emcomm.ternary.quantise import activation_codes
from emcomm.worlds.form import Flat, Form, Graph, Image, Set
from tests.agents.kinds import (
    FORM,
    KINDS,
    LISTENING,
    TERNARY,
    N,
    Stacked,
    about,
    channel_for,
    messages,
    pointing,
    uniform,
)

CHANNEL = Channel(5, 4)
CELL = {"cell.input_weight", "cell.hidden_weight"}
BLOCK = {"ask.weight", "remember.weight", "mix.weight", "wide.weight", "narrow.weight"}
BLOCKS = {f"body.blocks.0.{name}" for name in BLOCK}
TABLE: list[tuple[type[Precise], set[str], set[str], set[str]]] = [
    # what is ternary in a speaker, in a listener that names attributes, in one that points at candidates
    (GRU, {"encoder.weight", *CELL}, CELL, {"out.weight", *CELL}),
    (LSTM, {"encoder.weight", *CELL}, CELL, {"out.weight", *CELL}),
    (RNN, {"encoder.weight", *CELL}, CELL, {"out.weight", *CELL}),
    (VectorQuantised, {"encoder.weight", *CELL, "out.project.weight"}, CELL, {"out.weight", *CELL}),
    (FeedForward, {"encoder.weight"}, {"heard.weight"}, {"heard.weight", "out.weight"}),
    (Transformer, {"encoder.weight", *BLOCKS}, BLOCKS, {"out.weight", *BLOCKS}),
]
ENCODERS: list[tuple[Encoder, Form, set[str]]] = [
    (Linear(), Flat(11), {"weight"}),
    (MLP(layers=(5, 3)), Flat(11), {"maps.0.weight", "maps.1.weight", "maps.2.weight"}),
    (CNN(channels=(2, 3)), Image(2, 5, 7), {"convolutions.1.weight", "out.weight"}),  # the first sees pixels
    (GNN(rounds=1), Graph(3, 2), {"first.weight", "own.0.weight", "said.0.weight", "out.weight"}),
    (SetEncoder(layers=(5,)), Set(3, 2), {"member.maps.0.weight", "out.weight"}),
]
FORMS = pytest.mark.parametrize(("encoder", "form"), [case[:2] for case in ENCODERS], ids=lambda case: str(case)[:12])
SHARES = (0.0, 0.37, 1.0)


def encoders(encoder: Encoder, form: Form, recipe: str, seed: int = 3) -> tuple[nn.Module, nn.Module]:
    """A ternary encoder and its float control, with the same first weights."""
    made = []
    for precision in ("ternary", "float"):
        torch.manual_seed(seed)
        made.append(encoder.module(form, 7, GRU(precision=precision, recipe=recipe).arithmetic(torch.float32)))
    return made[0], made[1]


@pytest.mark.parametrize(("kind", "speaker", "naming", "pointing"), TABLE, ids=[case[0].name for case in TABLE])
def test_what_is_ternary(kind: type[Precise], speaker: set[str], naming: set[str], pointing: set[str]):
    agent = kind(precision="ternary")
    channel = channel_for(agent, True)
    assert set(ternary_tensors(agent.speaker(FORM, channel))) == speaker
    assert set(ternary_tensors(agent.listener(FORM, channel, (2, 3)))) == naming
    assert set(ternary_tensors(agent.listener(FORM, channel, None))) == pointing
    for floats in (kind(), kind(recipe="bitnet")):
        assert not ternary_tensors(floats.speaker(FORM, channel)) | ternary_tensors(
            floats.listener(FORM, channel, None)
        )


def test_attention_asks_in_ternary():
    names = set(ternary_tensors(GRU(reading="attention", precision="ternary").listener(FORM, CHANNEL, (2, 3))))
    assert names == {"attention.ask.weight", *CELL}


@pytest.mark.parametrize(("encoder", "form", "names"), ENCODERS, ids=[case[0].name for case in ENCODERS])
def test_what_is_ternary_in_encoders(encoder: Encoder, form: Form, names: set[str]):
    ternary, floats = encoders(encoder, form, "bitnet")
    assert set(ternary_tensors(ternary)) == names
    assert not ternary_tensors(floats)


@pytest.mark.parametrize("kind", TERNARY)
@pytest.mark.parametrize("role", ["speaker", *LISTENING])
def test_a_control_is_the_ternary_agent_at_share_0(kind: str, role: str, features: Tensor):
    agent = TERNARY[kind]
    assert isinstance(agent, Precise)
    control = agent.model_copy(update={"precision": "float", "recipe": (agent.recipe or DEFAULT).control()})
    same = agent.model_copy(update={"precision": "float"})  # a recipe with a quantiser serves a float agent as well
    found = []
    for each in (agent, control) if agent.recipe is None else (agent, control, same):
        stack = Stacked(each, channel_for(agent, True), [5, 7, 11], LISTENING.get(role, "speaker"))
        stack.stack.quantise([0.0] * 3)
        found.append([stack.stack.weights.detach(), *acts(stack, role, features)])
    for others in found[1:]:
        assert all(torch.equal(one, other) for one, other in zip(found[0], others, strict=True))
    stack = Stacked(agent, channel_for(agent, True), [5, 7, 11], LISTENING.get(role, "speaker"))
    assert not all(torch.equal(*pair) for pair in zip(found[0][1:], acts(stack, role, features), strict=True))


def acts(stack: Stacked, role: str, features: Tensor, runs: slice = slice(None)) -> list[Tensor]:
    """What agents do and the slopes of that."""
    board = features.expand(3, -1, -1)[runs]
    if role == "speaker":
        said, slopes = stack.say(board, about()[runs], uniform(3, N, stack.channel.max_length)[runs])
        return said + slopes
    message, candidates = trim(messages(stack.channel, 3, N))[runs], pointing(role)
    heard, slopes = stack.hear(message, board, None if candidates is None else candidates[runs])
    return [heard, *slopes]


@pytest.mark.parametrize("kind", TERNARY)
@pytest.mark.parametrize("role", ["speaker", "pointing"])
def test_agents_of_other_shares_leave_no_trace(kind: str, role: str, features: Tensor):
    agent, sizes = KINDS[kind], LISTENING.get(role, "speaker")
    stack, spoilt = (Stacked(agent, channel_for(agent, True), [5, 7, 11], sizes) for _ in range(2))
    spoilt.spoil(1)
    for each in (stack, spoilt):
        each.stack.quantise(SHARES)
    together, after = acts(stack, role, features), acts(spoilt, role, features)
    assert all(torch.equal(one[[0, 2]], other[[0, 2]]) for one, other in zip(together, after, strict=True))
    for place, (seed, share) in enumerate(zip((5, 7, 11), SHARES, strict=True)):
        own, run = Stacked(agent, channel_for(agent, True), [seed], sizes), slice(place, place + 1)
        own.stack.quantise([share])
        alone = acts(own, role, features, run)
        assert all(torch.equal(one[run], other) for one, other in zip(together, alone, strict=True))


@FORMS
@pytest.mark.parametrize("recipe", ["bitnet", "reloaded", "rnn"])
def test_encoders_at_share_0_are_their_controls(encoder: Encoder, form: Form, recipe: str):
    ternary, floats = encoders(encoder, form, recipe)
    x = torch.randn(13, form.width, generator=torch.Generator().manual_seed(2)).abs()
    codes = ternary(x)
    set_share(ternary, 0.0)
    assert torch.equal(ternary(x), floats(x))
    assert not torch.equal(codes, floats(x))


@FORMS
def test_their_last_biases_are_outside_all_scales(encoder: Encoder, form: Form):
    module, _ = encoders(encoder, form, "bitnet")
    last = [layer for layer in module.modules() if isinstance(layer, TernaryLinear)][-1]
    x, added = torch.randn(13, form.width).abs(), torch.arange(7) - 3.0
    assert last.bias is not None
    with torch.no_grad():
        before = module(x)
        last.bias.add_(added)
    torch.testing.assert_close(module(x) - before, added.expand(13, -1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", [0, 1, 3, 4], ids=["linear", "mlp", "gnn", "set"])  # pixels have float32 products
@pytest.mark.parametrize("recipe", ["bitnet", "reloaded"])
def test_their_derivatives_at_share_0_are_right(case: int, recipe: str):
    encoder, form, _ = ENCODERS[case]
    module, _ = encoders(encoder, form, recipe)
    module.double()
    set_share(module, 0.0)
    x = torch.rand(3, form.width, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda *parts: module(parts[0]), (x, *module.parameters()))


def test_slopes_of_an_encoder_go_through_the_codes_of_the_other_side():
    module, _ = encoders(Linear(), Flat(11), "rnn")
    assert isinstance(module, TernaryLinear)
    x = torch.randn(13, 11, generator=torch.Generator().manual_seed(5)).requires_grad_()
    slope = torch.randn(13, 7, generator=torch.Generator().manual_seed(7))
    inputs, weights = torch.autograd.grad((module(x) * slope).sum(), (x, module.weight))
    codes, unit = activation_codes(x, "token")
    trits = module.trits("weight")
    torch.testing.assert_close(weights, slope.mT @ (codes * unit))  # g^T x_hat
    torch.testing.assert_close(inputs, slope @ (trits.codes * trits.scales))  # g W_hat


def test_recipes_by_name_are_recipes():
    assert GRU(precision="ternary", recipe="rnn") == GRU(precision="ternary", recipe=GRU(recipe="rnn").recipe)
    speaker = GRU(precision="ternary", recipe="rnn").speaker(FORM, CHANNEL)
    layers = quantised(speaker)
    # States are measured in a fixed unit, everything else by its largest number.
    assert {name: layer.options.activations for name, layer in layers.items() if layer.options} == {
        "encoder": "token",
        "cell": "unit",
    }


@pytest.mark.parametrize("kind", [GRU, LSTM, RNN, VectorQuantised, FeedForward, Transformer])
def test_what_cannot_be_is_refused_in_one_line(kind: type[Agent]):
    for settings, sentence in (
        ({"precision": "ternary", "recipe": "bitnets"}, "unknown recipe 'bitnets'.*Did you mean 'bitnet'"),
        ({"precision": "ternary", "recipe": Preset(ternary=None)}, "needs a recipe with a quantiser"),
        ({"precision": "ternry"}, "precision: .*'float' or 'ternary'.*'ternry'"),
        ({"recipe": {"ternary": {"scale": "absmin"}}}, "absmin"),
    ):
        with pytest.raises(BadInput, match=sentence) as caught:
            kind(**settings)
        assert "\n" not in str(caught.value)
