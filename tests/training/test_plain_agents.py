"""Agents of the user's own: ordinary modules for one run, stacked by the engine without a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS, Agent, Listener, Speaker
from emcomm.agents.cell import GRUCell
from emcomm.agents.functions import linear, rows
from emcomm.channel import Channel
from emcomm.envs import Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import ChannelNoise, Community, ImpatientListener, ListenerReset
from emcomm.training import Run, Setup, Trainer, load_checkpoint, save_checkpoint
from emcomm.training.evaluation import observe
from emcomm.worlds.form import Form
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

PRESSURES = {
    "noise": ChannelNoise(strength=0.2, effect="erase"),
    "rush": ImpatientListener(strength=0.5),
    "teaching": ListenerReset(every=3),
    "group": Community(size=2),
}


class PlainSpeaker(Speaker):
    """A recurrent speaker of linear layers and an embedding; `warmth` is a parameter that is a single number."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.encode = nn.Linear(features, 5)
        self.embed = nn.Embedding(channel.symbols + 1, 5)
        self.mix = nn.Linear(5, 5)
        self.out = nn.Linear(5, channel.symbols + channel.variable)
        self.warmth = nn.Parameter(torch.tensor(1.5))

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.tanh(self.encode(features))
        return state, self.warmth * self.out(state)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        heard = symbols @ self.embed.weight if symbols.is_floating_point() else self.embed(symbols)
        state = torch.tanh(self.mix(state) + heard)
        return state, self.warmth * self.out(state)


class PlainListener(Listener):
    """A listener that adds up what it hears; `spare` is a layer that it does not use."""

    def __init__(self, features: int, channel: Channel, sizes: tuple[int, ...] | None) -> None:
        super().__init__()
        self.sizes = sizes
        self.embed = nn.Embedding(channel.symbols + 2, 5)
        self.out = nn.Linear(features, 5) if sizes is None else nn.Linear(5, sum(sizes))
        self.spare = nn.Linear(3, 2)

    def forward(self, message: Tensor, features: Tensor, candidates: Tensor | None, prefixes: bool = False) -> Tensor:
        if message.is_floating_point():
            heard = message[..., 1:] @ self.embed.weight[1:]
        else:
            heard = self.embed(message) * (message != 0).unsqueeze(-1)
        state = torch.cat([torch.zeros_like(heard[..., :1, :]), heard.cumsum(-2)], -2)  # after 0, 1, ... symbols
        state = torch.tanh(state if prefixes else state[..., -1:, :])
        if self.sizes is not None:
            answers = self.out(state)
        else:
            assert candidates is not None
            shown = candidates.unsqueeze(-2).expand(*state.shape[:-1], -1)
            answers = (state @ self.out(features).mT).gather(-1, shown)
        return answers if prefixes else answers.squeeze(-2)


class StackedSpeaker(PlainSpeaker):
    """The same speaker, written for leading stack dimensions."""

    stacks: ClassVar[bool] = True

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.tanh(linear(features, self.encode.weight, self.encode.bias))
        return state, self._say(state)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        table = self.embed.weight
        heard = symbols @ table if symbols.is_floating_point() else rows(table, symbols)
        state = torch.tanh(linear(state, self.mix.weight, self.mix.bias) + heard)
        return state, self._say(state)

    def _say(self, state: Tensor) -> Tensor:
        return self.warmth[..., None, None] * linear(state, self.out.weight, self.out.bias)


class CellSpeaker(Speaker):
    """The recurrent cell inside a module that the engine maps, with a state of two rows a sample."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.encode = nn.Linear(features, 5)
        self.cell = GRUCell(channel.symbols + 1, 3, 5, fused=False)
        self.out = nn.Linear(5, channel.symbols + channel.variable)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        first = self.encode(features)
        return torch.stack([first, first.tanh()], -2), self.out(first)

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        table = self.cell.table()
        read = symbols @ table if symbols.is_floating_point() else table[symbols]
        following = self.cell(read, None, state[..., 0, :])
        return torch.stack([following, state[..., 0, :]], -2), self.out(following + state[..., 1, :])

    def summary(self, state: Tensor) -> Tensor:
        return state.flatten(-2)


class HearingListener(PlainListener):
    """The same listener, which can say what it has understood."""

    def understand(self, message: Tensor) -> Tensor:
        return torch.tanh((self.embed(message) * (message != 0).unsqueeze(-1)).sum(-2))


@pytest.fixture(autouse=True, scope="module")
def agents() -> Iterator[dict[str, Agent]]:
    """Set-ups of these agents, known by name as long as this file runs."""
    before = dict(AGENTS._known)

    class Plain(Agent):
        name: ClassVar[str] = "plain_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return PlainSpeaker(form.width, channel)

        def listener(self, form, channel, sizes, dtype=torch.float32) -> Listener:
            return PlainListener(form.width, channel, sizes)

    class Stacked(Plain):
        name: ClassVar[str] = "stacked_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return StackedSpeaker(form.width, channel)

    class Cell(Plain):
        name: ClassVar[str] = "cell_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return CellSpeaker(form.width, channel)

    class Hearing(Plain):
        name: ClassVar[str] = "hearing_of_this_test"

        def listener(self, form, channel, sizes, dtype=torch.float32) -> Listener:
            return HearingListener(form.width, channel, sizes)

    yield {"plain": Plain(), "stacked": Stacked(), "cell": Cell(), "hearing": Hearing()}
    AGENTS._known.clear()
    AGENTS._known.update(before)


def run_of(agent: Agent, seed: int = 5, condition: str = "a", pressures=None, **changes) -> Run:
    return small_run(condition, seed, pressures, speaker=agent, listener=agent, **changes)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("kind", ["plain", "cell"])
@pytest.mark.parametrize("naming", [True, False])
def test_they_train_under_every_pressure(kind: str, name: str, naming: bool, agents: dict[str, Agent]):
    changes = {"game": Reconstruction()} if naming else {}
    runs = [
        run_of(agents[kind], seed, "a", PRESSURES, pairs=2, estimator=ESTIMATORS[name], **changes) for seed in (5, 7)
    ]
    at_birth, trainer = advanced(0, *runs), advanced(5, *runs)
    assert (trainer.broken_at == -1).all()
    for run in runs:
        before, after = at_birth.weights(run), trainer.weights(run)
        for part in before:
            if "spare" not in part:
                assert (before[part] != after[part]).view(2, -1).any(-1).all(), part
    assert observe(trainer, record=True)[0].messages.shape == (2, 15, 5)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("variable", [True, False])
def test_mapping_a_module_is_writing_it_for_a_stack(name: str, variable: bool, agents: dict[str, Agent]):
    trainers = [
        advanced(
            7,
            *(
                run_of(agents[kind], seed, estimator=ESTIMATORS[name], channel=Channel(7, 5, variable))
                for seed in (5, 7)
            ),
        )
        for kind in ("plain", "stacked")
    ]
    for place in range(2):
        one, other = (trainer.weights(trainer.runs[place]) for trainer in trainers)
        for part, weights in one.items():
            torch.testing.assert_close(weights, other[part], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["actor-critic", "proximal"])
@pytest.mark.parametrize("stacks", [False, "loop"])
def test_critics_of_both_are_mapped_too(
    name: str, stacks: Any, agents: dict[str, Agent], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(HearingListener, "stacks", stacks)
    monkeypatch.setattr(PlainSpeaker, "stacks", stacks)
    changes: dict[str, Any] = {"pairs": 2, "estimator": ESTIMATORS[name], "listener_loss": "policy_gradient"}
    runs = [run_of(agents["hearing"], seed, pressures=its, **changes) for seed, its in ((5, PRESSURES), (7, None))]
    at_birth, together = advanced(0, *runs), advanced(3, *runs)
    for run in runs:
        before, after = at_birth.weights(run), together.weights(run)
        for part in ("speaker.critic.weight", "listener.critic.weight"):
            assert (before[part] != after[part]).any()
        assert equal_weights(after, advanced(3, run).weights(run))


def test_a_layer_that_is_not_used_keeps_its_weights(agents: dict[str, Agent]):
    run = run_of(agents["plain"])
    at_birth, trainer = advanced(0, run), advanced(5, run)
    for part in ("listener.spare.weight", "listener.spare.bias"):
        assert torch.equal(at_birth.weights(run)[part], trainer.weights(run)[part])


@pytest.mark.parametrize("kind", ["plain", "cell"])
def test_their_runs_keep_to_themselves(kind: str, agents: dict[str, Agent]):
    runs = [run_of(agents[kind], seed, pairs=2) for seed in (5, 7, 11)]
    clean, spoilt = advanced(2, *runs), advanced(2, *runs)
    with torch.no_grad():
        spoilt.speakers.weights[2:4] = torch.nan
        spoilt.listeners.weights[2:4] = 1e20
    for trainer in (clean, spoilt):
        for _ in range(5):
            trainer.advance()
    for place, run in enumerate(runs):
        assert equal_weights(clean.weights(run), spoilt.weights(run)) == (place != 1)


def test_strength_zero_is_absence_for_them_too(agents: dict[str, Agent]):
    off = {name: pressure.off() for name, pressure in PRESSURES.items()}
    arms = [run_of(agents["plain"], 5, *arm, pairs=2) for arm in (("a", {}), ("b", PRESSURES), ("c", off))]
    trainer = advanced(7, *arms)
    without, on, zero = (trainer.weights(run) for run in trainer.runs)
    assert equal_weights(without, zero)
    assert not equal_weights(without, on)


def test_they_go_on_from_a_checkpoint(agents: dict[str, Agent], tmp_path: Path):
    runs = [run_of(agents["plain"], seed, "a", PRESSURES, pairs=2) for seed in (5, 7)]
    whole, trainer = advanced(7, *runs), advanced(4, *runs)
    save_checkpoint(tmp_path / "stack", trainer)
    resumed = load_checkpoint(tmp_path / "stack", runs)
    for _ in range(3):
        resumed.advance()
    assert all(equal_weights(whole.weights(run), resumed.weights(run)) for run in runs)


@pytest.mark.parametrize("kind", ["plain", "stacked", "cell"])
def test_they_are_taught_apart_from_games(kind: str, agents: dict[str, Agent]):
    runs = [run_of(agents[kind], seed, pairs=2, speaker_learning_rate=0.02) for seed in (5, 7, 11)]
    together, alone = advanced(2, *runs), advanced(2, runs[1])
    which = torch.tensor([[True, True], [True, False], [False, False]])
    for trainer, concerned in ((together, which), (alone, which[1:2])):
        before = [trainer.weights(run) for run in trainer.runs]
        talk = trainer.population.talk(7, "some.stream", 2)
        said = talk._replace(messages=torch.full_like(talk.messages, 3))
        trainer.population.imitate(concerned, said, 100, "some.stream", 2)
        trainer.population.practise(concerned, 5, "some.stream", 2)
        for run, old, learnt in zip(trainer.runs, before, concerned, strict=True):
            for part, weights in trainer.weights(run).items():
                if "spare" not in part:
                    assert torch.equal((weights != old[part]).view(2, -1).any(-1), learnt), part
        messages = trainer.population.talk(499, "to.look", 2).messages
        said_so = (messages == 3).all(-1).float().mean(-1)
        assert ((said_so > 0.9) == concerned).all()
    expected = alone.weights(runs[1])
    for part, others in together.weights(runs[1]).items():
        torch.testing.assert_close(others, expected[part], rtol=0, atol=1e-4)


def test_a_set_up_with_them_survives_being_written_and_read(agents: dict[str, Agent]):
    setup = run_of(agents["plain"]).setup
    assert Setup.model_validate_json(setup.model_dump_json()) == setup


def test_a_module_with_randomness_of_its_own_is_refused(agents: dict[str, Agent]):
    # A dropout mask would come from torch's global generator, and depend on who shares the stack.
    class Forgetful(PlainSpeaker):
        def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
            return super().start(nn.functional.dropout(features, 0.5))

    class Dropping(Agent):
        name: ClassVar[str] = "dropping_of_this_test"

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return Forgetful(form.width, channel)

    run = small_run(speaker=Dropping(), listener=agents["plain"])
    with pytest.raises(BadInput, match=r"Forgetful.start\(\) draws random numbers") as caught:
        Trainer([run]).advance()
    assert "\n" not in str(caught.value)
