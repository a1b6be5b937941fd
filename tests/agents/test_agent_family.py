"""Agents as plug-ins: found by name, written and read back, refused in one line, seeded from outside."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from pydantic import TypeAdapter

import emcomm.agents
from emcomm.agents import AGENTS, GRU, Agent, Listener, Speaker
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Flat
from tests.agents.kinds import channel_for

CHANNEL, FORM = Channel(5, 3), Flat(11)


def test_agents_are_found_by_name():
    assert AGENTS.get("gru") is GRU
    assert emcomm.agents.GRU is GRU
    assert "GRU" in emcomm.agents.__all__
    known = {"feed_forward", "gru", "lstm", "rnn", "transformer", "vector_quantised"}
    assert known <= set(AGENTS.names())


def test_a_name_that_does_not_exist_says_which_do():
    with pytest.raises(AttributeError, match="emcomm.agents has no 'LMST'; agents: .*gru"):
        emcomm.agents.LMST  # noqa: B018 - looking is the point
    with pytest.raises(BadInput, match="unknown agent 'gruu'.*Did you mean 'gru'"):
        AGENTS.get("gruu")


@pytest.mark.parametrize("name", AGENTS.names())
def test_every_agent_survives_being_written_and_read(name: str):
    agent = AGENTS.get(name)()
    data = agent.model_dump(mode="json")
    assert data["kind"] == name
    assert TypeAdapter(Agent).validate_python(data) == agent
    assert "Source:" in (type(agent).__doc__ or "")


@pytest.mark.parametrize("name", AGENTS.names())
@pytest.mark.parametrize("sizes", [(2, 3), None])
def test_every_agent_builds_modules_of_the_contract(name: str, sizes: tuple[int, ...] | None):
    agent = AGENTS.get(name)()
    channel = channel_for(agent, True)
    speaker, listener = agent.speaker(FORM, channel), agent.listener(FORM, channel, sizes)
    assert isinstance(speaker, Speaker)
    assert isinstance(listener, Listener)
    assert speaker.channel == channel
    for variable in (True, False):
        state, logits = agent.speaker(FORM, channel_for(agent, variable)).start(torch.ones(7, 11))
        assert state.shape[0] == 7
        assert logits.shape == (7, 5 + variable)
    candidates = torch.zeros(7, 4, dtype=torch.int64) if sizes is None else None
    heard = listener(torch.ones(7, channel.max_length, dtype=torch.int64), torch.ones(13, 11), candidates)
    assert heard.shape == (7, 4 if sizes is None else 5)


@pytest.mark.parametrize("name", AGENTS.names())
def test_new_agents_follow_from_the_seed_alone(name: str):
    agent = AGENTS.get(name)()
    channel = channel_for(agent, True)

    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        modules = agent.speaker(FORM, channel), agent.listener(FORM, channel, None)
        return torch.cat([part.detach().flatten() for module in modules for part in module.parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(5))


@pytest.mark.parametrize(("settings", "sentence"), [({"hidden": 0}, "hidden: .*got 0"), ({"hiden": 3}, "hidden")])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, int], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        GRU(**settings)
    assert "\n" not in str(caught.value)


def test_parts_that_were_not_written_say_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AGENTS, "_known", dict(AGENTS._known))

    class Empty(Agent):
        name: ClassVar[str] = "empty"

    class Mute(Speaker): ...

    class Deaf(Listener): ...

    for call in (
        lambda: Empty().speaker(FORM, CHANNEL),
        lambda: Empty().listener(FORM, CHANNEL, None),
        lambda: Mute().start(torch.ones(7, 11)),
        lambda: Mute().step(torch.ones(7, 3), torch.ones(7, dtype=torch.int64)),
        lambda: Deaf()(torch.ones(7, 3), torch.ones(13, 11), None),
    ):
        with pytest.raises(TypeError, match="(Empty|Mute|Deaf) (has no|does not define)"):
            call()
