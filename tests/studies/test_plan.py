"""Runs are divided into stacks that can train together, and the plan says so before anything runs."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from emcomm.channel import Channel
from emcomm.studies.condition import Condition
from emcomm.studies.plan import capacity_warnings, make_plan, print_plan, stack_runs
from emcomm.training import build_agents


def names(stacks):
    return [[run.name for run in stack.runs] for stack in stacks]


def printed(study):
    paper = StringIO()
    print_plan(make_plan(study), Console(file=paper, width=160))
    return paper.getvalue()


def test_runs_that_can_train_together_do(tiny):
    (stack,) = make_plan(tiny()).stacks
    assert [run.name for run in stack.runs] == ["off/0", "teaching/0", "effort/0", "off/1", "teaching/1", "effort/1"]


def test_other_shapes_get_stacks_of_their_own_and_the_reason_is_given(tiny, group):
    study = tiny(pressures={"group": group})
    stacks = make_plan(study).stacks
    assert names(stacks) == [["off/0", "off/1"], ["group/0", "group/1"]]
    assert [stack.why for stack in stacks] == ["", "pairs 2"]


def test_large_stacks_are_divided_evenly(tiny):
    runs = tiny(seeds=5, design="off").expand()
    assert [len(stack.runs) for stack in stack_runs(runs, 4)] == [2, 3]
    assert [len(stack.runs) for stack in stack_runs(runs, 2)] == [1, 2, 2]
    assert [stack.name for stack in stack_runs(runs, 1, first=3)] == ["003", "004", "005", "006", "007"]
    assert [name for stack in names(stack_runs(runs, 2)) for name in stack] == [run.name for run in runs]


def test_no_stack_is_larger_than_allowed(tiny):
    runs = tiny(seeds=13).expand()
    for largest in range(1, 41):
        stacks = stack_runs(runs, largest)
        sizes = [len(stack.runs) for stack in stacks]
        assert max(sizes) <= largest
        assert max(sizes) - min(sizes) <= 1
        assert sorted(name for stack in names(stacks) for name in stack) == sorted(run.name for run in runs)


def test_more_seeds_leave_the_stored_stacks_as_they_are(tiny):
    small = make_plan(tiny(seeds=2))
    stored = {stack.name: [run.name for run in stack.runs] for stack in small.stacks}
    large = make_plan(tiny(seeds=3), stored)
    assert names(large.stacks)[: len(small.stacks)] == names(small.stacks)
    assert [stack.name for stack in large.stacks] == ["000", "001"]
    assert names(large.stacks)[1] == ["off/2", "teaching/2", "effort/2"]
    assert [run.name for run in large.runs] == [run.name for run in tiny(seeds=3).expand()]


def test_games_are_counted(tiny, group):
    # Two seeds: 23 steps x 11 games each without the pressure; twice as many in a community of two pairs.
    plan = make_plan(tiny(pressures={"group": group}))
    assert [stack.games for stack in plan.stacks] == [2 * 23 * 11, 2 * 23 * 11 * 2]
    assert plan.games == 6 * 23 * 11


def test_the_plan_names_conditions_pressures_settings_and_sizes(tiny, group):
    conditions = {"off": Condition(), "pairs": Condition(pressures=("group",), settings={"batch_size": 13})}
    text = printed(tiny(source="Nobody 1900", pressures={"group": group}, design="explicit", conditions=conditions))
    lines = text.splitlines()
    assert "tiny" in lines[0]
    assert "Nobody 1900" in lines[0]
    (row,) = [line for line in lines if "pairs " in line and "group (1)" in line]
    assert "pairs 1 → 2" in text
    assert "batch_size 11 → 13" in text
    assert row.index("pairs") < row.index("group (1)")
    assert "2 conditions x 2 seeds = 4 runs in 2 stacks; at most 1 702 games" in text  # 2 * 23 * (11 + 2 * 13)
    assert "Warning" not in text


def test_the_plan_counts_parameters(tiny):
    speaker, listener = build_agents(tiny().base)
    text = printed(tiny())
    for agent in (speaker, listener):
        assert f" {sum(p.numel() for p in agent.parameters())} " in text


def test_a_changed_pressure_shows_in_the_plan(tiny):
    conditions = {"often": Condition(pressures=("teaching",), settings={"pressures.teaching.every": 3})}
    assert "pressures.teaching.every 7 → 3" in printed(tiny(design="explicit", conditions=conditions))


def test_a_channel_too_small_for_the_world_gets_one_line(tiny):
    small = tiny(base={"channel": Channel(symbols=3, max_length=2, variable=False)})
    expected = "Warning: the channel has 9 different messages for 15 meanings: some must share a message "
    expected += "(off, teaching, effort)"
    assert capacity_warnings(small.expand()) == [expected]
    assert expected in printed(small)
    enough = tiny(base={"channel": Channel(symbols=4, max_length=2, variable=False)})
    assert capacity_warnings(enough.expand()) == []
