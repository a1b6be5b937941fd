"""HierarchyWorld: concepts of every level of abstraction, and which covers which."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.worlds import AttributeWorld, HierarchyWorld


def test_meanings_are_all_concepts_but_the_empty_one() -> None:
    world = HierarchyWorld(values=(2, 3))
    # 3 x 4 - 1 = 11: 0 is irrelevant, v + 1 is value v.
    assert world.meanings().tolist() == [
        *[[0, 1], [0, 2], [0, 3]],
        *[[1, 0], [1, 1], [1, 2], [1, 3]],
        *[[2, 0], [2, 1], [2, 2], [2, 3]],
    ]
    assert world.meanings().dtype == np.int64
    assert world.sizes() == (3, 4)


def test_features_have_a_column_for_irrelevant() -> None:
    features = HierarchyWorld(values=(2, 3)).features()
    assert features.shape == (11, 7)
    assert features.dtype == np.float32
    assert features[1].tolist() == [1, 0, 0, 0, 0, 1, 0]  # [0, 2]: irrelevant, and value 1 of three
    assert features[7].tolist() == [0, 0, 1, 1, 0, 0, 0]  # [2, 0]: value 1 of two, and irrelevant


def test_the_level_counts_relevant_attributes() -> None:
    world = HierarchyWorld(values=(2, 3))
    assert world.level().tolist() == [1, 1, 1, 1, 2, 2, 2, 1, 2, 2, 2]
    assert world.level().dtype == np.int64
    # Of three attributes with 5, 3 and 2 values: 5 + 3 + 2, 15 + 10 + 6, and 30 concepts.
    levels = HierarchyWorld(values=(5, 3, 2)).level()
    assert np.bincount(levels).tolist() == [0, 10, 31, 30]


def test_a_concept_covers_itself_and_what_is_more_concrete() -> None:
    world = HierarchyWorld(values=(2, 3))
    rows = {tuple(meaning): k for k, meaning in enumerate(world.meanings().tolist())}
    covers = world.covers()
    assert covers.dtype == np.bool_
    # "value 0 of the first, whatever the second is" covers itself and its three completions, and nothing else.
    assert np.flatnonzero(covers[rows[1, 0]]).tolist() == [rows[1, 0], rows[1, 1], rows[1, 2], rows[1, 3]]
    assert np.flatnonzero(covers[rows[0, 3]]).tolist() == [rows[0, 3], rows[1, 3], rows[2, 3]]
    assert np.flatnonzero(covers[rows[2, 1]]).tolist() == [rows[2, 1]]
    assert np.flatnonzero(covers[:, rows[2, 1]]).tolist() == [rows[0, 1], rows[2, 0], rows[2, 1]]


def test_covering_is_a_partial_order() -> None:
    covers = HierarchyWorld(values=(3, 2, 5)).covers().astype(int)
    n = len(covers)
    assert n == 4 * 3 * 6 - 1
    assert (np.diag(covers) == 1).all()
    assert (covers * covers.T == np.eye(n)).all()
    assert ((covers @ covers > 0) == (covers > 0)).all()
    # A concept of k of 3 relevant attributes is covered by itself and every non-empty part of it: 2^k - 1.
    assert (covers.sum(axis=0) == 2 ** HierarchyWorld(values=(3, 2, 5)).level() - 1).all()


def test_levels_keep_some_concepts() -> None:
    world = HierarchyWorld(values=(5, 3, 2), levels=(1, 3))
    assert set(world.level()) == {1, 3}
    assert len(world.meanings()) == 10 + 30
    assert world.sizes() == (6, 4, 3)
    assert world.covers().shape == (40, 40)
    assert (HierarchyWorld(values=(5, 3), levels=(2, 1)).meanings() == HierarchyWorld(values=(5, 3)).meanings()).all()


def test_fully_concrete_concepts_are_the_attribute_world() -> None:
    world, plain = HierarchyWorld(values=(5, 3), levels=(2,)), AttributeWorld(values=(5, 3))
    assert (world.meanings() == plain.meanings() + 1).all()
    # The columns for "irrelevant", the first of 6 and the first of 4, are empty.
    assert (np.delete(world.features(), [0, 6], axis=1) == plain.features()).all()
    assert (world.features()[:, [0, 6]] == 0).all()


def test_one_attribute_has_only_its_values() -> None:
    world = HierarchyWorld(values=(7,))
    assert world.meanings().tolist() == [[k] for k in range(1, 8)]
    assert (world.covers() == np.eye(7)).all()


def test_a_table_that_is_too_large_is_refused() -> None:
    world = HierarchyWorld(values=(28, 28, 28))  # 29^3 - 1 = 24388
    with pytest.raises(BadInput, match="at most 22360 concepts, this world has 24388; keep fewer levels"):
        world.covers()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"values": ()}, "values: tuple should have at least 1 item"),
        ({"values": (3, 1)}, r"values\.1: input should be greater than or equal to 2, got 1"),
        ({"values": (3, 2.5)}, r"values\.1: input should be a valid integer, got 2\.5"),
        ({"values": 5}, "values: .* got 5"),
        ({"values": (3, 5), "levels": (3,)}, r"levels must be different numbers from 1 to 2, got \(3,\)"),
        ({"values": (3, 5), "levels": (0, 1)}, r"levels must be different numbers from 1 to 2, got \(0, 1\)"),
        ({"values": (3, 5), "levels": (1, 1)}, r"levels must be different numbers from 1 to 2, got \(1, 1\)"),
        ({"values": (3, 5), "levels": ()}, "levels: .*at least 1 item"),
        ({"values": (9,) * 7}, "make 9999999 concepts, at most 4999999 are allowed"),
        ({"level": (1,)}, "unknown key 'level'.*Did you mean 'levels'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        HierarchyWorld(**settings)
    assert "\n" not in str(caught.value)
