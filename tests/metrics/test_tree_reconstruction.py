"""Tree reconstruction error: worked values, codes of known composition, and where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics import measure
from emcomm.metrics.tree_reconstruction import tree_reconstruction_error

COMPOSITIONS: Any = ("additive", "positional", "multiplicative")


def test_by_hand():
    # a b: 00 -> 1, 01 -> 2, 10 -> 2, 11 -> 2 on one position. The entry of symbol 1 is 1 0 0 0, mean 1/4, squared
    # distance from it 9/16 + 3/16 = 3/4. Additive fit: 1/4 +- 1/4 +- 1/4 -> 3/4 1/4 1/4 -1/4, each off by 1/4, so that
    # 1/4 is left. Symbol 2's entry mirrors it: of 3/2 there is 1/2 left.
    language = Language([[0, 0], [0, 1], [1, 0], [1, 1]], [[1], [2], [2], [2]], variable=False)
    assert tree_reconstruction_error(language) == pytest.approx(1 / 3)
    assert tree_reconstruction_error(language, normalise=False) == pytest.approx(1 / 2 / 4)
    # One attribute alone: 1/2 for a = 0 and 0 for a = 1 leave 1/4 + 1/4 in either entry: 1 of 3/2.
    assert tree_reconstruction_error(language, "positional") == pytest.approx(2 / 3)
    # Products: symbol 1's entry is (1, 0) x (1, 0), nothing left; symbol 2's, 0 1 1 1, is no product, but nearly.
    product = tree_reconstruction_error(language, "multiplicative")
    left = np.linalg.svd(np.array([[0.0, 1.0], [1.0, 1.0]]))[1][1] ** 2  # the best of rank one leaves this
    assert product == pytest.approx(left / (3 / 2), abs=1e-4)


def test_counts_by_hand():
    # Counts of the one symbol: 0 1 1 3 for a b = 00 01 10 11; mean 5/4, spread 11 - 25/4 = 19/4.
    # Additive fit: 5/4 +- 3/4 +- 3/4 -> -1/4 5/4 5/4 11/4, each off by 1/4: 1/4 left.
    meanings = [[0, 0], [0, 1], [1, 0], [1, 1]]
    language = Language(meanings, [[0, 0, 0], [4, 0, 0], [4, 0, 0], [4, 4, 4]])
    assert tree_reconstruction_error(language, representation="symbols") == pytest.approx((1 / 4) / (19 / 4))


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_perfect_codes_are_rebuilt(composition: Any, perfect):
    for shared in (False, True):
        language = perfect(3, 5, 2, shared=shared)
        assert tree_reconstruction_error(language, composition) == pytest.approx(0.0, abs=1e-4)
        assert tree_reconstruction_error(language, composition, normalise=False) == pytest.approx(0.0, abs=1e-4)


def test_free_order_is_rebuilt_from_counts_alone(grid):
    meanings = grid(5, 7, 3)
    symbols = meanings + np.array([1, 6, 13])
    language = Language(meanings, np.random.default_rng(3).permuted(symbols, axis=1), variable=False)
    assert tree_reconstruction_error(language, representation="symbols") == pytest.approx(0.0, abs=1e-12)
    assert tree_reconstruction_error(language) > 0.4


def test_kinds_of_code_in_their_order(grid):
    # Korbak et al. 2020: trivially compositional below rotated below holistic. The rotated code has (a + b) modulo 7
    # and (a - b) modulo 7: no value of a or b tells anything of either symbol alone.
    rng, meanings = np.random.default_rng(5), grid(7, 7)
    a, b = meanings.T
    rotated = np.stack([(a + b) % 7, (a - b) % 7], axis=1) + 1
    noisy = np.where(rng.random(meanings.shape) < 0.2, rng.integers(0, 7, meanings.shape), meanings) + 1
    holistic = meanings[rng.permutation(49)] + 1
    errors = [
        tree_reconstruction_error(Language(meanings, messages, variable=False))
        for messages in (meanings + 1, noisy, holistic, rotated)
    ]
    assert errors == sorted(errors)
    assert errors[0] == pytest.approx(0.0, abs=1e-12)
    assert 0.1 < errors[1] < 0.5
    assert errors[2] > 0.6
    assert errors[3] == pytest.approx(1.0)


def test_one_attribute_a_position_is_never_better_than_both(rich: Language):
    assert tree_reconstruction_error(rich, "positional") >= tree_reconstruction_error(rich) - 1e-12


def test_chance_has_the_null_for_it(grid):
    meanings, rng = grid(5, 7), np.random.default_rng(11)
    language = Language(meanings, rng.integers(1, 8, (35, 3)), variable=False)
    names = [f"tree_reconstruction_error{variant}" for variant in ("", "/positional", "/symbols")]
    table = measure(language, names, resamples=99)
    assert (table["p_value"] > 0.01).all()
    np.testing.assert_allclose(table["value"], table["null_mean"], atol=0.1)
    assert table["note"].str.contains("p for low values").all()
    # 35 meanings and 11 free parameters a number: about 10/34 of the spread is rebuilt by chance
    assert table["null_mean"][0] == pytest.approx(1 - 10 / 34, abs=0.02)


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize(
    ("meanings", "messages", "reason"),
    [
        ([[0], [1], [2]], [[1], [2], [3]], "there is one attribute, so there is nothing to compose"),
        ([[0, 0], [0, 1], [1, 1]], [[1, 2], [1, 2], [1, 2]], "all messages are equal"),
        ([[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [0, 0]], "all messages are equal"),
        ([[0, 1]], [[1, 2]], "all messages are equal"),
    ],
)
def test_where_there_is_no_value(composition: Any, meanings: Any, messages: Any, reason: str):
    language = Language(meanings, messages)
    assert math.isnan(tree_reconstruction_error(language, composition))
    variant = "default" if composition == "additive" else composition
    table = measure(language, f"tree_reconstruction_error/{variant}", resamples=3)
    assert table["note"][0] == f"undefined: {reason}"


def test_equal_messages_leave_no_distance_at_all():
    language = Language([[0, 0], [0, 1], [1, 1]], [[1, 2], [1, 2], [1, 2]])
    assert tree_reconstruction_error(language, normalise=False) == 0.0


def test_one_meaning_with_several_messages_is_not_rebuilt():
    language = Language([[1, 1], [1, 1], [1, 1]], [[1, 2], [2, 0], [3, 1]])
    for composition in COMPOSITIONS:
        assert tree_reconstruction_error(language, composition) == pytest.approx(1.0)


def test_nothing_left_is_nothing_without_rounding(perfect):
    for sizes in [(2, 2), (8, 4), (2, 2, 2, 2, 2, 2)]:
        assert str(tree_reconstruction_error(perfect(*sizes))) == "0.0"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"composition": "aditive"}, "unknown composition 'aditive'.*Did you mean 'additive'"),
        ({"representation": "position"}, "unknown representation 'position'; known: positions, symbols"),
        ({"composition": ["additive"]}, r"unknown composition \['additive'\]"),
        ({"representation": ["symbols"]}, r"unknown representation \['symbols'\]"),
        ({"composition": "positional", "representation": "symbols"}, "needs positions"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], said: str, rich: Language):
    with pytest.raises(BadInput, match=said):
        tree_reconstruction_error(rich, **options)
