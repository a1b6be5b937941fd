"""Progress adds up, in words that can be checked by hand."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from emcomm.studies.plan import make_plan
from emcomm.studies.progress import Bars, Lines, Silence, Tally, board_for, duration
from emcomm.studies.stack_work import StackProgress


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def plan(tiny, group):
    return make_plan(tiny(pressures={"group": group}, base={"steps": 40}))  # 2 stacks of 2 runs, 11 and 22 games a step


def at(stack, step, active=2, finished=False, failed=0, games=None):
    played = step * 2 * (11 if stack == "000" else 22) if games is None else games
    return StackProgress(stack, step, 40, 2, active, played, step / 10, failed, finished)


def test_speed_and_time_left(plan, clock):
    tally = Tally(plan, clock)
    assert tally.total == 40 * 2 * 11 + 40 * 2 * 22  # 2640
    tally.update(at("000", 0))
    assert tally.remaining == ""
    clock.now += 8.0
    tally.update(at("000", 20))
    # 440 games in 8 s: 55 games/s. Left: 440 of this stack and 1760 of the other: 2200 / 55 = 40 s.
    assert (tally.played, tally.left, tally.speed) == (440, 2200, 55.0)
    assert tally.words() == " 17%, 0 of 4 runs ended, 55 games/s, about 40 s left"


def test_runs_that_stopped_early_leave_nothing_to_play(plan, clock):
    tally = Tally(plan, clock)
    tally.update(at("000", 0))
    clock.now += 1.0
    tally.update(at("000", 10, active=1, failed=1))
    # One run of 11 games a step has 30 steps left; the other stack has 1760 games.
    assert tally.left == 330 + 1760
    assert "1 of 4 runs ended" in tally.words()
    assert "1 failed" in tally.words()


def test_a_resumed_stack_counts_only_what_is_played_now(plan, clock):
    tally = Tally(plan, clock)
    tally.update(at("001", 30))
    clock.now += 2.0
    tally.update(at("001", 35))
    assert tally.played == 5 * 44
    assert tally.speed == 110.0


def test_lines_come_at_most_every_ten_seconds_and_when_a_stack_ends(plan, clock):
    paper = StringIO()
    lines = Lines(Tally(plan, clock), Console(file=paper, width=100))
    printed = []
    with lines:
        for step in range(40):
            clock.now += 1.0
            lines.update(at("000", step))
            printed.append(paper.getvalue().count("\n"))
        lines.update(at("000", 40, active=0, finished=True))
    assert [printed[second] for second in (3, 4, 13, 14, 24, 34)] == [0, 1, 1, 2, 3, 4]
    assert paper.getvalue().count("\n") == 5
    assert paper.getvalue().splitlines()[-1].startswith(" 33%, 2 of 4 runs ended, 22 games/s, about 80 s left")


def test_the_expected_time_is_said_once_after_a_few_seconds(plan, clock):
    paper = StringIO()
    bars = Bars(Tally(plan, clock), Console(file=paper, width=100, force_terminal=True))
    with bars:
        for step in range(20):
            clock.now += 1.0
            bars.update(at("000", step))
    text = paper.getvalue()
    # After 5 s: 4 steps of 22 games, 17.6 games/s; 2640 - 88 = 2552 games left: 145 s.
    assert text.count("expected time:") == 1
    assert "expected time: 2 min" in text
    assert "trained for 0:00:20" in text


def test_a_stack_without_runs_in_training_is_probing(plan, clock):
    bars = Bars(Tally(plan, clock), Console(file=StringIO(), width=100, force_terminal=True))
    bars.update(at("000", 40, active=0))
    assert [task.fields["words"] for task in bars.bars.tasks][1] == "probing the final languages"
    bars.update(at("000", 40, active=0, finished=True))
    assert len(bars.bars.tasks) == 1


def test_bars_are_for_terminals_only(plan):
    assert isinstance(board_for(plan, Console(file=StringIO(), force_terminal=True)), Bars)
    assert isinstance(board_for(plan, Console(file=StringIO())), Lines)
    assert isinstance(board_for(plan, None), Silence)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (99.4, "99 s"), (100.0, "2 min"), (3540.0, "59 min"), (11100.0, "3:05 h")]
)
def test_durations_are_for_people(seconds, words):
    assert duration(seconds) == words
