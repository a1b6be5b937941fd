"""A small study as a script, and commands that fail."""

from __future__ import annotations

from pathlib import Path

from emcomm.cli import main

ROOT = Path(__file__).parents[2]
SCRIPT = """
from emcomm import Channel, Pattern, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import ListenerReset
from emcomm.worlds import AttributeWorld

study = Study(
    name="tiny",
    source="Nobody 1900",
    base=Setup(
        world=AttributeWorld(values=(3, 5)),
        game=Discrimination(candidates=3),
        channel=Channel(symbols=7, max_length=2),
        speaker=GRU(hidden=5),
        listener=GRU(hidden=5),
        steps=11,
        batch_size=7,
    ),
    pressures={"teaching": ListenerReset(every=5)},
    patterns=[Pattern("rich", metric="distinct_messages", direction="up", accuracy_floor=None)],
    seeds=2,
)
if __name__ == "__main__":
    study.main()
"""


def refused(capsys, *arguments, status=2):
    """Run a command that fails; return its one line."""
    assert main([str(argument) for argument in arguments]) == status
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("emcomm: ")
    return line
