"""One batch of games for a whole stack: deal, speak, transmit, listen, score.

Shapes: ``runs, pairs, n`` games; agents see the first two flattened to ``agents = runs * pairs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emcomm.agents import Listener, Speaker, Utterance
from emcomm.agents.speaking import speak, speak_relaxed
from emcomm.channel import Channel, message_lengths
from emcomm.envs import Board, Game, Outcome, Round, Sight
from emcomm.pressures import Moment, Play, Pressure

__all__ = [
    "Acting",
    "Arrived",
    "Played",
    "Table",
    "arrive",
    "hear",
    "play_heard",
    "play_relaxed",
    "play_sampled",
    "understood",
]


@dataclass(frozen=True)
class Acting:
    """A pressure at this moment."""

    name: str
    pressure: Pressure
    moment: Moment


@dataclass(frozen=True)
class Table:
    """What a stack plays with: rules, agents and today's pressures.

    Attributes:
        board: the world as tensors.
        game: the rules.
        channel: what can be said.
        speaker: the stack of speakers.
        listener: the stack of listeners.
        shape: runs and pairs.
        acting: the pressures that act, in order.
        partners: int64 ``[runs, pairs]``, the listener of each speaker; None: speaker i talks to listener i.
    """

    board: Board
    game: Game
    channel: Channel
    speaker: Speaker
    listener: Listener
    shape: tuple[int, int]
    acting: Sequence[Acting] = ()
    partners: Tensor | None = None

    @property
    def prefixes(self) -> bool:
        """Whether some pressure wants to know how the listener would have answered earlier."""
        return any(acting.pressure.reads_prefixes for acting in self.acting)

    @property
    def features(self) -> Tensor:
        """The features of every meaning, for every agent: ``[agents, meanings, features]``."""
        return self.board.features.expand(self.shape[0] * self.shape[1], -1, -1)

    def sight(self, round: Round) -> Sight:
        """What the speakers of a round ``[agents, n, ...]`` look at."""
        return self.game.sight(self.board, round.target, round.examples)

    def to_listeners(self, part: Tensor) -> Tensor:
        """From the speakers' order to that of their listeners, ``[agents, ...]``."""
        return part if self.partners is None else part.index_select(0, _agents(self.partners.argsort(-1)))

    def to_speakers(self, part: Tensor) -> Tensor:
        """From the listeners' order to that of their speakers, ``[agents, ...]``."""
        return part if self.partners is None else part.index_select(0, _agents(self.partners))


class Arrived(NamedTuple):
    """What reaches listeners: messages ``[agents, n, max_length]`` in the speakers' order, and what they keep in mind.

    `keep` is in the listeners' order, ``[agents, n, width]``; None: all.
    """

    message: Tensor
    keep: Tensor | None


class Played(NamedTuple):
    """A batch as it was played, seen from the speaker's side: what was said, and `Play` for the pressures."""

    said: Utterance
    play: Play


def play_sampled(table: Table, round: Round, draws: Tensor | None) -> Played:
    """Play with sampled symbols (`draws` ``[agents, n, max_length]``) or the most probable ones (None)."""
    return play_heard(table, round, draws)[0]


def play_heard(table: Table, round: Round, draws: Tensor | None) -> tuple[Played, Tensor]:
    """As `play_sampled`, with the logits of the listeners' answers, see `hear`."""
    said = speak(table.speaker, *table.sight(round), draws)
    play, logits = hear(table, round, said, arrive(table, said.symbols))
    return Played(said, play), logits


def arrive(table: Table, symbols: Tensor) -> Arrived:
    """Send messages ``[agents, n, max_length]`` to the listeners, as today's pressures let them through."""
    return Arrived(_transmit(table, symbols), _kept(table, symbols.shape[1]))


def hear(table: Table, round: Round, said: Utterance, arrived: Arrived) -> tuple[Play, Tensor]:
    """Let listeners answer what arrived of sampled messages.

    Returns:
        the batch as pressures see it, and the answers to whole messages: logits ``[agents, n, answers]``, in the
        speakers' order.
    """
    outcome, logits = _answered(table, arrived.message, round, table.prefixes, arrived.keep)
    length = message_lengths(said.symbols).float().unflatten(0, table.shape)
    spoken = _by_run(said, table.shape)
    if not table.prefixes:
        return Play(length, outcome, None, None, spoken), table.to_speakers(logits)
    whole = Outcome(*(part[..., -1] for part in outcome))
    return Play(length, whole, outcome.loss, None, spoken), table.to_speakers(logits[..., -1, :])


def play_relaxed(table: Table, round: Round, draws: Tensor, temperature: Tensor, hard: bool) -> Played:
    """Play with relaxed symbols; losses and lengths are expectations over where the message ends.

    Args:
        table: rules, agents, pressures.
        round: the dealt games.
        draws: uniform numbers ``[agents, n, max_length, logits]``.
        temperature: ``[agents]``.
        hard: straight-through, see `speak_relaxed`.

    Source: Kharitonov et al. 2019 (EGG) weight the loss of each step by the relaxed probability of EOS there.
    """
    said = speak_relaxed(table.speaker, *table.sight(round), draws, temperature, hard)
    assert said.relaxed is not None
    message = torch.cat([said.relaxed, torch.zeros_like(said.relaxed[..., :1])], -1)  # a column for "erased"
    heard = _transmit(table, said.symbols)
    disturbed = (heard != said.symbols).unsqueeze(-1)
    message = torch.where(disturbed, one_hot(heard, message.shape[-1]).to(message.dtype), message)
    prefixes = table.channel.variable or table.prefixes
    spoken = _by_run(said, table.shape)
    outcome = understood(table, message, round, prefixes)
    if not prefixes:
        length = torch.full_like(outcome.loss, float(table.channel.max_length))
        return Played(said, Play(length, outcome, None, None, spoken))
    if table.channel.variable:
        ends = _end_weights(said.relaxed[..., 0]).unflatten(0, table.shape)
    else:
        ends = one_hot(torch.full_like(outcome.correct[..., 0].long(), table.channel.max_length)).to(outcome.loss.dtype)
    length = (ends * torch.arange(ends.shape[-1], device=ends.device)).sum(-1)
    at = message_lengths(said.symbols).unflatten(0, table.shape).unsqueeze(-1)
    correct, entropy = (part.gather(-1, at).squeeze(-1) for part in outcome[1:])
    whole = Outcome((ends * outcome.loss).sum(-1), correct, entropy)
    return Played(said, Play(length, whole, outcome.loss, ends, spoken))


def _by_run(said: Utterance, shape: tuple[int, int]) -> Utterance:
    """What agents said ``[agents, n, ...]`` as ``[runs, pairs, n, ...]``."""
    symbols, log_prob, entropy, relaxed = said
    relaxed = None if relaxed is None else relaxed.unflatten(0, shape)
    return Utterance(symbols.unflatten(0, shape), log_prob.unflatten(0, shape), entropy.unflatten(0, shape), relaxed)


def _end_weights(eos: Tensor) -> Tensor:
    """The probability that a message ends after 0, 1, ..., max_length symbols.

    Args:
        eos: ``[..., max_length]``, relaxed probability of EOS at each position.

    Returns:
        ``[..., max_length + 1]``, sums to 1.
    """
    going_on = (1 - eos).cumprod(-1)
    reached = torch.cat([torch.ones_like(eos[..., :1]), going_on], -1)
    return torch.cat([reached[..., :-1] * eos, reached[..., -1:]], -1)


def _transmit(table: Table, symbols: Tensor) -> Tensor:
    """Send messages ``[agents, n, max_length]`` through the channel."""
    symbols = symbols.unflatten(0, table.shape)
    for acting in table.acting:
        symbols = acting.pressure.transmit(symbols, table.channel, acting.moment)
    return symbols.flatten(0, 1)


def _kept(table: Table, games: int) -> Tensor | None:
    """What listeners keep of the states they answer from, ``[agents, n, width]``; None: all."""
    kept = None
    for acting in table.acting:
        factor = acting.pressure.attend((table.shape[1], games, table.listener.width), acting.moment)
        if factor is not None:
            kept = factor if kept is None else kept * factor
    return None if kept is None else kept.flatten(0, 1)


def understood(table: Table, message: Tensor, round: Round, prefixes: bool = False) -> Outcome:
    """Let every listener answer its speaker's messages ``[agents, n, max_length]``, as they arrive.

    Returns:
        an `Outcome` in the speakers' order, ``[runs, pairs, n]``, or for prefixes ``[runs, pairs, n, max_length + 1]``.
    """
    return _answered(table, message, round, prefixes, _kept(table, message.shape[1]))[0]


def _answered(
    table: Table, message: Tensor, round: Round, prefixes: bool, keep: Tensor | None
) -> tuple[Outcome, Tensor]:
    """As `understood`, with what is kept in mind given; also the logits, in the listeners' order."""
    message, round = table.to_listeners(message), round.each(table.to_listeners)
    drops = () if keep is None else (keep,)
    logits = table.listener(message, table.features, round.candidates, prefixes, *drops)
    if prefixes:
        points = logits.shape[-2]
        repeated = round.each(lambda part: part.repeat_interleave(points, 1))
        outcome = table.game.score(table.board, repeated, logits.flatten(1, 2))
        outcome = Outcome(*(part.unflatten(1, (-1, points)) for part in outcome))
    else:
        outcome = table.game.score(table.board, round, logits)
    outcome = Outcome(*(table.to_speakers(part).unflatten(0, table.shape) for part in outcome))
    return outcome, logits


def _agents(partners: Tensor) -> Tensor:
    """Places within a run ``[runs, pairs]`` as places within the stack ``[agents]``."""
    runs, pairs = partners.shape
    return (partners + torch.arange(runs, device=partners.device).unsqueeze(-1) * pairs).flatten()
