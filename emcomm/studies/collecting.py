"""From the parts of all stacks to the tables of the study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emcomm.studies.files import atomic, storing, sweep
from emcomm.studies.folder import StudyFolder
from emcomm.studies.overrides import rebuild
from emcomm.studies.part import ENDED, Part
from emcomm.studies.pattern import Pattern
from emcomm.studies.tables import METRIC_SCHEMA, RUN_SCHEMA, join_tables, language_schema, read_tables, write_table
from emcomm.studies.verdicts import judge_study

__all__ = ["collect", "judged", "languages_frame", "metrics_frame", "parts_of", "runs_frame", "up_to_date"]


def parts_of(folder: StudyFolder, described: Mapping[str, Any]) -> dict[str, Part]:
    """Return the part of every stack by the stack's name; a stack not yet begun has an empty one.

    Args:
        folder: the results folder.
        described: the content of its ``study.json``.
    """
    return {name: Part(folder.part(name), runs) for name, runs in described["stacks"].items()}


def runs_frame(described: Mapping[str, Any], parts: Mapping[str, Part]) -> pd.DataFrame:
    """Return one row a run, in the order of the study's conditions and seeds."""
    rows = []
    for stack, part in parts.items():
        for run, state in part.state.runs.items():
            condition, _, seed = run.rpartition("/")
            rows.append(
                (run, condition, int(seed), state.status, state.steps, stack, state.seconds, state.games, state.note)
            )
    frame = pd.DataFrame(rows, columns=list(RUN_SCHEMA.names))
    conditions = {name: place for place, name in enumerate(described["conditions"])}
    order = np.lexsort((frame["seed"], frame["condition"].map(conditions)))
    return frame.iloc[order].reset_index(drop=True)


def metrics_frame(parts: Mapping[str, Part]) -> pd.DataFrame:
    """Return all recorded values, run by run within a stack, as they were recorded."""
    return read_tables([file for part in parts.values() for file in part.files("metrics")], METRIC_SCHEMA)


def languages_frame(parts: Mapping[str, Part]) -> pd.DataFrame:
    """Return all recorded languages."""
    files = [file for part in parts.values() for file in part.files("languages")]
    return read_tables(files, _language_schema(files))


def judged(described: Mapping[str, Any], runs: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts that the study's own patterns get from these results."""
    settings = described["study"]
    patterns = [rebuild(Pattern, pattern) for pattern in settings["patterns"]]
    return judge_study(patterns, settings["pressures"], described["conditions"], settings["design"], runs, metrics)


def collect(folder: StudyFolder) -> None:
    """Write the study's tables from what its stacks have recorded so far; ``runs.parquet``, which says so, comes last.

    Raises:
        StorageError: something could not be written.
    """
    described = folder.read()
    parts = parts_of(folder, described)
    metrics = [file for part in parts.values() for file in part.files("metrics")]
    languages = [file for part in parts.values() for file in part.files("languages")]
    join_tables(folder.metrics_file, metrics, METRIC_SCHEMA)
    join_tables(folder.languages_file, languages, _language_schema(languages))
    runs = runs_frame(described, parts)
    table = judged(described, runs, metrics_frame(parts))
    with atomic(folder.verdicts_file) as beside:
        table.to_csv(beside, index=False)  # floats as short as they can be read back exactly
    write_table(folder.runs_file, pa.Table.from_pandas(runs, RUN_SCHEMA, preserve_index=False))
    for agents in (folder.path, *folder.path.glob("agents/*")):
        sweep(agents)


def up_to_date(described: Mapping[str, Any], runs: pd.DataFrame) -> bool:
    """Whether a stored table of runs says that every run of the study has ended."""
    wanted = {run for runs_of_stack in described["stacks"].values() for run in runs_of_stack}
    return wanted == set(runs["run"]) and bool(runs["status"].isin(ENDED).all())


def _language_schema(files: list[Path]) -> pa.Schema:
    names = []
    for file in files:
        with storing(file, "read"):
            names += pq.read_schema(file).names
    return language_schema(sum(1 for name in set(names) if name[0] == "a" and name[1:].isdigit()))
