"""Imitation curves: how fast fresh speakers learn to say what stored languages say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from emcomm.agents import Agent
from emcomm.agents.forcing import teacher_forced
from emcomm.agents.gru import GRU
from emcomm.envs import Board
from emcomm.errors import BadInput
from emcomm.memory import keep_freed_memory
from emcomm.probes.curves import LearningCurves
from emcomm.probes.lessons import MOST_LEARNERS, Course, Lectures, course_of, learn, stacks
from emcomm.probes.material import Languages, Material, materials_of
from emcomm.training.agent_stack import AgentStack

__all__ = ["imitation_curves"]


def imitation_curves(
    languages: Languages,
    *,
    speaker: Agent | None = None,
    speakers: int = 5,
    steps: int = 200,
    batch_size: int = 100,
    learning_rate: float = 1e-3,
    seed: int = 0,
    device: str = "cpu",
) -> LearningCurves:
    """Teach fresh speakers to say what frozen languages say, and record how often they do.

    Every batch is drawn from a language's rows by their frequency and scored before its update. Speakers minimise the
    cross-entropy of the message, the sum over its symbols and EOS, each after the right symbols before it (teacher
    forcing). A message counts as right if it is the speaker's most probable one (greedy, symbol by symbol) about its
    meaning. Where a meaning has several messages (synonyms), a speaker can be right only as often as the commonest of
    them is used. Stacks, random numbers and what a language's numbers depend on are as in `teaching_curves`.

    Args:
        languages: one or more languages with meanings; rows of frequency 0 are left out. Where ``sizes`` or ``symbols``
            is unknown, what is in use counts as all there is.
        speaker: the agent to teach; None: `GRU()`.
        speakers: fresh speakers for each language.
        steps: updates each of them gets.
        batch_size: utterances an update.
        learning_rate: Adam's.
        seed: the same seed gives the same curves.
        device: where to train, ``"cpu"`` or ``"cuda"``.

    Returns:
        `LearningCurves`, accuracy float64 ``[languages, speakers, steps]``: share of messages that are right as a
        whole; `symbols` has the share of single symbols, EOS included, that are the most probable after the right ones
        before them, all symbols of a batch counting equally. `chance` is that of a speaker that chooses uniformly
        among symbols and EOS.
        Cost: O(languages * speakers * steps * batch_size * max_length) steps of a speaker.

    Raises:
        BadInput: fewer than two meanings, or settings out of range.

    Source: the learning phase of Ren et al. 2020 (iterated learning by cross-entropy), without its bottleneck: every
    row of the language may be drawn; exact matches as the binary accuracy of Galke et al. 2024.
    """
    course = course_of("speakers", speakers, steps, batch_size, learning_rate, seed, device)
    agent = GRU() if speaker is None else speaker
    if not isinstance(agent, Agent):
        raise BadInput(f"speaker must be an agent such as GRU(), got {agent!r}")
    materials = materials_of(languages)
    keep_freed_memory()
    shares = np.empty((2, len(materials), course.learners, course.steps))
    for places in stacks([each.shape for each in materials], [course.learners] * len(materials), MOST_LEARNERS):
        shares[:, places] = _imitated([materials[place] for place in places], agent, course)
    symbol = np.array([1 / (material.channel.symbols + material.channel.variable) for material in materials])
    pairs = zip(symbol, materials, strict=True)
    message = np.array([material.frequencies @ one**material.turns for one, material in pairs])
    return LearningCurves(shares[0], message, LearningCurves(shares[1], symbol))


def _imitated(materials: Sequence[Material], agent: Agent, course: Course) -> NDArray[np.float64]:
    """Teach languages of one shape; returns shares of messages and symbols ``[2, languages, learners, steps]``."""
    channel, board = materials[0].channel, Board.of(materials[0].world, course.device)
    lectures, form = Lectures(materials, course), materials[0].world.form
    stack = AgentStack(
        lambda: agent.speaker(form, channel),
        [course.seed] * len(materials),
        course.learners,
        "imitator",
        [course.learning_rate] * len(materials),
        course.device,
    )
    right = []
    for step in range(course.steps):
        target, message = lectures.batch(step)
        said = teacher_forced(stack.speaker(), board.features.expand(len(target), -1, -1), target, message)
        learn(stack, -said.log_prob)
        whole = (said.likeliest == said.spoken).all(-1).double().mean(-1)
        single = said.likeliest.sum((-1, -2)) / said.spoken.sum((-1, -2)).double()
        right.append(torch.stack([whole, single]).unflatten(1, (len(materials), course.learners)))
    return torch.stack(right, -1).cpu().numpy()
