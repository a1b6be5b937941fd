"""What is refused when agents are packed and read back, and weights that are hard on it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

import emcomm
from emcomm.agents import AGENTS, CNN, FeedForward, Listener, Speaker, load_packed, pack_agent
from emcomm.agents.gru import GRU
from emcomm.agents.packing import NotTernary, check_layers
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.envs import Discrimination, Reconstruction
from emcomm.errors import BadInput, StorageError
from emcomm.ternary import (
    Ternary,
    TernaryLinear,
    fix_codes,
    pack_module,
    quantised,
    read_header,
    read_pack,
    set_share,
    size_report,
    write_pack,
)
from emcomm.ternary.quantise import EXACT_INPUTS
from emcomm.training import Setup
from emcomm.worlds import AttributeWorld
from emcomm.worlds.form import Flat, Form, Graph, Image, Set
from tests.ternary.making import noise, numbered, same_bits, threads
from tests.ternary.test_quantise import adversarial

FORM, CHANNEL = Flat(11), Channel(7, 3)
SMALL: dict[str, Any] = {"hidden": 5, "embedding": 3, "precision": "ternary"}


def speaker_of(agent: Any, seed: int = 1) -> Speaker:
    return numbered(agent.speaker(FORM, CHANNEL), seed)


def packed(path: Path, **changes: Any) -> Speaker:
    """Pack a small speaker, then change what its file says of it, under a new checksum."""
    module = speaker_of(GRU(**SMALL))
    pack_agent(path, GRU(**SMALL), "speaker", module, FORM, CHANNEL)
    pack = read_pack(path)
    if changes:
        about = {key: value for key, value in (pack.about | changes).items() if value is not ...}
        write_pack(path, about, pack.ternary, pack.rest)
    return module


@pytest.mark.parametrize("form", [Flat(13), Image(2, 5, 3), Graph(5, 3), Set(3, 7)], ids=repr)
@pytest.mark.parametrize("sizes", [None, (2, 3)])
def test_the_file_says_what_the_agent_was_built_for(tmp_path: Path, form: Form, sizes: tuple[int, ...] | None):
    agent, channel = GRU(**SMALL, recipe="reloaded"), Channel(5, 2, variable=False)
    module = numbered(agent.listener(form, channel, sizes, torch.bfloat16), 1)
    path = tmp_path / "deep" / "folder" / "a.trits"
    size = pack_agent(
        *(path, agent, "listener", module, form, channel, sizes),
        products=torch.bfloat16,
        origin={"run": "a + b/7"},
    )
    assert size == size_report(path)
    about = read_header(path)["about"]
    assert about["emcomm"] == emcomm.__version__
    assert (about["role"], about["share"], about["products"]) == ("listener", 1.0, "bfloat16")
    assert about["origin"] == {"run": "a + b/7"}
    assert about["sizes"] == (None if sizes is None else [2, 3])
    again = load_packed(path)
    assert isinstance(again, Listener)
    assert type(again) is type(module)
    messages, features = torch.randint(1, 6, (17, 2)), noise(4, form.width)
    candidates = torch.randint(4, (17, 3)) if sizes is None else None
    assert same_bits(again(messages, features, candidates), module(messages, features, candidates))


def test_loading_draws_no_number_from_torchs_generator(tmp_path: Path):
    packed(tmp_path / "a")
    before = torch.get_rng_state()
    load_packed(tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", adversarial())
def test_weights_that_are_hard_on_it_come_back(tmp_path: Path, name: str):
    agent = GRU(hidden=6, embedding=7, precision="ternary")
    module = numbered(agent.speaker(FORM, CHANNEL), 1)
    with torch.no_grad():
        module.get_parameter("cell.input_weight").copy_(adversarial()[name].repeat(3, 1))
    pack_agent(tmp_path / "a", agent, "speaker", module, FORM, CHANNEL)
    again, features = load_packed(tmp_path / "a"), noise(13, 11)
    assert isinstance(again, Speaker)
    for here, there in zip(module.start(features), again.start(features), strict=True):
        assert torch.equal(here, there)


def test_a_layer_from_a_file_depends_on_nothing_but_its_codes(tmp_path: Path):
    # What `tests/ternary/test_linear.py` holds for latent weights holds for codes that were read.
    pack_module(tmp_path / "a", numbered(TernaryLinear(101, 41, options=Ternary()), 1), {})
    pack = read_pack(tmp_path / "a")
    order = torch.randperm(101, generator=torch.Generator().manual_seed(5))
    trits = pack.ternary["weight"]
    mixed = pack._replace(ternary={"weight": trits._replace(codes=trits.codes[:, order])})
    layer, permuted = (TernaryLinear(101, 41, options=Ternary()) for _ in range(2))
    fix_codes(layer, pack)
    fix_codes(permuted, mixed)
    x = noise(256, 101)
    whole = layer(x)
    for count in (1, 2):
        with threads(count):
            assert same_bits(permuted(x[:, order]), whole)
            for batch in (1, 7):
                assert same_bits(layer(x[:batch]), whole[:batch])


def test_half_floats_halve_the_floats_and_keep_the_codes(tmp_path: Path):
    module = speaker_of(GRU(**SMALL))
    whole = pack_agent(tmp_path / "whole", GRU(**SMALL), "speaker", module, FORM, CHANNEL)
    half = pack_agent(tmp_path / "half", GRU(**SMALL), "speaker", module, FORM, CHANNEL, half=True)
    assert (half.other_bytes * 2, half.trit_bytes) == (whole.other_bytes, whole.trit_bytes)
    rounded = {name: tensor.half().float() for name, tensor in module.named_parameters() if "weight" not in name}
    loaded = dict(load_packed(tmp_path / "half").named_parameters())
    assert all(same_bits(loaded[name], tensor) for name, tensor in rounded.items())
    with torch.no_grad():
        module.get_parameter("cell.embedding")[0, 0] = 7e4
    with pytest.raises(BadInput, match="embedding: float16 goes up to 65504, got 70000"):
        pack_agent(tmp_path / "half", GRU(**SMALL), "speaker", module, FORM, CHANNEL, half=True)


def test_agents_that_are_not_ternary_are_refused_and_nothing_is_written(tmp_path: Path):
    for agent, share, sentence in (
        (GRU(hidden=5), 1.0, "train with precision='ternary', got gru with precision='float'"),
        (GRU(hidden=5, recipe="rnn"), 1.0, "got gru with precision='float'"),
        (GRU(**SMALL), 0.0, "reaches share 1, which that of kind='never' does not; got share 0 in layer 'encoder'"),
        (GRU(**SMALL), 0.5, "got share 0.5"),
    ):
        module = speaker_of(agent)
        set_share(module, share)
        with pytest.raises(NotTernary, match=sentence) as caught:
            pack_agent(tmp_path / "no" / "a", agent, "speaker", module, FORM, CHANNEL)
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_module_that_the_agent_does_not_build_is_refused(tmp_path: Path):
    module = speaker_of(GRU(**SMALL))
    for agent, form, channel, sentence in (
        (GRU(**SMALL), Flat(13), CHANNEL, r"gru builds 'encoder.weight' as \[5, 13\] here, got \[5, 11\]"),
        (GRU(**SMALL), FORM, Channel(5, 3), r"'cell.embedding' as \[6, 3\] here, got \[8, 3\]"),
        (FeedForward(**SMALL), FORM, Channel(7, 1), r"'cell.embedding' as None here, got \[8, 3\]"),
    ):
        with pytest.raises(BadInput, match=sentence):
            pack_agent(tmp_path / "a", agent, "speaker", module, form, channel)
    module.register_buffer("mean", torch.zeros(3))
    with pytest.raises(BadInput, match="parameters alone are packed, got the buffer 'mean'"):
        pack_agent(tmp_path / "a", GRU(**SMALL), "speaker", module, FORM, CHANNEL)
    assert not list(tmp_path.iterdir())


def test_a_plug_in_has_to_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AGENTS, "_known", dict(AGENTS._known))

    class Mine(GRU):
        """One of a user's own. Source: none."""

        name: ClassVar[str] = "mine"

    module = speaker_of(Mine(**SMALL))
    pack_agent(tmp_path / "a", Mine(**SMALL), "speaker", module, FORM, CHANNEL)
    features, index = noise(13, 11), torch.arange(13)
    said = speak(module, features, index, None).symbols
    again = load_packed(tmp_path / "a")
    assert isinstance(again, Speaker)
    assert torch.equal(speak(again, features, index, None).symbols, said)
    del AGENTS._known["mine"]
    with pytest.raises(
        BadInput, match="import what defines the agent 'mine' first; unknown agent 'mine'; known: feed"
    ) as caught:
        load_packed(tmp_path / "a")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"agent": {"kind": "gur"}}, BadInput, "packed by emcomm .*unknown agent 'gur'.*Did you mean 'gru'"),
        ({"agent": {"kind": "gru", "hiden": 5}}, BadInput, "unknown key 'hiden'; known: .*Did you mean 'hidden'"),
        ({"agent": {"kind": "gru", "encoder": {"kind": "lin"}}}, BadInput, "encoder.*unknown encoder 'lin'"),
        ({"agent": GRU(**SMALL, encoder=CNN()).model_dump(serialize_as_any=True)}, BadInput, "'cnn' reads Image"),
        (
            {"agent": GRU(**{**SMALL, "hidden": 7}).model_dump()},
            BadInput,
            r"encoder.weight: the layer takes codes \[7, 11\]",
        ),
        ({"agent": GRU(hidden=5).model_dump()}, BadInput, "unknown ternary tensor"),
        ({"channel": {"symbols": 10**12, "max_length": 3}}, BadInput, r"far larger .* tensor of \[1000000000001, 3\]"),
        ({"channel": {"symbols": 10**18, "max_length": 3}}, BadInput, r"far larger .* \[1000000000000000001, 3\]"),
        ({"role": "talker"}, BadInput, "unknown role 'talker'; known: listener, speaker"),
        ({"role": "listener"}, BadInput, "unknown|needs"),
        ({"form": {"kind": "flut", "width": 11}}, BadInput, "unknown form 'flut'; known: flat, graph, image, set"),
        ({"form": {"kind": "flat", "width": 0}}, BadInput, "width must be a whole number from 1, got 0"),
        ({"form": {"kind": "image", "width": 11}}, StorageError, "it does not say which agent it holds"),
        ({"channel": {"symbols": 1, "max_length": 3}}, BadInput, "symbols"),
        ({"products": "float8"}, BadInput, "unknown precision of products 'float8'; known: bfloat16, float32"),
        ({"role": ...}, StorageError, "it does not say which agent it holds"),
        ({"agent": None}, StorageError, "it does not say which agent it holds"),
    ],
)
def test_a_file_that_says_something_else_is_one_line(tmp_path: Path, changes: Any, error: type, sentence: str):
    packed(tmp_path / "a", **changes)
    with pytest.raises(error, match=sentence) as caught:
        load_packed(tmp_path / "a")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "a") in str(caught.value)


def test_nothing_far_larger_than_the_file_is_made(tmp_path: Path):
    packed(tmp_path / "a", channel={"symbols": 10**5, "max_length": 3})  # 300,003 numbers: made, and compared
    with pytest.raises(BadInput, match=r"embedding: the module takes \[100001, 3\], got \[8, 3\]"):
        load_packed(tmp_path / "a")
    for symbols in (10**6, 10**12):
        packed(tmp_path / "a", channel={"symbols": symbols, "max_length": 3})
        with pytest.raises(BadInput, match=rf"far larger than what it holds, with a tensor of \[{symbols + 1}, 3\]"):
            load_packed(tmp_path / "a")


def test_loading_is_quick_in_a_fresh_process(tmp_path: Path):
    packed(tmp_path / "a")
    load = f"import sys; from emcomm.agents import load_packed; load_packed({str(tmp_path / 'a')!r})"
    code = f"{load}; print([name for name in ('sympy', 'torch._dynamo', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_module_that_looks_at_numbers_while_it_is_built_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AGENTS, "_known", dict(AGENTS._known))

    class Earnest(GRU):
        """Looks at a number while it is built. Source: none."""

        name: ClassVar[str] = "earnest"

        def saying(self, columns: int, arithmetic: Any) -> nn.Module:
            assert torch.ones(3).sum().item() == 3
            return super().saying(columns, arithmetic)

    agent = Earnest(**SMALL)
    module = agent.speaker(FORM, CHANNEL)
    pack_agent(tmp_path / "a", agent, "speaker", module, FORM, CHANNEL)
    loaded = load_packed(tmp_path / "a")
    assert isinstance(loaded, Speaker)
    features = noise(7, FORM.width)
    assert same_bits(loaded.start(features)[1], module.start(features)[1])


def test_damaged_files_and_those_of_another_version_are_one_line(tmp_path: Path):
    path = tmp_path / "a"
    packed(path)
    data = path.read_bytes()
    size = int.from_bytes(data[8:12], "little")
    flipped = bytearray(data)
    flipped[12 + size + 3] ^= 4
    head = json.dumps(json.loads(data[12 : 12 + size]) | {"format": 2}).encode()
    other = data[:8] + len(head).to_bytes(4, "little") + head + data[12 + size : -32]
    for content, sentence in (
        (bytes(flipped), "its checksum does not fit, it is damaged"),
        (data[:-7], f"it is cut short: {len(data) - 7} of {len(data)} bytes"),
        (other + hashlib.sha256(other).digest(), "it has format version 2, known is version 1"),
        (b"", "does not begin as a packed agent"),
    ):
        path.write_bytes(content)
        with pytest.raises(StorageError, match=sentence) as caught:
            load_packed(path)
        assert "\n" not in str(caught.value)


class Wide(AttributeWorld):
    """Meanings that are said to be seen as very wide rows."""

    @property
    def form(self) -> Flat:
        return Flat(EXACT_INPUTS + 1)


def test_sums_that_would_not_be_exact_are_refused_with_the_set_up():
    fields: dict[str, Any] = {
        "world": Wide(values=(2,)),
        "channel": Channel(5, 2),
        "game": Discrimination(candidates=2),
    }
    ternary = GRU(hidden=2, embedding=2, precision="ternary")
    with pytest.raises(
        BadInput, match="the ternary speaker 'gru' cannot be built for Flat.*at most 132104 codes"
    ) as caught:
        Setup(**fields, speaker=ternary)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="the ternary listener 'gru' cannot be built"):
        Setup(**fields, listener=ternary)
    # A listener that names attributes does not look at meanings; float agents sum what they like.
    Setup(**fields | {"game": Reconstruction()}, listener=ternary)
    Setup(**fields, speaker=GRU(hidden=2))


def test_gates_of_unequal_size_are_refused_with_the_agent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AGENTS, "_known", dict(AGENTS._known))

    class Uneven(GRU):
        """Two maps side by side, of five outputs together. Source: none."""

        name: ClassVar[str] = "uneven"
        widths: list[int] = [5]  # noqa: RUF012 - pydantic copies it; agents with lists cannot be looked up

        def saying(self, columns: int, arithmetic: Any) -> nn.Module:
            return TernaryLinear(self.hidden, sum(self.widths), options=arithmetic.of_maps, gates=2)

    with pytest.raises(BadInput, match="5 outputs cannot be split into 2 gates of one size"):
        check_layers(Uneven(**SMALL), "speaker", FORM, CHANNEL, None)
    check_layers(Uneven(**SMALL), "listener", FORM, CHANNEL, None)
    # Whatever else is wrong is found when the agent is built: conditions may yet change it.
    check_layers(FeedForward(**SMALL), "speaker", FORM, CHANNEL, None)
    check_layers(GRU(**SMALL, encoder=CNN()), "speaker", FORM, CHANNEL, None)
    assert quantised(speaker_of(GRU(**SMALL)))
