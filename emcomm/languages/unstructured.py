"""Languages whose messages have nothing to do with what is in their meanings."""

from __future__ import annotations

from emcomm.language import Language, whole_number
from emcomm.languages.space import Meanings, Space, alphabet, distinct_messages, room_for, space_of, stream

__all__ = ["holistic", "random"]


def _channel(space: Space, symbols: int | None, length: int | None) -> tuple[int, int]:
    """Return the channel that was asked for; what was left open is that of the compositional language."""
    symbols = sum(space.sizes) if symbols is None else alphabet(symbols)
    length = len(space.sizes) if length is None else whole_number("length", length, least=1)
    room_for(len(space.meanings), length)
    return symbols, length


def holistic(meanings: Meanings, *, symbols: int | None = None, length: int | None = None, seed: int = 0) -> Language:
    """A message of its own for every meaning, drawn at random.

    Known: as many messages as meanings, so that each tells everything (mutual information = entropy of the meanings);
    topographic similarity 0 expected.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        symbols: size of the alphabet; None: that of `compositional`, the sum of the sizes.
        length: symbols in a message; None: the number of attributes.
        seed: draws the messages.

    Returns:
        n different messages of one length.

    Raises:
        BadInput: no such meanings, channel or seed, or fewer messages than meanings.

    Source: Korbak et al. 2020, "holistic".
    """
    space = space_of(meanings)
    symbols, length = _channel(space, symbols, length)
    return space.language(distinct_messages(stream(seed, "holistic"), len(space.meanings), symbols, length), symbols)


def random(meanings: Meanings, *, symbols: int | None = None, length: int | None = None, seed: int = 0) -> Language:
    """A message for every meaning, all messages being equally likely, whatever the others say.

    Known: of S = symbols ** length messages, ``S * (1 - (1 - 1 / S) ** n)`` are in use, expected; topographic
    similarity 0 expected.

    Args:
        meanings: attribute sizes, meanings ``[n, attributes]``, or a world.
        symbols: size of the alphabet; None: that of `compositional`, the sum of the sizes.
        length: symbols in a message; None: the number of attributes.
        seed: draws the messages.

    Returns:
        n messages of one length.

    Raises:
        BadInput: no such meanings, channel or seed.

    Source: Korbak et al. 2020, "random".
    """
    space = space_of(meanings)
    symbols, length = _channel(space, symbols, length)
    messages = stream(seed, "random").integers(1, symbols + 1, (len(space.meanings), length))
    return space.language(messages, symbols)
