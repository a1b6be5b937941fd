"""Packed agents: the same bits in a fresh process, sizes as promised, damaged and foreign files refused."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import emcomm
from emcomm.errors import BadInput, StorageError
from emcomm.ternary import (
    Attention,
    Pack,
    Ternary,
    TernaryConv2d,
    TernaryGRUCell,
    TernaryLinear,
    TernaryLSTMCell,
    Trits,
    fix_codes,
    pack_module,
    read_header,
    read_pack,
    set_share,
    size_report,
    ternary_tensors,
    write_pack,
)
from tests.ternary.making import WAYS, noise, numbered, same_bits, threads


class Agent(nn.Module):
    """Something of everything."""

    def __init__(self, way: Ternary) -> None:
        super().__init__()
        self.eye = TernaryConv2d(2, 3, 3, options=way)
        self.encoder = TernaryLinear(12, 11, options=way, norm="layer")
        self.cell = TernaryGRUCell(5, 3, 11, way, "layer")
        self.memory = TernaryLSTMCell(5, 3, 11, way)
        self.look = Attention(11, 1, way)
        self.head = nn.Linear(22, 7)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.encoder(self.eye(pictures).flatten(1)).tanh()
        index = torch.arange(len(x)) % 5
        state = self.cell(self.cell.table(), index, x)
        memory = self.memory(self.memory.table(), index, torch.cat([state, x], -1))
        return self.head(self.look(memory.unflatten(-1, (2, 11))).flatten(1))


def packed(tmp_path: Path, way: Ternary = WAYS[0], half: bool = False) -> tuple[Agent, Path]:
    agent = numbered(Agent(way), 1)
    pack_module(tmp_path / "agent.trits", agent, {"seed": 7, "way": way.model_dump()}, half)
    return agent, tmp_path / "agent.trits"


@pytest.mark.parametrize("way", WAYS)
def test_the_fixed_module_gives_the_same_bits(tmp_path: Path, way: Ternary):
    agent, path = packed(tmp_path, way)
    fixed = numbered(Agent(way), 99)
    fix_codes(fixed, read_pack(path))
    pictures = noise(256, 2, 4, 4)
    for batch in (1, 7, 256):
        for count in (1, 2):
            with threads(count):
                assert same_bits(fixed(pictures[:batch]), agent(pictures[:batch]))
    # No latent weights, and no floats in their number: codes are bytes.
    kept = {name: tensor for name, tensor in fixed.state_dict().items() if tensor.is_floating_point()}
    assert not set(kept) & set(ternary_tensors(agent))
    codes = [name for name, tensor in fixed.state_dict().items() if tensor.dtype == torch.int8]
    assert len(codes) == len(ternary_tensors(agent)) == 8
    set_share(fixed, 1.0)
    with pytest.raises(BadInput, match="codes of layer 'eye' are fixed, which allows 1 alone, got 0.5"):
        set_share(fixed, 0.5)
    again = fixed.state_dict()
    for name, trits in ternary_tensors(fixed).items():
        assert same_bits(trits.codes, ternary_tensors(agent)[name].codes)
        assert same_bits(trits.scales, again[f"{name}_scales"])


def test_a_fresh_process_needs_the_file_alone(tmp_path: Path):
    layer, x = numbered(TernaryLinear(31, 6, options=WAYS[1], gates=3), 1), noise(7, 31)
    pack_module(tmp_path / "layer.trits", layer, {})
    script = (
        "import sys, torch\n"
        "from emcomm.ternary import *\n"
        "layer = TernaryLinear(31, 6, options=Ternary(scale='absmedian'), gates=3)\n"
        "fix_codes(layer, read_pack(sys.argv[1]))\n"
        "x = torch.randn((7, 31), generator=torch.Generator().manual_seed(1))\n"
        "print(layer(x).detach().numpy().tobytes().hex())\n"
    )
    root = str(Path(emcomm.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "layer.trits")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout.strip() == layer(x).detach().numpy().tobytes().hex()


def test_what_is_read_is_what_was_written(tmp_path: Path):
    agent, path = packed(tmp_path)
    pack = read_pack(path)
    assert pack.about == {"seed": 7, "way": WAYS[0].model_dump()}
    expected = ternary_tensors(agent)
    assert list(pack.ternary) == list(expected)
    for name, trits in pack.ternary.items():
        assert same_bits(trits.codes, expected[name].codes)
        assert same_bits(trits.scales, expected[name].scales)
        assert trits.per == expected[name].per
        assert len(trits.codes.flatten().unique()) <= 3
    assert sorted([*pack.rest, *pack.ternary]) == sorted(name for name, _ in agent.named_parameters())
    for name, tensor in pack.rest.items():
        assert same_bits(tensor, agent.get_parameter(name).detach())
    before = path.read_bytes()
    pack_module(path, agent, pack.about)
    assert path.read_bytes() == before


@pytest.mark.parametrize("way", WAYS)
def test_the_file_is_as_small_as_promised(tmp_path: Path, way: Ternary):
    agent, path = packed(tmp_path, way)
    trits = ternary_tensors(agent)
    weights = [tensor.codes.numel() for tensor in trits.values()]
    scales = sum(tensor.scales.numel() for tensor in trits.values())
    others = sum(parameter.numel() for parameter in agent.parameters()) - sum(weights)
    size = path.stat().st_size
    assert size <= sum(-(-count // 5) for count in weights) + 4 * scales + 4 * others + 4096
    report = size_report(path)
    assert report == size_report(read_header(path))
    assert report.file_bytes == size
    assert report.trit_bytes + report.scale_bytes + report.other_bytes + report.frame_bytes == size
    assert (report.weights, report.others) == (sum(weights), others)
    assert (report.scale_bytes, report.other_bytes) == (4 * scales, 4 * others)
    assert report.float_bytes == 4 * sum(parameter.numel() for parameter in agent.parameters())
    assert 8 * report.trit_bytes <= 1.6 * report.weights + 7 * len(weights)
    assert report.bits_per_weight == 8 * report.trit_bytes / sum(weights)
    assert report.bits_with_scales == 8 * (report.trit_bytes + 4 * scales) / sum(weights)
    assert report.compression == report.float_bytes / size


def test_large_layers_come_close_to_the_limit(tmp_path: Path):
    header = pack_module(tmp_path / "a", numbered(TernaryLinear(512, 512, options=Ternary()), 1), {})
    report = size_report(header)
    assert 1.6 <= report.bits_per_weight < 1.6001
    assert report.bits_with_scales < 1.602
    assert 18 < report.compression < 20  # 32 / 1.6 = 20 less 2 kB of biases and the frame, of 54 kB


def test_an_agent_without_ternary_weights_is_just_floats(tmp_path: Path):
    header = pack_module(tmp_path / "a", numbered(TernaryLinear(5, 3), 1), {})
    report = size_report(header)
    assert (report.weights, report.others, report.trit_bytes) == (0, 18, 0)
    assert math.isnan(report.bits_per_weight)
    assert report.compression < 1
    layer = TernaryLinear(5, 3)
    fix_codes(layer, read_pack(tmp_path / "a"))
    assert same_bits(layer(noise(7, 5)), numbered(TernaryLinear(5, 3), 1)(noise(7, 5)))


def test_half_floats_are_asked_for(tmp_path: Path):
    agent, path = packed(tmp_path, half=True)
    full = pack_module(tmp_path / "full", agent, {"seed": 7, "way": WAYS[0].model_dump()})
    assert size_report(path).other_bytes == size_report(full).other_bytes // 2
    pack = read_pack(path)
    for name, tensor in pack.rest.items():
        assert tensor.dtype == torch.float32
        assert same_bits(tensor, agent.get_parameter(name).detach().half().float())
    assert all(same_bits(pack.ternary[n].scales, t.scales) for n, t in ternary_tensors(agent).items())
    with pytest.raises(BadInput, match="big: float16 goes up to 65504, got 70000"):
        write_pack(tmp_path / "a", {}, {}, {"big": torch.tensor([1.0, -7e4])}, half=True)


def test_a_trit_that_changes_changes_what_is_computed(tmp_path: Path):
    agent, path = packed(tmp_path)
    pack, pictures = read_pack(path), noise(7, 2, 4, 4)
    for name, trits in pack.ternary.items():
        codes = trits.codes.clone()
        codes.view(-1)[:3] = torch.tensor([-1, 1, 0]) * (1 if codes.view(-1)[0] != -1 else -1)
        write_pack(tmp_path / "other", {}, {**pack.ternary, name: trits._replace(codes=codes)}, pack.rest)
        other = Agent(WAYS[0])
        fix_codes(other, read_pack(tmp_path / "other"))
        assert not torch.equal(other(pictures), agent(pictures)), name


def small(path: Path, **changes: Any) -> bytes:
    """A small packed agent; changes to the header are sealed with a checksum of their own."""
    trits = Trits(torch.tensor([[1, 0, -1], [0, 1, 1]]), torch.tensor([0.5, 2.0]), "row")
    write_pack(path, {"name": "a"}, {"w": trits}, {"b": torch.tensor([1.0, -2.0])})
    if changes:
        data = path.read_bytes()
        size = int.from_bytes(data[8:12], "little")
        text = json.dumps(json.loads(data[12 : 12 + size]) | changes).encode()
        body = data[:8] + len(text).to_bytes(4, "little") + text + data[12 + size : -32]
        path.write_bytes(body + hashlib.sha256(body).digest())
    return path.read_bytes()


def test_a_flipped_bit_is_found_wherever_it_is(tmp_path: Path):
    path = tmp_path / "a"
    data = small(path)
    assert read_pack(path).ternary["w"].codes.tolist() == [[1, 0, -1], [0, 1, 1]]
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 1 << place % 8
        path.write_bytes(broken)
        with pytest.raises(StorageError, match="checksum does not fit") as caught:
            read_pack(path)
        assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_short_is_found(tmp_path: Path):
    path = tmp_path / "a"
    data = small(path)
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        with pytest.raises(StorageError, match="checksum does not fit") as caught:
            read_pack(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(data[:-1])
    with pytest.raises(StorageError, match=f"cut short: {len(data) - 1} of {len(data)} bytes"):
        size_report(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(StorageError, match="it is damaged"):
        read_pack(path)


def test_other_versions_and_other_files_are_refused(tmp_path: Path):
    path = tmp_path / "a"
    small(path, format=2)
    with pytest.raises(StorageError, match="format version 2, known is version 1"):
        read_pack(path)
    small(path, ternary={"w": {"shape": [2, 3], "per": "row", "groups": 2, "codes": 0, "scales": 9999}})
    with pytest.raises(StorageError, match="its header and its contents do not fit"):
        read_pack(path)
    small(path, rest={"b": {"shape": [2]}})
    with pytest.raises(StorageError, match="its header and its contents do not fit"):
        read_pack(path)
    body = b"something else entirely"
    path.write_bytes(body + hashlib.sha256(body).digest())
    with pytest.raises(StorageError, match="it is no packed agent"):
        read_pack(path)
    path.write_bytes(b"")
    with pytest.raises(StorageError, match="does not begin as a packed agent"):
        read_pack(path)
    with pytest.raises(StorageError, match="could not read the packed agent"):
        read_pack(tmp_path / "nothing")
    with pytest.raises(StorageError, match="could not write the packed agent"):
        write_pack(tmp_path / "no folder" / "a", {}, {}, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"rest": {"b": {"shape": [-1, -2], "kind": "float32", "floats": 0}}},
        {"ternary": {"w": {"shape": [-2, -3], "per": "row", "groups": 2, "codes": 0, "scales": 2}}},
        {"ternary": {"w": {"shape": [10**9, 10**9], "per": "row", "groups": 2, "codes": 0, "scales": 2}}},
        {"ternary": []},
        {"rest": None},
        {"payload": 10**9},
    ],
)
def test_a_header_that_promises_something_else_is_refused_by_all_who_read_it(tmp_path: Path, changes: dict[str, Any]):
    path = tmp_path / "a"
    small(path, **changes)
    for read in (read_pack, read_header, size_report):
        with pytest.raises(StorageError, match="its header and its contents do not fit"):
            read(path)


def test_a_header_without_an_end_is_refused(tmp_path: Path):
    path = tmp_path / "a"
    body = b"EMCTRITS" + (100_000).to_bytes(4, "little") + b"[" * 100_000
    path.write_bytes(body + hashlib.sha256(body).digest())
    with pytest.raises(StorageError, match="it is no packed agent"):
        read_pack(path)
    path.write_bytes(body)
    with pytest.raises(StorageError, match="checksum does not fit"):
        read_pack(path)


def test_what_cannot_be_packed_is_refused_and_nothing_is_written(tmp_path: Path):
    path, codes, one = tmp_path / "a", torch.zeros(4, 3), torch.ones(1)
    before = small(path)
    for ternary, rest, message in (
        ({"w": Trits(codes + 2, one, "gate")}, {}, "codes: -1, 0 and 1"),
        ({"w": Trits(codes, torch.ones(3), "gate")}, {}, "w: finite scales, one for each block of its 4 rows"),
        ({"w": Trits(codes, torch.ones(2, 1), "gate")}, {}, "w: finite scales"),
        ({"w": Trits(codes, one * torch.nan, "gate")}, {}, "w: finite scales"),
        ({}, {"b": torch.zeros(3, dtype=torch.int64)}, "b: the rest of an agent is float32, got int64"),
        ({"w": Trits(codes, one, "gate")}, {"w": one}, "each tensor has one of its own, got 'w'"),
    ):
        with pytest.raises(BadInput, match=message):
            write_pack(path, {}, ternary, rest)
    with pytest.raises(BadInput, match="about: plain JSON data"):
        write_pack(path, {"when": object()}, {}, {})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_pack_of_another_module_is_refused():
    layer = TernaryLinear(3, 4, options=Ternary())
    good = Pack({}, ternary_tensors(layer), {"bias": torch.zeros(4)})
    trits = good.ternary["weight"]
    for pack, message in (
        (good._replace(ternary={"wieght": trits}), "unknown ternary tensor 'wieght'; known: weight. Did you mean"),
        (good._replace(ternary={}), "ternary tensor: the module needs 'weight', which is not among none"),
        (good._replace(rest={}), "float tensor: the module needs 'bias'"),
        (good._replace(rest={"bias": torch.zeros(5)}), r"bias: the module takes \[4\], got \[5\]"),
        (good._replace(ternary={"weight": trits._replace(per="row")}), "weight: the layer takes codes"),
        (good._replace(ternary={"weight": trits._replace(codes=torch.zeros(3, 4))}), r"takes codes \[4, 3\]"),
    ):
        with pytest.raises(BadInput, match=message):
            fix_codes(TernaryLinear(3, 4, options=Ternary()), pack)
    fix_codes(layer, good)
    assert same_bits(layer(torch.zeros(2, 3)), torch.zeros(2, 4))
