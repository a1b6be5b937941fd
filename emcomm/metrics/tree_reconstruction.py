"""Tree reconstruction error: how well are messages rebuilt from one vector for each value of each attribute?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.language import Language
from emcomm.metrics.base import Scorer, Undefined, evaluate, meanings_of, metric
from emcomm.metrics.compositions import MessageVectors, additive, multiplicative, positional
from emcomm.metrics.contingency import numbered
from emcomm.metrics.correlation import settled

__all__ = ["Composition", "Representation", "tree_reconstruction_error"]

IntArray = NDArray[np.int64]
Composition = Literal["additive", "positional", "multiplicative"]
Representation = Literal["positions", "symbols"]
_COMPOSITIONS = {"additive": additive, "positional": positional, "multiplicative": multiplicative}
_REPRESENTATIONS = {"positions": MessageVectors.of_positions, "symbols": MessageVectors.of_symbols}
_SAME = 1e-12  # a sum of squares below this is 0


def _scorer(
    language: Language,
    composition: Composition = "additive",
    representation: Representation = "positions",
    normalise: bool = True,
) -> Scorer:
    if not isinstance(composition, str) or composition not in _COMPOSITIONS:
        raise unknown("composition", composition, _COMPOSITIONS)
    if not isinstance(representation, str) or representation not in _REPRESENTATIONS:
        raise unknown("representation", representation, _REPRESENTATIONS)
    if composition == "positional" and representation == "symbols":
        raise BadInput("composition='positional' needs positions, and representation='symbols' has none")
    meanings = meanings_of(language, "tree_reconstruction_error")
    if meanings.shape[1] < 2:
        raise Undefined("there is one attribute, so there is nothing to compose")
    messages = _REPRESENTATIONS[representation](language.messages)
    squares, explained = messages.squares(), _COMPOSITIONS[composition](numbered(meanings)[0], messages)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        n, total = len(meaning_rows), float(squares[message_rows].sum())
        together = messages.sums(np.zeros((n, 1), dtype=np.int64), 1, message_rows)[0]
        spread = total - float(together @ together) / n
        if spread < _SAME * max(total, 1.0):
            if normalise:
                raise Undefined("all messages are equal")
            return 0.0
        scale = spread if normalise else n
        return settled((total - explained(meaning_rows, message_rows)) / scale, 0.0, spread / scale)

    return score


@metric(
    definition=(
        "Messages as one-hots of their positions; a vector for each value of each attribute, such that the vectors of "
        "a meaning's values add up to its message as nearly as possible. The mean squared distance that is left, "
        "divided by that from the mean message. Meanings count equally."
    ),
    unit="none",
    range=(0.0, 1.0),
    direction="higher: messages are less the sum of what their meanings' values contribute",
    source=(
        "Andreas 2019; compositions after Korbak et al. 2020. Squared distance instead of a trained loss, solved by "
        "least squares, and divided by the messages' variance"
    ),
    null="less",
    variants={
        "multiplicative": {"composition": "multiplicative"},
        "positional": {"composition": "positional"},
        "symbols": {"representation": "symbols"},
    },
    prepare=_scorer,
)
def tree_reconstruction_error(
    language: Language,
    composition: Composition = "additive",
    representation: Representation = "positions",
    normalise: bool = True,
) -> float:
    """Error of rebuilding messages from one vector for each value of each attribute (TRE).

    With message vectors y_i and vectors e for the values of a meaning: min over e of the sum over i of
    ||y_i - compose(e of i's values)||², divided by the sum over i of ||y_i - mean y||².

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.
        composition: ``"additive"``: the sum of the vectors; ``"positional"``: each position rebuilt from one attribute
            alone, the best for it; ``"multiplicative"``: the product, entry by entry (from alternating least squares,
            so that a better fit may exist). The positional error is at least the additive one.
        representation: what y is. ``"positions"``: one-hots of all positions, the end of the message being a symbol;
            ``"symbols"``: how often each symbol occurs, so that order does not matter (not with ``"positional"``).
        normalise: False: the mean squared distance itself.

    Returns:
        a number in [0, 1], or without `normalise` between 0 and the messages' variance; 0: each message is composed of
        what its values contribute. NaN with one attribute, or, with `normalise`, when all messages are equal. With few
        meanings for the number of values it is low by chance: compare with the permutation null.

    Raises:
        BadInput: unknown composition or representation, or a corpus without meanings.

    Cost: O(n max_length attributes + values² entries), and O(values³) once; a millisecond or two for n = 1,000. The
    multiplicative one holds several arrays of n * entries numbers, entries being the symbols in use, over positions.

    Source: Andreas 2019, with the compositions of Korbak et al. 2020 as far as flat meanings allow: their linear
    composition is the additive one when attributes share no values, and a bilinear one rebuilds anything. Deviations:
    squared distance, where they train a cross-entropy; exact least squares, where they train; the normalisation;
    "positional" is our addition.
    """
    return evaluate(_scorer, language, composition=composition, representation=representation, normalise=normalise)
