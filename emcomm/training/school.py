"""`School`, the agents of a stack apart from the games: newborns, pupils of recorded messages, listeners in practice.

What is taught here is taught to the runs concerned only, in a stack of copies that goes back when it has learnt.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.agents.forcing import teacher_forced
from emcomm.agents.functions import rows
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.envs.deck import Deck
from emcomm.errors import BadInput
from emcomm.pressures import Role, Talk
from emcomm.training.agent_stack import AgentStack
from emcomm.training.continuous import Continuous
from emcomm.training.learner import task_loss
from emcomm.training.play import Table, understood
from emcomm.training.setup import Setup
from emcomm.training.streams import Streams
from emcomm.training.tying import home

__all__ = ["School"]


class School:
    """The agents of a stack, as pressures may change them between steps; see `emcomm.pressures.Population`.

    Args:
        setup: the stack's set-up.
        deck: what its games are dealt from.
        streams: its random streams.
        speakers: its speakers, which are changed in place.
        listeners: its listeners, which are changed in place.
        listener_entropy: weight of the listeners' entropy bonus, float32 ``[runs]``.
    """

    def __init__(
        self,
        setup: Setup,
        deck: Deck,
        streams: Streams,
        speakers: AgentStack,
        listeners: AgentStack,
        listener_entropy: Tensor,
    ) -> None:
        self.setup, self.deck, self.streams = setup, deck, streams
        self.speakers, self.listeners, self.listener_entropy = speakers, listeners, listener_entropy
        self._weights: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Runs and pairs."""
        return len(self.streams), self.setup.pairs

    @property
    def channel(self) -> Channel:
        return self.setup.channel

    def open(self) -> None:
        """Begin a step: meanings come up as their frequencies say until somebody weighs them."""
        if self._weights is not None:
            self._weights = None
            self.deck.weigh(None)

    # Agents

    def reset(self, role: Role, which: Tensor, stream: str, step: int) -> None:
        self._role(role).reset(which, stream, step)

    def forget(self, role: Role, which: Tensor) -> None:
        self._role(role).forget(which)

    def shrink(self, role: Role, factor: Tensor) -> None:
        self._role(role).shrink(factor)

    def _role(self, role: Role) -> AgentStack:
        return self.speakers if role == "speaker" else self.listeners

    # Meanings

    @property
    def training(self) -> tuple[Tensor, Tensor]:
        return self.deck.targets, self.deck.frequencies

    def weigh(self, weights: Tensor) -> None:
        weights = weights if self._weights is None else self._weights * weights
        if not (weights > 0).any(-1).all():
            raise BadInput("the pressures that choose meanings leave a run none to play about; let one of them choose")
        self._weights = weights
        self.deck.weigh(weights)

    # Lessons

    @torch.no_grad()
    def talk(self, games: int | None, stream: str, step: int) -> Talk:
        self._check_symbols()
        pairs, channel, needed = self.setup.pairs, self.setup.channel, self.deck.needed

        def draw(name: str, *shape: int) -> Tensor:
            return self.streams.uniform(f"{stream}.talk.{name}", step, (pairs, *shape))

        count = self.deck.targets.shape[1] if games is None else games
        extra = draw("game", count, needed) if needed else None
        if games is None:
            target = self.deck.targets.repeat_interleave(pairs, 0)
            pool = self.deck.pool.repeat_interleave(pairs, 0)
            flat = None if extra is None else extra.flatten(0, 1)
            round = self.deck.game.deal(self.deck.board, target, pool, flat)
        else:
            round = self.deck.deal(draw("meanings", games), extra)
        table = self._table(self.speakers, self.listeners, self.shape)
        said = speak(table.speaker, *table.sight(round), draw("symbols", count, channel.max_length).flatten(0, 1))
        outcome = understood(table, said.symbols, round)
        target, messages = round.target.unflatten(0, self.shape), said.symbols.unflatten(0, self.shape)
        shown = round.shown.unflatten(0, self.shape)
        return Talk(target, messages, outcome.correct, torch.ones_like(outcome.loss), shown)

    def imitate(self, which: Tensor, talk: Talk, steps: int, stream: str, step: int) -> None:
        self._check_symbols()
        learners = which & (talk.weight > 0).any(-1)
        runs = learners.any(-1).nonzero().flatten().tolist()
        if not runs or not steps:
            return
        pupils = self.speakers.part(runs)
        learners, streams = learners[runs], Streams([self.streams.seeds[run] for run in runs], self.streams.device)
        target, messages = talk.target[runs].flatten(0, 1), talk.messages[runs].flatten(0, 1)
        weight = talk.weight[runs].flatten(0, 1).double()
        cumulative = weight.cumsum(-1)
        examples = talk.shown[runs].flatten(0, 1) if self.deck.game.sets and talk.shown is not None else None
        games = (self.setup.pairs, self.setup.batch_size)
        for turn in range(steps):
            draws = streams.uniform(f"{stream}.imitation", step, games, turn).flatten(0, 1).double()
            row = torch.searchsorted(cumulative, draws * cumulative[:, -1:], right=True).clamp_max_(target.shape[1] - 1)
            shown = None if examples is None else rows(examples, row)
            sight = self.deck.game.sight(self.deck.board, target.gather(1, row), shown)
            forced = teacher_forced(pupils.speaker(), *sight, rows(messages, row))
            _learn(pupils, -forced.log_prob, learners)
        self.speakers.put_back(pupils, runs)

    def practise(self, which: Tensor, steps: int, stream: str, step: int) -> None:
        self._check_symbols()
        runs = which.any(-1).nonzero().flatten().tolist()
        if not runs or not steps:
            return
        pupils, learners = self.listeners.part(runs), which[runs]
        streams = Streams([self.streams.seeds[run] for run in runs], self.streams.device)
        deck, needed = self.deck.part(runs), self.deck.needed
        games = (self.setup.pairs, self.setup.batch_size)
        table = self._table(self.speakers.part(runs), pupils, (len(runs), self.setup.pairs))
        bonus = self.listener_entropy[runs][:, None, None]

        def draw(name: str, turn: int, *shape: int) -> Tensor:
            return streams.uniform(f"{stream}.practice.{name}", step, shape, turn)

        for turn in range(steps):
            extra = draw("game", turn, *games, needed) if needed else None
            round = deck.deal(draw("meanings", turn, *games), extra)
            symbols = draw("symbols", turn, *games, self.setup.channel.max_length).flatten(0, 1)
            with torch.no_grad():
                said = speak(table.speaker, *table.sight(round), symbols)
            outcome = understood(table, said.symbols, round)
            loss = task_loss(self.setup, outcome) - bonus * outcome.entropy
            _learn(pupils, loss.flatten(0, 1), learners)
        self.listeners.put_back(pupils, runs)

    def _check_symbols(self) -> None:
        if isinstance(self.setup.estimator, Continuous):
            raise BadInput("lessons are in symbols, and agents of the estimator 'continuous' send real numbers")

    def _table(self, speakers: AgentStack, listeners: AgentStack, shape: tuple[int, int]) -> Table:
        rules = (self.deck.board, self.setup.game, self.setup.channel)
        partners = home(self.setup.tied, shape, self.streams.device)
        return Table(*rules, speakers.speaker(), listeners.listener(), shape, (), partners)


def _learn(stack: AgentStack, loss: Tensor, which: Tensor) -> None:
    """Update some agents of a stack once, each by the mean of its own losses ``[agents, n]``."""
    views = list(stack.views.values())
    stack.update(torch.autograd.grad(loss.mean(-1).sum(), views, materialize_grads=True), which)
