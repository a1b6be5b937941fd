"""Word order and case marking: shares and entropies of labelled utterances.

A *label* spells an utterance out: a capital for each constituent, a small letter for each marker, from left to right.
``"SOmV"`` is subject, object, marker, verb. An empty label is an utterance that could not be read, and is left out.
Labels may be written by hand, or come from a language through `utterance_labels`.

Source of all measures: Lian, Bisazza & Verhoef 2023 (NeLLCom), after Fedzechkina et al. 2017. Their evaluation script
is not public; the formulas are those of their text, checked against the make-up of their data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from emcomm.errors import BadInput, shown
from emcomm.metrics.bias import entropy_from_counts

__all__ = [
    "WordOrder",
    "marked_share",
    "marked_share_by_order",
    "marking_entropy",
    "order_entropy",
    "order_shares",
    "role_entropy",
    "word_order",
]

Labels = Sequence[str] | NDArray[np.str_]


@dataclass(frozen=True)
class WordOrder:
    """Order and marking of labelled utterances; NaN and empty where no utterance could be read.

    Attributes:
        labelled: share of the utterances that could be read, in [0, 1].
        orders: share of each order of constituents, the most frequent first.
        marked: share with a marker, in [0, 1].
        marked_by_order: that share within each order; higher on the minority order under conditional marking.
        order_entropy: bits; see `order_entropy`.
        marking_entropy: bits; see `marking_entropy`.
        joint_entropy: bits, of order and marking together.
        role_entropy: bits; see `role_entropy`. What a listener is left to guess.
        mean_length: words and markers in an utterance; what a speaker has to say.
    """

    labelled: float
    orders: dict[str, float]
    marked: float
    marked_by_order: dict[str, float]
    order_entropy: float
    marking_entropy: float
    joint_entropy: float
    role_entropy: float
    mean_length: float


def word_order(labels: Labels, *, frequencies: ArrayLike | None = None, roles: str = "SO") -> WordOrder:
    """Sum up the order and the marking of utterances.

    Args:
        labels: n labels, e.g. ``["SOV", "OmSV", ""]``.
        frequencies: weights ``[n]`` of at least 0; None: all equal.
        roles: see `role_entropy`.

    Returns:
        `WordOrder`.

    Raises:
        BadInput: a label with anything but letters, weights that are negative or not n.

    Cost: O(n log n).

    Source: Lian, Bisazza & Verhoef 2023, with the formulas of their text.
    """
    table = _readable(labels, frequencies)
    return WordOrder(
        labelled=_ratio(table["weight"].sum(), _weights(frequencies, len(labels)).sum()),
        orders=_order_shares(table),
        marked=_mean(table, table["marked"]),
        marked_by_order=_marked_by_order(table),
        order_entropy=_entropy(table, ["order"]),
        marking_entropy=_entropy(table, ["marked"]),
        joint_entropy=_entropy(table, ["order", "marked"]),
        role_entropy=_role_entropy(table, roles),
        mean_length=_mean(table, table["label"].str.len()),
    )


def order_shares(labels: Labels, *, frequencies: ArrayLike | None = None) -> dict[str, float]:
    """Share of each order of constituents, markers left out, the most frequent first; they sum to 1.

    Args:
        labels: n labels.
        frequencies: weights ``[n]``.

    Raises:
        BadInput: see `word_order`.

    Source: Lian, Bisazza & Verhoef 2023.
    """
    return _order_shares(_readable(labels, frequencies))


def marked_share(labels: Labels, *, frequencies: ArrayLike | None = None) -> float:
    """Share of the utterances with at least one marker, in [0, 1]; NaN where no utterance can be read.

    Args:
        labels: n labels.
        frequencies: weights ``[n]``.

    Raises:
        BadInput: see `word_order`.

    Source: Lian, Bisazza & Verhoef 2023.
    """
    table = _readable(labels, frequencies)
    return _mean(table, table["marked"])


def marked_share_by_order(labels: Labels, *, frequencies: ArrayLike | None = None) -> dict[str, float]:
    """Share with a marker within each order that occurs, orders as in `order_shares`.

    Args:
        labels: n labels.
        frequencies: weights ``[n]``.

    Raises:
        BadInput: see `word_order`.

    Source: Lian, Bisazza & Verhoef 2023; Fedzechkina et al. 2017.
    """
    return _marked_by_order(_readable(labels, frequencies))


def order_entropy(labels: Labels, given: ArrayLike | None = None, *, frequencies: ArrayLike | None = None) -> float:
    """Entropy of the order of constituents, markers left out: H(order) or H(order | given), in bits.

    Args:
        labels: n labels.
        given: what is known beforehand, ``[n]`` or ``[n, k]``: the verb, say, or the pair of agent and patient. Where
            each condition has few utterances the estimate is too low.
        frequencies: weights ``[n]``.

    Returns:
        a number of at least 0; NaN where no utterance can be read. 0: one order (for each condition).

    Raises:
        BadInput: see `word_order`; conditions that are not n.

    Source: Lian, Bisazza & Verhoef 2023; Fedzechkina et al. 2017.
    """
    return _given(_readable(labels, frequencies, given), ["order"])


def marking_entropy(labels: Labels, given: ArrayLike | None = None, *, frequencies: ArrayLike | None = None) -> float:
    """Entropy of whether there is a marker: H(marked) or H(marked | given), in bits.

    Args:
        labels: n labels.
        given: as in `order_entropy`.
        frequencies: weights ``[n]``.

    Returns:
        a number in [0, 1]; NaN where no utterance can be read. 0: always marked, or never (for each condition).

    Raises:
        BadInput: see `word_order`; conditions that are not n.

    Source: Lian, Bisazza & Verhoef 2023; Fedzechkina et al. 2017.
    """
    return _given(_readable(labels, frequencies, given), ["marked"])


def role_entropy(labels: Labels, *, frequencies: ArrayLike | None = None, roles: str = "SO") -> float:
    """Uncertainty of a listener who knows the words: H(who has which role | form of the utterance), in bits.

    The form of an utterance is its label with all `roles` replaced by one letter: what is heard where words do not tell
    whether they are subject or object. ``"SOV"`` and ``"OSV"`` have the same form, ``"SOmV"`` and ``"OmSV"`` do not.

    Args:
        labels: n labels.
        frequencies: weights ``[n]``.
        roles: the constituents that may be confused.

    Returns:
        a number of at least 0; NaN where no utterance can be read. 0: order or marking always tells.

    Raises:
        BadInput: see `word_order`; fewer than two roles.

    Source: Lian, Bisazza & Verhoef 2023; Fedzechkina et al. 2017.
    """
    return _role_entropy(_readable(labels, frequencies), roles)


def _readable(labels: Labels, frequencies: ArrayLike | None, given: ArrayLike | None = None) -> pd.DataFrame:
    """One row a label that could be read: ``label, order, marked, weight`` and ``given0, given1, ...``."""
    names, ids = np.unique(_strings(labels), return_inverse=True)
    wrong = [name for name in names.tolist() if name and not (name.isascii() and name.isalpha())]
    if wrong:
        raise BadInput(f"a label is made of capitals (constituents) and small letters (markers), got {wrong[0]!r}")
    kinds = pd.DataFrame({"label": names.astype(object)})
    kinds["order"] = kinds["label"].str.replace("[a-z]", "", regex=True)
    kinds["marked"] = kinds["label"] != kinds["order"]
    table = kinds.iloc[ids].reset_index(drop=True).assign(weight=_weights(frequencies, len(labels)))
    if given is not None:
        table = table.assign(**{f"given{k}": codes for k, codes in enumerate(_conditions(given, len(labels)))})
    return table[table["label"] != ""]


def _strings(labels: Labels) -> NDArray[np.str_]:
    if isinstance(labels, np.ndarray) and labels.ndim != 1:
        raise BadInput(f"labels must be n strings, got the shape {list(labels.shape)}")
    # A blank cell of a table is a NaN, which would be spelt out as "nan": three markers.
    wrong = [label for label in labels if not isinstance(label, str)] if isinstance(labels, Iterable) else [labels]
    if isinstance(labels, str) or wrong:
        raise BadInput(f"labels must be n strings, got {shown(labels if isinstance(labels, str) else wrong[0])}")
    return np.array(list(labels), dtype=np.str_)


def _conditions(given: ArrayLike, n: int) -> list[NDArray[np.int64]]:
    """Number what is known beforehand, ``[n]`` or ``[n, k]``: k times ``[n]``; blank cells are one condition."""
    try:
        conditions = np.asarray(given)
    except ValueError:
        raise BadInput("given must be [n] or [n, k]; got rows of different lengths") from None
    if conditions.shape[:1] != (n,) or conditions.ndim > 2:
        raise BadInput(f"given must be {n} conditions, one a label; got {len(np.atleast_1d(conditions))}")
    columns = conditions.T if conditions.ndim > 1 else conditions[None]
    return [pd.factorize(column, use_na_sentinel=False)[0] for column in columns]


def _weights(frequencies: ArrayLike | None, n: int) -> NDArray[np.float64]:
    try:
        weights = np.ones(n) if frequencies is None else np.asarray(frequencies, dtype=np.float64)
    except (TypeError, ValueError):
        weights = np.zeros(0)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise BadInput(f"frequencies must be {n} finite numbers of at least 0, one a label; got {shown(frequencies)}")
    return weights


def _order_shares(table: pd.DataFrame) -> dict[str, float]:
    mass = table.groupby("order")["weight"].sum().sort_values(ascending=False, kind="stable")
    return {str(order): float(part / mass.sum()) for order, part in mass.items() if part > 0}


def _marked_by_order(table: pd.DataFrame) -> dict[str, float]:
    return {order: _mean(part := table[table["order"] == order], part["marked"]) for order in _order_shares(table)}


def _role_entropy(table: pd.DataFrame, roles: str) -> float:
    if not isinstance(roles, str) or len(set(roles)) < 2 or not (roles.isalpha() and roles.isupper()):
        raise BadInput(f"roles must be at least two different capitals, got {shown(roles)}")
    forms = table["label"].str.translate(str.maketrans(roles, roles[0] * len(roles)))
    return float(np.maximum(_entropy(table, ["label"]) - _entropy(table.assign(form=forms), ["form"]), 0.0))


def _entropy(table: pd.DataFrame, columns: list[str]) -> float:
    mass = table.groupby(columns)["weight"].sum().to_numpy() if len(table) else np.zeros(0)
    return float(entropy_from_counts(mass))


def _given(table: pd.DataFrame, columns: list[str]) -> float:
    given = [column for column in table.columns if column.startswith("given")]
    if not given:
        return _entropy(table, columns)
    return float(np.maximum(_entropy(table, columns + given) - _entropy(table, given), 0.0))


def _mean(table: pd.DataFrame, values: pd.Series) -> float:
    return _ratio((values * table["weight"]).sum(), table["weight"].sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
