"""Tied agents read back: both roles of one agent, with what they share."""

from __future__ import annotations

import pytest
import torch

from emcomm.agents.speaking import speak
from emcomm.errors import BadInput
from emcomm.pressures import ListenerReset, PairReset
from emcomm.studies.running import run_study

TIED = {"tied": True, "pairs": 2}


def test_both_roles_of_a_tied_agent_come_back(tiny, tmp_path):
    study = tiny(base=TIED, pressures={"births": PairReset(every=7)}, seeds=[3])
    results = run_study(study, tmp_path / "out", workers=1)
    for index in (0, 1):
        speaker, listener = (results.agent(role, run="off/3", index=index) for role in ("speaker", "listener"))
        shared = listener.state_dict()
        assert torch.equal(speaker.state_dict()["cell.embedding"], shared["cell.embedding"])
        assert torch.equal(speaker.state_dict()["encoder.weight"], shared["out.weight"])
        world = study.base.world
        features = torch.from_numpy(world.features()).float()
        said = speak(speaker, features, torch.arange(15), None).symbols  # type: ignore[arg-type]
        recorded = results.language("off/3", speaker=index)
        assert recorded.messages.tolist() == said.tolist()
    one, other = (results.agent("speaker", run="off/3", index=index).state_dict() for index in (0, 1))
    assert not torch.equal(one["cell.embedding"], other["cell.embedding"])


def test_a_study_with_a_pressure_on_one_role_is_refused_before_it_starts(tiny):
    with pytest.raises(BadInput, match=r"the pressure 'teaching' \(listener_reset\) is about one role") as caught:
        tiny(base=TIED, pressures={"teaching": ListenerReset(every=7)}).expand()
    assert "\n" not in str(caught.value)
