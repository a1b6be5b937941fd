"""What training shows becomes rows, each once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.language import Language
from emcomm.studies.recorder import Recorder, languages_of, measured
from emcomm.training import Observation


@pytest.fixture
def run(tiny, group):
    return tiny(pressures={"group": group}, design="factorial", seeds=1).expand()[1]


def messages(run):
    """Two speakers: the first says everything differently, the second says one symbol about everything."""
    n = len(run.setup.world.meanings())
    first = np.array([[1 + k % 7, 1 + k // 7] for k in range(n)])
    return np.stack([first, np.tile([3, 0], (n, 1))])


def observation(run, step, record=False):
    return Observation(run, step, messages(run), {"accuracy": step / 8}, record)


def recorder(run, observed=-1):
    return Recorder(["distinct_messages", "mean_length_by_type"], {run.name: observed})


def test_values_are_recorded_at_every_evaluation_and_metrics_with_languages(run):
    rows = recorder(run)
    assert rows.take(observation(run, 0)) is False
    assert rows.take(observation(run, 4, record=True)) is True
    tables = rows.drain()
    # 15 meanings: 15 distinct messages of 2 symbols, and 1 message of 1 symbol; means over the two speakers.
    assert list(tables["metrics"].to_pandas().itertuples(index=False, name=None)) == [
        ("group/0", 0, "accuracy", 0.0),
        ("group/0", 4, "accuracy", 0.5),
        ("group/0", 4, "distinct_messages", 8.0),
        ("group/0", 4, "mean_length_by_type", 1.5),
    ]
    frame = tables["languages"].to_pandas()
    assert frame.groupby("speaker")["message"].nunique().tolist() == [15, 1]
    assert frame["step"].unique().tolist() == [4]
    assert frame["meaning"].tolist() == [*range(15), *range(15)]
    assert frame[["a0", "a1"]].to_numpy()[:15].tolist() == run.setup.world.meanings().tolist()


def test_a_step_seen_before_is_passed_over(run):
    rows = recorder(run, observed=4)
    assert rows.take(observation(run, 4, record=True)) is False
    assert rows.drain() == {"metrics": None, "languages": None}
    assert rows.take(observation(run, 8, record=True)) is True
    assert rows.observed == {run.name: 8}
    assert rows.take(observation(run, 8, record=True)) is False


def test_rows_are_handed_over_once(run):
    rows = recorder(run)
    rows.take(observation(run, 4, record=True))
    assert rows.drain()["metrics"].num_rows == 3
    assert rows.drain() == {"metrics": None, "languages": None}


def test_a_runs_last_language_is_always_recorded(run):
    assert recorder(run).take(observation(run, 4), last=True) is True


def test_languages_know_their_world_and_channel(run):
    first, second = languages_of(run.setup, messages(run), 4)
    assert (first.speaker, second.speaker, first.step) == (0, 1, 4)
    assert (first.symbols, first.variable, first.sizes) == (7, True, (3, 5))
    assert first.frequencies == pytest.approx(run.setup.world.probabilities())


def test_speakers_for_whom_a_metric_is_undefined_are_left_out():
    # A perfect code: as many symbols differ as attributes do. A constant one has no distances to correlate.
    meanings = [[0, 0], [0, 1], [1, 0], [1, 1]]
    good = Language(meanings, [[1, 1], [1, 2], [2, 1], [2, 2]])
    constant = Language(meanings, [[1, 1]] * 4)
    both = measured([good, constant], ["topographic_similarity"])
    assert both["topographic_similarity"] == pytest.approx(1.0)
    assert math.isnan(measured([constant], ["topographic_similarity"])["topographic_similarity"])
