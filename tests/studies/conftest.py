"""A study small enough to run within a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emcomm.agents import GRU
from emcomm.channel import Channel
from emcomm.envs import Discrimination
from emcomm.pressures import Community, LengthCost, ListenerReset
from emcomm.probes.ease_of_teaching import EaseOfTeaching
from emcomm.studies.pattern import Pattern
from emcomm.studies.study import Study
from emcomm.training import Setup
from emcomm.worlds import AttributeWorld

TinyStudy = Callable[..., Study]


def tiny_study(*, base: dict[str, Any] | None = None, **changes: Any) -> Study:
    """Return a study of a few steps: 3 x 5 meanings, 7 symbols; `base` changes its set-up, `changes` the study."""
    setup = {
        "world": AttributeWorld(values=(3, 5)),
        "game": Discrimination(candidates=3),
        "channel": Channel(symbols=7, max_length=2),
        "speaker": GRU(hidden=5),
        "listener": GRU(hidden=5),
        "steps": 23,
        "batch_size": 11,
        "evaluate_every": 5,
        "record_every": 10,
    }
    study = {
        "name": "tiny",
        "base": Setup(**{**setup, **(base or {})}),
        "pressures": {"teaching": ListenerReset(every=7), "effort": LengthCost(strength=0.25)},
        "patterns": [Pattern("compositional", metric="topographic_similarity", direction="up", accuracy_floor=None)],
        "seeds": 2,
        "metrics": ["topographic_similarity", "distinct_messages"],
    }
    return Study(**{**study, **changes})


@pytest.fixture
def tiny() -> TinyStudy:
    return tiny_study


@pytest.fixture
def group() -> Community:
    return Community(size=2)


@pytest.fixture
def quick_probe() -> EaseOfTeaching:
    """Ease of teaching with few listeners and steps."""
    return EaseOfTeaching(listeners=2, steps=3, batch_size=5)
