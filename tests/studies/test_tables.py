"""The long tables: columns, order, joining."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from emcomm.errors import StorageError
from emcomm.language import Language
from emcomm.studies.tables import (
    METRIC_SCHEMA,
    join_tables,
    language_schema,
    language_table,
    metric_table,
    read_tables,
    write_table,
)


def language(**changes):
    meanings, messages = [[0, 0], [0, 1], [1, 0]], [[2, 1, 0], [0, 0, 0], [3, 0, 0]]
    return Language(meanings, messages, **{"frequencies": [5, 2, 3], "speaker": 1, "step": 7, **changes})


def test_a_language_becomes_one_row_a_meaning():
    frame = language_table("on/3", language()).to_pandas()
    assert list(frame.columns) == ["run", "step", "speaker", "meaning", "a0", "a1", "frequency", "message", "length"]
    assert frame.to_numpy().tolist() == [
        ["on/3", 7, 1, 0, 0, 0, 0.5, "2 1", 2],
        ["on/3", 7, 1, 1, 0, 1, 0.2, "", 0],
        ["on/3", 7, 1, 2, 1, 0, 0.3, "3", 1],
    ]


def test_metrics_keep_what_is_not_defined():
    frame = metric_table([("on/3", 7, "accuracy", 0.1), ("on/3", 7, "other", math.nan)]).to_pandas()
    assert frame["value"].iloc[0] == 0.1
    assert np.isnan(frame["value"].iloc[1])
    assert metric_table([]).num_rows == 0
    assert metric_table([]).schema == METRIC_SCHEMA


def test_joined_files_hold_all_rows_in_order(tmp_path):
    for number in range(3):
        write_table(
            tmp_path / f"{number}", metric_table([("on/3", step, "accuracy", 0.5) for step in (number, 7 + number)])
        )
    files = [tmp_path / f"{number}" for number in (2, 0, 1)]
    join_tables(tmp_path / "all", files, METRIC_SCHEMA)
    assert read_tables([tmp_path / "all"], METRIC_SCHEMA)["step"].tolist() == [2, 9, 0, 7, 1, 8]
    assert read_tables(files, METRIC_SCHEMA)["step"].tolist() == [2, 9, 0, 7, 1, 8]


def test_nothing_to_join_is_an_empty_table(tmp_path):
    join_tables(tmp_path / "all", [], language_schema(2))
    frame = read_tables([tmp_path / "all"], language_schema(2))
    assert len(frame) == 0
    assert list(frame.columns) == language_schema(2).names


def test_worlds_with_fewer_attributes_have_gaps(tmp_path):
    write_table(tmp_path / "two", language_table("a/0", language()))
    one = Language([[4]], [[1, 0, 0]], speaker=0, step=7)
    write_table(tmp_path / "one", language_table("b/0", one))
    join_tables(tmp_path / "all", [tmp_path / "two", tmp_path / "one"], language_schema(2))
    frame = read_tables([tmp_path / "all"], language_schema(2))
    assert frame["a0"].tolist() == [0, 0, 1, 4]
    assert frame["a1"].isna().tolist() == [False, False, False, True]


def test_a_broken_file_is_one_line(tmp_path):
    (tmp_path / "broken").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(StorageError, match="broken could not be read") as caught:
        read_tables([tmp_path / "broken"], METRIC_SCHEMA)
    assert "\n" not in str(caught.value)
    with pytest.raises(StorageError, match="missing could not be read: .*No such file"):
        read_tables([tmp_path / "missing"], METRIC_SCHEMA)


def test_the_schema_grows_with_the_attributes():
    assert [name for name in language_schema(3).names if name[0] == "a"] == ["a0", "a1", "a2"]
    assert language_schema(0).field("message").type == pa.string()


def test_only_the_last_steps_can_be_read(tmp_path):
    write_table(tmp_path / "a", metric_table([("x/0", 3, "m", 0.1), ("x/1", 3, "m", 0.2), ("x/2", 5, "m", 0.3)]))
    write_table(tmp_path / "b", metric_table([("x/0", 5, "m", 0.4), ("x/1", 5, "m", 0.5)]))
    frame = read_tables([tmp_path / "a", tmp_path / "b"], METRIC_SCHEMA, {"x/0": 5, "x/1": 3})
    assert frame["value"].tolist() == [0.2, 0.4]
    assert read_tables([], METRIC_SCHEMA, {"x/0": 5}).columns.tolist() == METRIC_SCHEMA.names
