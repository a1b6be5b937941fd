"""Word order and marking of labelled utterances, and labels for languages whose words are known."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.metrics.utterance_labels import utterance_labels
from emcomm.metrics.word_order import (
    marked_share,
    marked_share_by_order,
    marking_entropy,
    order_entropy,
    order_shares,
    role_entropy,
    word_order,
)

fixed = settings(deadline=None, derandomize=True, database=None, max_examples=40)

# The published languages, 720 meanings each: how many utterances of each kind.
PUBLISHED = {
    "fix": {"SOV": 720},
    "fix_op": {"SOV": 223, "SOmV": 497},
    "free_op": {"SOmV": 220, "OmSV": 234, "SOV": 137, "OSV": 129},
    "free_mk": {"SOmV": 362, "OmSV": 358},
}


def spoken(name: str) -> list[str]:
    return [label for label, count in PUBLISHED[name].items() for _ in range(count)]


def bits(*shares: float) -> float:
    return -sum(share * math.log2(share) for share in shares if share)


# Published languages


@pytest.mark.parametrize(
    ("name", "marked", "length", "order", "marker", "joint"),
    [
        ("fix", 0.0, 3.00, 0.0, 0.0, 0.0),
        ("fix_op", 0.690, 3.69, 0.0, 0.893, 0.893),
        ("free_op", 0.631, 3.63, 1.000, 0.950, 1.949),
        ("free_mk", 1.0, 4.00, 1.000, 0.0, 1.000),
    ],
)
def test_the_published_languages(name: str, marked: float, length: float, order: float, marker: float, joint: float):
    found = word_order(spoken(name))
    assert found.labelled == 1.0
    assert found.marked == pytest.approx(marked, abs=5e-4)
    assert found.mean_length == pytest.approx(length, abs=5e-3)
    assert found.order_entropy == pytest.approx(order, abs=1e-3)
    assert found.marking_entropy == pytest.approx(marker, abs=1e-3)
    assert found.joint_entropy == pytest.approx(joint, abs=1e-3)


def test_what_a_listener_of_the_free_language_has_to_guess():
    # 266 of 720 utterances are without a marker, 137 of them subject first.
    assert role_entropy(spoken("free_op")) == pytest.approx(266 / 720 * bits(137 / 266, 129 / 266))
    assert role_entropy(spoken("free_mk")) == role_entropy(spoken("fix_op")) == 0.0


def test_marking_by_order_in_the_free_language():
    shares = marked_share_by_order(spoken("free_op"))
    assert list(shares) == ["OSV", "SOV"]  # 363 and 357
    assert shares == pytest.approx({"OSV": 234 / 363, "SOV": 220 / 357})
    assert order_shares(spoken("free_op")) == pytest.approx({"OSV": 363 / 720, "SOV": 357 / 720})


# Worked by hand


def test_a_summary_by_hand():
    found = word_order(["SOV", "SOV", "OmSV", "OSV", ""], frequencies=[3, 1, 2, 2, 8])
    assert found.labelled == 0.5
    assert found.orders == {"SOV": 0.5, "OSV": 0.5}
    assert found.marked == 0.25
    assert found.marked_by_order == {"SOV": 0.0, "OSV": 0.5}
    assert found.order_entropy == pytest.approx(1.0)
    assert found.marking_entropy == pytest.approx(bits(1 / 4, 3 / 4))
    assert found.joint_entropy == pytest.approx(1.5)  # SOV 1/2, OSV with 1/4, OSV without 1/4
    # Without a marker: SOV 4 of 6, OSV 2 of 6; these are 6 of 8 utterances.
    assert found.role_entropy == pytest.approx(3 / 4 * bits(2 / 3, 1 / 3))
    assert found.mean_length == pytest.approx(3.25)


def test_entropy_given_the_verb_and_given_the_pair():
    labels = ["SOV", "SOV", "OSV", "OSV", "SOV", "OSmV"]
    verbs = [1, 1, 2, 2, 3, 3]
    # Verbs 1 and 2 have an order each, verb 3 has both: 1/3 of 1 bit.
    assert order_entropy(labels) == pytest.approx(1.0)
    assert order_entropy(labels, verbs) == pytest.approx(1 / 3)
    assert order_entropy(labels, np.array(["to see", "to see", "to hit", "to hit", "to go", "to go"])) == pytest.approx(
        1 / 3
    )
    assert order_entropy(labels, [[v, k] for k, v in enumerate(verbs)]) == pytest.approx(0.0)
    assert marking_entropy(labels) == pytest.approx(bits(1 / 6, 5 / 6))
    assert marking_entropy(labels, verbs) == pytest.approx(1 / 3)


def test_blank_conditions_are_one_condition():
    # Without the two blank rows H(order, verb) would be that of one row: 0. With them, 2/3 of 1 bit.
    labels = ["SOV", "OSV", "SOV"]
    assert order_entropy(labels, [1, math.nan, math.nan]) == pytest.approx(2 / 3)
    assert order_entropy(labels, np.array(["see", None, None], dtype=object)) == pytest.approx(2 / 3)


def test_two_markers_are_told_apart_where_one_is_not():
    # A marker of subject or object that sounds the same: NmNV is either. With markers of their own nothing is open.
    assert role_entropy(["SmOV", "OmSV"]) == pytest.approx(1.0)
    assert role_entropy(["SmOV", "OnSV"]) == 0.0
    assert role_entropy(["SVO", "OVS"]) == pytest.approx(1.0)
    assert role_entropy(["SVO", "OSV"]) == 0.0  # the verb's place tells
    assert role_entropy(["ABC", "CBA"], roles="AC") == pytest.approx(1.0)


@fixed
@given(st.lists(st.sampled_from(["SOV", "OSV", "SOmV", "OmSV", "SVO", ""]), min_size=1), st.randoms())
def test_the_order_of_the_rows_does_not_matter(labels: list[str], random: Any):
    dealt = random.sample(labels, len(labels))
    first, second = word_order(labels), word_order(dealt)
    for name in ("labelled", "marked", "order_entropy", "marking_entropy", "joint_entropy", "role_entropy"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), nan_ok=True)
    assert first.orders == pytest.approx(second.orders)
    if first.orders:
        assert sum(first.orders.values()) == pytest.approx(1.0)
        assert max(first.order_entropy, first.marking_entropy) <= first.joint_entropy + 1e-12
        assert first.role_entropy <= first.joint_entropy + 1e-12


def test_nothing_that_could_be_read():
    found = word_order(["", "", ""])
    assert found.labelled == 0.0
    assert found.orders == found.marked_by_order == {}
    rest = [found.marked, found.order_entropy, found.marking_entropy, found.joint_entropy, found.role_entropy]
    assert np.isnan([*rest, found.mean_length]).all()
    assert math.isnan(order_entropy([], given=[]))
    assert math.isnan(marked_share(["SOV"], frequencies=[0]))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: order_shares(["S O V"]), "made of capitals .* got 'S O V'"),
        (lambda: order_shares(np.array([["SOV", "OSV"]])), r"labels must be n strings, got the shape \[1, 2\]"),
        (lambda: marked_share(["SOV"], frequencies=[1, 2]), "frequencies must be 1 finite numbers"),
        (lambda: marked_share(["SOV"], frequencies=[-1]), "of at least 0"),
        (lambda: marked_share(["SOV"], frequencies=["a"]), r"of at least 0, one a label; got \['a'\]"),
        # Spelt out, a blank cell would be read as three markers ("nan"), or as a capital and three ("None").
        (lambda: order_shares(["SOV", math.nan]), "labels must be n strings, got nan"),  # type: ignore[list-item]
        (lambda: order_shares(["SOV", None]), "labels must be n strings, got None"),  # type: ignore[list-item]
        (lambda: order_shares("SOV"), "labels must be n strings, got 'SOV'"),
        (lambda: order_shares(None), "labels must be n strings, got None"),  # type: ignore[arg-type]
        (lambda: order_entropy(["SOV", "OSV"], np.zeros((2, 3, 2))), "given must be 2 conditions"),
        (lambda: order_entropy(["SOV", "OSV"], [[1], [1, 2]]), r"given must be \[n\] or \[n, k\]"),
        (lambda: role_entropy(["SOV"], roles=3), "at least two different capitals, got 3"),  # type: ignore[arg-type]
        (lambda: role_entropy(["SOV"], roles="S1"), "at least two different capitals, got 'S1'"),
        (lambda: order_entropy(["SOV", "OSV"], [1]), "given must be 2 conditions, one a label; got 1"),
        (lambda: role_entropy(["SOV"], roles="SS"), "at least two different capitals, got 'SS'"),
    ],
)
def test_bad_labels_are_refused(call: Any, said: str):
    with pytest.raises(BadInput, match=said):
        call()


# Labels of a language


WORDS = [[1, 2, 3], [4, 5], [1, 2, 3]]  # agent, verb, patient; nouns are shared
MARKER = 6


@pytest.fixture
def talk() -> Language:
    meanings = [[0, 0, 1], [0, 1, 2], [2, 0, 1], [1, 1, 0], [1, 0, 0], [2, 0, 2], [2, 1, 0]]
    messages = [
        [1, 2, 4, 0, 9],  # subject, object, verb
        [3, 6, 1, 5, 0],  # object, marker, subject, verb
        [3, 4, 2, 6, 0],  # subject, verb, object, marker
        [2, 5, 0, 1, 1],  # no object: what follows the end is not heard
        [2, 1, 4, 4, 0],  # the verb twice
        [3, 3, 4, 0, 0],  # one word in two roles
        [3, 1, 4, 0, 0],  # another verb
    ]
    return Language(meanings, messages)


def test_messages_are_spelt_out(talk: Language):
    labels = utterance_labels(talk, WORDS, markers={MARKER: "m"})
    assert labels.tolist() == ["SOV", "OmSV", "SVOm", "", "", "", ""]
    assert word_order(labels).labelled == pytest.approx(3 / 7)


def test_without_a_marker_in_the_lexicon_marked_messages_cannot_be_read(talk: Language):
    assert utterance_labels(talk, WORDS).tolist() == ["SOV", "", "", "", "", "", ""]


def test_one_word_cannot_stand_for_two_constituents():
    # Subject and object are both 3: said once, it is the one or the other, and not both.
    reflexive = Language([[2, 0, 2]] * 4, [[3, 4, 0], [4, 3, 0], [3, 6, 4], [3, 3, 4]])
    assert utterance_labels(reflexive, WORDS, markers={MARKER: "m"}).tolist() == ["", "", "", ""]


def test_roles_go_by_their_letters(talk: Language):
    labels = utterance_labels(talk, WORDS, markers={MARKER: "k"}, roles="AVP")
    assert labels[:3].tolist() == ["APV", "PkAV", "AVPk"]


def test_a_made_language_is_read_back():
    meanings = np.array([m for m in itertools.product(range(3), range(2), range(3)) if m[0] != m[2]])
    orders = np.array([[0, 2, 1], [2, 0, 1], [1, 0, 2]])[np.arange(12) % 3]
    lexicon = np.array([[1, 2, 3], [4, 5, 0], [1, 2, 3]])
    messages = lexicon[orders, np.take_along_axis(meanings, orders, axis=1)]
    labels = utterance_labels(Language(meanings, messages), WORDS)
    assert labels.tolist() == ["SOV", "OSV", "VSO"] * 4


def test_silence_cannot_be_read():
    assert utterance_labels(Language([[0, 0, 1]], [[0, 0]]), WORDS).tolist() == [""]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"words": WORDS[:2]}, "each of the 3 attributes; got 2 and 'SVO'"),
        ({"words": WORDS, "roles": "SVV"}, "roles must be different capitals"),
        ({"words": [[1, 2], [4, 5], [1, 2, 3]]}, r"S has 2 words, for the values 0..1; got 2"),
        ({"words": WORDS, "markers": {6: "M"}}, "one small letter, got 'M'"),
        ({"words": WORDS, "markers": {6: 3}}, "one small letter, got 3"),
        ({"words": WORDS, "markers": {"6": "m"}}, "symbols 1, 2, ...; got '6'"),
        ({"words": WORDS, "markers": [6]}, r"markers must map a symbol to a small letter, got \[6\]"),
        ({"words": WORDS, "roles": 3}, "each of the 3 attributes; got 3 and 3"),
        ({"words": None}, "each of the 3 attributes; got None and 'SVO'"),
        ({"words": [1, 2, 3]}, "S needs a list of symbols, one a value, got 1"),
        ({"words": [[1.5, 2, 3], *WORDS[1:]]}, "S needs a list of symbols"),
        ({"words": WORDS, "markers": {0: "m"}}, r"symbols 1, 2, ...; got 0"),
        ({"words": WORDS, "markers": {4: "m"}}, "the symbol 4 cannot be a word and a marker"),
    ],
)
def test_bad_lexicons_are_refused(talk: Language, options: dict[str, Any], said: str):
    with pytest.raises(BadInput, match=said):
        utterance_labels(talk, **options)


def test_a_corpus_has_no_roles():
    with pytest.raises(BadInput, match="utterance_labels needs meanings"):
        utterance_labels(Language(None, [[1]]), WORDS)
