"""Lessons apart from games, and the training steps they cost."""

from __future__ import annotations

from emcomm.errors import BadInput
from emcomm.pressures.base import S, changed

__all__ = ["with_lessons"]


def with_lessons(setup: S, name: str, every: int, updates: int) -> S:
    """Give up training steps for lessons, so that nobody is updated more often than without them.

    Args:
        setup: the set-up without lessons.
        name: of the pressure, for its refusal.
        every: steps of games before each lesson.
        updates: what a lesson adds.

    Returns:
        the set-up with as many whole rounds of `every` steps and a lesson as its steps have room for; the lessons are
        no steps. (The last round ends training, so that its lesson is not given: an agent has at most
        ``steps - updates`` updates of the ``steps`` there were.)

    Raises:
        BadInput: there is no room for one round.
    """
    steps = setup.steps  # type: ignore[attr-defined]
    rounds = steps // (every + updates)
    if not rounds:
        raise BadInput(
            f"the pressure {name!r} takes {every} steps and {updates} updates a round and counts both, so that steps "
            f"must be at least {every + updates}, got {steps}; counted=False does not count the updates"
        )
    return changed(setup, steps=rounds * every)
