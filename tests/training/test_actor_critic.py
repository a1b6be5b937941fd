"""Agents with value heads: advantages by hand, what the value loss changes, silence after the end, who gets one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS, GRU, Agent, Listener, Speaker, Transformer
from emcomm.agents.forcing import teacher_forced
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import EntropyBonus, LengthCost
from emcomm.training import PPO, ActorCritic, GumbelSoftmax, Reinforce, Setup, Trainer, build_agents
from emcomm.training.actor_critic import Attempt, Batch, actor_critic_lesson, attempt, say, take, teach
from emcomm.training.critic import value_loss
from emcomm.training.learner import costs_of
from emcomm.training.play import arrive
from emcomm.worlds.form import Form
from tests.training.small import small_run, small_setup


class Countdown(Speaker):
    """Says anything with equal chances; its state counts what was said; after the end both are `rubbish`."""

    rubbish: ClassVar[float] = 0.0

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.bias = nn.Parameter(torch.zeros(channel.symbols + 1))
        self.unused = nn.Linear(features, 1)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.ones_like(features[..., :2])
        return state, self.bias.expand(*features.shape[:-1], -1)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        ended = (symbols == 0).unsqueeze(-1)
        state = torch.where(ended, self.rubbish, state + 1)
        return state, torch.where(ended, self.rubbish, self.bias.expand(*symbols.shape, -1))


class Grown(Countdown):
    """Its state grows, and has no summary."""

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        state, logits = super().step(state, symbols)
        return torch.cat([state, state], -1), logits


class Deaf(Listener):
    """A listener that answers without understanding."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(sum(sizes)))

    def forward(self, message: Tensor, features: Tensor, candidates: Tensor | None, prefixes: bool = False) -> Tensor:
        return self.bias.expand(*message.shape[:-1], -1)


@pytest.fixture(autouse=True, scope="module")
def agents() -> Iterator[dict[str, Agent]]:
    """Set-ups of these agents, known by name as long as this file runs."""
    before = dict(AGENTS._known)

    class Counting(Agent):
        name: ClassVar[str] = "counting_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return Countdown(form.width, channel)

        def listener(self, form, channel, sizes, dtype=torch.float32) -> Listener:
            return Deaf(sizes)

    class Growing(Counting):
        name: ClassVar[str] = "growing_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return Grown(form.width, channel)

    yield {"counting": Counting(), "growing": Growing()}
    AGENTS._known.clear()
    AGENTS._known.update(before)


def batch_of(trainer: Trainer) -> Batch:
    return Batch(
        trainer.setup,
        trainer._table(trainer._acting()),
        trainer._deal(),
        trainer._entropy_weights,
        None,
        trainer._uniform,
    )


def attempted(trainer: Trainer, estimator: ActorCritic, symbols: Tensor | None = None) -> tuple[Batch, Attempt, Any]:
    batch = batch_of(trainer)
    symbols = say(batch) if symbols is None else symbols
    arrived = arrive(batch.table, symbols)
    now = attempt(batch, estimator, batch.round, symbols, arrived)
    return batch, now, take(batch, estimator, now, symbols, arrived)


def test_advantages_by_hand(agents: dict[str, Agent]):
    estimator = ActorCritic(reward="success")
    fields: dict[str, Any] = {"game": Reconstruction(), "channel": Channel(7, 3), "batch_size": 2}
    run = small_run(
        "a",
        5,
        {"effort": LengthCost(strength=0.5)},
        speaker=agents["counting"],
        listener=agents["counting"],
        estimator=estimator,
        **fields,
    )
    trainer = Trainer([run])
    with torch.no_grad():  # V = 2 (state + state) + 3, and the state counts 1, 2, 3
        trainer.speakers.views["critic.weight"].fill_(2.0)
        trainer.speakers.views["critic.bias"].fill_(3.0)
    batch, now, taken = attempted(trainer, estimator, torch.tensor([[[4, 0, 0], [2, 2, 2]]]))
    # A listener that knows nothing names one of 3 and one of 5 values: 1/15. A symbol costs 0.5.
    first, second = 1 / 15 - 0.5, 1 / 15 - 1.5
    torch.testing.assert_close(taken.reward, torch.tensor([[first, second]]))
    assert now.values.tolist() == [[[7.0, 11.0, 0.0], [7.0, 11.0, 15.0]]]
    expected = torch.tensor([[[first - 7, first - 11, 0.0], [second - 7, second - 11, second - 15]]])
    torch.testing.assert_close(taken.advantage, expected)
    torch.testing.assert_close(
        value_loss(now.values, taken.reward, now.forced.spoken)[0, 0],
        ((first - 7) ** 2 + torch.tensor(first - 11) ** 2) / 2,
    )
    # The policy's slope: d log p / d bias = onehot - 1/8 at each position spoken, times minus the advantage.
    lesson = teach(
        batch, ActorCritic(reward="success", value_weight=0.0), now, batch.round, taken, lambda new, _, a: -a * new
    )
    (slope,) = torch.autograd.grad(lesson.total, [trainer.speakers.views["bias"]])
    said = torch.tensor([[4, 0, 0], [2, 2, 2]])
    one_hot = nn.functional.one_hot(said, 8) - 1 / 8
    by_hand = -(expected[0].unsqueeze(-1) * one_hot).sum(1).mean(0)
    entropy = batch.entropy_weights[0].item() * 0.0  # equal chances have the most entropy: no slope
    torch.testing.assert_close(slope[0], by_hand + entropy)


def test_answers_are_measured_by_what_their_own_listener_expected():
    run = small_run("a", 5, pairs=3, estimator=ActorCritic(), listener_loss="policy_gradient")
    trainer = Trainer([run])
    with torch.no_grad():
        trainer.listeners.views["critic.bias"].copy_(torch.tensor([[10.0], [20.0], [30.0]]))
    # Speaker 0 speaks to listener 2, 1 to 0 and 2 to 1: the listeners hear speakers 1, 2 and 0.
    batch = replace(batch_of(trainer), table=trainer.table(partners=torch.tensor([[2, 0, 1]])))
    symbols = say(batch)
    arrived = arrive(batch.table, symbols)
    now = attempt(batch, ActorCritic(), batch.round, symbols, arrived)
    answers = take(batch, ActorCritic(), now, symbols, arrived).answers
    assert answers is not None
    assert now.expected is not None
    heard = trainer.listeners.listener().value(symbols[[1, 2, 0]], True)[[2, 0, 1]]
    assert torch.equal(now.expected, heard)
    assert heard.mean(1).div(10).round().tolist() == [3, 1, 2]
    assert sorted(answers.reward.unique().tolist()) == [0, 1]
    assert torch.equal(answers.advantage, answers.reward - heard)


def test_what_comes_after_the_end_changes_no_bit(agents: dict[str, Agent], monkeypatch: pytest.MonkeyPatch):
    estimator = ActorCritic(value_reaches="agent")
    run = small_run("a", 5, speaker=agents["counting"], estimator=estimator, speaker_anchor=0.5)
    found = []
    for rubbish in (0.0, 7.0, -1e4):
        monkeypatch.setattr(Countdown, "rubbish", rubbish)
        trainer = Trainer([run])
        for _ in range(5):
            trainer.advance()
        assert trainer.last_lesson is not None
        found.append((trainer.weights(run), trainer.last_lesson))
    for weights, lesson in found[1:]:
        assert all(torch.equal(weights[name], part) for name, part in found[0][0].items())
        assert all(torch.equal(one, other) for one, other in zip(lesson, found[0][1], strict=True))


def test_log_probabilities_and_values_after_the_end_are_zero(agents: dict[str, Agent]):
    speaker = Countdown(2, Channel(3, 4))
    messages = torch.tensor([[1, 2, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    forced = teacher_forced(speaker, torch.ones(1, 2), torch.zeros(3).long(), messages, lambda state: state.sum(-1))
    assert forced.values is not None
    assert forced.values.tolist() == [[2, 4, 6, 0], [2, 0, 0, 0], [2, 4, 6, 8]]
    quarter = torch.tensor(0.25).log().item()
    by_hand = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]]) * quarter
    torch.testing.assert_close(forced.log_probs, by_hand)
    torch.testing.assert_close(forced.log_prob, by_hand.sum(-1))


@pytest.mark.parametrize("reaches", ["head", "agent"])
def test_the_value_loss_reaches_the_head_or_the_agent(reaches: Any):
    estimator = ActorCritic(value_weight=1.0, value_reaches=reaches)
    trainer = Trainer([small_run(estimator=estimator, listener_loss="policy_gradient", speaker_entropy=0.0)])
    batch, now, taken = attempted(trainer, estimator)
    lesson = teach(batch, estimator, now, batch.round, taken, lambda new, _, a: 0 * new)
    views = {
        **{f"s.{n}": v for n, v in trainer.speakers.views.items()},
        **{f"l.{n}": v for n, v in trainer.listeners.views.items()},
    }
    slopes = torch.autograd.grad(lesson.total, list(views.values()), materialize_grads=True)
    moved = {name for name, slope in zip(views, slopes, strict=True) if (slope != 0).any()}
    heads = {"s.critic.weight", "s.critic.bias", "l.critic.weight", "l.critic.bias"}
    assert heads <= moved
    assert (moved == heads) == (reaches == "head")


def test_value_losses_and_entropies_weigh_what_they_are_told():
    fields: dict[str, Any] = {"listener_loss": "policy_gradient", "speaker_entropy": 0.3, "listener_entropy": 0.2}
    trainer = Trainer([small_run(estimator=ActorCritic(), **fields)])
    batch, now, taken = attempted(trainer, ActorCritic())
    none, all_, quarter = (
        teach(batch, ActorCritic(value_weight=weight), now, batch.round, taken, lambda new, _, a: 0 * new).total
        for weight in (0.0, 1.0, 0.25)
    )
    said, answered = now.forced.entropy.mean(), now.play.outcome.entropy.mean()
    assert min(abs(said - answered), said, answered) > 0.01
    torch.testing.assert_close(none, -0.3 * said - 0.2 * answered)
    missed = value_loss(now.values, taken.reward, now.forced.spoken).mean()
    missed = missed + (now.expected - taken.answers.reward).square().mean()
    torch.testing.assert_close(all_ - none, missed)
    torch.testing.assert_close(quarter - none, missed / 4)


def test_what_pressures_charge_directly_is_charged():
    trainer = Trainer([small_run("a", 5, {"bonus": EntropyBonus(strength=0.5)}, estimator=ActorCritic())])
    batch, now, taken = attempted(trainer, ActorCritic())
    (direct,) = costs_of(batch.setup, "success", now.play, batch.table.acting).direct
    charged, free = (
        teach(
            replace(batch, table=replace(batch.table, acting=acting)), ActorCritic(), now, batch.round, taken,
            lambda new, _, a: 0 * new,
        ).total
        for acting in (batch.table.acting, [])
    )  # fmt: skip
    assert abs(direct.mean()) > 1e-3
    torch.testing.assert_close(charged - free, direct.mean())


@pytest.mark.parametrize("estimator", [ActorCritic(), PPO(epochs=2)], ids=["actor-critic", "proximal"])
def test_a_rewarded_symbol_gets_likelier_and_a_charged_one_rarer(estimator: Any, agents: dict[str, Agent]):
    # Every symbol but EOS costs something, and nothing can be won: a speaker learns to be silent.
    fields: dict[str, Any] = {
        "speaker": agents["counting"],
        "listener": agents["counting"],
        "game": Reconstruction(),
        "speaker_entropy": 0.0,
    }
    run = small_run("a", 5, {"effort": LengthCost(strength=1.0)}, estimator=estimator, batch_size=101, **fields)
    trainer = Trainer([run])
    for _ in range(20):
        trainer.advance()
    bias = trainer.weights(run)["speaker.bias"][0]
    assert (bias[0] > bias[1:]).all()
    assert bias[0] > 0


def test_values_come_to_expect_the_reward():
    estimator = ActorCritic(reward="success")
    run = small_run(
        "a", 5, estimator=estimator, speaker_learning_rate=0.03, listener_learning_rate=1e-12, batch_size=101
    )
    trainer = Trainer([run])
    missed = []
    for _ in range(60):
        _, now, taken = attempted(trainer, estimator)
        missed.append(value_loss(now.values, taken.reward, now.forced.spoken).mean().item())
        trainer.advance()
    assert sum(missed[-5:]) < 0.5 * sum(missed[:5])


# Who gets a critic


@pytest.mark.parametrize("kind", [GRU(), Transformer()], ids=["gru", "transformer"])
@pytest.mark.parametrize("estimator", [ActorCritic(), PPO()], ids=["actor-critic", "proximal"])
@pytest.mark.parametrize("listener_loss", ["log_likelihood", "policy_gradient"])
def test_critics_come_last_and_change_no_first_weight(kind: Agent, estimator: Any, listener_loss: Any):
    changes: dict[str, Any] = {"speaker": kind, "listener": kind, "pairs": 2}
    plain, other = (
        small_run("a", 5, estimator=each, **changes, **more)
        for each, more in ((Reinforce(), {}), (estimator, {"listener_loss": listener_loss}))
    )
    without, with_one = Trainer([plain]).weights(plain), Trainer([other]).weights(other)
    critics = {f"speaker.critic.{part}" for part in ("weight", "bias")}
    if listener_loss == "policy_gradient":
        critics |= {f"listener.critic.{part}" for part in ("weight", "bias")}
    assert with_one.keys() - without.keys() == critics
    assert all(torch.equal(weights, with_one[name]) for name, weights in without.items())


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_nobody_else_has_one(estimator: Any):
    speaker, listener = build_agents(small_setup(estimator=estimator))
    assert speaker.critic is None
    assert listener.critic is None


def test_trained_agents_with_critics_are_loaded_and_act():
    run = small_run("a", 5, estimator=ActorCritic(), listener_loss="policy_gradient", pairs=2)
    trainer = Trainer([run])
    trainer.advance()
    weights = trainer.weights(run)
    speaker, listener = build_agents(run.setup)
    for role, module in (("speaker", speaker), ("listener", listener)):
        module.load_state_dict({n.removeprefix(f"{role}."): w[1] for n, w in weights.items() if n.startswith(role)})
    features = torch.from_numpy(run.setup.world.features())
    assert isinstance(speaker, Speaker)
    state, logits = speaker.start(features)
    torch.testing.assert_close(logits, trainer.table().speaker.start(trainer.table().features)[1][1])
    assert speaker.value(state).shape == (15,)
    message = torch.ones(15, 5).long()
    answers = listener(message, features, torch.arange(3).expand(15, -1))
    assert answers.shape == (15, 3)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (
            lambda agents: small_setup(speaker=agents["growing"], estimator=ActorCritic()),
            r"the states of Grown have the shapes \[1, 2\], \[1, 4\] for one meaning; define summary",
        ),
        (
            lambda agents: small_setup(
                listener=agents["counting"], estimator=PPO(), listener_loss="policy_gradient", game=Reconstruction()
            ),
            r"Deaf has no understand\(message\) -> \[n, numbers\], which a critic of listeners reads",
        ),
    ],
)
def test_agents_that_no_critic_can_read_are_refused(
    build: Callable[[dict[str, Agent]], Setup], sentence: str, agents: dict[str, Agent]
):
    with pytest.raises(BadInput, match=sentence) as caught:
        build_agents(build(agents))
    assert "\n" not in str(caught.value)


def test_one_lesson_a_batch():
    trainer = Trainer([small_run(estimator=ActorCritic())])
    lesson = actor_critic_lesson(batch_of(trainer), ActorCritic())
    assert lesson.total.requires_grad
    assert lesson.speaker_cost.shape == lesson.listener_loss.shape == lesson.speaker_entropy.shape == (1,)
