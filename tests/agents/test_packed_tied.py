"""One role of a tied agent, packed: the bits of the trained agent, where neither its other role nor its study is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emcomm import Channel, Setup
from emcomm.agents import AGENTS, GRU, LSTM, MLP, RNN, Agent, FeedForward, Transformer, VectorQuantised
from emcomm.agents.packing import load_packed, pack_agent
from emcomm.cli import main
from emcomm.envs import Discrimination
from emcomm.errors import BadInput
from emcomm.studies.results import Results
from emcomm.ternary import SizeReport, read_header, read_pack, write_pack
from emcomm.training import build_agents
from emcomm.worlds import AttributeWorld
from emcomm.worlds.form import Flat
from tests.agents import acting
from tests.agents.test_packed_agents import NAMING, ROLES, SMALL, alone, inputs_of, trained_arms
from tests.ternary.making import numbered

FORM, CHANNEL = Flat(7), Channel(7, 3)
CELL: dict[str, Any] = {**SMALL, "hidden": 13}

CASES: dict[str, dict[str, Any]] = {
    "gru": {"agent": GRU(**CELL)},
    "gru, attending, naming": {"agent": GRU(**CELL, reading="attention"), "game": NAMING},
    "lstm": {"agent": LSTM(**CELL, encoder=MLP(layers=(11,)))},
    "rnn, thresholds, naming": {"agent": RNN(**CELL, recipe="rnn"), "game": NAMING},
    "transformer": {"agent": Transformer(hidden=14, heads=2, layers=2, precision="ternary")},
    "transformer, bfloat16, naming": {
        "agent": Transformer(hidden=14, heads=2, precision="ternary", recipe="bitnet"),
        "game": NAMING,
        "matmul": "bfloat16",
    },
    "feed_forward": {"agent": FeedForward(**CELL), "channel": Channel(7, 1)},
    "vector_quantised": {"agent": VectorQuantised(**CELL, dimensions=6)},
}
BOTH = [(case, role) for case in CASES for role in ROLES]
EVERY = pytest.mark.parametrize(("case", "role"), BOTH)


class Packed(NamedTuple):
    """One role of the second tied agent of a run, and that agent as it was trained."""

    run: str
    setup: Setup
    module: nn.Module
    file: Path
    size: SizeReport


class Trained(NamedTuple):
    """A study, and what was packed of it."""

    results: Results
    packed: dict[tuple[str, str], Packed]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Pairs of tied agents of all kinds that took a few steps, ternary in the last; files lie apart from the study."""
    folder, found = tmp_path_factory.mktemp("tied"), {}
    pair: dict[str, Any] = {"tied": True, "pairs": 2, "speaker": CASES["gru"]["agent"]}
    base = Setup(
        **pair,
        listener=pair["speaker"],
        world=AttributeWorld(values=(3, 4)),
        game=Discrimination(candidates=3),
        channel=CHANNEL,
        steps=9,
        batch_size=11,
        evaluate_every=9,
        record_every=9,
    )
    results = trained_arms("tied", base, CASES.values(), folder / "results")
    assert set(results.runs["status"]) == {"done"}
    setups = {run.name: run.setup for run in results.study.expand()}
    for place, (case, role) in enumerate(BOTH):
        run, file = f"arm {place // 2}/3", folder / "packed" / f"{place:02d}.trits"
        size, module = results.pack(role, run, file, 1), results.agent(role, run, 1)  # type: ignore[arg-type]
        save_file(inputs_of(setups[run]), file.with_suffix(".inputs"))
        found[case, role] = Packed(run, setups[run], module, file, size)
    return Trained(results, found)


@pytest.fixture(scope="module")
def elsewhere(trained: Trained) -> dict[tuple[str, str], dict[str, Tensor]]:
    """What packed roles do in a process of its own."""
    alone("packed", trained.packed["gru", "speaker"].file.parent)
    return {key: load_file(one.file.with_suffix(".acts")) for key, one in trained.packed.items()}


def relabelled(file: Path, to: Path, **changes: Any) -> Path:
    """Write a file again that says something else of its agent; ... leaves a key out."""
    pack = read_pack(file)
    write_pack(to, {k: v for k, v in (pack.about | changes).items() if v is not ...}, pack.ternary, pack.rest)
    return to


def shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of all that a file holds, by name."""
    header = read_header(file)
    return {name: tuple(entry["shape"]) for part in ("ternary", "rest") for name, entry in header[part].items()}


def test_every_kind_that_can_be_tied_is_here():
    ties = {name for name in AGENTS.names() if AGENTS.get(name).tie is not Agent.tie}
    assert {case["agent"].name for case in CASES.values()} == ties


@EVERY
def test_a_fresh_process_with_the_file_of_one_role_gives_the_same_bits(trained, elsewhere, case: str, role: str):
    one, acts = trained.packed[case, role], elsewhere[case, role]
    for name, numbers in acting.acts(one.module, inputs_of(one.setup), threads=(1,)).items():
        assert torch.equal(numbers, acts[name]), name
    whole = acts["logits, batch 256, threads 1"]
    assert len(whole.flatten(1).unique(dim=0)) > 2  # an agent that always does the same would prove nothing
    neighbour = acting.acts(trained.results.agent(role, one.run, 0), inputs_of(one.setup), (256,), (1,))
    assert not torch.equal(neighbour["logits, batch 256, threads 1"], whole)


@EVERY
def test_a_file_holds_what_its_role_needs_and_nothing_else(trained, case: str, role: str):
    one, held = trained.packed[case, role], shapes(trained.packed[case, role].file)
    name = one.setup.speaker.name
    heard = {"transformer": {"body"}, "feed_forward": {"embedding", "heard"}}.get(name, {"cell"})
    said = {"transformer": {"body"}, "feed_forward": set[str]()}.get(name, {"cell"})
    needs = {"speaker": said | {"encoder"}, "listener": heard}[role] | {"out"}
    if role == "listener" and "attending" in case:
        needs.add("attention")
    assert {name.partition(".")[0] for name in held} == needs
    mine = dict(build_agents(one.setup)[ROLES.index(role)].named_parameters())
    assert held == {name: tuple(parameter.shape) for name, parameter in mine.items()}
    assert one.size.weights + one.size.others == sum(parameter.numel() for parameter in mine.values())
    header = read_header(one.file)
    assert (header["format"], header["about"]["tied"]) == (1, True)
    assert header["about"]["sizes"] == ([3, 4] if "naming" in case else None)  # it is the pair that is built again
    assert header["about"]["origin"]["index"] == 1


def test_what_both_roles_share_is_the_same_in_both_files(trained):
    for case, common in (("gru", "cell."), ("gru, attending, naming", "cell."), ("transformer", "body.")):
        packs = [read_pack(trained.packed[case, role].file) for role in ROLES]
        names = [name for name in packs[0].ternary if name.startswith(common)]
        assert names
        for name in names:
            one, other = (pack.ternary[name] for pack in packs)
            assert torch.equal(one.codes, other.codes)
            assert torch.equal(one.scales, other.scales)
        assert torch.equal(packs[0].rest[f"{common}embedding"], packs[1].rest[f"{common}embedding"])


def test_a_tied_speaker_has_its_listeners_alphabet(trained):
    # Seven symbols. A speaker of its own has a row for each and one for "nothing said yet": 8; with the listener's
    # cell it has one more for "erased": 9. Messages of three: a Transformer speaker needs 3 positions, its listener,
    # who begins before the first symbol, 4.
    assert shapes(trained.packed["gru", "speaker"].file)["cell.embedding"] == (9, 5)
    held = shapes(trained.packed["transformer", "speaker"].file)
    assert (held["body.embedding"], held["body.positions"]) == ((9, 14), (4, 14))
    agent, apart = CASES["gru"]["agent"], Channel(7, 3)
    assert numbered(agent.speaker(FORM, apart), 1).get_parameter("cell.embedding").shape == (8, 5)


def test_what_is_not_tied_says_nothing_of_it(tmp_path: Path):
    agent = GRU(**CELL)
    pack_agent(tmp_path / "a", agent, "speaker", numbered(agent.speaker(FORM, CHANNEL), 1), FORM, CHANNEL, (3, 4))
    said = read_header(tmp_path / "a")["about"]
    assert "tied" not in said
    assert said["sizes"] is None


def test_listeners_that_were_packed_before_this_could_be_said_still_act(trained, tmp_path: Path):
    for case in CASES:
        one = trained.packed[case, "listener"]
        again = load_packed(relabelled(one.file, tmp_path / "a", tied=...))
        acts = [acting.acts(module, inputs_of(one.setup), (7,), (1,)) for module in (one.module, again)]
        assert all(torch.equal(numbers, acts[1][name]) for name, numbers in acts[0].items())


@pytest.mark.parametrize(
    ("case", "changes", "sentence"),
    [
        ("gru", {"tied": False}, r"cell.embedding: the module takes \[8, 5\], got \[9, 5\]"),
        ("transformer", {"tied": ...}, r"body.embedding: the module takes \[8, 14\], got \[9, 14\]"),
        ("gru", {"tied": "no"}, "tied: true or false, got 'no'"),
        ("gru", {"tied": None}, "tied: true or false, got None"),
        ("feed_forward", {"sizes": [3, 4]}, "feed_forward agents that name attributes cannot be tied"),
    ],
)
def test_a_file_that_says_something_else_is_one_line(trained, tmp_path: Path, case: str, changes: Any, sentence: str):
    path = relabelled(trained.packed[case, "speaker"].file, tmp_path / "a", **changes)
    with pytest.raises(BadInput, match=sentence) as caught:
        load_packed(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_module_that_is_tied_or_not_against_what_is_said_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    agent, seen = GRU(**CELL), (FORM, CHANNEL, None)
    alone, speaker = (numbered(agent.speaker(FORM, CHANNEL), 1) for _ in range(2))
    agent.tie(speaker, agent.listener(*seen))
    for module, tied, sentence in (
        (speaker, False, r"module: with tied=False gru builds 'cell.embedding' as \[8, 5\] here, got \[9, 5\]"),
        (alone, True, r"module: with tied=True gru builds 'cell.embedding' as \[9, 5\] here, got \[8, 5\]"),
    ):
        with pytest.raises(BadInput, match=sentence) as caught:
            pack_agent(tmp_path / "a", agent, "speaker", module, *seen, tied=tied)
        assert "\n" not in str(caught.value)
    monkeypatch.setattr(GRU, "tie", Agent.tie)
    with pytest.raises(BadInput, match="gru agents cannot be tied, they do not define tie") as caught:
        pack_agent(tmp_path / "a", agent, "speaker", alone, *seen, tied=True)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_packing_a_packed_role_gives_the_same_file(trained, tmp_path: Path):
    one = trained.packed["gru, attending, naming", "speaker"]
    seen = one.setup.world.form, one.setup.channel, one.setup.game.sizes(one.setup.world)
    module, origin = load_packed(one.file), read_header(one.file)["about"]["origin"]
    pack_agent(tmp_path / "a", one.setup.speaker, "speaker", module, *seen, tied=True, origin=origin)
    assert (tmp_path / "a").read_bytes() == one.file.read_bytes()


def test_the_command_packs_both_roles_of_every_tied_agent(trained, tmp_path: Path, capsys):
    one = trained.packed["transformer", "speaker"]
    assert main(["pack", str(trained.results.path / one.run), "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    condition, seed = one.run.split("/")
    named = {f"{seed}-{role}-{index}.trits" for role in ROLES for index in (0, 1)}
    assert {path.name for path in (tmp_path / condition).iterdir()} == named
    for role in ROLES:
        packed = (tmp_path / condition / f"{seed}-{role}-1.trits").read_bytes()
        assert packed == trained.packed["transformer", role].file.read_bytes()
