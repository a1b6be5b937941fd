"""Games of each kind as they may stand."""

from __future__ import annotations

from dataclasses import replace

from emcomm.envs.drawing import Referent, Scene, Turn


def things(*attributes: tuple[int, ...], mark: bool | None = None) -> tuple[Referent, ...]:
    return tuple(Referent(values, mark) for values in attributes)


# Seven symbols, so 8 is an erased one: the second was erased, the last replaced by 7.
SAID = Turn("speaker_0", said=(3, 1, 5, 2), heard=(3, 8, 5, 7), ended=True)
CHOOSE = Scene(
    name="discrimination_v0",
    round=3,
    rounds=11,
    sizes=(5, 7),
    symbols=7,
    speaker="speaker_0",
    listener="listener_0",
    shown=things((2, 4)),
    candidates=things((2, 1), (0, 6), (2, 4)),
    turns=(SAID,),
    acts=None,
    answer=(1,),
    right=(2,),
    over=True,
    correct=False,
    rewards={"speaker_0": -0.25, "listener_0": 0.0},
)
BEFORE = replace(CHOOSE, acts="listener_0", answer=(), over=False, correct=None)
NAME = replace(
    CHOOSE,
    name="reconstruction_v0",
    sizes=(13, 3, 2),
    shown=things((11, 2, 1)),
    candidates=(),
    turns=(Turn("speaker_0", (5, 6), (5, 6), True),),
    answer=(11, None, 1),
    right=(11, 2, 1),
    rewards={},
)
SORT = replace(
    CHOOSE,
    name="concept_v0",
    shown=things((0, 1), (0, 6), mark=True) + things((3, 1), mark=False),
    candidates=things((0, 3), (1, 1), (0, 0), (4, 6), (2, 2)),
    turns=(),
    answer=(1, 1, None, 0),
    right=(1, 0, 1, 0, 1),
    rewards={},
)
