"""Null models: what a language would look like by chance, and what it keeps of the one that is measured.

| name | by chance | what stays |
|---|---|---|
| ``meanings`` | which message goes with which meaning | all messages, all meanings and their frequencies |
| ``within`` | the order of the symbols in each message | each message's symbols, and all of the above |
| ``between`` | which symbol stands where | each message's length, how often each symbol is said |
| ``random`` | everything that is said | how many messages of each length, the alphabet |

Languages of untrained agents (`emcomm.probes.untrained_languages`), or any others, may take their place:
`emcomm.measure` takes them as ``nulls``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, unknown
from emcomm.language import Language, whole_number
from emcomm.metrics.causal import shuffle_messages, shuffle_symbols
from emcomm.rng import generator

__all__ = ["NULL_MODELS", "NullModel", "null_languages", "null_model"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class NullModel:
    """One way to leave something to chance.

    Attributes:
        name: what it is asked for by.
        told: what it does, as notes say it: "null: <told>".
        draw: messages ``[n, max_length]`` of a language, drawn anew.
    """

    name: str
    told: str
    draw: Callable[[Language, np.random.Generator], IntArray]


def _meanings(language: Language, rng: np.random.Generator) -> IntArray:
    return shuffle_messages(language.messages, rng)


def _within(language: Language, rng: np.random.Generator) -> IntArray:
    return shuffle_symbols(language.messages, rng)


def _between(language: Language, rng: np.random.Generator) -> IntArray:
    messages = language.messages.copy()
    said = messages > 0
    messages[said] = rng.permutation(messages[said])
    return messages


def _random(language: Language, rng: np.random.Generator) -> IntArray:
    messages = language.messages
    alphabet = np.unique(messages[messages > 0]) if language.symbols is None else np.arange(1, language.symbols + 1)
    ends = rng.permutation(language.lengths)[:, None]
    if not len(alphabet):
        return messages
    drawn = alphabet[rng.integers(len(alphabet), size=messages.shape)]
    return np.where(np.arange(language.max_length) < ends, drawn, 0)


NULL_MODELS = {
    model.name: model
    for model in (
        NullModel("meanings", "messages permuted over meanings", _meanings),
        NullModel("within", "symbols shuffled within messages", _within),
        NullModel("between", "symbols shuffled between messages", _between),
        NullModel("random", "random languages of the same size", _random),
    )
}
"""Every null model by name; the table at the top of this file says what each keeps."""


def null_model(name: str) -> NullModel:
    """Return the null model called `name`.

    Raises:
        BadInput: there is none.
    """
    if name == "untrained":  # agents live on a floor above this one
        how = "from emcomm.probes import untrained_languages; measure(language, nulls=untrained_languages(language))"
        raise BadInput(f"untrained agents are a null that is given as languages, not drawn by name: {how}")
    if not isinstance(name, str) or name not in NULL_MODELS:
        raise unknown("null", name, NULL_MODELS)
    return NULL_MODELS[name]


def null_languages(language: Language, null: str, resamples: int, seed: int = 0) -> Iterator[Language]:
    """Draw languages by a null model: the same meanings and frequencies, messages left to chance.

    Args:
        language: n messages; meanings are not needed.
        null: ``"meanings"``: messages permuted over meanings; ``"within"``: the symbols of each message shuffled;
            ``"between"``: the symbols of all messages shuffled, lengths staying; ``"random"``: the lengths permuted
            over meanings, and each symbol drawn anew, all of the alphabet (where it is not known, of the symbols in
            use) being as likely.
        resamples: how many.
        seed: the same seed draws the same languages.

    Yields:
        `Language`, one after the other.

    Raises:
        BadInput: unknown null model, negative numbers.

    Cost: O(n max_length log max_length) each.

    Source: permuted meanings: Mantel 1967; shuffled symbols: Kharitonov et al. 2020, Ueda, Ishii & Miyao 2023; random
    languages: Miller 1957, but for the lengths, which stay.
    """
    model, count = null_model(null), whole_number("resamples", resamples, least=0)
    rng = generator(whole_number("seed", seed, least=0), f"measure/null/{model.name}")
    return (language.saying(model.draw(language, rng)) for _ in range(count))
