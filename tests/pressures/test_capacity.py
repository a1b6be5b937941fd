"""Agents made wider or narrower."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from emcomm.agents import AGENTS, GRU, Agent
from emcomm.errors import BadInput
from emcomm.pressures import Capacity
from emcomm.training import build_agents
from tests.training.small import small_setup


def widths(pressure: Capacity) -> list[tuple[int, int]]:
    """Hidden and embedding of the speaker and of the listener, which are 11, 3 and 13, 2 without."""
    shaped = pressure.shape(small_setup())
    found = []
    for agent in (shaped.speaker, shaped.listener):
        assert isinstance(agent, GRU)
        found.append((agent.hidden, agent.embedding))
    return found


def test_widths_are_those_asked_for():
    assert widths(Capacity(hidden=5)) == [(5, 3), (5, 2)]
    assert widths(Capacity(hidden=None, embedding=7)) == [(11, 7), (13, 7)]
    assert widths(Capacity(hidden=5, embedding=7, role="speaker")) == [(5, 7), (13, 2)]
    assert widths(Capacity(hidden=5, embedding=7, role="listener")) == [(11, 3), (5, 7)]


def test_strength_is_the_share_of_the_way():
    # 11 + .5 (5 - 11) = 8 and 13 + .5 (5 - 13) = 9; embeddings 3 + .5 (8 - 3) = 5.5 and 2 + .5 (8 - 2) = 5.
    assert widths(Capacity(hidden=5, strength=0.5)) == [(8, 3), (9, 2)]
    assert widths(Capacity(hidden=None, embedding=8, strength=0.5)) == [(11, 6), (13, 5)]
    assert widths(Capacity(hidden=5, strength=0.01)) == [(11, 3), (13, 2)]


def test_the_agents_that_are_built_are_as_wide():
    speaker, listener = build_agents(Capacity(hidden=5, embedding=7).shape(small_setup()))
    for agent in (speaker, listener):
        shapes = {name: tuple(part.shape) for name, part in agent.named_parameters()}
        assert shapes["cell.hidden_weight"] == (15, 5)
        assert shapes["cell.embedding"][1] == 7


def test_agents_without_such_a_width_are_refused_in_one_line():
    before = dict(AGENTS._known)
    try:

        class Flat(Agent):
            name: ClassVar[str] = "flat_of_this_test"
            hidden: int = 5

        shaped = Capacity(hidden=7).shape(small_setup(listener=Flat()))
        assert shaped.listener == Flat(hidden=7)
        with pytest.raises(BadInput, match="'capacity' needs agents with a setting 'embedding'.*flat_of_t") as caught:
            Capacity(embedding=7).shape(small_setup(listener=Flat()))
        assert "\n" not in str(caught.value)
        Capacity(embedding=7, role="speaker").shape(small_setup(listener=Flat()))
    finally:
        AGENTS._known.clear()
        AGENTS._known.update(before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": None}, "hidden or embedding; got neither"),
        ({"hidden": 0}, "hidden"),
        ({"role": "teacher"}, "role"),
        ({"strength": 2.0}, "strength"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any], message: str):
    with pytest.raises(BadInput, match=message) as caught:
        Capacity(**settings)
    assert "\n" not in str(caught.value)
