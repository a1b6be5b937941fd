"""A game in a window, and as text where no window opens."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot

from emcomm.envs.drawing import Window, picture, text
from emcomm.envs.drawing import window as module
from tests.envs.scenes import BEFORE, CHOOSE


def test_window_without_a_display_writes_text(capsys: pytest.CaptureFixture[str]) -> None:
    window = Window()
    window.show(BEFORE)
    window.show(CHOOSE)
    window.close()
    assert capsys.readouterr().out == f"{text(BEFORE)}\n\n{text(CHOOSE)}\n\n"
    assert pyplot.get_fignums() == []


def test_window_writes_what_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Window().show(CHOOSE)
    assert raw.getvalue().decode("ascii").split("\n")[2] == "speaker_0 sees      2?4"


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A backend that is taken for one with windows."""
    monkeypatch.setattr(module, "_interactive", lambda: True)
    yield
    pyplot.close("all")


def test_window_shows_the_picture(display: None, capsys: pytest.CaptureFixture[str]) -> None:
    window = Window()
    for scene in (BEFORE, CHOOSE):
        window.show(scene)
        (number,) = pyplot.get_fignums()  # one window for all scenes
        (image,) = pyplot.figure(number).axes[0].images
        assert np.array_equal(np.asarray(image.get_array()), picture(scene))
    pyplot.close("all")  # by hand
    window.show(BEFORE)
    assert len(pyplot.get_fignums()) == 1
    window.close()
    window.close()
    assert pyplot.get_fignums() == []
    assert capsys.readouterr().out == ""


def test_window_of_a_toolkit_that_does_not_load_is_no_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([True, False, False])  # what is configured, what was loaded, and what is configured from then on
    monkeypatch.setattr(module, "_interactive", lambda: next(answers))
    window = Window()
    window.show(BEFORE)
    window.show(CHOOSE)
    assert pyplot.get_fignums() == []
    assert capsys.readouterr().out == f"{text(BEFORE)}\n\n{text(CHOOSE)}\n\n"


def test_window_that_cannot_open_goes_on_in_text(
    display: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: Any) -> None:
        raise ImportError("no display name and no $DISPLAY environment variable")

    monkeypatch.setattr(pyplot, "figure", fail)
    window = Window()
    window.show(BEFORE)
    window.show(BEFORE)
    window.close()
    assert capsys.readouterr().out == f"{text(BEFORE)}\n\n" * 2
