"""Games whose speakers see sets of examples: they train, are looked at and go on like all others."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from emcomm.agents import CNN, GRU, Agent, FeedForward, SetEncoder, Transformer
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.envs import Board, Concept, Round
from emcomm.errors import BadInput
from emcomm.pressures import (
    PRESSURES,
    ChannelNoise,
    Community,
    ImpatientListener,
    IteratedLearning,
    LengthCost,
    ListenerReset,
)
from emcomm.rng import generator
from emcomm.studies.plan import capacity_warnings
from emcomm.studies.recorder import languages_of
from emcomm.training import (
    GumbelSoftmax,
    Observed,
    Run,
    Setup,
    Trainer,
    build_agents,
    load_checkpoint,
    save_checkpoint,
    train,
)
from emcomm.training.evaluation import observe
from emcomm.training.play import play_sampled, understood
from emcomm.worlds import AttributeWorld
from tests.pressures.contract import shaped_or_refused
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

SETS = SetEncoder(layers=(7,))
CONCEPT = Concept(fixed=1, examples=6, candidates=4, held_out=0.25)  # 8 concepts of the 3 x 5 world, 2 held out
MODES = {"concept": CONCEPT, "set reference": Concept(mode="set_reference", examples=4, candidates=4)}
KINDS: dict[str, Agent] = {
    "gru": GRU(hidden=11, embedding=3, encoder=SETS),
    "gru, linear": GRU(hidden=11, embedding=3),
    "feed forward": FeedForward(hidden=11, encoder=SETS),
    "transformer": Transformer(hidden=14, heads=2, encoder=SETS),
}


def sets_run(seed: int = 5, pressures: Any = None, condition: str = "a", **changes: Any) -> Run:
    fields: dict[str, Any] = {"game": CONCEPT, "speaker": KINDS["gru"], "evaluation_rounds": 3}
    return small_run(condition, seed, pressures, **{**fields, **changes})


def dealt(trainer: Trainer, games: int = 13) -> Round:
    """Rounds about training concepts."""
    shape = (len(trainer.runs), trainer.pairs, games)
    draws = torch.rand((*shape, 1 + trainer.deck.needed), generator=torch.Generator().manual_seed(3))
    return trainer.deck.deal(draws[..., 0], draws[..., 1:])


# Stacks


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_is_the_same_alone_and_in_company(mode: str, estimator: str):
    fields = {"game": MODES[mode], "estimator": ESTIMATORS[estimator], "pairs": 2}
    disturbed = {"noise": ChannelNoise(strength=0.3), "rush": ImpatientListener(), "group": Community(size=2)}
    runs = [sets_run(5, **fields), sets_run(7, disturbed, "b", **fields), sets_run(11, **fields)]
    together = advanced(4, *runs)
    assert (together.broken_at == -1).all()
    beside = {seen.run.name: seen for seen in observe(together, record=True)}
    for run in runs:
        alone = advanced(4, run)
        assert equal_weights(together.weights(run), alone.weights(run))
        (seen,) = observe(alone, record=True)
        assert np.array_equal(seen.messages, beside[run.name].messages)
        for name in ("accuracy", "accuracy_held_out"):
            assert np.array_equal(seen.values[name], beside[run.name].values[name], equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_agent_learns_from_sets(kind: str):
    one_symbol: dict[str, Any] = {"channel": Channel(7, 1, variable=False)} if kind == "feed forward" else {}
    run = sets_run(speaker=KINDS[kind], **one_symbol)
    before, after = (advanced(steps, run).weights(run) for steps in (0, 2))
    changed = [not torch.equal(weights, after[name]) for name, weights in before.items() if "encoder" in name]
    assert changed
    assert all(changed)


def test_going_on_after_a_stop_changes_nothing(tmp_path: Path):
    lessons = {"generations": IteratedLearning(every=4, bottleneck=5, imitation=2, practice=1, counted=False)}
    runs = [sets_run(seed, lessons) for seed in (5, 7)]
    whole = advanced(11, *runs)
    half = advanced(6, *runs)
    save_checkpoint(tmp_path / "stack", half)
    resumed = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(5):
        resumed.advance()
    for run in runs:
        assert equal_weights(whole.weights(run), resumed.weights(run))
    for one, other in zip(observe(whole, record=True), observe(resumed, record=True), strict=True):
        assert np.array_equal(one.messages, other.messages)
        assert one.values == other.values


def test_pupils_learn_what_was_said_about_the_examples_that_were_shown():
    run = sets_run()
    trainer = advanced(3, run)
    talk = trainer.population.talk(29, "some.stream", 3)
    assert talk.shown is not None
    assert talk.shown.shape == (1, 1, 29, 6)
    which = torch.ones(1, 1, dtype=torch.bool)
    taught: list[dict[str, Tensor]] = []
    for shown in (talk.shown, talk.shown, talk.shown.flip(-1)):  # counter-examples for examples
        pupils = advanced(3, run)
        pupils.population.imitate(which, talk._replace(shown=shown), 3, "some.stream", 3)
        taught.append(pupils.weights(run))
    assert equal_weights(taught[0], taught[1])
    assert not equal_weights(taught[0], taught[2])


@pytest.mark.parametrize("name", sorted(PRESSURES.names()))
def test_every_pressure_acts_in_them_or_says_why_not(name: str):
    kind = PRESSURES.get(name)
    if any(parameter.default is parameter.empty for parameter in inspect.signature(kind).parameters.values()):
        return  # it has no defaults to be made with
    quick = {key: 2 for key in ("every", "imitation", "practice", "bottleneck") if key in kind.model_fields}
    pressure = kind(**quick, **({"steps": 2} if name == "imitation" else {}))
    setup, refusal = shaped_or_refused(pressure, sets_run(pairs=2).setup)
    if setup is None:
        assert "\n" not in refusal
        return
    trainer = advanced(5, Run("on", 5, setup, {"it": pressure}))
    assert (trainer.broken_at == -1).all()


# What is seen


def said(trainer: Trainer, round: Round) -> Tensor:
    """The speakers' first logits ``[agents, n, logits]``."""
    return trainer.speakers.speaker().start(trainer.table().sight(round).features)[1]


def test_the_order_of_examples_matters_to_those_alone_who_do_not_read_sets():
    shuffled = torch.tensor([2, 0, 1, 5, 3, 4])  # those that belong stay before those that do not
    traded = torch.tensor([0, 1, 3, 2, 4, 5])
    for kind, blind_to_order in (("gru", True), ("transformer", True), ("gru, linear", False)):
        trainer = advanced(3, sets_run(speaker=KINDS[kind]))
        round = dealt(trainer)
        assert round.examples is not None
        first, moved, other = (
            said(trainer, round._replace(examples=round.examples[..., order]))
            for order in (torch.arange(6), shuffled, traded)
        )
        assert torch.allclose(first, moved, atol=1e-5) is blind_to_order
        assert not torch.allclose(first, other, atol=1e-5)


def test_speakers_see_the_examples_and_nothing_else_of_a_game():
    trainer = advanced(3, sets_run(pairs=2))
    round = dealt(trainer)
    assert round.candidates is not None
    played = play_sampled(trainer.table(), round, None).said.symbols
    hidden = round._replace(target=round.target.flip(-1), candidates=round.candidates.flip(-2), answer=1 - round.answer)
    assert torch.equal(play_sampled(trainer.table(), hidden, None).said.symbols, played)
    # Each game has a row of its own, whatever the others show.
    fewer = round.each(lambda part: part[:, :1])
    alone = said(trainer, fewer)
    torch.testing.assert_close(alone, said(trainer, round)[:, :1])


def test_listeners_judge_candidates_and_see_neither_examples_nor_what_follows_the_end_of_a_message():
    trainer = advanced(3, sets_run())
    round = dealt(trainer)
    assert round.examples is not None
    message = torch.randint(1, 8, (1, 13, 5), generator=torch.Generator().manual_seed(1))
    message[:, ::2, 2] = 0  # every other message ends after two symbols
    trimmed = message * (message != 0).cumprod(-1)
    heard = understood(trainer.table(), trimmed, round)
    garbage = understood(trainer.table(), message, round._replace(examples=round.examples.flip(-1)))
    for one, other in zip(heard, garbage, strict=True):
        assert torch.equal(one, other)
    moved = round._replace(candidates=round.candidates.flip(-1), answer=round.answer.flip(-1))  # type: ignore[union-attr]
    for one, other in zip(heard, understood(trainer.table(), trimmed, moved), strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-6)


# What is recorded


def by_hand(trainer: Trainer, run: Run) -> tuple[Tensor, dict[str, float]]:
    """First messages ``[n, max_length]``, accuracies and losses of a run of one pair, round by round."""
    setup, board = run.setup, Board.of(run.setup.world)
    speaker, listener = build_agents(setup)
    for module, role in ((speaker, "speaker"), (listener, "listener")):
        own = {n.partition(".")[2]: w[0] for n, w in trainer.weights(run).items() if n.startswith(role)}
        module.load_state_dict(own)
    n, needed = len(setup.game.meanings(setup.world)), setup.game.draws(setup.world)
    everything, index = torch.ones(len(board.meanings), dtype=torch.bool), torch.arange(n)
    won, lost, messages = np.zeros(n), np.zeros(n), []
    for turn in range(setup.evaluation_rounds):
        draws = torch.from_numpy(generator(run.seed, "evaluation", turn).random((n, needed), dtype=np.float32))
        round = setup.game.deal(board, index, everything, draws)
        assert round.examples is not None
        half = round.examples.shape[-1] // 2
        label = torch.tensor([1.0] * half + [0.0] * half).view(1, -1, 1).expand(n, -1, 1)
        rows = torch.cat([board.features[round.examples], label], -1).flatten(1)
        messages.append(speak(speaker, rows, index, None).symbols)  # type: ignore[arg-type]
        logits = listener(messages[-1], board.features, round.candidates)
        yes = logits.sigmoid()
        right = torch.where(round.answer == 1, yes, 1 - yes)
        won += ((logits > 0) == round.answer.bool()).all(-1).numpy()
        lost += -right.log().sum(-1).detach().numpy()
    split = setup.game.split(setup.world, generator(run.seed, "split"))
    values = {}
    for part, name in ((split.train, ""), (split.held_out, "_held_out")):
        values["accuracy" + name] = float(won[part].mean() / setup.evaluation_rounds)
        values["loss" + name] = float(lost[part].mean() / setup.evaluation_rounds)
    return messages[0], values


def test_each_evaluation_game_has_examples_and_a_message_of_its_own():
    runs = [sets_run(seed, evaluation_rounds=7) for seed in (5, 7)]
    trainer = Trainer(runs)
    with torch.no_grad():  # louder than at birth, so that messages and answers differ
        for stack, name in ((trainer.speakers, "out.weight"), (trainer.listeners, "cell.embedding")):
            stack.views[name].mul_(4)
    for _ in range(13):
        trainer.advance()
    for run, seen in zip(runs, observe(trainer, record=True), strict=True):
        messages, values = by_hand(trainer, run)
        assert torch.equal(torch.from_numpy(seen.messages[0]), messages)
        assert {name: seen.values[name] for name in values} == pytest.approx(values, rel=1e-5)
    again = observe(trainer, record=True)
    assert [seen.values for seen in again] == [seen.values for seen in observe(trainer, record=True)]


def test_the_world_and_the_concepts_can_both_be_held_out():
    # One meaning in five is out of sight in training, and so are two of eight concepts.
    world = AttributeWorld(values=(3, 5), split="compositional", held_out=0.2)
    (seen,) = observe(advanced(2, sets_run(world=world)), record=True)
    assert not math.isnan(seen.values["accuracy_held_out"])
    (seen,) = observe(advanced(2, sets_run(world=world, game=Concept(fixed=1))), record=True)
    assert math.isnan(seen.values["accuracy_held_out"])  # all concepts are trained on


def test_a_language_is_about_concepts():
    run = sets_run(game=Concept(examples=2, candidates=2), pairs=2)
    (seen,) = observe(Trainer([run]), record=True)
    assert seen.messages.shape == (2, 23, 5)  # (3 + 1) x (5 + 1) - 1 concepts
    for language in languages_of(run.setup, seen.messages, 0):
        assert language.meanings is not None
        assert np.array_equal(language.meanings, run.setup.game.meanings(run.setup.world))
        assert language.sizes == (4, 6)  # 0 is any value
        assert np.allclose(language.frequencies, 1 / 23)
    few = sets_run(game=Concept(examples=2, candidates=2), channel=Channel(11, 1, variable=False))
    assert capacity_warnings([few]) == [
        "Warning: the channel has 11 different messages for 23 meanings: some must share a message (a)"
    ]


def test_a_speaker_that_cannot_read_sets_is_refused_in_one_line():
    seeing = GRU(encoder=CNN())
    with pytest.raises(BadInput, match=r"the encoder 'cnn' reads Image meanings, got Set\(members=6") as caught:
        sets_run(speaker=seeing)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match=r"the encoder 'set' reads Set meanings, got Flat\(width=8\)"):
        Trainer([sets_run(listener=GRU(encoder=SETS))])  # it judges single meanings


# Learning


@pytest.mark.slow
def test_they_learn_to_tell_concepts_by_examples():
    setup = Setup(
        world=AttributeWorld(values=(3, 5)),
        game=Concept(fixed=1, examples=10, candidates=4),
        channel=Channel(symbols=11, max_length=2, variable=False),
        speaker=GRU(hidden=32, embedding=8, encoder=SetEncoder()),
        listener=GRU(hidden=32, embedding=8),
        estimator=GumbelSoftmax(straight_through=False),
        steps=1200,
        evaluate_every=1200,
        batch_size=128,
        speaker_learning_rate=5e-3,
        listener_learning_rate=5e-3,
        evaluation_rounds=20,
    )
    *_, last = (e for e in train(Trainer([Run("a", s, setup) for s in (2, 3, 5)])) if isinstance(e, Observed))
    accuracy = sorted(seen.values["accuracy"] for seen in last.observations)
    assert accuracy[0] >= 0.85  # chance is 1/16, or 1/6 knowing that two of the four belong


def test_costs_and_resets_act_as_in_other_games():
    acting = {"effort": LengthCost(), "teaching": ListenerReset(every=2)}
    trainer = advanced(5, sets_run(5, acting), sets_run(7))
    assert (trainer.broken_at == -1).all()
