"""The long tables of a study on disk: their columns, how they are filled, and how they are joined batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emcomm.errors import StorageError
from emcomm.language import Language
from emcomm.studies.files import atomic, storing

__all__ = [
    "METRIC_SCHEMA",
    "RUN_COLUMNS",
    "RUN_SCHEMA",
    "join_tables",
    "language_schema",
    "language_table",
    "metric_table",
    "read_table",
    "read_tables",
    "write_table",
]

METRIC_SCHEMA = pa.schema(
    [("run", pa.string()), ("step", pa.int64()), ("metric", pa.string()), ("value", pa.float64())]
)
RUN_SCHEMA = pa.schema(
    [
        *(("run", pa.string()), ("condition", pa.string()), ("seed", pa.int64()), ("status", pa.string())),
        *(("steps", pa.int64()), ("stack", pa.string()), ("seconds", pa.float64()), ("games", pa.int64())),
        ("note", pa.string()),
    ]
)
RUN_COLUMNS = tuple(RUN_SCHEMA.names)
COMPRESSION = "zstd"


def language_schema(attributes: int) -> pa.Schema:
    """Return the columns of recorded languages whose meanings have this many attributes."""
    return pa.schema(
        [
            *(("run", pa.string()), ("step", pa.int64()), ("speaker", pa.int32()), ("meaning", pa.int64())),
            *((f"a{attribute}", pa.int64()) for attribute in range(attributes)),
            *(("frequency", pa.float64()), ("message", pa.string()), ("length", pa.int64())),
        ]
    )


def metric_table(rows: Sequence[tuple[str, int, str, float]]) -> pa.Table:
    """Return rows of (run, step, metric, value) as a table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(METRIC_SCHEMA)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, METRIC_SCHEMA, strict=True)], METRIC_SCHEMA
    )


def language_table(run: str, language: Language) -> pa.Table:
    """Return one recorded language, whose step and speaker are known, as a table: one row a meaning."""
    frame = language.to_frame()
    schema = language_schema(0 if language.meanings is None else language.meanings.shape[1])
    arrays = [
        pa.array(np.full(len(frame), run) if name == "run" else frame[name], schema.field(name).type)
        for name in schema.names
    ]
    return pa.table(arrays, schema)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet, atomically."""
    with atomic(path) as beside:
        pq.write_table(table, beside, compression=COMPRESSION)


def read_tables(files: Iterable[Path], schema: pa.Schema, last: Mapping[str, int] | None = None) -> pd.DataFrame:
    """Read Parquet files, one after the other, into one frame with the columns of `schema`.

    Args:
        files: the files.
        schema: the columns, ``run`` and ``step`` among them.
        last: name of a run -> the one step of it that is wanted; None: everything.
    """
    batches = _batches(files, schema)
    if last is None:
        return pa.Table.from_batches(list(batches), schema).to_pandas()
    frames = (batch.to_pandas() for batch in batches)
    kept = [frame[frame["step"] == frame["run"].map(last)] for frame in frames]
    return pd.concat(kept, ignore_index=True) if kept else schema.empty_table().to_pandas()


def read_table(path: Path) -> pd.DataFrame:
    """Read a Parquet file with whatever columns it has."""
    try:
        with storing(path, "read"):
            return pq.read_table(path).to_pandas()
    except pa.ArrowInvalid as error:
        raise StorageError(f"{path} could not be read: {error}") from error


def join_tables(path: Path, files: Iterable[Path], schema: pa.Schema) -> None:
    """Write the rows of several Parquet files into one, atomically, holding one batch in memory at a time."""
    with atomic(path) as beside, pq.ParquetWriter(beside, schema, compression=COMPRESSION) as writer:
        for batch in _batches(files, schema):
            writer.write_batch(batch)


def _batches(files: Iterable[Path], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for file in files:
        try:
            with storing(file, "read"), pq.ParquetFile(file) as parquet:
                for batch in parquet.iter_batches():
                    yield _with_columns(batch, schema)
        except pa.ArrowInvalid as error:
            raise StorageError(f"{file} could not be read: {error}") from error


def _with_columns(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    if batch.schema.equals(schema):
        return batch
    arrays: list[Any] = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
