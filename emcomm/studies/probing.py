"""Putting the final languages of a stack to the study's probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from emcomm.probes import Probe
from emcomm.studies.part import Part
from emcomm.studies.tables import language_schema, read_tables
from emcomm.training import Observation, Run, Setup

__all__ = ["final_observations", "probe"]


def probe(
    probes: Sequence[Probe], part: Part, runs: Sequence[Run], base: Setup, device: str
) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Measure what the runs of a stack ended with.

    Args:
        probes: the measures.
        part: what the stack has recorded.
        runs: its runs; those that failed are left out.
        base: the study's set-up without pressures, the yardstick of all its runs.
        device: where fresh learners are trained.

    Yields:
        name of a run, its last step, and the value of each probe by the probe's name.
    """
    seen = final_observations(part, runs)
    if not seen:
        return
    values = {each.name: each.measure(seen, base, device) for each in probes}
    for place, observation in enumerate(seen):
        yield observation.run.name, observation.step, {name: numbers[place] for name, numbers in values.items()}


def final_observations(part: Part, runs: Sequence[Run]) -> list[Observation]:
    """Return the last recorded languages of every run that ended well, as training showed them."""
    wanted = [run for run in runs if part.state.runs[run.name].status in ("done", "stopped")]
    ends = {run.name: part.state.runs[run.name].steps for run in wanted}
    frame = read_tables(part.files("languages"), language_schema(0), ends)
    found = []
    for run in wanted:
        last = frame[frame["run"] == run.name].sort_values(["speaker", "meaning"])
        setup = run.setup
        messages = _symbols(last["message"].tolist(), setup.channel.max_length)
        shaped = messages.reshape(setup.pairs, -1, setup.channel.max_length)
        found.append(Observation(run, ends[run.name], shaped, {}, True))
    return found


def _symbols(messages: Sequence[str], max_length: int) -> NDArray[np.int64]:
    """Return messages written as text as symbols again: int64 ``[n, max_length]``, filled up with 0."""
    symbols = np.zeros((len(messages), max_length), dtype=np.int64)
    for row, message in zip(symbols, messages, strict=True):
        spoken = message.split()
        row[: len(spoken)] = spoken
    return symbols
