"""Teaching curves: how fast fresh listeners learn what the messages of stored languages mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from emcomm.agents import Agent
from emcomm.agents.gru import GRU
from emcomm.envs import Board, Game
from emcomm.envs.reconstruction import Reconstruction
from emcomm.errors import BadInput
from emcomm.memory import keep_freed_memory
from emcomm.probes.curves import LearningCurves
from emcomm.probes.lessons import MOST_LEARNERS, Course, Lectures, course_of, stacks
from emcomm.probes.material import Languages, Material, materials_of
from emcomm.probes.pupils import Pupils

__all__ = ["teaching_curves"]


def teaching_curves(
    languages: Languages,
    *,
    game: Game | None = None,
    listener: Agent | None = None,
    listeners: int = 5,
    steps: int = 200,
    batch_size: int = 100,
    learning_rate: float = 1e-3,
    seed: int = 0,
    device: str = "cpu",
) -> LearningCurves:
    """Teach frozen languages to fresh listeners, and record how often they are right.

    Every batch is drawn from a language's rows by their frequency, so that of several messages for one meaning
    (synonyms) each is heard as often as it is used, and is scored before its update. Listeners minimise the negative
    log-likelihood of the right answer. Languages with the same meanings, ``sizes`` and channel are taught in one stack;
    learner i of each starts with the same weights and draws the same random numbers, and a language's curves depend
    neither on which others are given nor on the order of its rows.

    Args:
        languages: one or more languages with meanings; rows of frequency 0 are left out. Where ``sizes`` or ``symbols``
            is unknown, what is in use counts as all there is.
        game: what listeners do with a message: None: `Reconstruction`, name every attribute of the meaning;
            `Discrimination`, find it among others of the language's own meanings.
        listener: the agent to teach; None: `GRU()`.
        listeners: fresh listeners for each language.
        steps: updates each of them gets.
        batch_size: utterances an update.
        learning_rate: Adam's.
        seed: the same seed gives the same curves.
        device: where to train, ``"cpu"`` or ``"cuda"``.

    Returns:
        `LearningCurves`, accuracy float64 ``[languages, listeners, steps]``: share of games won; `area` is the ease of
        teaching. `chance` is answering uniformly at random; with unequal frequencies one can do better without hearing.
        What structure adds is seen beside the same messages dealt to meanings at random (`Language.rearranged`).
        Cost: O(languages * listeners * steps * batch_size), for distractors times the number of meanings.

    Raises:
        BadInput: fewer than two meanings, a game that cannot be played with them, or settings out of range.

    Source: Li & Bowling 2019, section 4.1 (30 listeners, 1,000 iterations, batches of 100). Deviations: a
    log-likelihood loss without entropy bonus in place of REINFORCE, reconstruction unless another game is given, and
    every batch counts where others (Chaabouni et al. 2022, ease and transfer learning) evaluate at intervals.
    """
    course = course_of("listeners", listeners, steps, batch_size, learning_rate, seed, device)
    rules = Reconstruction() if game is None else game
    agent = GRU() if listener is None else listener
    _check(rules, agent)
    materials = materials_of(languages)
    together = list(stacks([each.shape for each in materials], [course.learners] * len(materials), MOST_LEARNERS))
    for places in together:
        _check_game(rules, materials[places[0]], places[0])
    keep_freed_memory()
    accuracy = np.empty((len(materials), course.learners, course.steps))
    for places in together:
        accuracy[places] = _taught([materials[place] for place in places], rules, agent, course)
    chance = [1 / math.prod(map(float, rules.choices(material.world))) for material in materials]
    return LearningCurves(accuracy, np.array(chance))


def _check(game: Game, listener: Agent) -> None:
    if not isinstance(game, Game):
        raise BadInput(f"game must be a game such as Discrimination(candidates=5), got {game!r}")
    if not isinstance(listener, Agent):
        raise BadInput(f"listener must be an agent such as GRU(), got {listener!r}")
    if game.sets:
        raise BadInput(f"the {game.name} game shows its speaker sets of meanings, and a language has one a message")


def _check_game(game: Game, material: Material, place: int) -> None:
    board = Board.of(material.world)
    try:
        game.check(board, torch.ones(len(board.meanings), dtype=torch.bool))
    except BadInput as error:
        raise BadInput(f"language {place}: {error}") from None


def _taught(materials: Sequence[Material], game: Game, agent: Agent, course: Course) -> NDArray[np.float64]:
    """Teach languages of one shape; returns the accuracy ``[languages, learners, steps]``."""
    world, channel = materials[0].world, materials[0].channel
    lectures, board = Lectures(materials, course), Board.of(world, course.device)
    form, sizes, needed = world.form, game.sizes(world), game.draws(world)
    pupils = Pupils(
        game,
        board,
        lambda: agent.listener(form, channel, sizes),
        [course.seed] * len(materials),
        course.learners,
        course.learning_rate,
        lambda outcome: outcome.loss,
        course.device,
    )
    won = []
    for step in range(course.steps):
        target, message = lectures.batch(step)
        extra = lectures.uniform("probe.game", step, course.batch_size, needed).flatten(0, 1) if needed else None
        pool = torch.ones(len(target), len(board.meanings), dtype=torch.bool, device=course.device)
        round = game.deal(board, target, pool, extra)
        won.append(pupils.lesson(message, round).double().mean(-1))
    return torch.stack(won, -1).cpu().numpy()
