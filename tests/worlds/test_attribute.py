"""AttributeWorld: every combination, its features and how often it occurs."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import AttributeWorld


def test_meanings_are_all_combinations_with_the_last_attribute_fastest() -> None:
    world = AttributeWorld(values=(2, 3))
    assert world.meanings().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert world.meanings().dtype == np.int64
    assert world.sizes() == (2, 3)


def test_features_are_the_one_hot_codes_side_by_side() -> None:
    features = AttributeWorld(values=(2, 3)).features()
    # Meaning [1, 2] is index 5: (0, 1) for the first attribute, (0, 0, 1) for the second.
    assert features[5].tolist() == [0, 1, 0, 0, 1]
    assert features[1].tolist() == [1, 0, 0, 1, 0]
    assert features.dtype == np.float32


def test_every_size_is_where_it_belongs() -> None:
    world = AttributeWorld(values=(7, 5, 3))
    meanings, features = world.meanings(), world.features()
    assert meanings.shape == (105, 3)
    assert features.shape == (105, 15)
    assert len(np.unique(meanings, axis=0)) == 105
    assert meanings.max(axis=0).tolist() == [6, 4, 2]
    blocks = np.split(features, [7, 12], axis=1)
    for block, column in zip(blocks, meanings.T, strict=True):
        assert (block.sum(axis=1) == 1).all()
        assert (block.argmax(axis=1) == column).all()


def test_one_attribute_is_the_one_hot_world() -> None:
    world = AttributeWorld(values=(13,))
    assert world.meanings().tolist() == [[k] for k in range(13)]
    assert (world.features() == np.eye(13)).all()


def test_uniform_meanings_are_equally_probable() -> None:
    assert AttributeWorld(values=(7, 3)).probabilities() == pytest.approx(np.full(21, 1 / 21))


def test_zipf_gives_the_inverse_of_the_rank() -> None:
    # n = 4: 1, 1/2, 1/3, 1/4 sum to 25/12, so the shares are 12/25, 6/25, 4/25 and 3/25.
    world = AttributeWorld(values=(2, 2), frequencies="zipf")
    assert world.probabilities() == pytest.approx([0.48, 0.24, 0.16, 0.12])


def test_zipf_over_a_thousand_inputs_has_the_published_top_probability() -> None:
    # H_1000 = 7.485471, 1 / H_1000 = 0.1336.
    probabilities = AttributeWorld(values=(1000,), frequencies="zipf").probabilities()
    assert probabilities[0] == pytest.approx(0.1336, abs=5e-5)
    assert probabilities.sum() == pytest.approx(1)


def test_zipf_exponent_bends_the_curve() -> None:
    # 1, 1/4, 1/9 sum to 49/36.
    world = AttributeWorld(values=(3,), frequencies="zipf", zipf_exponent=2.0)
    assert world.probabilities() == pytest.approx([36 / 49, 9 / 49, 4 / 49])
    flat = AttributeWorld(values=(3,), frequencies="zipf", zipf_exponent=0.0)
    assert flat.probabilities() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("weights", [[2, 3, 5], (2.0, 3.0, 5.0), np.array([4, 6, 10]), np.array([2e300, 3e300, 5e300])])
def test_own_weights_are_normalised(weights: object) -> None:
    world = AttributeWorld(values=(3,), frequencies=weights)
    assert world.probabilities() == pytest.approx([0.2, 0.3, 0.5])


def test_weights_that_would_overflow_a_sum_are_normalised() -> None:
    world = AttributeWorld(values=(2,), frequencies=[1.5e308, 0.5e308])
    assert world.probabilities() == pytest.approx([0.75, 0.25])


def test_sizes_may_come_as_an_array() -> None:
    assert AttributeWorld(values=np.array([5, 3])) == AttributeWorld(values=[5, 3]) == AttributeWorld(values=(5, 3))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"values": 7}, r"values: one attribute is written \(7,\), got 7"),
        ({"values": ()}, "values: value should have at least 1 item"),
        ({"values": (5, 1)}, r"values\.1: input should be greater than or equal to 2, got 1"),
        ({"values": (5, 2.5)}, r"values\.1: input should be a valid integer, got 2\.5"),
        ({"values": (5, -3)}, r"values\.1: input should be greater than or equal to 2, got -3"),
        ({"values": (100,) * 5}, "make 10000000000 meanings, at most 5000000"),
        ({"values": (3,), "frequencies": "zip"}, "frequencies: unknown word 'zip'.* Did you mean 'zipf'"),
        ({"values": (3,), "frequencies": [1, 2]}, "frequencies has 2 weights, and there are 3 meanings"),
        ({"values": (3,), "frequencies": [1, -2, 3]}, r"frequencies: weights must be finite and above 0, got -2\.0"),
        ({"values": (3,), "frequencies": [1, 0, 3]}, r"frequencies: weights must be finite and above 0, got 0\.0"),
        ({"values": (3,), "frequencies": [1, float("nan"), 3]}, "weights must be finite and above 0, got nan"),
        ({"values": (3,), "frequencies": [[1, 2, 3]]}, r"one row \[meanings\], got shape \(1, 3\)"),
        ({"values": (3,), "frequencies": ["a", "b", "c"]}, "must be 'uniform', 'zipf' or one weight a meaning"),
        ({"values": (3,), "frequencies": "zipf", "zipf_exponent": -1}, "zipf_exponent: input should be greater"),
        ({"vales": (3,)}, "unknown key 'vales'.*Did you mean 'values'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        AttributeWorld(**settings)
    assert "\n" not in str(caught.value)
