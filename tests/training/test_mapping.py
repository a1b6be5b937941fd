"""Modules of the user's own, mapped over a stack: what vmap cannot batch is refused, and called in turn if asked to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS, Agent, Listener, Speaker
from emcomm.agents.base import Stacks
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.training import Trainer
from emcomm.training.agent_stack import AgentStack
from emcomm.training.mapping import Mapped
from emcomm.worlds.form import Form
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

CHANNEL = Channel(7, 5)


class ModernSpeaker(Speaker):
    """A speaker around torch's own cell; its state is what it says next and what it remembers."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.channel = channel
        self.encode = nn.Linear(features, 5)
        self.embed = nn.Linear(channel.symbols + 1, 5, bias=False)
        self.cell = nn.LSTMCell(5, 5)
        self.out = nn.Linear(5, channel.symbols + channel.variable)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.stack([self.encode(features)] * 2, -2)
        return state, self.out(state[..., 0, :])

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        if not symbols.is_floating_point():
            symbols = nn.functional.one_hot(symbols, self.channel.symbols + 1).float()
        state = torch.stack(self.cell(self.embed(symbols), state.unbind(-2)), -2)
        return state, self.out(state[..., 0, :])


class ModernListener(Listener):
    """A listener around `nn.GRU`, which has no batching rule; it skips games in which nothing was said."""

    def __init__(self, features: int, channel: Channel) -> None:
        super().__init__()
        self.embed = nn.Linear(channel.symbols + 2, 5, bias=False)
        self.read = nn.GRU(5, 5, batch_first=True)
        self.out = nn.Linear(features, 5)
        self.width = 5

    def forward(
        self,
        message: Tensor,
        features: Tensor,
        candidates: Tensor | None,
        prefixes: bool = False,
        keep: Tensor | None = None,
    ) -> Tensor:
        assert candidates is not None
        if not message.is_floating_point():
            message = nn.functional.one_hot(message, CHANNEL.symbols + 2).float()
        states, _ = self.read(self.embed(message))
        states = torch.cat([torch.zeros_like(states[:, :1]), states], 1)
        states = states if keep is None else states * keep.unsqueeze(-2)
        scores = states @ self.out(features).mT
        answers = scores.gather(-1, candidates.unsqueeze(-2).expand(*states.shape[:-1], -1))
        return answers if prefixes else answers[:, -1]


def looping(module: type[nn.Module]) -> type[nn.Module]:
    return type(module.__name__, (module,), {"stacks": "loop"})


@pytest.fixture(autouse=True, scope="module")
def modern() -> Iterator[type[Agent]]:
    """Agents of these modules, known by name as long as this file runs."""
    before = dict(AGENTS._known)

    class Modern(Agent):
        name: ClassVar[str] = "modern_of_this_test"
        loop: bool = True

        def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
            return (looping(ModernSpeaker) if self.loop else ModernSpeaker)(form.width, channel)  # type: ignore[return-value]

        def listener(self, form, channel, sizes, dtype=torch.float32) -> Listener:
            return (looping(ModernListener) if self.loop else ModernListener)(form.width, channel)  # type: ignore[return-value]

    yield Modern
    AGENTS._known.clear()
    AGENTS._known.update(before)


@pytest.mark.parametrize("role", ["speaker", "listener"])
def test_what_vmap_cannot_batch_is_refused_with_the_remedy(role: str, modern: type[Agent]):
    operation = {"speaker": r"ModernSpeaker.step\(\) .*'lstm_cell'", "listener": r"ModernListener.forward\(\) .*'gru'"}
    agents: dict[str, Any] = {role: modern(loop=False)}  # type: ignore[call-arg]
    sentence = operation[role] + '.*primitive operations, or set stacks = "loop" in its class'
    with pytest.raises(BadInput, match=sentence) as caught:
        Trainer([small_run(**agents)]).advance()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_called_in_turn_they_learn(name: str, modern: type[Agent]):
    agents: dict[str, Any] = {"speaker": modern(), "listener": modern(), "estimator": ESTIMATORS[name], "pairs": 2}
    runs = [small_run("a", seed, **agents) for seed in (5, 7)]
    at_birth, trainer = advanced(0, *runs), advanced(3, *runs)
    assert (trainer.broken_at == -1).all()
    for run in runs:
        for part, weights in trainer.weights(run).items():
            assert (at_birth.weights(run)[part] != weights).view(2, -1).any(-1).all(), part
        assert equal_weights(trainer.weights(run), advanced(3, run).weights(run))


class Odd(Speaker):
    """A speaker whose first logits come about in one of several odd ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.channel, self.way = CHANNEL, way
        self.weight = nn.Parameter(torch.ones(3))
        self.register_buffer("seen", torch.zeros(3))

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = features * self.weight
        if self.way == "item":
            x = x * x.sum().item()
        elif self.way == "if":
            x = x if (x > 0).all() else -x
        elif self.way == "mask":
            x = x[x > 100]
        elif self.way == "random":
            x = nn.functional.dropout(x)
        elif self.way == "buffer":
            assert isinstance(self.seen, Tensor)
            self.seen += x.detach().mean(0)
        elif self.way == "wrong":
            x = x @ x
        return x, x


def start(way: str, stacks: object) -> tuple[Tensor, Tensor]:
    build = lambda: type("Odd", (Odd,), {"stacks": stacks})(way)  # noqa: E731
    stack = AgentStack(build, [5, 7], 1, "speaker", [0.1, 0.1], torch.device("cpu"))
    return stack.speaker().start(torch.ones(2, 11, 3))


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("item", r"Odd.start\(\) uses an operation that torch.vmap cannot batch, '.item\(\)'; write"),
        ("if", r"Odd.start\(\) uses .*, 'control flow that depends on a tensor'; write"),
        ("mask", r"Odd.start\(\) uses .*, 'indexing with a boolean mask'; write"),
        ("random", r"Odd.start\(\) draws random numbers, which would depend on who shares the stack"),
    ],
)
def test_refusals_name_the_operation(way: str, sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        start(way, False)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("way", ["item", "if", "plain"])
def test_in_turn_almost_anything_goes(way: str):
    state, logits = start(way, "loop")
    assert state.shape == logits.shape == (2, 11, 3)
    assert torch.equal(state, torch.full((2, 11, 3), 33.0 if way == "item" else 1.0))


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("random", r"Odd.start\(\) draws random numbers"),
        ("buffer", r"Odd.start\(\) changes a buffer, which all agents"),
    ],
)
def test_what_would_leak_from_agent_to_agent_is_refused(way: str, sentence: str):
    with pytest.raises(BadInput, match=sentence) as caught:
        start(way, "loop")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("stacks", [False, "loop"])
def test_errors_that_are_not_about_batching_come_through(stacks: object):
    with pytest.raises(RuntimeError, match="size|shape|match"):
        start("wrong", stacks)


def test_other_words_are_refused():
    with pytest.raises(BadInput, match="Odd has stacks = 'lop'; allowed: True, False, 'loop'"):
        start("plain", "lop")


def test_a_method_is_wrapped_once():
    module = ModernSpeaker(3, CHANNEL)
    mapped = Mapped(module)
    views = {name: parameter.detach().unsqueeze(0) for name, parameter in module.named_parameters()}
    for _ in range(3):
        mapped("start", views, torch.ones(1, 11, 3))
    assert list(mapped._methods) == ["start"]


def test_what_is_no_tensor_goes_to_every_agent():
    class Scaled(Speaker):
        stacks: ClassVar[Stacks] = "loop"

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def start(self, features: Tensor, factor: float | None = None) -> tuple[Tensor, Tensor]:
            return features, self.weight * features if factor is None else factor * features

    module = Scaled()
    views = {"weight": torch.tensor([[1.0, 2, 3], [4, 5, 6]])}
    features = torch.arange(12.0).view(2, 2, 3)
    assert torch.equal(Mapped(module)("start", views, features, None)[1], features * views["weight"].unsqueeze(1))
    assert torch.equal(Mapped(module)("start", views, features, 0.5)[1], features * 0.5)
