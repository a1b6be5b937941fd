"""Topographic similarity: do similar meanings have similar messages?

Published definitions differ in the distances, in the pairs and in the correlation, and the differences change values:
a random language scores 0 on pairs of different rows and clearly more where every row is also paired with itself.
Each definition is a named variant here, over the same few parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.language import Language, whole_number
from emcomm.metrics.base import Scorer, evaluate, meanings_of, metric
from emcomm.metrics.correlation import Correlation, table_correlation
from emcomm.metrics.edits import edit_distances
from emcomm.metrics.meaning_distances import MeaningDistance, hamming_distances, meaning_levels
from emcomm.metrics.message_distances import MessageDistance, Normalisation, message_levels
from emcomm.metrics.pair_counting import (
    check_varied,
    count_all,
    drawn_counter,
    number_of_pairs,
    prepared_counter,
)

__all__ = ["VARIANTS", "Pairs", "edit_distances", "hamming_distances", "topographic_similarity"]

IntArray = NDArray[np.int64]
Pairs = Literal["distinct", "all", "unique_messages"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "correlation": ("spearman", "pearson"),
    "pairs": ("distinct", "all", "unique_messages"),
}
_CHAABOUNI = {"meaning_distance": "cosine", "normalise": "longer"}
_LI_BOWLING = {"meaning_distance": "cosine", "pairs": "all"}
_REN = {"correlation": "pearson", "pairs": "all"}
_RITA = {"normalise": "longer"}

VARIANTS: dict[str, Mapping[str, Any]] = {
    "chaabouni_2020": _CHAABOUNI,
    "dagan": {"meaning_distance": "cosine", "message_distance": "hamming", "correlation": "pearson"},
    "ec_at_scale": {"meaning_distance": "cosine"},
    "egg": {"normalise": "mean"},
    "egg_cosine": _CHAABOUNI,
    "korbak": {},
    "lazaridou": {"meaning_distance": "cosine"},
    "li_bowling": _LI_BOWLING,
    "li_bowling_2019": _LI_BOWLING,
    "pearson": {"correlation": "pearson"},
    "raviv": {"normalise": "longer", "correlation": "pearson"},
    "ren": _REN,
    "ren_2020": _REN,
    "ren_spearman": {"pairs": "all"},
    "rita": _RITA,
    "rita_2022": _RITA,
    "ueda": {},
}
"""Options as published, by the name of the first author or of the toolkit.

* ``chaabouni_2020``, ``egg_cosine``: Chaabouni et al. 2020, the toolkit's code for it; it divides by the first
  message's length, which is that of all of them there.
* ``dagan``: Dagan et al. 2021; they draw 5,000 pairs.
* ``ec_at_scale``: Chaabouni et al. 2022; they divide by the fixed length, and look at the first hundredth of a batch.
* ``egg``: the toolkit's analysis code.
* ``korbak``: Korbak et al. 2020; ``ueda``: Ueda, Ishii & Miyao 2023, whose code says 0 where this is NaN.
* ``lazaridou``: Lazaridou et al. 2018, as minus the correlation with cosine similarity.
* ``li_bowling``, ``li_bowling_2019``: Li & Bowling 2019, likewise, self-pairs included.
* ``pearson``: Brighton & Kirby 2006, the default with Pearson's correlation.
* ``raviv``: Raviv et al. 2019, for attributes without order; for angles see `emcomm.metrics.structure`.
* ``ren``, ``ren_2020``, ``ren_spearman``: Ren et al. 2020, both of their correlations, self-pairs included.
* ``rita``, ``rita_2022``: Rita et al. 2022 (populations); they draw 1,000 pairs.

All look at nothing after EOS, where the code of ``egg``, ``egg_cosine``, ``dagan`` and ``ren`` goes on to the end of
the row, and all look at every pair unless `max_pairs` says otherwise.
"""


@dataclass(frozen=True)
class _Definition:
    """Which topographic similarity; the defaults are those of the metric."""

    meaning_distance: str = "hamming"
    message_distance: str = "edit"
    normalise: str | None = None
    correlation: Correlation = "spearman"
    pairs: str = "distinct"
    max_pairs: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for what, known in _CHOICES.items():
            if not isinstance(getattr(self, what), str) or getattr(self, what) not in known:
                raise unknown(what, getattr(self, what), known)
        whole_number("seed", self.seed, least=0)
        if self.max_pairs is not None:
            whole_number("max_pairs", self.max_pairs, least=1)

    def named(self, variant: str | None) -> _Definition:
        """Return this definition, with the options of a variant where one is asked for."""
        known = {"default": {}, **VARIANTS}
        if variant is None:
            return self
        if not isinstance(variant, str) or variant not in known:
            raise unknown("variant of topographic_similarity", variant, known)
        settled = [field.name for field in fields(self) if field.name not in ("max_pairs", "seed")]
        for name in settled:
            if getattr(self, name) != getattr(_Definition, name):
                raise BadInput(f"variant={variant!r} settles {', '.join(settled)}; got {name}={getattr(self, name)!r}")
        return replace(self, **known[variant])


def _scorer(language: Language, variant: str | None = None, **options: Any) -> Scorer:
    return _scorer_of(language, _Definition(**options).named(variant))


def _scorer_of(language: Language, definition: _Definition, once: bool = False) -> Scorer:
    """Return the scorer; with `once` it keeps no distances, and scores the language as it stands only."""
    meanings = meanings_of(language, "topographic_similarity")
    first = meaning_levels(meanings, definition.meaning_distance)
    second = message_levels(language, definition.message_distance, definition.normalise)
    most, own, count = definition.max_pairs, definition.pairs == "all", None
    if most is not None and most < number_of_pairs(language.n, own):
        count = drawn_counter(first, second, most, definition.seed, own)
    elif not once:
        count = prepared_counter(first, second, own)

    def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
        if definition.pairs == "unique_messages":
            places = np.unique(language.message_ids[message_rows], return_index=True)[1]
            meaning_rows, message_rows = meaning_rows[places], message_rows[places]
        table = count_all(first, second, own) if count is None else count(meaning_rows, message_rows)
        check_varied(table)
        return table_correlation(table, first.values, second.values, definition.correlation)

    return score


@metric(
    definition=(
        "Correlation, over all pairs of two meanings, between the number of attributes in which the meanings differ "
        "and the edit distance (insertions, deletions, replacements of symbols, nothing after EOS) of their messages. "
        "By default Spearman's, ties averaged; raw distances; no meaning is paired with itself; pairs count equally."
    ),
    unit="none",
    range=(-1.0, 1.0),
    direction="higher: similar meanings have more similar messages; 0 is expected of a random language",
    source="Brighton & Kirby 2006; distances and pairs of the default as in Ueda, Ishii & Miyao 2023",
    null="greater",
    variants={name: {"variant": name} for name in VARIANTS},
    prepare=_scorer,
)
def topographic_similarity(
    language: Language,
    meaning_distance: MeaningDistance = "hamming",
    message_distance: MessageDistance = "edit",
    normalise: Normalisation | None = None,
    correlation: Correlation = "spearman",
    pairs: Pairs = "distinct",
    max_pairs: int | None = None,
    seed: int = 0,
    variant: str | None = None,
) -> float:
    """Correlation between the distances of meanings and the distances of their messages, over all pairs i < j.

    Args:
        language: n meanings ``[n, attributes]`` and messages ``[n, max_length]``.
        meaning_distance: ``"hamming"``: number of differing attributes; ``"cosine"``: 1 - cosine of concatenated
            one-hots, which is Hamming / attributes and so gives the same correlation; ``"edit"``: Levenshtein between
            the sequences of values; ``"manhattan"``: sum of the differences of values, for quantities.
        message_distance: ``"edit"``: Levenshtein; ``"damerau"``: an exchange of neighbours is one edit as well;
            ``"indel"``: insertions and deletions only; ``"hamming"``: number of differing positions, the end and the
            silence after it being one value.
        normalise: None: as counted; ``"longer"``: divided by the longer message's length; ``"mean"``: divided by the
            mean of the two lengths. Two empty messages are 0 apart.
        correlation: ``"spearman"`` (ties averaged) or ``"pearson"``.
        pairs: ``"distinct"``: every two rows once; ``"all"``: both orders, and every row with itself, as some published
            code does: n pairs at distance (0, 0), so that random languages score above 0, for comparison only;
            ``"unique_messages"``: only the first row of each message, so that the value depends on the order of rows.
        max_pairs: look at that many pairs, drawn independently of each other, if there are more; None: all of them.
        seed: the same seed draws the same pairs.
        variant: a definition by name, in place of the five options before `max_pairs`; see `VARIANTS`.

    Returns:
        a number in [-1, 1]; NaN when all meanings, or all messages, are equally far apart.

    Raises:
        BadInput: unknown option or variant, a variant together with an option that it settles, or a corpus without
            meanings.

    Cost: O(n²) distances in compiled code, counted a million pairs at a time and never sorted; about a second for
    10,000 messages, in 0.2 GB. `measure` keeps the distances of all pairs (2 n² bytes) and takes none anew, but those
    of pairs drawn for `max_pairs`.

    Source: Brighton & Kirby 2006; distances and pairs of the default as in Ueda, Ishii & Miyao 2023, but NaN where
    their code says 0. `VARIANTS` says whose definition each variant is, and where it departs.
    """
    definition = _Definition(meaning_distance, message_distance, normalise, correlation, pairs, max_pairs, seed)
    definition = definition.named(variant)
    if definition.pairs == "unique_messages":
        language, definition = _first_of_each(language), replace(definition, pairs="distinct")
    return evaluate(_scorer_of, language, definition=definition, once=True)


def _first_of_each(language: Language) -> Language:
    """Return the language of the first row of each message."""
    rows = np.sort(np.unique(language.message_ids, return_index=True)[1])
    meanings = meanings_of(language, "topographic_similarity")
    return Language(meanings[rows], language.messages[rows], variable=language.variable)
