"""Residual entropy: what is left to guess of each attribute, given the positions that speak of it?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric
from emcomm.metrics.contingency import dense, entropies, joint_entropies
from emcomm.metrics.correlation import settled

__all__ = ["Partition", "residual_entropy"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Partition = Literal["informative", "best"]
_PARTITIONS = ("informative", "best")
_MOST = 12  # positions that vary, for partition="best"


def _scorer(language: Language, partition: Partition = "informative") -> Scorer:
    if not isinstance(partition, str) or partition not in _PARTITIONS:
        raise unknown("partition", partition, _PARTITIONS)
    values, symbols = dense(meanings_of(language, "residual_entropy")), dense(language.messages)
    if partition == "best" and np.count_nonzero(symbols.any(axis=1)) > _MOST:
        most = np.count_nonzero(symbols.any(axis=1))
        raise BadInput(f"partition='best' is for messages of at most {_MOST} positions that vary, got {most}")
    divide = _by_information if partition == "informative" else _by_trying

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        told, telling = values[:, meaning_rows], symbols[:, message_rows]
        told = told[(told != told[:, :1]).any(axis=1)]
        if not len(told):
            raise Undefined("no attribute varies")
        return settled(divide(told, telling[(telling != telling[:, :1]).any(axis=1)]), 0.0, 1.0)

    return score


def _left(told: IntArray, telling: IntArray) -> FloatArray:
    """Share of each attribute's entropy that is left given each variable: ``[attributes, variables]``."""
    return (joint_entropies(told, telling) - entropies(telling)) / entropies(told)[:, None]


def _by_information(told: IntArray, telling: IntArray) -> float:
    """Give each position to the attribute whose entropy it lowers most, of equals to the first."""
    whole = np.ones(len(told))
    if not len(telling):
        return 1.0
    owner = np.round(_left(told, telling), 9).argmin(axis=0)
    for attribute in range(len(told)):
        owned = telling[owner == attribute]
        if len(owned):
            whole[attribute] = _left(told[attribute : attribute + 1], _joined(owned)[None])[0, 0]
    return float(whole.mean())


def _joined(rows: IntArray) -> IntArray:
    """Read several variables as one: equal codes where all rows agree, int64 ``[n]``."""
    joined = rows[0]
    for row in rows[1:]:
        joined = np.unique(joined * (int(row.max()) + 1) + row, return_inverse=True)[1]
    return joined


def _by_trying(told: IntArray, telling: IntArray) -> float:
    """The least mean over all ways to divide the positions: from sets of positions to sets of one attribute more."""
    subsets = 1 << len(telling)
    joined = np.zeros((subsets, told.shape[1]), dtype=np.int64)
    for subset in range(1, subsets):
        last = subset.bit_length() - 1
        joined[subset] = _joined(np.stack([joined[subset ^ (1 << last)], telling[last]]))
    left = _left(told, joined)
    every = np.arange(subsets)
    best = left[0]
    for shares in left[1:]:
        wider = np.full(subsets, np.inf)
        for mine in range(subsets):
            others = every[(every & mine) == 0]
            wider[others | mine] = np.minimum(wider[others | mine], best[others] + shares[mine])
        best = wider
    return float(best[-1] / len(told))


@metric(
    definition=(
        "Give every position to the attribute whose entropy it lowers by the largest share. Then the mean, over "
        "attributes that vary, of H(attribute | its positions) / H(attribute); 1 for an attribute without a position. "
        "Meanings count equally. Variant best: the way to divide the positions for which this is least."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction="higher: more is left to guess of an attribute from the positions that speak of it",
    source=(
        "Resnick et al. 2020, whose text has the least over all partitions (variant best) and whose code gives each "
        "bit to one attribute beforehand, as the default"
    ),
    null="less",
    variants={"best": {"partition": "best"}},
    prepare=_scorer,
)
def residual_entropy(language: Language, partition: Partition = "informative") -> float:
    """Mean over attributes of the share of their entropy that is left, given the positions that speak of them.

    The positions are divided among the attributes; the value is the mean over attributes a that vary of
    H(a | positions of a) / H(a). Plug-in entropies: with many positions for few meanings they are too low, and the
    permutation null says by how much.

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.
        partition: ``"informative"``: each position goes to the attribute whose entropy it lowers by the largest share;
            ``"best"``: the division with the least value, by trying all, for at most 12 positions that vary.

    Returns:
        a number in [0, 1]; NaN when no attribute varies. 0: every attribute can be read from positions of its own.

    Raises:
        BadInput: unknown partition, too many positions for ``"best"``, or a corpus without meanings.

    Cost: O(attributes max_length n); with ``"best"`` O(2**max_length n + 3**max_length attributes).

    Source: Resnick et al. 2020: ``"best"`` is the formula of the text; ``"informative"`` stands for their code, which
    ranks by how far the share of a bit moves with the value where this takes mutual information. Deviations: any
    number of symbols for bits, the end of the message being one; each attribute is divided by its own entropy where
    their code divides by the largest possible.
    """
    return evaluate(_scorer, language, partition=partition)
