"""ArrayWorld: the user's own meanings and features."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import ArrayWorld, AttributeWorld

MEANINGS = [[0, 4], [2, 0], [1, 1], [2, 4], [0, 3]]


@pytest.mark.parametrize("meanings", [MEANINGS, tuple(map(tuple, MEANINGS)), np.array(MEANINGS, dtype=np.uint8)])
def test_meanings_keep_their_order(meanings: object) -> None:
    world = ArrayWorld(meanings=meanings)
    assert world.meanings().tolist() == MEANINGS
    assert world.meanings().dtype == np.int64
    assert world == ArrayWorld(meanings=MEANINGS)


def test_sizes_and_features_follow_from_the_largest_values() -> None:
    world = ArrayWorld(meanings=MEANINGS)
    assert world.sizes() == (3, 5)
    # [2, 0]: (0, 0, 1) and (1, 0, 0, 0, 0).
    assert world.features()[1].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_own_features_replace_the_one_hot_codes() -> None:
    features = np.random.default_rng(11).normal(size=(5, 7)).astype(np.float32)
    world = ArrayWorld(meanings=MEANINGS, features=features)
    assert world.features().dtype == np.float32
    assert (world.features() == features).all()
    assert world.sizes() == (3, 5)


def test_a_grid_given_as_an_array_is_the_attribute_world() -> None:
    grid = AttributeWorld(values=(5, 3), frequencies="zipf")
    world = ArrayWorld(meanings=grid.meanings(), frequencies="zipf")
    assert (world.features() == grid.features()).all()
    assert (world.probabilities() == grid.probabilities()).all()
    assert world.sizes() == grid.sizes()


def test_zipf_follows_the_order_given() -> None:
    world = ArrayWorld(meanings=MEANINGS[:3], frequencies="zipf")
    # 1, 1/2, 1/3 sum to 11/6.
    assert world.probabilities() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "'meanings' is required"),
        ({"meanings": [[0, 1], [1, 0.5]]}, r"meanings: must be integers from 0, got 0\.0"),
        ({"meanings": np.array([[0.0], [2.0]])}, r"meanings: must be integers from 0, got 0\.0"),
        ({"meanings": [[0, 1], [1, -1]]}, "meanings: must be integers from 0, got -1"),
        ({"meanings": [[True], [False]]}, "meanings: must be integers from 0, got True"),
        ({"meanings": [["red"], ["blue"]]}, "meanings: must be integers from 0, got 'red'"),
        ({"meanings": [[0], [None]]}, "meanings: must be integers from 0, got None"),
        ({"meanings": [[0], [2**70]]}, f"meanings: must be integers from 0, got {2**70}"),
        ({"meanings": [[0, 1], [1]]}, "meanings: must be a table, and its rows have different lengths"),
        ({"meanings": [0, 1, 2]}, r"meanings: must be a table .*, got shape \(3,\)"),
        ({"meanings": []}, r"meanings: must be a table .*, got shape \(0,\)"),
        ({"meanings": [[1, 2], [0, 2], [1, 2]]}, r"every meaning is given once, got \[1, 2\] 2 times"),
        ({"meanings": [[3, 2]]}, "at least 2 meanings, this one has 1"),
        ({"meanings": [[0], [10**9]]}, "2000000002 feature numbers.*count the values of each attribute 0, 1, 2"),
        ({"meanings": MEANINGS, "frequencies": [1, 2, 3]}, "frequencies has 3 weights, and there are 5 meanings"),
        ({"meanings": MEANINGS, "features": [[1.0]]}, "features has 1 rows, and there are 5 meanings"),
        ({"meanings": [[0], [1]], "features": [[1], [float("inf")]]}, "features: must be finite numbers .*, got inf"),
        ({"meanings": [[0], [1]], "features": [[1], [1e39]]}, "features: must be finite numbers in float32, got inf"),
        ({"meanings": [[0], [1]], "features": [["a"], ["b"]]}, "features: must be numbers, got 'a'"),
        ({"meanings": [[0], [1]], "features": [1, 2]}, r"features: must be a table .*, got shape \(2,\)"),
    ],
)
def test_bad_arrays_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        ArrayWorld(**settings)
    assert "\n" not in str(caught.value)
