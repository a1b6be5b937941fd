"""Packed agents of every kind, trained: the same bits where their files alone are known, and nothing but codes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emcomm import Channel, Condition, Setup, Study
from emcomm.agents import (
    AGENTS,
    CNN,
    GNN,
    GRU,
    LSTM,
    MLP,
    RNN,
    Agent,
    FeedForward,
    SetEncoder,
    Transformer,
    VectorQuantised,
    load_packed,
    pack_agent,
)
from emcomm.config import Config
from emcomm.envs import Discrimination, Reconstruction
from emcomm.studies.results import Results
from emcomm.studies.running import run_study
from emcomm.ternary import SizeReport, quantised, read_header, read_pack, ternary_tensors
from emcomm.worlds import WORLDS, AttributeWorld, GraphWorld, ImageWorld, World
from emcomm.worlds.form import Set
from tests.agents import acting

ROOT = Path(__file__).parents[2]
ROLES = ("speaker", "listener")
SMALL: dict[str, Any] = {"hidden": 23, "embedding": 5, "precision": "ternary"}
NAMING = Reconstruction()

CASES: dict[str, dict[str, Any]] = {
    "gru": {"agent": GRU(**SMALL)},
    "gru, attending, naming": {
        "agent": GRU(**SMALL, reading="attention", encoder=MLP(layers=(13,))),
        "game": NAMING,
        "channel": Channel(5, 3, variable=False),
    },
    "gru, bfloat16": {"agent": GRU(**SMALL), "matmul": "bfloat16", "game": NAMING},
    "lstm": {"agent": LSTM(**SMALL, encoder=MLP(layers=(13, 11)))},
    "rnn, thresholds": {"agent": RNN(**SMALL, recipe="rnn"), "game": NAMING},
    "transformer, rms": {"agent": Transformer(hidden=22, heads=2, layers=2, precision="ternary", recipe="bitnet")},
    "feed_forward, medians": {
        "agent": FeedForward(**SMALL, recipe="reloaded"),
        "channel": Channel(7, 1),
    },
    "vector_quantised": {"agent": VectorQuantised(**SMALL, dimensions=6)},
    "images": {"agent": GRU(**SMALL, encoder=CNN(channels=(3, 5))), "world": ImageWorld(shapes=3, colours=5, pixels=9)},
    "graphs": {"agent": LSTM(**SMALL, encoder=GNN()), "world": GraphWorld(graphs=17, nodes=4)},
    "sets": {"agent": GRU(**SMALL, encoder=SetEncoder(layers=(13,)))},
}
Acts = dict[tuple[str, str, str], dict[str, Tensor]]
BOTH = [(case, role) for case in CASES for role in ROLES]
EVERY = pytest.mark.parametrize(("case", "role"), BOTH)


class Packed(NamedTuple):
    """One agent that was packed."""

    agent: Agent
    module: nn.Module
    setup: Setup
    file: Path
    size: SizeReport
    inputs: acting.Inputs
    acts: dict[str, Tensor]


def bags() -> World:
    """A world of sets of three members, each of two numbers."""

    class Bags(World):
        """Sets of three members. Source: none."""

        name: ClassVar[str] = "bags"

        def build_meanings(self) -> NDArray[np.int64]:
            return np.indices((3, 5)).reshape(2, -1).T

        def build_features(self) -> NDArray[np.float32]:
            return np.random.default_rng(7).normal(size=(15, 6)).astype(np.float32)

        @property
        def form(self) -> Set:
            return Set(3, 2)

    return Bags()


def plain(value: Any) -> Any:
    return value.model_dump(mode="json", serialize_as_any=True) if isinstance(value, Config) else value


def trained_arms(name: str, base: Setup, cases: Iterable[Mapping[str, Any]], folder: Path) -> Results:
    """A study with one run for each case, named ``arm PLACE/3``: a kind of agent for both roles, and other settings."""
    arms = {}
    for place, case in enumerate(cases):
        settings = {key: plain(value) for key, value in case.items() if key != "agent"}
        arms[f"arm {place}"] = Condition(settings=settings | dict.fromkeys(ROLES, plain(case["agent"])))
    study = Study(
        name=name,
        source="none",
        base=base,
        design="explicit",
        conditions=arms,
        pressures={},
        patterns=[],
        seeds=[3],
        metrics=["distinct_messages"],
    )
    return run_study(study, folder, workers=1)


def trained(folder: Path) -> Results:
    """A study of all kinds that took a few steps; in the last third of them agents were ternary."""
    world, game, channel = AttributeWorld(values=(3, 4)), Discrimination(candidates=3), Channel(7, 3)
    base = Setup(world=world, game=game, channel=channel, steps=9, batch_size=11, evaluate_every=9, record_every=9)
    return trained_arms("kinds", base, CASES.values(), folder)


def inputs_of(setup: Setup) -> acting.Inputs:
    """256 games about all meanings in turn; messages of all lengths, erased symbols included."""
    rng, channel = np.random.default_rng(5), setup.channel
    features = setup.world.features()
    messages = rng.integers(0 if channel.variable else 1, channel.erased + 1, (256, channel.max_length))
    found = {"index": np.arange(256) % len(features), "messages": messages}
    if setup.game.sizes(setup.world) is None:
        found["candidates"] = np.stack([rng.permutation(len(features))[:3] for _ in range(256)])
    return {"features": torch.from_numpy(features)} | {name: torch.from_numpy(array) for name, array in found.items()}


def about(setup: Setup, role: str) -> dict[str, Any]:
    """What it takes to build an agent of a set-up, as plain data."""
    form = setup.world.form
    shape = [getattr(form, field.name) for field in dataclasses.fields(form)]
    return {
        "role": role,
        "agent": plain(getattr(setup, role)),
        "channel": plain(setup.channel),
        "form": type(form).__name__,
        "shape": shape,
        "products": setup.matmul,
        "sizes": setup.game.sizes(setup.world),
    }


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Packed]]:
    """Every agent, packed from a results folder that is gone afterwards; and what it was trained with, elsewhere."""
    folder, found = tmp_path_factory.mktemp("agents"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WORLDS, "_known", dict(WORLDS._known))
        patch.setitem(CASES["sets"], "world", bags())
        results = trained(folder / "results")
        assert set(results.runs["status"]) == {"done"}
        setups = {run.name: run.setup for run in results.study.expand()}
        for place, (case, role) in enumerate(BOTH):
            run, file = f"arm {place // 2}/3", folder / "packed" / f"{place:02d}.trits"
            size, module = results.pack(role, run, file), results.agent(role, run)  # type: ignore[arg-type]
            inputs = inputs_of(setups[run])
            latent = folder / "latent" / file.name
            latent.parent.mkdir(exist_ok=True)
            save_file(inputs, file.with_suffix(".inputs"))
            save_file(inputs, latent.with_suffix(".inputs"))
            save_file(module.state_dict(), latent.with_suffix(".latent"))
            latent.with_suffix(".json").write_text(json.dumps(about(setups[run], role)))
            acts = acting.acts(module, inputs, threads=(1,))
            found[case, role] = Packed(getattr(setups[run], role), module, setups[run], file, size, inputs, acts)
        shutil.rmtree(folder / "results")
        yield found


def alone(kind: str, folder: Path) -> None:
    """Let agents act in a fresh process that is given nothing but a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-W", "error", str(Path(acting.__file__)), str(folder), kind]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def elsewhere(packed: dict[tuple[str, str], Packed]) -> Acts:
    """What packed agents, and those with latent weights, do in processes of their own."""
    found: Acts = {}
    for kind in ("packed", "latent"):
        folder = next(iter(packed.values())).file.parents[1] / kind
        alone(kind, folder)
        found |= {(kind, *key): load_file(folder / f"{agent.file.stem}.acts") for key, agent in packed.items()}
    return found


def test_every_kind_and_every_encoder_is_here():
    assert {case["agent"].name for case in CASES.values()} == set(AGENTS.names())
    seen = {case["agent"].encoder.name for case in CASES.values()}
    assert seen == {"linear", "mlp", "cnn", "gnn", "set"}


@EVERY
def test_a_fresh_process_with_the_file_alone_gives_the_same_bits(packed, elsewhere, case: str, role: str):
    codes, latent = elsewhere["packed", case, role], elsewhere["latent", case, role]
    assert len(codes) == 3 * len(acting.BATCHES) * 2
    assert codes.keys() == latent.keys()
    for name, numbers in codes.items():
        assert numbers.isfinite().all()
        assert torch.equal(numbers, latent[name]), name
    for name, numbers in packed[case, role].acts.items():  # with one thread
        assert torch.equal(numbers, codes[name]), name
    whole = codes["logits, batch 256, threads 1"]
    assert len(whole) == 256
    assert len(whole.flatten(1).unique(dim=0)) > 2  # an agent that always does the same would prove nothing


@EVERY
def test_the_file_holds_codes_and_no_latent_weights(packed, case: str, role: str):
    agent = packed[case, role]
    pack, expected = read_pack(agent.file), ternary_tensors(agent.module)
    assert pack.ternary.keys() == expected.keys()
    assert pack.ternary
    for name, trits in pack.ternary.items():
        assert set(trits.codes.unique().tolist()) <= {-1, 0, 1}
        blocks = trits.codes.reshape(len(trits.scales), -1) * trits.scales.unsqueeze(-1)
        assert all(len(block.unique()) <= 3 for block in blocks)
        assert torch.equal(trits.codes, expected[name].codes)
        assert torch.equal(trits.scales, expected[name].scales)
    module = load_packed(agent.file)
    assert not module.training
    state = module.state_dict()
    counts = {trits.codes.numel() for trits in pack.ternary.values()}
    assert not [name for name, tensor in state.items() if tensor.is_floating_point() and tensor.numel() in counts]
    assert not set(state) & set(pack.ternary)
    assert sum(tensor.dtype == torch.int8 for tensor in state.values()) == len(pack.ternary)


@EVERY
def test_the_file_is_as_small_as_promised(packed, case: str, role: str):
    agent = packed[case, role]
    header, report = read_header(agent.file), agent.size
    counts = [int(np.prod(entry["shape"])) for entry in header["ternary"].values()]
    scales = sum(entry["groups"] for entry in header["ternary"].values())
    others = sum(parameter.numel() for parameter in agent.module.parameters()) - sum(counts)
    trits = sum(-(-count // 5) for count in counts)
    assert agent.file.stat().st_size <= trits + 4 * scales + 4 * others + 4096
    assert (report.file_bytes, report.trit_bytes) == (agent.file.stat().st_size, trits)
    assert (report.weights, report.others) == (sum(counts), others)
    assert 8 * trits <= 1.6 * sum(counts) + 7 * len(counts)
    assert report.float_bytes == 4 * sum(parameter.numel() for parameter in agent.module.parameters())


def moved_within_cells(module: nn.Module) -> None:
    """Deal the sizes of latent weights out anew among those of one block that have the same code, and keep signs."""
    rng = np.random.default_rng(11)
    for name, layer in quantised(module).items():
        for leaf, trits in ((leaf, layer.trits(leaf)) for leaf in layer.fused):
            latent = layer.get_parameter(leaf).detach()
            blocks, codes = (t.reshape(len(trits.scales), -1).numpy() for t in (latent, trits.codes))
            before = blocks.copy()
            for block, code in zip(blocks, codes, strict=True):
                for value in (-1, 0, 1):
                    cell = np.flatnonzero(code == value)
                    block[cell] = np.sign(block[cell]) * np.abs(block[rng.permutation(cell)])
            assert (before != blocks).mean() > 0.5, (name, leaf)


@EVERY
def test_latent_weights_may_move_within_their_cells(packed, tmp_path: Path, case: str, role: str):
    agent, path = packed[case, role], tmp_path / "moved"
    seen = agent.setup.world.form, agent.setup.channel, agent.setup.game.sizes(agent.setup.world)
    module = getattr(agent.agent, role)(*seen[: 2 if role == "speaker" else 3], agent.setup.products)
    module.load_state_dict(agent.module.state_dict())
    moved_within_cells(module.eval())
    for name, numbers in acting.acts(module, agent.inputs, threads=(1,)).items():
        assert torch.equal(numbers, agent.acts[name])
    origin = read_header(agent.file)["about"]["origin"]
    pack_agent(path, agent.agent, role, module, *seen, products=agent.setup.products, origin=origin)  # type: ignore[arg-type]
    assert path.read_bytes() == agent.file.read_bytes()


def with_a_trit_flipped(data: bytes, name: str, place: int) -> bytes:
    """The bytes of a file with one trit of a tensor turned into another, under a new checksum."""
    size = int.from_bytes(data[8:12], "little")
    where = 12 + size + json.loads(data[12 : 12 + size])["ternary"][name]["codes"] + place // 5
    digit = data[where] // 3 ** (place % 5) % 3
    changed = bytearray(data[:-32])
    changed[where] += ((digit + 1) % 3 - digit) * 3 ** (place % 5)
    return bytes(changed) + hashlib.sha256(changed).digest()


@EVERY
def test_a_trit_that_flips_changes_what_is_done(packed, tmp_path: Path, case: str, role: str):
    agent, path = packed[case, role], tmp_path / "flipped"
    data, places = agent.file.read_bytes(), np.random.default_rng(13)
    for name, entry in read_header(agent.file)["ternary"].items():
        for place in places.permutation(int(np.prod(entry["shape"])))[:30]:
            path.write_bytes(with_a_trit_flipped(data, name, int(place)))
            flat = [read_pack(file).ternary[name].codes.flatten() for file in (path, agent.file)]
            assert (flat[0] != flat[1]).nonzero().tolist() == [[place]]
            acts = acting.acts(load_packed(path), agent.inputs, (256,), (1,))
            if any(not torch.equal(numbers, agent.acts[key]) for key, numbers in acts.items()):
                break  # behind a ReLU that is always 0 a weight may be idle, but not all of them
        else:
            raise AssertionError(f"{name}: nothing changed")


def test_packing_a_packed_agent_gives_the_same_file(packed, tmp_path: Path):
    agent = packed["transformer, rms", "listener"]
    seen = agent.setup.world.form, agent.setup.channel, agent.setup.game.sizes(agent.setup.world)
    origin = read_header(agent.file)["about"]["origin"]
    pack_agent(tmp_path / "again", agent.agent, "listener", load_packed(agent.file), *seen, origin=origin)
    assert (tmp_path / "again").read_bytes() == agent.file.read_bytes()
