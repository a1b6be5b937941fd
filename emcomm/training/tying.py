"""Tied agents: what they are, which set-ups can have them, and who talks to whom.

With ``Setup(tied=True)`` speaker i and listener i of a run are the two roles of agent i, which are built with parts in
common (`emcomm.agents.Agent.tie`):

* recurrent agents share the cell with its symbol embeddings; Transformers the embeddings, positions and blocks;
* both, and feed-forward agents, share the encoder of meanings where the listener sees meanings, that is in games with
  candidates; a listener that names attributes sees none;
* the rest stays apart: what a speaker's output becomes logits by, the codebook of `VectorQuantised`, what attributes
  are named with, and how a listener with ``reading="attention"`` attends.

An agent has one optimiser and one learning rate, and is updated once a step, by the sum of what it cost as a speaker in
the games that it spoke in and as a listener in those that it heard. Nobody talks to himself: agent i talks to agent
i + 1 and hears agent i - 1, the last talks to the first, unless a pressure draws partners. So it is in lessons apart
from the games, and evaluation pairs every agent with every other.

Source: one network that speaks and listens as in Choi et al. 2018, Graesser et al. 2019 (agents that take both roles,
partners drawn from a community) and Galke et al. 2024 (tied embeddings). Deviations: an agent takes both roles in each
step, in two batches of games, rather than one at a time; symbols' embeddings are not tied to the output layer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emcomm.agents import Agent
from emcomm.envs import Game
from emcomm.errors import BadInput
from emcomm.pressures.ring import in_a_ring

__all__ = ["check_partners", "check_tied", "home"]


def check_tied(speaker: Agent, listener: Agent, rates: tuple[float, float], game: Game, pairs: int) -> None:
    """Refuse a set-up whose agents cannot be tied.

    Args:
        speaker: architecture of speakers.
        listener: architecture of listeners.
        rates: learning rates of speakers and of listeners.
        game: what they play.
        pairs: agents of a run.

    Raises:
        BadInput: speaker and listener differ, or cannot be tied; their learning rates differ; or an agent is alone.
    """
    if speaker != listener:
        raise BadInput(
            f"tied agents are one network: speaker and listener must be equal, got {speaker!r} and {listener!r}"
        )
    if type(speaker).tie is Agent.tie:
        raise BadInput(f"{speaker.name} agents cannot be tied, as they do not define tie(); see emcomm.agents")
    if rates[0] != rates[1]:
        raise BadInput(
            "tied agents have one learning rate: speaker_learning_rate and listener_learning_rate must be equal, "
            f"got {rates[0]:g} and {rates[1]:g}"
        )
    if game.sets:
        raise BadInput(
            f"tied agents see meanings in one way, and the {game.name} game shows its speakers sets of them, its "
            "listeners one at a time; take tied=False"
        )
    if pairs < 2:
        raise BadInput(f"tied agents talk to others, never to themselves: pairs must be 2 or more, got {pairs}")


def home(tied: bool, shape: tuple[int, int], device: torch.device) -> Tensor | None:
    """The listener of each speaker when no pressure draws partners.

    Args:
        tied: whether speaker i and listener i are one agent.
        shape: runs and pairs.
        device: where the result lives.

    Returns:
        int64 ``[runs, pairs]``: for tied agents the next one; else None, speaker i talks to listener i.
    """
    return in_a_ring(torch.arange(shape[1], device=device)).expand(shape) if tied else None


def check_partners(name: str, partners: Tensor) -> None:
    """Refuse partners ``[runs, pairs]`` drawn by a pressure of some name if a tied agent would talk to itself.

    Raises:
        BadInput: one would.
    """
    if (partners == torch.arange(partners.shape[1], device=partners.device)).any():
        raise BadInput(
            f"the pressure {name!r} lets a tied agent talk to itself; where moment.tied, partners are permutations in "
            "which nobody stays in place"
        )
