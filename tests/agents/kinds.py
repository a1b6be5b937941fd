"""Every registered agent with its defaults, some with other settings, and stacks of them that speak and listen."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.agents import AGENTS, GRU, LSTM, MLP, RNN, Agent, FeedForward, Transformer, VectorQuantised
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.ternary import Preset, Ternary, preset
from emcomm.training.agent_stack import AgentStack
from emcomm.worlds.form import Flat, Form

__all__ = [
    "BOTH",
    "EVERY",
    "FORM",
    "KINDS",
    "LISTENING",
    "TERNARY",
    "N",
    "Stacked",
    "about",
    "channel_for",
    "messages",
    "pointing",
    "stack_of",
    "uniform",
]

FORM = Flat(11)
OWN = Preset(ternary=Ternary(scale="twn", per="row", activations="none"), norm="layer", gate_norm="rms")
TERNARY: dict[str, Agent] = {
    "gru, ternary": GRU(hidden=7, embedding=3, precision="ternary"),
    "gru, ternary, own recipe": GRU(
        hidden=7, embedding=3, reading="attention", encoder=MLP(layers=(5,)), precision="ternary", recipe=OWN
    ),
    "lstm, ternary, bitnet": LSTM(hidden=7, embedding=3, precision="ternary", recipe=preset("bitnet")),
    "rnn, ternary, rnn": RNN(hidden=7, embedding=3, precision="ternary", recipe=preset("rnn")),
    "transformer, ternary, bitnet": Transformer(
        hidden=10, heads=2, layers=2, precision="ternary", recipe=preset("bitnet")
    ),
    "feed_forward, ternary, reloaded": FeedForward(
        hidden=7, embedding=3, precision="ternary", recipe=preset("reloaded")
    ),
    "vector_quantised, ternary": VectorQuantised(
        hidden=7, embedding=3, dimensions=5, temperature=2.0, precision="ternary"
    ),
}
KINDS: dict[str, Agent] = {name: AGENTS.get(name)() for name in AGENTS.names()} | {
    "gru, narrow": GRU(hidden=7, embedding=3),
    "gru, attending": GRU(hidden=7, embedding=3, reading="attention"),
    "lstm, attending": LSTM(hidden=7, embedding=3, reading="attention", encoder=MLP(layers=(5,))),
    "transformer, deep": Transformer(hidden=10, heads=2, layers=2),
    "vector_quantised, narrow": VectorQuantised(hidden=7, embedding=3, dimensions=5, temperature=1.0),
    "gru, float with a recipe": GRU(hidden=7, embedding=3, recipe=preset("rnn")),
    **TERNARY,
}
LISTENING = {"naming": (2, 3), "pointing": None}
N = 17
EVERY = pytest.mark.parametrize("kind", KINDS)
BOTH = pytest.mark.parametrize("variable", [True, False], ids=["variable", "fixed"])


def channel_for(agent: Agent, variable: bool, form: Form = FORM) -> Channel:
    """A channel of 5 symbols that the agent can use: of length 4, or of one symbol if it has no memory."""
    try:
        agent.speaker(form, Channel(5, 4, variable))
    except BadInput:
        return Channel(5, 1, variable)
    return Channel(5, 4, variable)


def uniform(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def messages(channel: Channel, *shape: int, seed: int = 1) -> Tensor:
    """Raw messages, erased symbols included; what follows the end is noise."""
    rng = torch.Generator().manual_seed(seed)
    first = 0 if channel.variable else 1
    return torch.randint(first, channel.erased + 1, (*shape, channel.max_length), generator=rng)


def about(n: int = N) -> Tensor:
    """What each of three speakers speaks about: ``[3, n]`` of 13 meanings."""
    return torch.randint(13, (3, n), generator=torch.Generator().manual_seed(2))


def pointing(role: str, n: int = N) -> Tensor | None:
    """Three candidates among 13 meanings for each game, ``[3, n, 3]``, if that is the role."""
    return uniform(3, n, 13, seed=2).argsort(-1)[..., :3] if role == "pointing" else None


class Stacked:
    """A stack of speakers or of listeners, one a seed, louder than at birth; what it does and the slopes of that.

    Args:
        agent: whose.
        channel: what is said.
        seeds: one for each agent.
        sizes: of listeners, see `Agent.listener`; ``"speaker"`` makes speakers.
        stacks: puts another value in the place of the module's own, see `emcomm.agents.base`.
    """

    def __init__(
        self,
        agent: Agent,
        channel: Channel,
        seeds: list[int],
        sizes: tuple[int, ...] | str | None = "speaker",
        stacks: Any = None,
    ) -> None:
        self.channel, self.seeds = channel, seeds

        def build() -> torch.nn.Module:
            speaks = isinstance(sizes, str)
            module = agent.speaker(FORM, channel) if speaks else agent.listener(FORM, channel, sizes)  # type: ignore[arg-type]
            if stacks is not None:
                module.__class__ = type("Other", (type(module),), {"stacks": stacks})
            return module

        self.stack = AgentStack(build, seeds, 1, "agent", [0.01] * len(seeds), torch.device("cpu"))
        with torch.no_grad():
            self.stack.weights.mul_(1.5)

    def spoil(self, place: int) -> None:
        """Make all weights of an agent NaN."""
        with torch.no_grad():
            self.stack.weights[place] = torch.nan

    def say(self, features: Tensor, index: Tensor, draws: Tensor | None) -> tuple[list[Tensor], list[Tensor]]:
        """What is said (symbols, log-probabilities, entropies), and the slopes of the last two."""
        said = speak(self.stack.speaker(), features, index, draws)
        weight = uniform(*index.shape[1:], seed=7)
        return list(said[:3]), self._slopes((said.log_prob * weight - said.entropy).sum())

    def hear(
        self, message: Tensor, features: Tensor, candidates: Tensor | None, prefixes: bool = False, *keep: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Answers, and the slopes of a weighting of them."""
        answers = self.stack.listener()(message, features, candidates, prefixes, *keep)
        weight = uniform(*answers.shape[1:], seed=7)
        return answers, self._slopes((answers.log_softmax(-1) * weight).sum())

    def _slopes(self, loss: Tensor) -> list[Tensor]:
        return list(torch.autograd.grad(loss, list(self.stack.views.values()), materialize_grads=True))


def stack_of(
    kind: str, role: str, variable: bool = True, seeds: tuple[int, ...] = (5, 7, 11), stacks: Any = None
) -> Stacked:
    """A stack of agents of a kind; the role is ``"speaker"`` or one of `LISTENING`."""
    agent = KINDS[kind]
    return Stacked(agent, channel_for(agent, variable), list(seeds), LISTENING.get(role, "speaker"), stacks)
