"""The plan of a study, shown before it runs: which runs there are, which train together, and how much that is."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emcomm.studies.overrides import differences, plain
from emcomm.studies.study import Study
from emcomm.training import Run, Setup, build_agents

__all__ = ["Plan", "Stack", "make_plan", "print_plan", "stack_runs"]


@dataclass(frozen=True)
class Stack:
    """Runs that train together.

    Attributes:
        name: the stack's number as text, ``"000"``, ``"001"``, ...
        runs: its runs, which all have the same stack key.
        why: in what their set-up differs from the first stack's; empty where it does not.
    """

    name: str
    runs: tuple[Run, ...]
    why: str = ""

    @property
    def games(self) -> int:
        """Most games that its runs will play together."""
        return sum(run_games(run.setup) for run in self.runs)


@dataclass(frozen=True)
class Plan:
    """All the work of a study.

    Attributes:
        study: the study.
        stacks: its runs, stack by stack, in the order in which they are trained.
    """

    study: Study
    stacks: tuple[Stack, ...]

    @property
    def runs(self) -> list[Run]:
        """Every run, in the order of the study."""
        conditions, seeds = list(self.study.arms), self.study.seed_list
        runs = [run for stack in self.stacks for run in stack.runs]
        return sorted(runs, key=lambda run: (seeds.index(run.seed), conditions.index(run.condition)))

    @property
    def games(self) -> int:
        """Most games that will be played."""
        return sum(stack.games for stack in self.stacks)


def run_games(setup: Setup) -> int:
    """Return how many games a run plays unless it stops early."""
    return setup.steps * setup.batch_size * setup.pairs


def make_plan(study: Study, stored: Mapping[str, Sequence[str]] | None = None) -> Plan:
    """Plan a study.

    Args:
        study: what is to be run.
        stored: stacks of an earlier, smaller plan of the same study, name -> names of runs. They stay as they are, and
            new runs go to new stacks.

    Raises:
        BadInput: a condition's settings are not allowed.
    """
    runs = {run.name: run for run in study.expand()}
    kept = [Stack(name, tuple(runs.pop(run) for run in names)) for name, names in (stored or {}).items()]
    new = stack_runs(runs.values(), study.max_stack, first=len(kept))
    stacks = [*kept, *new]
    return Plan(study, tuple(Stack(s.name, s.runs, _why(stacks[0].runs[0], s.runs[0])) for s in stacks))


def stack_runs(runs: Iterable[Run], largest: int, first: int = 0) -> list[Stack]:
    """Divide runs into stacks of at most `largest` whose runs can train together, as even in size as they can be."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.stack_key, []).append(run)
    parts: list[tuple[Run, ...]] = []
    for group in groups.values():
        count = -(-len(group) // largest)
        cuts = [len(group) * part // count for part in range(count + 1)]
        parts += [tuple(group[start:stop]) for start, stop in itertools.pairwise(cuts)]
    return [Stack(f"{number:03d}", part) for number, part in enumerate(parts, start=first)]


def _why(first: Run, other: Run) -> str:
    if first.stack_key == other.stack_key:
        return ""
    changed = differences(plain(first.setup), plain(other.setup))
    if not changed:
        changed = differences(_pressures(first), _pressures(other))
    return ", ".join(f"{key} {after}" for key, (_, after) in changed.items()) or "another stack key"


def _pressures(run: Run) -> dict[str, dict[str, object]]:
    return {name: plain(pressure) for name, pressure in run.pressures.items()}


def print_plan(plan: Plan, console: Console) -> None:
    """Print what is about to be run: conditions, stacks, sizes, and a warning where a channel is too small."""
    study, runs = plan.study, plan.runs
    title = Text(study.name, style="bold").append(f"  {study.source}" if study.source else "", style="dim")
    console.print(title)
    console.print(_conditions(study, runs))
    console.print(_stacks(plan))
    seeds = len(study.seed_list)
    counts = f"{_count(len(study.arms), 'condition')} x {_count(seeds, 'seed')} = {_count(len(runs), 'run')}"
    console.print(Text(f"{counts} in {_count(len(plan.stacks), 'stack')}; at most {_number(plan.games)} games"))
    for line in capacity_warnings(runs):
        console.print(Text(line, style="yellow"))


def capacity_warnings(runs: Sequence[Run]) -> list[str]:
    """Return a line for every channel that has fewer messages than there are meanings."""
    lines: dict[str, list[str]] = {}
    for run in runs:
        meanings, messages = len(run.setup.game.meanings(run.setup.world)), run.setup.channel.capacity
        if messages < meanings:
            line = f"the channel has {messages} different messages for {meanings} meanings: some must share a message"
            lines.setdefault(line, []).append(run.condition)
    return [f"Warning: {line} ({', '.join(dict.fromkeys(names))})" for line, names in lines.items()]


def _conditions(study: Study, runs: Sequence[Run]) -> Table:
    table = Table("condition", "pressures (strength)", "settings that differ")
    base = plain(study.base)
    for name in study.arms:
        run = next(run for run in runs if run.condition == name)
        acting = [f"{key} ({pressure.strength:g})" for key, pressure in run.pressures.items() if pressure.strength]
        changed = [f"{key} {before} → {after}" for key, (before, after) in differences(base, plain(run.setup)).items()]
        changed += _changed_pressures(study, run)
        table.add_row(Text(name), Text(", ".join(acting) or "none"), Text("\n".join(changed)))
    return table


def _changed_pressures(study: Study, run: Run) -> list[str]:
    before = {name: {**plain(pressure), "strength": None} for name, pressure in study.pressures.items()}
    after = {name: {**settings, "strength": None} for name, settings in _pressures(run).items()}
    return [f"pressures.{key} {old} → {new}" for key, (old, new) in differences(before, after).items()]


def _stacks(plan: Plan) -> Table:
    table = Table("stack", "runs", "parameters of a speaker", "of a listener", "apart because of")
    for column in table.columns[1:4]:
        column.justify = "right"
    groups = list(dict.fromkeys(stack.runs[0].stack_key for stack in plan.stacks))
    for key in groups:
        stacks = [stack for stack in plan.stacks if stack.runs[0].stack_key == key]
        sizes = _sizes([len(stack.runs) for stack in stacks])
        speaker, listener = _parameters(stacks[0].runs[0].setup)
        why = stacks[0].why or ("" if len(stacks) == 1 else f"at most {plan.study.max_stack} runs a stack")
        names = stacks[0].name if len(stacks) == 1 else f"{stacks[0].name} to {stacks[-1].name}"
        table.add_row(names, sizes, speaker, listener, Text(why))
    return table


def _parameters(setup: Setup) -> list[str]:
    """Return how many numbers a speaker and a listener learn, written for people."""
    with torch.random.fork_rng(devices=[]):  # their weights are drawn and thrown away
        return [_number(sum(p.numel() for p in agent.parameters())) for agent in build_agents(setup)]


def _sizes(sizes: Sequence[int]) -> str:
    return " + ".join(map(str, sizes)) if len(sizes) <= 4 else f"{len(sizes)} x {min(sizes)} to {max(sizes)}"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
