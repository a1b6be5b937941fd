"""`Trainer`, a stack of runs in training: one step, and the departure of runs that are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from emcomm.envs import Board, Round
from emcomm.envs.deck import Deck
from emcomm.errors import BadInput, unknown
from emcomm.memory import keep_freed_memory
from emcomm.pressures import Moment
from emcomm.training.actor_critic import Batch, actor_critic_lesson
from emcomm.training.agent_stack import AgentStack
from emcomm.training.anchor import Anchor
from emcomm.training.continuous import Continuous, play_continuous
from emcomm.training.estimators import PPO
from emcomm.training.learner import Baseline, Lesson, reinforce_lesson, relaxed_lesson
from emcomm.training.play import Acting, Played, Table, play_heard, play_relaxed, play_sampled
from emcomm.training.policy_gradient import answer_loss
from emcomm.training.proximal import proximal_lessons
from emcomm.training.quantising import take_shares
from emcomm.training.run import Run, Slot, build_agents, slots
from emcomm.training.school import School
from emcomm.training.setup import GumbelSoftmax, Reinforce, Setup
from emcomm.training.streams import Streams
from emcomm.training.tied_stack import TiedStack
from emcomm.training.tying import check_partners, home

__all__ = ["Trainer"]


class Trainer:
    """Runs that share a stack, trained together step by step.

    Args:
        runs: runs with equal `stack_key` and different names.
        device: ``"cpu"`` or ``"cuda"``.

    Attributes:
        runs: the runs still in training.
        population: the agents, as pressures may change them between steps.
        step: steps done.
        games: games played over all runs so far.
        observed_at: the last step at which the stack was evaluated, -1 before the first.
        broken_at: int64 ``[runs]``, the step at which a run's loss stopped being a number, -1 while it is one.

    Raises:
        BadInput: no runs, runs that cannot share a stack, equal names, or no such device.
    """

    def __init__(self, runs: Sequence[Run], *, device: str = "cpu") -> None:
        _check(runs, device)
        keep_freed_memory()
        self.device = torch.device(device)
        self.began_with = [run.name for run in runs]
        self.setup: Setup = runs[0].setup
        self.pairs = self.setup.pairs
        self.step = 0
        self.games = 0
        self.observed_at = -1
        seeds = [run.seed for run in runs]
        speaker_rates = [run.setup.speaker_learning_rate for run in runs]
        listener_rates = [run.setup.listener_learning_rate for run in runs]
        build = lambda place: lambda: build_agents(self.setup)[place]  # noqa: E731
        if self.setup.tied:
            both = TiedStack(lambda: build_agents(self.setup), seeds, self.pairs, speaker_rates, self.device)
            self.speakers: AgentStack = both
            self.listeners: AgentStack = both
        else:
            self.speakers = AgentStack(build(0), seeds, self.pairs, "speaker", speaker_rates, self.device)
            self.listeners = AgentStack(build(1), seeds, self.pairs, "listener", listener_rates, self.device)
        self.broken_at = torch.full((len(runs),), -1, dtype=torch.int64, device=self.device)
        decay = getattr(self.setup.estimator, "baseline_decay", 0.0)
        self._slots = slots(runs, self.device)
        self.baseline = Baseline(len(runs), self.pairs, 1 + len(self._slots), decay, self.device)
        self.answer_baseline = Baseline(len(runs), self.pairs, 1, decay, self.device)
        self.last_lesson: Lesson | None = None
        if any(run.setup.speaker_anchor for run in runs):
            self.speakers.follow(self.setup.anchor_decay)
        self._settle(runs)

    def _settle(self, runs: Sequence[Run]) -> None:
        """Everything that follows from which runs are in the stack."""
        self.runs = list(runs)
        self.streams = Streams([run.seed for run in runs], self.device)
        self.deck = Deck(self.setup.game, self.setup.world, self.streams.seeds, device=self.device)
        self._entropy_weights = (
            torch.tensor([run.setup.speaker_entropy for run in runs], device=self.device),
            torch.tensor([run.setup.listener_entropy for run in runs], device=self.device),
        )
        anchors = [run.setup.speaker_anchor for run in runs]
        self._anchored, self._anchors = any(anchors), torch.tensor(anchors, device=self.device)
        self.population = School(
            self.setup, self.deck, self.streams, self.speakers, self.listeners, self._entropy_weights[1]
        )

    @property
    def board(self) -> Board:
        """The world as tensors."""
        return self.deck.board

    @property
    def pool(self) -> Tensor:
        """Which meanings each run trains on: bool ``[runs, meanings]``."""
        return self.deck.pool

    @property
    def shape(self) -> tuple[int, int]:
        """Runs and pairs."""
        return len(self.runs), self.pairs

    @property
    def stacks(self) -> dict[str, AgentStack]:
        """The stacks of agents by name, each once: speakers and listeners, or tied agents, who are both."""
        if self.setup.tied:
            return {"agents": self.speakers}
        return {"speakers": self.speakers, "listeners": self.listeners}

    @property
    def parameters(self) -> int:
        """Trainable numbers of one run."""
        return self.pairs * sum(stack.numbers for stack in self.stacks.values())

    def advance(self) -> None:
        """One training step: pressures act on the agents, then every agent plays a batch and learns its lessons."""
        take_shares(self.stacks.values(), self.runs, self.step)
        acting = self._acting()
        self.population.open()
        for each in acting:
            if self.step or each.pressure.from_the_start:
                each.pressure.between(self.population, each.moment)
        table = self._table(acting)
        for lesson in self._lessons(table, acting, self._deal()):
            self._learn(lesson)
        self.step += 1
        self.games += len(self.runs) * self.pairs * self.setup.batch_size

    def _learn(self, lesson: Lesson) -> None:
        """Update every agent once."""
        self.last_lesson = lesson._replace(total=lesson.total.detach())
        numbers = lesson.speaker_cost + lesson.listener_loss + lesson.speaker_entropy  # of the games, and of the policy
        broken = ~torch.isfinite(numbers) & (self.broken_at < 0)
        self.broken_at = torch.where(broken, self.step, self.broken_at)
        views = [view for stack in self.stacks.values() for view in stack.views.values()]
        gradients = torch.autograd.grad(lesson.total, views, materialize_grads=True)  # a module may leave a part unused
        for stack in self.stacks.values():
            stack.update(gradients[: len(stack.views)])
            gradients = gradients[len(stack.views) :]

    def _acting(self) -> list[Acting]:
        """The pressures at this step, with their streams for all of it."""
        return [Acting(slot.name, slot.pressure, self._moment(slot)) for slot in self._slots]

    def _moment(self, slot: Slot) -> Moment:
        changing = _Draws(self.streams, slot.name, self.step)
        lasting = _Draws(self.streams, f"{slot.name}.always", 0)
        return Moment(self.step, slot.strength, changing, lasting, self.setup.tied)

    def _table(self, acting: list[Acting]) -> Table:
        partners = home(self.setup.tied, self.shape, self.device)
        for each in acting:
            chosen = each.pressure.partners(each.moment, self.pairs)
            if chosen is not None:  # it has no say in the runs where it is off
                if self.setup.tied:
                    check_partners(each.name, chosen)
                others = torch.arange(self.pairs, device=self.device) if partners is None else partners
                partners = torch.where(each.moment.strength[:, None] > 0, chosen, others)
        return self.table(acting, partners if self.pairs > 1 else None)

    def table(self, acting: Sequence[Acting] = (), partners: Tensor | None = None) -> Table:
        """What the stack plays with; without arguments undisturbed by pressures, everybody with who is there anyway."""
        speaker, listener = self.speakers.speaker(), self.listeners.listener()
        if partners is None:
            partners = home(self.setup.tied, self.shape, self.device)
        rules = (self.board, self.setup.game, self.setup.channel)
        return Table(*rules, speaker, listener, self.shape, acting, partners)

    def _deal(self) -> Round:
        """Draw each game's meaning from the run's training meanings by frequency, and deal."""
        games = (self.pairs, self.setup.batch_size)
        draws = self.streams.uniform("meanings", self.step, games)
        needed = self.deck.needed
        return self.deck.deal(draws, self.streams.uniform("game", self.step, (*games, needed)) if needed else None)

    def _uniform(self, stream: str, shape: tuple[int, ...], turn: int = 0) -> Tensor:
        """Uniform numbers for every agent, ``[agents, *shape]``."""
        return self.streams.uniform(stream, self.step, (self.pairs, *shape), turn).flatten(0, 1)

    def _lessons(self, table: Table, acting: list[Acting], round: Round) -> Iterator[Lesson]:
        """Play a batch and say what it teaches: one lesson, or with `PPO` several, each of the agents as they are."""
        estimator, weights = self.setup.estimator, self._entropy_weights
        anchor = Anchor(self.speakers.averaged(), self._anchors) if self._anchored else None
        if isinstance(estimator, Reinforce | GumbelSoftmax | Continuous):
            yield self._lesson(table, acting, round, anchor)
            return
        batch = Batch(self.setup, table, round, weights, anchor, self._uniform)
        if isinstance(estimator, PPO):
            yield from proximal_lessons(batch, estimator)
        else:
            yield actor_critic_lesson(batch, estimator)

    def _lesson(self, table: Table, acting: list[Acting], round: Round, anchor: Anchor | None) -> Lesson:
        """The lesson of a batch without a critic."""
        estimator, channel, batch = self.setup.estimator, self.setup.channel, self.setup.batch_size
        if isinstance(estimator, GumbelSoftmax):
            draws = self._uniform("symbols", (batch, channel.max_length, channel.symbols + channel.variable))
            heat = estimator.temperature_at(self.step, self.setup.steps)
            temperature = torch.full((len(draws),), heat, device=self.device)
            relaxed = play_relaxed(table, round, draws, temperature, estimator.straight_through)
            anchored = None if anchor is None else anchor.cost(table, round, relaxed.said.symbols)
            return relaxed_lesson(self.setup, relaxed, acting, self._entropy_weights, anchored)
        if isinstance(estimator, Continuous):
            noise = None
            if estimator.noise:
                size = (self.pairs, batch, channel.max_length, channel.symbols)
                noise = self.streams.normal("noise", self.step, size).flatten(0, 1) * estimator.noise
            played = play_continuous(table, round, estimator.activation, noise)
            return relaxed_lesson(self.setup, played, acting, self._entropy_weights)
        assert isinstance(estimator, Reinforce)
        played, logits = play_heard(table, round, self._uniform("symbols", (batch, channel.max_length)))
        answers = None
        if self.setup.listener_loss == "policy_gradient":
            means = None if estimator.baseline == "none" else self.answer_baseline
            answers = answer_loss(table, self.setup, round, logits, self._uniform, means)
        anchored = None if anchor is None else anchor.cost(table, round, played.said.symbols)

        def greedy() -> Played:
            with torch.no_grad():
                return play_sampled(table, round, None)

        weights, means = self._entropy_weights, self.baseline
        return reinforce_lesson(self.setup, estimator, played, acting, weights, means, greedy, answers, anchored)

    def notice_broken(self) -> None:
        """Mark the runs whose weights are no longer finite, which no loss has shown yet."""
        runs, pairs = self.shape
        for stack in self.stacks.values():
            broken = ~torch.isfinite(stack.weights.detach()).view(runs, pairs, -1).all(-1).all(-1)
            self.broken_at = torch.where(broken & (self.broken_at < 0), self.step, self.broken_at)

    def leave(self, names: Sequence[str]) -> None:
        """Let runs leave the stack, by name; the others go on, faster."""
        kept = [place for place, run in enumerate(self.runs) if run.name not in names]
        if len(kept) == len(self.runs):
            return
        for stack in self.stacks.values():
            stack.keep(kept)
        self.broken_at = self.broken_at[kept]
        self.baseline.sums = self.baseline.sums[kept]
        self.answer_baseline.sums = self.answer_baseline.sums[kept]
        self._slots = [type(s)(s.name, s.pressure, s.strength[kept]) for s in self._slots]
        if self.last_lesson is not None:
            total, *rest = self.last_lesson
            self.last_lesson = Lesson(total, *(part[kept] for part in rest))
        if kept:
            self._settle([self.runs[place] for place in kept])
        else:
            self.runs = []

    def weights(self, run: Run) -> dict[str, Tensor]:
        """Copies of a run's parameters, ``"speaker.<name>"`` and ``"listener.<name>"``, each ``[pairs, ...]``.

        What tied agents share is there twice, under each role's name for it.
        """
        place = [each.name for each in self.runs].index(run.name)
        weights: dict[str, Tensor] = {}
        for stack in self.stacks.values():
            agents = [stack.agent(place, index) for index in range(self.pairs)]
            before = "" if self.setup.tied else f"{stack.role}."
            weights |= {before + name: torch.stack([agent[name] for agent in agents]) for name in agents[0]}
        return weights


class _Draws:
    """A pressure's own random stream at one step; every call takes the next part of it."""

    def __init__(self, streams: Streams, name: str, step: int) -> None:
        self.streams, self.name, self.step, self.calls = streams, name, step, 0

    def __call__(self, *shape: int) -> Tensor:
        stream = f"pressure.{self.name}.{self.calls}"
        self.calls += 1
        return self.streams.uniform(stream, self.step, shape)


def _check(runs: Sequence[Run], device: str) -> None:
    if not runs:
        raise BadInput("a trainer needs at least one run, got none")
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"runs need different names, got {twice[0]!r} twice")
    if len({run.stack_key for run in runs}) > 1:
        raise BadInput(
            "runs of one stack may differ in seed, rates, entropy weights, speaker_anchor, quantisation and strengths "
            "only"
        )
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise unknown("device", device, ("cpu", "cuda"))
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise BadInput("device 'cuda' asked for, but torch finds none here; allowed: 'cpu'")
