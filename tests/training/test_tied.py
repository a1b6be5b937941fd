"""Tied agents: one network for both roles, whose slopes add up, and who never talks to himself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from emcomm.agents import AGENTS, GRU, LSTM, Agent, FeedForward, Listener, Speaker, Transformer, VectorQuantised
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.envs import Discrimination, Game, Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import ChannelNoise, Imitation, ImpatientListener, IteratedLearning, PairReset
from emcomm.pressures.base import Moment
from emcomm.pressures.community import Community
from emcomm.pressures.ring import in_a_ring
from emcomm.training import Run, Trainer, build_agents, load_checkpoint, save_checkpoint
from emcomm.training.evaluation import observe
from emcomm.training.tied_stack import TiedStack
from emcomm.worlds.form import Form
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run, small_setup
from tests.training.test_plain_agents import PlainListener, PlainSpeaker

SMALL = GRU(hidden=11, embedding=3)
ONE_SYMBOL: dict[str, Any] = {"channel": Channel(7, 1)}
NAMING: dict[str, Any] = {"game": Reconstruction()}
KINDS: dict[str, dict[str, Any]] = {
    "gru": {},
    "gru, naming": NAMING,
    "lstm, attending": {"agent": LSTM(hidden=11, embedding=3, reading="attention")},
    "vector_quantised": {"agent": VectorQuantised(hidden=11, embedding=3, dimensions=5)},
    "transformer": {"agent": Transformer(hidden=10, heads=2)},
    "transformer, naming": {"agent": Transformer(hidden=10, heads=2), **NAMING},
    "feed_forward": {"agent": FeedForward(hidden=11, embedding=3), **ONE_SYMBOL},
}
PRESSURES = {"noise": ChannelNoise(strength=0.2), "rush": ImpatientListener(strength=0.5), "group": Community(size=3)}


def tied_run(seed: int = 5, pressures: Any = None, agent: Agent = SMALL, **changes: Any) -> Run:
    """A small run of three tied agents."""
    fields = {"tied": True, "pairs": 3, "speaker": agent, "listener": agent}
    return small_run("a", seed, pressures, **{**fields, **changes})


class Plain(Agent):
    """Modules for one run, stacked through `torch.vmap` or in a loop, with parameters in common."""

    name: ClassVar[str] = "plain_tied"
    loop: bool = False

    def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        return self._of(PlainSpeaker(form.width, channel))

    def listener(
        self, form: Form, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        return self._of(PlainListener(form.width, channel, sizes))

    def _of(self, module: Any) -> Any:
        if self.loop:
            module.__class__ = type("Looped", (type(module),), {"stacks": "loop"})
        return module

    def tie(self, speaker: Speaker, listener: Listener) -> None:
        assert isinstance(speaker, PlainSpeaker)
        assert isinstance(listener, PlainListener)
        listener.out.weight = speaker.encode.weight  # a parameter of a layer, not the layer


# What is shared


@pytest.mark.parametrize(
    ("agent", "changes", "shared"),
    [
        (SMALL, {}, {"cell", "encoder"}),
        (SMALL, NAMING, {"cell"}),
        (VectorQuantised(hidden=11), {}, {"cell", "encoder"}),
        (Transformer(hidden=12), {}, {"body", "encoder"}),
        (Transformer(hidden=12), NAMING, {"body"}),
        (FeedForward(hidden=11), ONE_SYMBOL, {"encoder"}),
    ],
)
def test_what_is_shared_is_one_module(agent: Agent, changes: dict[str, Any], shared: set[str]):
    speaker, listener = build_agents(small_setup(tied=True, pairs=2, speaker=agent, listener=agent, **changes))
    of_listener = {id(parameter) for parameter in listener.parameters()}
    common = {name for name, parameter in speaker.named_parameters() if id(parameter) in of_listener}
    assert common == {name for name, _ in speaker.named_parameters() if name.partition(".")[0] in shared}
    assert {name.partition(".")[0] for name in common} == shared


def test_an_agent_is_one_row_in_which_what_is_shared_counts_once():
    trainer, apart = Trainer([tied_run()]), Trainer([tied_run(tied=False)])
    speaker, listener = build_agents(tied_run().setup)
    both = {id(parameter): parameter.numel() for module in (speaker, listener) for parameter in module.parameters()}
    assert trainer.parameters == 3 * sum(both.values())
    assert trainer.parameters < apart.parameters
    assert trainer.speakers is trainer.listeners
    assert isinstance(trainer.speakers, TiedStack)
    assert list(trainer.stacks) == ["agents"]


@pytest.mark.parametrize("kind", KINDS)
def test_both_roles_have_the_same_numbers_in_training(kind: str):
    run = tied_run(**KINDS[kind])
    trainer = advanced(3, run)
    weights = trainer.weights(run)
    speaker, listener = build_agents(run.setup)
    for role, module in (("speaker", speaker), ("listener", listener)):
        own = {name.partition(".")[2] for name in weights if name.startswith(role)}
        assert own == set(dict(module.named_parameters()))
    shared = {id(p): f"listener.{name}" for name, p in listener.named_parameters()}
    pairs = [(f"speaker.{name}", shared[id(p)]) for name, p in speaker.named_parameters() if id(p) in shared]
    assert pairs
    at_birth = advanced(0, run).weights(run)
    for one, other in pairs:
        assert torch.equal(weights[one], weights[other])
        assert not torch.equal(weights[one], at_birth[one])
    assert trainer.speakers.ages == [3] * 3  # one update a step, of both roles together


@pytest.mark.parametrize("way", ["mean baseline", "straight through"])
@pytest.mark.parametrize("kind", ["gru", "gru, naming", "transformer"])
def test_the_slope_of_what_is_shared_is_the_sum_of_both_roles(kind: str, way: str):
    trainer = advanced(2, tied_run(estimator=ESTIMATORS[way], **KINDS[kind]))
    stack, still = trainer.speakers, trainer.speakers.part([0])
    table, round = trainer._table([]), trainer._deal()
    views = list(stack.views.values())

    def slopes(**roles: Any) -> list[Tensor]:
        sums = trainer.baseline.sums, trainer.baseline.steps
        total = trainer._lesson(replace(table, **roles), [], round, None).total
        trainer.baseline.sums, trainer.baseline.steps = sums
        return list(torch.autograd.grad(total, views, materialize_grads=True))

    both, speaking, listening = slopes(), slopes(listener=still.listener()), slopes(speaker=still.speaker())
    added = 0
    for name, whole, one, other in zip(stack.views, both, speaking, listening, strict=True):
        torch.testing.assert_close(whole, one + other, rtol=1e-4, atol=1e-6, msg=name)
        added += bool((one != 0).any() and (other != 0).any())
    assert added >= 3


# Company, departures, going on


@pytest.mark.parametrize("way", ["mean baseline", "greedy baseline", "straight through"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_alone_goes_like_the_same_run_in_a_stack(kind: str, way: str):
    runs = [tied_run(seed, PRESSURES, estimator=ESTIMATORS[way], **KINDS[kind]) for seed in (5, 7)]
    together = advanced(3, *runs)
    assert (together.broken_at == -1).all()
    for run in runs:
        assert equal_weights(together.weights(run), advanced(3, run).weights(run))
    assert not equal_weights(*(together.weights(run) for run in runs))


@pytest.mark.parametrize("loop", [False, True])
def test_modules_for_one_run_can_be_tied(loop: bool):
    runs = [tied_run(seed, agent=Plain(loop=loop)) for seed in (5, 7)]
    together = advanced(3, *runs)
    for run in runs:
        weights = together.weights(run)
        assert torch.equal(weights["speaker.encode.weight"], weights["listener.out.weight"])
        assert not torch.equal(weights["speaker.encode.bias"], weights["listener.out.bias"])
        assert equal_weights(weights, advanced(3, run).weights(run))


def test_those_who_stay_go_on_as_if_nobody_had_left():
    runs = [tied_run(seed, PRESSURES) for seed in (3, 5, 7)]
    all_, fewer = advanced(2, *runs), advanced(2, *runs)
    fewer.leave([runs[1].name])
    for trainer in (all_, fewer):
        trainer.advance()
    for run in (runs[0], runs[2]):
        assert equal_weights(all_.weights(run), fewer.weights(run))


def test_going_on_equals_not_having_stopped(tmp_path: Path):
    pressures = {**PRESSURES, "turnover": PairReset(every=3)}
    runs = [tied_run(seed, pressures) for seed in (5, 7)]
    whole, first = advanced(7, *runs), advanced(4, *runs)
    save_checkpoint(tmp_path / "stack", first)
    again = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(3):
        again.advance()
    assert all(equal_weights(whole.weights(run), again.weights(run)) for run in runs)
    assert whole.speakers.ages == again.speakers.ages


# Who talks to whom


def test_everybody_talks_to_the_next_in_a_ring():
    # Seats 3, 0, 2, 1: 3 talks to 0, 0 to 2, 2 to 1, and 1 to 3.
    assert in_a_ring(torch.tensor([[3, 0, 2, 1]])).tolist() == [[2, 3, 1, 0]]
    assert in_a_ring(torch.arange(5)).tolist() == [1, 2, 3, 4, 0]
    assert in_a_ring(torch.tensor([[0, 1], [1, 0]])).tolist() == [[1, 0], [1, 0]]


def test_without_a_community_agents_talk_to_their_neighbours():
    trainer = Trainer([tied_run(seed, pairs=5) for seed in (5, 7)])
    for table in (trainer._table([]), trainer.table()):
        assert table.partners is not None
        assert table.partners.tolist() == [[1, 2, 3, 4, 0]] * 2
    assert Trainer([tied_run(tied=False)]).table().partners is None


def test_in_a_community_they_talk_to_all_others_and_never_to_themselves():
    trainer = Trainer([tied_run(seed, {"group": Community(size=5)}, pairs=5) for seed in range(31)])
    met = torch.zeros(5, 5)
    for step in range(11):
        trainer.step = step
        partners = trainer._table(trainer._acting()).partners
        assert partners is not None
        assert torch.equal(partners.sort(-1).values, torch.arange(5).expand(31, 5))
        met += torch.nn.functional.one_hot(partners, 5).sum(0)
    assert (met.diagonal() == 0).all()
    share = met[~torch.eye(5, dtype=torch.bool)] / (31 * 11)  # a quarter each
    assert ((share - 0.25).abs() < 4 * (0.25 * 0.75 / (31 * 11)) ** 0.5).all()  # standard errors


class Alone(Community):
    """Lets everybody talk to himself."""

    def partners(self, moment: Moment, pairs: int) -> Tensor:
        return torch.arange(pairs).expand(len(moment.strength), -1)


def test_a_pressure_that_lets_them_talk_to_themselves_is_refused():
    with pytest.raises(BadInput, match="the pressure 'self' lets a tied agent talk to itself") as caught:
        advanced(1, tied_run(5, {"self": Alone(size=3)}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("game", [Reconstruction(), Discrimination(candidates=3)], ids=["naming", "pointing"])
def test_accuracy_is_that_of_everybody_with_everybody_else(game: Game):
    run = tied_run(7, game=game, channel=Channel(7, 3), evaluation_rounds=1)
    trainer = Trainer([run])
    with torch.no_grad():  # louder than at birth, so that answers differ
        trainer.speakers.weights.mul_(3)
    weights, board = trainer.weights(run), trainer.board
    agents = []
    for index in range(3):
        modules = build_agents(run.setup)
        for role, module in zip(("speaker", "listener"), modules, strict=True):
            module.load_state_dict({n.partition(".")[2]: w[index] for n, w in weights.items() if n.startswith(role)})
        agents.append(modules)
    every = torch.arange(len(board.meanings))
    draws = trainer.streams.uniform("evaluation", 0, (15, game.draws(run.setup.world)))[0]
    round = game.deal(board, every, trainer.pool[0], draws)
    losses = []
    for one, (speaker, _) in enumerate(agents):
        said = speak(speaker, board.features, every, None).symbols  # type: ignore[arg-type]
        for other, (_, listener) in enumerate(agents):
            if one != other:
                answer = listener(said, board.features, round.candidates)
                losses.append(game.score(board, round, answer).loss.detach().mean())
    (seen,) = observe(trainer, record=False)
    assert seen.values["loss"] == pytest.approx(float(torch.stack(losses).mean()), rel=1e-5)


# Pressures on agents


def test_a_pair_that_is_replaced_is_an_agent():
    run = tied_run(5, {"turnover": PairReset(every=6)})  # one of three every other step
    trainer = advanced(4, run)
    trainer.population.reset("listener", torch.tensor([[False, False, True]]), "some.stream", 3)
    assert trainer.speakers.ages == [4, 2, 0]  # agent 1 was due at step 2, and 2 has just been born


@pytest.mark.parametrize(
    "pressure",
    [IteratedLearning(every=2, imitation=2, practice=2, counted=False), Imitation(every=2, steps=2, counted=False)],
    ids=["iterated", "imitation"],
)
def test_lessons_do_not_depend_on_company(pressure: Any):
    runs = [tied_run(seed, {"it": pressure}) for seed in (5, 7)]
    together, without = advanced(5, *runs), advanced(5, tied_run())
    for run in runs:
        assert equal_weights(together.weights(run), advanced(5, run).weights(run))
    assert not equal_weights(together.weights(runs[0]), without.weights(without.runs[0]))


def test_a_newborn_keeps_what_it_was_taught():
    # Talk, birth, two lessons of imitation and one of practice at step 2, and one game: four updates since birth.
    pressure = IteratedLearning(every=2, imitation=2, practice=1, counted=False)
    assert advanced(3, tied_run(5, {"it": pressure})).speakers.ages == [4] * 3


def test_practice_is_for_those_concerned_only():
    trainer = advanced(1, tied_run())
    before = trainer.weights(trainer.runs[0])
    which = torch.tensor([[False, True, False]])
    trainer.population.practise(which, 2, "some.stream", 1)
    after = trainer.weights(trainer.runs[0])
    moved = {name: (after[name] != before[name]).flatten(1).any(-1).tolist() for name in after}
    assert moved["listener.cell.embedding"] == [False, True, False]
    assert trainer.speakers.ages == [1, 3, 1]


# What cannot be


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"listener": GRU(hidden=13)}, "tied agents are one network: speaker and listener must be equal, got GRU"),
        (
            {"speaker_learning_rate": 0.5},
            "one learning rate: speaker_learning_rate and listener_learning_rate must be equal, got 0.5 and 0.001",
        ),
        ({"pairs": 1}, "tied agents talk to others, never to themselves: pairs must be 2 or more, got 1"),
    ],
)
def test_set_ups_that_cannot_be_tied_are_refused_in_one_line(changes: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        tied_run(**changes)
    assert "\n" not in str(caught.value)


class Untied(Agent):
    """An agent without tie()."""

    name: ClassVar[str] = "untied"


for each in (Plain, Untied):
    AGENTS._known.pop(each.name)  # no other test is to meet them


def test_agents_that_cannot_be_tied_are_refused_in_one_line():
    with pytest.raises(BadInput, match="untied agents cannot be tied, as they do not define tie") as caught:
        tied_run(agent=Untied())
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="untied agents cannot be tied"):
        Untied().tie(Speaker(), Listener())
    with pytest.raises(BadInput, match="feed_forward agents that name attributes cannot be tied") as caught:
        Trainer([tied_run(agent=FeedForward(), **NAMING, **ONE_SYMBOL)])
    assert "\n" not in str(caught.value)


def test_generations_of_one_role_are_refused_in_one_line():
    sentence = "new_speaker and new_listener must be equal, got new_speaker=True and new_listener=False"
    with pytest.raises(BadInput, match=sentence) as caught:
        IteratedLearning(every=2, imitation=1, practice=1, new_listener=False).shape(tied_run().setup)
    assert "\n" not in str(caught.value)
