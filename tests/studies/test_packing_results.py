"""`Results.pack`: a trained agent from a results folder to a file, and what cannot be packed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from emcomm import Channel, Setup, Study
from emcomm.agents import SetEncoder, Speaker, load_packed
from emcomm.agents.gru import GRU
from emcomm.agents.speaking import speak
from emcomm.envs import Concept
from emcomm.errors import BadInput, StorageError
from emcomm.pressures import Community
from emcomm.studies.claiming import claim
from emcomm.studies.condition import Condition
from emcomm.studies.folder import StudyFolder
from emcomm.studies.results import Results
from emcomm.studies.running import run_study
from emcomm.ternary import read_header, size_report
from emcomm.training import ActorCritic
from emcomm.worlds import AttributeWorld

TERNARY = GRU(hidden=5, embedding=3, precision="ternary")
ARMS = {
    "a + b, wide (3)": Condition(pressures=("group",)),
    "never": Condition(settings={"quantisation.kind": "never"}),
    "float": Condition(settings={"speaker.precision": "float"}),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    from tests.studies.conftest import tiny_study

    base: dict[str, Any] = {"speaker": TERNARY, "listener": TERNARY, "steps": 7, "evaluate_every": 7}
    study = tiny_study(
        base=base, design="explicit", conditions=ARMS, seeds=[3], pressures={"group": Community(size=2)}, patterns=[]
    )
    return run_study(study, tmp_path_factory.mktemp("study") / "out", workers=1)


@pytest.mark.parametrize("index", [0, 1])
def test_the_file_acts_as_the_agent(results: Results, tmp_path: Path, index: int):
    run = "a + b, wide (3)/3"
    size = results.pack("speaker", run, tmp_path / "a.trits", index)
    assert size == size_report(tmp_path / "a.trits")
    about = read_header(tmp_path / "a.trits")["about"]
    assert about["origin"] == {"study": "tiny", "run": run, "index": index}
    assert about["agent"]["kind"] == "gru"
    speaker = load_packed(tmp_path / "a.trits")
    assert isinstance(speaker, Speaker)
    features = torch.from_numpy(AttributeWorld(values=(3, 5)).features())
    said = speak(speaker, features, torch.arange(15), None).symbols
    assert said.tolist() == results.language(run, speaker=index).messages.tolist()
    # An existing file is replaced whole, and a run packed twice gives the same file.
    before = (tmp_path / "a.trits").read_bytes()
    results.pack("speaker", run, tmp_path / "a.trits", 1 - index)
    assert (tmp_path / "a.trits").read_bytes() != before
    results.pack("speaker", run, tmp_path / "a.trits", index)
    assert (tmp_path / "a.trits").read_bytes() == before
    assert results.pack("speaker", run, tmp_path / "half", index, half=True).file_bytes < size.file_bytes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("speaker", "never/3"), "speaker 0 of run 'never/3': only agents that are ternary in the end can be packed"),
        (("speaker", "float/3"), "speaker 0 of run 'float/3': .*precision='ternary', got gru with precision='float'"),
        (("speaker", "nevre/3"), "unknown run 'nevre/3'; known: .*Did you mean 'never/3'"),
        (("sender", "never/3"), "unknown role 'sender'; known: listener, speaker"),
        (("speaker", "float/3", 1), "run 'float/3' has 1 of each role, counted from 0; got 1"),
    ],
)
def test_what_cannot_be_packed_is_one_line(results: Results, tmp_path: Path, arguments: Any, sentence: str):
    role, run, *index = arguments
    with pytest.raises(BadInput, match=sentence) as caught:
        results.pack(role, run, tmp_path / "a", *index)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_run_that_has_not_ended_has_nothing_to_pack(results: Results, tmp_path: Path):
    claim(StudyFolder(tmp_path), results.study, "cpu")
    with pytest.raises(BadInput, match="run 'float/3' has no trained agents yet; agents are kept when a run ends"):
        Results(tmp_path).pack("listener", "float/3", tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be_made_is_one_line(results: Results, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not make the folder of .*a.trits") as caught:
        results.pack("listener", "float/3", tmp_path / "file" / "a.trits")
    assert "\n" not in str(caught.value)


def test_agents_of_sets_and_with_critics_are_packed_as_they_act(tmp_path: Path) -> None:
    speaker = GRU(hidden=7, precision="ternary", encoder=SetEncoder(layers=(5,)))
    base = Setup(
        world=AttributeWorld(values=(3, 3)),
        game=Concept(candidates=2, examples=4),
        channel=Channel(symbols=5, max_length=2),
        speaker=speaker,
        listener=GRU(hidden=7, precision="ternary"),
        estimator=ActorCritic(),
        listener_loss="policy_gradient",
        steps=2,
        batch_size=8,
    )
    study = Study(name="sets", source="none", base=base, pressures={}, design="off", patterns=[], seeds=1)
    results = study.run(tmp_path / "sets", report=False)
    for role, width in (("speaker", 4 * (6 + 1)), ("listener", 6)):
        results.pack(role, "off/0", tmp_path / role)  # type: ignore[arg-type]
        module = load_packed(tmp_path / role)
        assert not any("critic" in name for name, _ in module.named_parameters())
        encoder = module.encoder if role == "speaker" else module.out
        assert isinstance(encoder, nn.Module)
        assert encoder(torch.zeros(1, width)).shape == (1, 7)
