"""What an agent is: a set-up object that builds a speaker and a listener, plain modules for one run.

The engine trains many runs at once, and a module's class says how it gets to be many with ``stacks``:

* False: it is stacked by `torch.vmap` and needs no change, as long as it uses operations that vmap can batch
  (`nn.Linear`, `nn.Embedding`, `nn.LayerNorm`, ...; not `nn.GRU`).
* ``"loop"``: it is called for one agent after the other. Anything goes, at the cost of one call an agent.
* True: it is written with operations that accept leading stack dimensions, and its parameters are replaced by stacked
  ones. This is the fastest.

Modules never draw random numbers themselves: what they need is handed in. They keep nothing between calls but what is
the same for every agent; what a speaker has to remember is its state.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.registry import Plugin, Registry
from emcomm.worlds.form import Form

__all__ = ["AGENTS", "Agent", "Listener", "Speaker", "Stacks", "Utterance"]

Stacks = Literal[True, False, "loop"]

AGENTS: Registry[type[Agent]] = Registry("agents", "agent")


class Utterance(NamedTuple):
    """What a speaker said about a batch of meanings.

    Attributes:
        symbols: int64 ``[*stack, n, max_length]``, 0 from the first end-of-sequence on.
        log_prob: float32 ``[*stack, n]``, nats: log-probability of the message, EOS included if it was said.
        entropy: float32 ``[*stack, n]``, nats: the speaker's entropy, mean over the positions it spoke at.
        relaxed: float32 ``[*stack, n, max_length, symbols + 1]`` near-one-hot rows through which gradients flow
            (column 0 is EOS), or None when symbols were sampled.
    """

    symbols: Tensor
    log_prob: Tensor
    entropy: Tensor
    relaxed: Tensor | None = None


class Speaker(nn.Module):
    """Base of speakers: a state, and logits for the next symbol.

    The loop that turns these two methods into messages is `emcomm.agents.speaking`; it is the same for all speakers.

    Attributes:
        stacks: how the engine makes many of it (see the module's docstring).
        channel: what may be said. Logits have ``symbols + 1`` columns (EOS first) when lengths vary, else ``symbols``.
        critic: maps a `summary` to what the speaker expects of the game; the engine adds one where the estimator needs
            it (`emcomm.training.critic`), else None.
    """

    stacks: ClassVar[Stacks] = False
    channel: Channel
    critic: nn.Module | None

    def __init__(self) -> None:
        super().__init__()
        self.critic = None

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Look at meanings ``[*stack, n, features]``; return state ``[*stack, n, ...]`` and first logits."""
        raise TypeError(f"{type(self).__name__} does not define start()")

    def step(self, state: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Say one more symbol: int64 ``[*stack, n]``, or relaxed ``[*stack, n, symbols + 1]``; return as `start`."""
        raise TypeError(f"{type(self).__name__} does not define step()")

    def summary(self, state: Tensor) -> Tensor:
        """What a critic reads: ``[*stack, n, ...]``, equally many after every symbol; by default the state."""
        return state

    def value(self, state: Tensor) -> Tensor:
        """The reward expected in a state, float32 ``[*stack, n]``, in the reward's units; needs a `critic`."""
        assert self.critic is not None, "a speaker without a critic expects nothing"
        stack = cast(Tensor, self.critic.weight).dim() - 2
        value: Tensor = self.critic(self.summary(state).flatten(stack + 1)).squeeze(-1)
        return value


class Listener(nn.Module):
    """Base of listeners: read a message, answer.

    Attributes:
        stacks: as for `Speaker`.
        width: how many numbers it answers from, if `forward` takes ``keep``, a factor for each; 0 if it does not.
        critic: maps what `understand` returns to what the listener expects of the game, or None; as for `Speaker`.
            Only listeners that define ``understand(message) -> [*stack, n, numbers]`` can have one.
    """

    stacks: ClassVar[Stacks] = False
    width: int = 0
    critic: nn.Module | None

    def __init__(self) -> None:
        super().__init__()
        self.critic = None

    def forward(self, message: Tensor, features: Tensor, candidates: Tensor | None, prefixes: bool = False) -> Tensor:
        """Answer after reading.

        Args:
            message: int64 ``[*stack, n, max_length]``, trimmed; or relaxed ``[*stack, n, max_length, symbols + 2]``
                (columns: EOS, symbols, erased).
            features: float32 ``[*stack, meanings, features]``, every meaning there is.
            candidates: int64 ``[*stack, n, K]`` indices of meanings to choose from, or None to name every attribute.
            prefixes: also answer after 0, 1, ..., max_length symbols; the last of these answers is the one to the
                whole message, up to rounding.

        A listener with a `width` takes one argument more, ``keep``: float32 ``[*stack, n, width]``, which the state it
        answers from is multiplied by, at whatever prefix; None changes nothing. It is how dropout gets in.

        Returns:
            logits ``[*stack, n, answers]``, or ``[*stack, n, max_length + 1, answers]`` for prefixes. Answers are the
            K candidates, or the values of all attributes one after the other.
        """
        raise TypeError(f"{type(self).__name__} does not define forward()")

    def value(self, message: Tensor, head_only: bool) -> Tensor:
        """The reward expected after a message ``[*stack, n, max_length]``: float32 ``[*stack, n]``; needs a `critic`.

        Args:
            message: as in `forward`, trimmed.
            head_only: no gradient leaves the critic.
        """
        assert self.critic is not None, "a listener without a critic expects nothing"
        understood = self.understand(message)  # type: ignore[operator]
        value: Tensor = self.critic(understood.detach() if head_only else understood).squeeze(-1)
        return value


class Agent(Plugin):
    """Base of agent set-ups."""

    registry: ClassVar[Registry[type[Agent]]] = AGENTS

    def speaker(self, form: Form, channel: Channel, dtype: torch.dtype = torch.float32) -> Speaker:
        """Build a speaker for one run.

        Args:
            form: what a row of features is; ``form.width`` is how many numbers it has.
            channel: what may be said.
            dtype: precision of matrix products.

        Raises:
            BadInput: it cannot see meanings of this form, or speak over this channel.
        """
        raise TypeError(f"{type(self).__name__} has no speaker")

    def listener(
        self, form: Form, channel: Channel, sizes: tuple[int, ...] | None, dtype: torch.dtype = torch.float32
    ) -> Listener:
        """Build a listener for one run; arguments and errors as in `speaker`.

        Args:
            form: what a row of features is.
            channel: what may be heard.
            sizes: values of each attribute if it names attributes; None if it points at candidates.
            dtype: precision of matrix products.
        """
        raise TypeError(f"{type(self).__name__} has no listener")

    def check(self, form: Form | None, channel: Channel) -> None:
        """Refuse, without building anything, what `speaker` and `listener` would refuse.

        Args:
            form: what it is to see; None if it sees no meanings, as a listener that names attributes.
            channel: what may be said.

        Raises:
            BadInput: it cannot see meanings of this form, or use this channel.
        """

    def tie(self, speaker: Speaker, listener: Listener) -> None:
        """Make one agent of a speaker and a listener of this kind: let them share parts, in place.

        What is shared is one module, or one parameter, that both have under names of their own. An agent that leaves
        this method as it is cannot be tied.

        Args:
            speaker: from `speaker`, untrained.
            listener: from `listener`, untrained, for the same form and channel.

        Raises:
            BadInput: these two have nothing in common.
        """
        raise BadInput(f"{self.name} agents cannot be tied, they do not define tie()")
