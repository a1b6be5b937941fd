"""Context independence: does each value have a symbol of its own, whatever else is talked about?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric
from emcomm.metrics.contingency import numbered

__all__ = ["Alignment", "context_independence"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Alignment = Literal["presence", "tokens", "ibm1"]
_NEAR = 1e-9  # probabilities nearer than this are equal: the same sum in another order
_ROUNDS = 20  # of expectation and maximisation


def _scorer(language: Language, alignment: Alignment = "presence") -> Scorer:
    if not isinstance(alignment, str) or alignment not in _ALIGNMENTS:
        raise unknown("alignment", alignment, _ALIGNMENTS)
    concepts, count = numbered(meanings_of(language, "context_independence"))
    symbols, codes = np.unique(language.messages, return_inverse=True)
    spoken = codes.reshape(language.messages.shape) + int(symbols[0] != 0)  # 0: nothing is said here
    if alignment == "presence":
        spoken = _without_repeats(spoken)
    tables, kinds = _ALIGNMENTS[alignment], int(spoken.max()) + 1

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        meant, said = concepts[meaning_rows], spoken[message_rows]
        meant = meant[:, (meant != meant[0]).any(axis=0)]
        if not meant.shape[1]:
            raise Undefined("no attribute varies")
        if not said.any():
            raise Undefined("nothing is said")
        occurring = np.unique(meant)
        told, tells = tables(meant, said, (count, kinds))
        return float(_best(told[occurring], tells[occurring], by_use=alignment == "tokens").mean())

    return score


def _without_repeats(spoken: IntArray) -> IntArray:
    """Sort each message and set all but the first of equal symbols to 0."""
    ordered = np.sort(spoken, axis=1)
    ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = 0
    return ordered


def _together(meant: IntArray, said: IntArray, shape: tuple[int, int]) -> FloatArray:
    """Count each concept with each symbol: float64 ``[concepts, symbols]``, silence left out."""
    joint = meant[:, :, None] * shape[1] + said[:, None, :]
    counts = np.bincount(joint.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    return counts[:, 1:].astype(np.float64)


def _shares(counts: FloatArray, totals: FloatArray) -> FloatArray:
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)


def _by_presence(meant: IntArray, said: IntArray, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    counts = _together(meant, said, shape)
    rows = np.bincount(meant.ravel(), minlength=shape[0]).astype(np.float64)
    messages = np.bincount(said.ravel(), minlength=shape[1]).astype(np.float64)[1:]
    return _shares(counts, rows[:, None]), _shares(counts, messages)


def _by_tokens(meant: IntArray, said: IntArray, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    counts = _together(meant, said, shape)
    return _shares(counts, counts.sum(axis=1, keepdims=True)), _shares(counts, counts.sum(axis=0))


def _by_ibm1(meant: IntArray, said: IntArray, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    return _ibm1(meant, said, shape, source=1), _ibm1(meant, said, shape, source=0)


def _ibm1(meant: IntArray, said: IntArray, shape: tuple[int, int], source: int) -> FloatArray:
    """Translation probabilities ``[concepts, symbols]`` of the first alignment model of Brown et al. 1993.

    With ``source=1`` every symbol of a message comes from one of its concepts: p(symbol | concept), rows sum to 1.
    With ``source=0`` every concept comes from one of the symbols: p(concept | symbol), columns sum to 1.
    """
    joint = meant[:, :, None] * shape[1] + said[:, None, :]
    audible = np.broadcast_to(said[:, None, :] > 0, joint.shape)
    table = np.ones(shape)
    for _ in range(_ROUNDS):
        weight = np.where(audible, table.ravel()[joint], 0.0)
        weight = _shares(weight, weight.sum(axis=2 - source, keepdims=True))  # who of the row it comes from
        counts = np.bincount(joint.ravel(), weight.ravel(), minlength=table.size).reshape(shape).astype(np.float64)
        counts[:, 0] = 0.0
        table = _shares(counts, counts.sum(axis=source, keepdims=True))
    return table[:, 1:]


def _best(told: FloatArray, tells: FloatArray, by_use: bool) -> FloatArray:
    """Return p(best symbol | concept) p(concept | best symbol) of each concept.

    The best symbol is the one with the highest p(concept | symbol), or p(symbol | concept) with `by_use`; of several
    such symbols the one with the highest of the other.
    """
    chosen, other = (told, tells) if by_use else (tells, told)
    most = chosen.max(axis=1, keepdims=True)
    return np.where(chosen >= most - _NEAR, chosen * other, 0.0).max(axis=1)


_ALIGNMENTS: dict[str, Callable[[IntArray, IntArray, tuple[int, int]], tuple[FloatArray, FloatArray]]] = {
    "presence": _by_presence,
    "tokens": _by_tokens,
    "ibm1": _by_ibm1,
}


@metric(
    definition=(
        "Mean, over all values of all attributes that vary, of p(s | value) p(value | s), where s is the symbol with "
        "the highest p(value | s); p(s | value) is the share of the value's messages that hold s at least once, "
        "p(value | s) the share of the messages with s that are about the value. Meanings count equally."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction="higher: each value has a symbol of its own, said whenever it is meant and never else",
    source=(
        "Bogin, Geva & Berant 2018; counted as by Lowe et al. 2019, with 'holds the symbol' for 'is the symbol'. "
        "Variants: ibm1, aligned by a translation model as Bogin et al.; korbak, each symbol of each message counted"
    ),
    null="greater",
    variants={"ibm1": {"alignment": "ibm1"}, "korbak": {"alignment": "tokens"}},
    prepare=_scorer,
)
def context_independence(language: Language, alignment: Alignment = "presence") -> float:
    """How far each value of each attribute has a symbol of its own, whatever else is said.

    The mean over values c of p(s | c) p(c | s), where s is the symbol with the highest p(c | s) (of several such, the
    one with the highest p(s | c)). Attributes that never vary are left out.

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``; the order of symbols does not matter.
        alignment: what the probabilities are. ``"presence"``: p(s | c), the share of the messages about c that hold s;
            p(c | s), the share of the messages with s that are about c. ``"tokens"``: all pairs of a symbol of a
            message and a value of its meaning are counted, and both are shares of these counts, so that a perfect code
            of two attributes has 1/4; s is the symbol with the highest p(s | c). ``"ibm1"``: probabilities from 20
            rounds of expectation and maximisation of a translation model, in each direction.

    Returns:
        a number in [0, 1]; NaN when no attribute varies or nothing is said. 1: every value has a symbol that is said
        whenever the value is meant, and never else.

    Raises:
        BadInput: unknown alignment, or a corpus without meanings.

    Cost: O(n max_length attributes), 20 times that in both directions with ``"ibm1"``.

    Source: Bogin, Geva & Berant 2018 (``"ibm1"``; the number of rounds is ours, and the empty word of Brown et al. 1993
    is left out). ``"presence"`` extends the counts of Lowe et al. 2019, whose messages are one symbol, where it gives
    the same; they average over values that never occur as well. ``"tokens"`` is the code of Korbak et al. 2020 without
    the 1e-7 added to each count, and with ties decided.
    """
    return evaluate(_scorer, language, alignment=alignment)
