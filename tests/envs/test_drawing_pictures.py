"""A game as a picture: it shows everything that is known, and nothing that is not."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from numpy.typing import NDArray

from emcomm.envs.drawing import Scene, Turn, picture, text
from emcomm.envs.drawing import window as module
from tests.envs.scenes import BEFORE, CHOOSE, NAME, SAID, SORT, things

SHAPE = (640, 1120, 3)


@pytest.fixture(scope="module")
def drawn() -> NDArray[np.uint8]:
    return picture(CHOOSE)


def test_picture_is_pixels_and_always_the_same() -> None:
    pixels = picture(CHOOSE)
    assert pixels.shape == SHAPE
    assert pixels.dtype == np.uint8
    assert pixels.flags["C_CONTIGUOUS"]
    assert pixels.flags["OWNDATA"]
    assert np.array_equal(pixels, picture(replace(CHOOSE)))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "discrimination_v1"},
        {"round": 4},
        {"symbols": 8},  # 8 is a symbol now, not an erased one
        {"speaker": "speaker_1"},
        {"shown": things((2, 3))},
        {"candidates": things((2, 1), (0, 6), (1, 4))},
        {"turns": ()},
        {"turns": (replace(SAID, said=(4, 1, 5, 2)),)},
        {"turns": (replace(SAID, heard=SAID.said),)},
        {"turns": (replace(SAID, heard=(3, 8, 5)),)},
        {"turns": (replace(SAID, ended=False),)},
        {"turns": (replace(SAID, agent="listener_0"),)},
        {"turns": (replace(SAID, repair=True),)},
        {"turns": (SAID, SAID)},
        {"acts": "speaker_0"},
        {"answer": (0,)},
        {"answer": (None,)},
        {"right": (0,)},
        {"correct": True},
        {"rewards": {"speaker_0": -0.25, "listener_0": 0.5}},
        {"rewards": {"speaker_0": -0.25, "listener_0": 0.0, "listener_1": 0.0}},
    ],
    ids=str,
)
def test_picture_shows_everything(drawn: NDArray[np.uint8], changes: dict[str, Any]) -> None:
    assert not np.array_equal(drawn, picture(replace(CHOOSE, **changes)))


@pytest.mark.parametrize("scene", [BEFORE, replace(NAME, over=False, correct=None), replace(SORT, over=False)], ids=str)
def test_picture_before_the_end_gives_nothing_away(scene: Scene) -> None:
    other = tuple(1 - part if part < 2 else 0 for part in scene.right)
    assert np.array_equal(picture(scene), picture(replace(scene, right=other)))


@pytest.mark.parametrize("scene", [NAME, SORT], ids=["name", "sort"])
def test_every_part_of_an_answer_is_seen(scene: Scene) -> None:
    whole: tuple[int | None, ...] = scene.right
    answers = [(*whole[:n], None, *whole[n + 1 :]) for n in range(len(whole))]
    answers += [(*whole[:n], 1 - min(scene.right[n], 1), *whole[n + 1 :]) for n in range(len(whole))]
    drawn = {picture(replace(scene, answer=answer)).tobytes() for answer in [whole, *answers]}
    assert len(drawn) == 1 + len(answers)
    begun = replace(scene, over=False, correct=None)
    drawn = {picture(replace(begun, answer=whole[:n])).tobytes() for n in range(len(whole) + 1)}
    assert len(drawn) == 1 + len(whole)


@pytest.mark.parametrize("n", [2, 5, 20, 211])
def test_picture_keeps_its_size_for_any_number_of_candidates(n: int) -> None:
    crowd = things(*[(place % 5, place % 7) for place in range(n)])
    last = picture(replace(CHOOSE, candidates=crowd, answer=(0,), right=(n - 1,)))
    assert last.shape == SHAPE
    assert not np.array_equal(last, picture(replace(CHOOSE, candidates=crowd, answer=(0,), right=(n - 2,))))
    assert picture(replace(SORT, candidates=crowd, right=(1,) * n, shown=crowd)).shape == SHAPE


def test_picture_keeps_its_size_for_long_messages_and_many_turns() -> None:
    long = tuple(range(1, 8)) * 101
    heard = tuple(range(2, 9)) * 101
    for turn in (Turn("speaker_0", long, long, True), Turn("speaker_0", long, heard, False), SAID):
        pixels = picture(replace(BEFORE, turns=(turn,) * 17))
        assert pixels.shape == SHAPE
        # Nothing runs into the line below the board, between its words at the left and at the right.
        assert (pixels[610:, 680:900] == 255).all()
    # The end of a long message is what is seen of it.
    ends = [Turn("speaker_0", (*long, last), (*long, last), True) for last in (1, 2)]
    assert len({picture(replace(BEFORE, turns=(turn,))).tobytes() for turn in ends}) == 2


def test_degenerate_scenes_are_drawn() -> None:
    empty = Turn("speaker_0", (), (), True)
    for scene in (
        replace(BEFORE, shown=(), turns=(empty,)),
        replace(SORT, shown=SORT.shown[2:]),
        replace(BEFORE, sizes=(1, 1), shown=things((0, 0))),
        replace(NAME, sizes=(2,) * 29, right=(1,) * 29, answer=(0,) * 17, shown=things((1,) * 29)),
    ):
        assert picture(scene).shape == SHAPE
        assert text(scene)


def test_drawing_leaves_no_trace() -> None:
    settings = dict(matplotlib.rcParams)
    pixels = picture(CHOOSE)
    assert dict(matplotlib.rcParams) == settings
    assert pyplot.get_fignums() == []
    style: Any = {"text.usetex": True, "path.sketch": (1, 100, 2), "figure.facecolor": "red", "font.family": "serif"}
    with matplotlib.rc_context(style):
        assert np.array_equal(picture(CHOOSE), pixels)


@pytest.mark.parametrize("path", sorted(Path(module.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_matplotlib_is_imported_late(path: Path) -> None:
    imports = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if "Import" in type(node).__name__]
    assert imports
    assert "matplotlib" not in " ".join(map(ast.unparse, imports))
