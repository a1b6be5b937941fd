"""A batch of games: who hears whom, where relaxed messages end, and what earlier answers would have been."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from emcomm.channel import EOS, Channel, message_lengths
from emcomm.envs import Discrimination, Reconstruction, Round
from emcomm.pressures import ImpatientListener, Moment
from emcomm.training import Trainer, build_agents
from emcomm.training.play import Acting, Table, _end_weights, play_relaxed, play_sampled, understood
from tests.training.small import small_run

N = 23
GAMES = pytest.mark.parametrize("game", [Discrimination(candidates=3), Reconstruction()], ids=["pointing", "naming"])
CHANNELS = pytest.mark.parametrize("channel", [Channel(7, 5), Channel(7, 5, variable=False)], ids=["variable", "fixed"])


def uniform(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def trainer_of(runs: int = 2, pairs: int = 3, **changes) -> Trainer:
    trainer = Trainer([small_run("a", seed, pairs=pairs, **changes) for seed in range(5, 5 + runs)])
    with torch.no_grad():  # louder than at birth, so that messages and answers differ
        for stack in (trainer.speakers, trainer.listeners):
            for name in ("out.weight", "cell.embedding"):
                stack.views[name].mul_(4)
    return trainer


def dealt(trainer: Trainer, n: int = N) -> Round:
    agents = trainer.shape[0] * trainer.shape[1]
    game, world = trainer.setup.game, trainer.setup.world
    target = (torch.arange(agents * n) * 7 % 15).view(agents, n)
    draws = uniform(agents, n, game.draws(world)) if game.draws(world) else None
    return game.deal(trainer.board, target, torch.ones(agents, 15, dtype=torch.bool), draws)


def listener_of(trainer: Trainer, agent: int) -> nn.Module:
    """One listener as a module for one run."""
    module = build_agents(trainer.setup)[1]
    module.load_state_dict({name: view.detach()[agent] for name, view in trainer.listeners.views.items()})
    return module


def of_agent(round: Round, agent: int) -> Round:
    return round.each(lambda part: part[agent])


def impatient(trainer: Trainer) -> list[Acting]:
    return [Acting("it", ImpatientListener(), Moment(0, torch.ones(trainer.shape[0]), uniform))]


@GAMES
@pytest.mark.parametrize("prefixes", [False, True])
def test_each_listener_hears_its_partner_and_outcomes_go_back_to_the_speaker(game, prefixes: bool):
    trainer = trainer_of(game=game)
    partners, round = torch.tensor([[2, 0, 1], [0, 2, 1]]), dealt(trainer)
    message = play_sampled(trainer.table(), round, uniform(6, N, 5)).said.symbols
    outcome = understood(trainer.table(partners=partners), message, round, prefixes)
    assert outcome.loss.shape == (2, 3, N, *([6] if prefixes else []))
    for run in range(2):
        for speaker in range(3):
            agent, listener = run * 3 + speaker, listener_of(trainer, run * 3 + int(partners[run, speaker]))
            own = of_agent(round, agent)
            logits = listener(message[agent], trainer.board.features, own.candidates, prefixes)
            for position in range(6) if prefixes else [None]:
                expected = game.score(trainer.board, own, logits if position is None else logits[:, position])
                for found, wanted in zip(outcome, expected, strict=True):
                    part = found[run, speaker] if position is None else found[run, speaker, :, position]
                    torch.testing.assert_close(part, wanted)


@CHANNELS
@GAMES
def test_a_sampled_play_is_what_was_said_and_understood(game, channel: Channel):
    trainer = trainer_of(game=game, channel=channel)
    round, draws = dealt(trainer), uniform(6, N, 5)
    said, play = play_sampled(trainer.table(), round, draws)
    assert torch.equal(play.length, message_lengths(said.symbols).float().view(2, 3, N))
    assert play.prefix_loss is None
    assert play.ends is None
    expected = understood(trainer.table(), said.symbols, round)
    assert all(torch.equal(one, other) for one, other in zip(play.outcome, expected, strict=True))

    said_too, patient = play_sampled(trainer.table(impatient(trainer)), round, draws)
    assert torch.equal(said.symbols, said_too.symbols)
    assert patient.prefix_loss is not None
    assert patient.prefix_loss.shape == (2, 3, N, 6)
    for one, other in zip(patient.outcome, play.outcome, strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(patient.prefix_loss[..., -1], play.outcome.loss)


def test_without_draws_the_most_probable_messages_are_played():
    trainer = trainer_of()
    round = dealt(trainer)
    said, _ = play_sampled(trainer.table(), round, None)
    for agent in range(6):  # one message a meaning
        spoken = torch.cat([round.target[agent].unsqueeze(-1), said.symbols[agent]], -1)
        assert len(spoken.unique(dim=0)) == 15


def test_end_weights_by_hand():
    # Ends after 0 symbols: .25; after 1: .75 x .5; after 2: .75 x .5 x .2; never before the last place: the rest.
    weights = _end_weights(torch.tensor([[0.25, 0.5, 0.2], [0.0, 1.0, 0.7], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]))
    expected = [[0.25, 0.375, 0.075, 0.3], [0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    torch.testing.assert_close(weights, torch.tensor(expected))


def relaxed(trainer: Trainer, round: Round, table: Table, hard: bool, temperature: float = 1.0):
    channel, agents = trainer.setup.channel, trainer.shape[0] * trainer.shape[1]
    draws = uniform(agents, N, channel.max_length, channel.symbols + channel.variable, seed=3)
    return play_relaxed(table, round, draws, torch.full((agents,), temperature), hard)


@CHANNELS
@GAMES
@pytest.mark.parametrize("early", [False, True], ids=["patient", "impatient"])
def test_hard_relaxed_games_go_like_games_with_those_symbols(game, channel: Channel, early: bool):
    trainer = trainer_of(game=game, channel=channel)
    round = dealt(trainer)
    table = trainer.table(impatient(trainer) if early else ())
    said, play = relaxed(trainer, round, table, hard=True)
    torch.testing.assert_close(play.length, message_lengths(said.symbols).float().view(2, 3, N))
    expected = understood(table, said.symbols, round)
    torch.testing.assert_close(play.outcome.loss, expected.loss)
    torch.testing.assert_close(play.outcome.entropy, expected.entropy)
    assert torch.equal(play.outcome.correct, expected.correct)
    if channel.variable:
        assert set(play.length.round().flatten().tolist()) == {0, 1, 2, 3, 4, 5}
    if early or channel.variable:
        assert play.ends is not None
        hard = one_hot(message_lengths(said.symbols), 6).float().view(2, 3, N, 6)
        torch.testing.assert_close(play.ends, hard)
    if early:
        assert play.prefix_loss is not None
        prefixes = understood(table, said.symbols, round, prefixes=True).loss
        within = torch.arange(6) <= play.length.round().unsqueeze(-1)
        torch.testing.assert_close(play.prefix_loss[within], prefixes[within])


def test_soft_games_are_expectations_over_where_the_message_ends():
    trainer = trainer_of(game=Reconstruction())
    said, play = relaxed(trainer, dealt(trainer), trainer.table(), hard=False)
    assert said.relaxed is not None
    assert play.ends is not None
    torch.testing.assert_close(play.ends.sum(-1), torch.ones(2, 3, N))
    torch.testing.assert_close(play.length, (play.ends * torch.arange(6)).sum(-1))
    assert (play.length > 0).all()
    assert (play.length < 5).all()
    assert play.prefix_loss is not None
    torch.testing.assert_close(play.outcome.loss, (play.ends * play.prefix_loss).sum(-1))


@pytest.mark.parametrize("hard", [True, False])
def test_the_end_of_a_relaxed_message_has_a_gradient(hard: bool):
    trainer = trainer_of(game=Reconstruction())
    _, play = relaxed(trainer, dealt(trainer), trainer.table(), hard=hard)
    (slope,) = torch.autograd.grad(play.length.sum(), trainer.speakers.views["out.bias"])
    # A higher score of the end makes messages shorter, a higher score of symbols longer.
    assert (slope[:, EOS] < 0).all()
    assert (slope[:, 1:].sum(-1) > 0).all()


@pytest.mark.parametrize("hard", [True, False])
def test_games_of_other_agents_do_not_touch_a_relaxed_game(hard: bool):
    found = []
    for spoilt in (False, True):
        trainer = trainer_of(game=Reconstruction())
        if spoilt:
            with torch.no_grad():
                trainer.speakers.weights[4] = torch.nan
        _, play = relaxed(trainer, dealt(trainer), trainer.table(), hard=hard)
        slopes = torch.autograd.grad(play.outcome.loss.sum(), list(trainer.listeners.views.values()))
        found.append((play.outcome.loss.detach().flatten(0, 1), *slopes))
    for one, other in zip(*found, strict=True):
        assert torch.equal(one[[0, 1, 2, 3, 5]], other[[0, 1, 2, 3, 5]])
        assert other[4].isnan().any()
