"""`learn_languages`: fresh learners of several languages, taught as one stack and tested after their rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.language import whole_number
from emcomm.memory import keep_freed_memory
from emcomm.probes.graded.blocks import BLOCKS, SESSIONS
from emcomm.probes.graded.classroom import Classroom
from emcomm.probes.graded.course import Course
from emcomm.probes.graded.language import GradedLanguage, words_of

__all__ = ["Learning", "learn_languages"]


@dataclass(frozen=True, eq=False)
class Learning:
    """What learners said and guessed.

    Attributes:
        languages: what was taught.
        seeds: of each language's learners.
        rounds: after which rounds the tests took place, ``[tests]``, from 1.
        familiar: words for the familiar scenes, strings ``[tests, languages, seeds, scenes]``.
        new: words for the new scenes, strings ``[tests, languages, seeds, scenes]``.
        guessed: share of right guesses in training, each before its update and with dropout, float64
            ``[rounds, sessions, languages, seeds]``.
    """

    languages: tuple[GradedLanguage, ...]
    seeds: tuple[int, ...]
    rounds: NDArray[np.int64]
    familiar: NDArray[np.object_]
    new: NDArray[np.object_]
    guessed: NDArray[np.float64]


def learn_languages(
    languages: Sequence[GradedLanguage],
    seeds: Sequence[int] = tuple(range(10)),
    course: Course | None = None,
    *,
    every: int = 1,
    told: Callable[[int], None] | None = None,
) -> Learning:
    """Let fresh learners learn languages, and test them.

    All learners are one stack. What a learner does depends on its language, its seed and the course alone: another
    language, or another seed, of somebody else changes nothing, to the last bit. (With another number of learners, or
    in another place, last bits may differ and grow, as products round by where a matrix stands in memory.) Learners
    with the same seed begin with the same weights and get the same random numbers whatever the language, so that
    languages are compared on equal terms. The tests (memorisation of the familiar scenes, generalisation to the new
    ones) are greedy, without dropout, and teach nothing.

    Args:
        languages: equally many familiar scenes, and equally many new ones, in all of them.
        seeds: one learner of each language for each; different integers >= 0.
        course: how they learn; None: `Course()`.
        every: rounds from one test to the next; the last round is always tested.
        told: called after each round with its number, from 1.

    Returns:
        `Learning`.

    Raises:
        BadInput: no languages or seeds, scenes in different numbers, words that are too long, or seeds that are
            repeated or no integers >= 0.

    Cost: with 10 languages of 23 scenes and 10 seeds about 4 seconds a round on one CPU core.

    Source: Galke, Ram & Raviv 2024. Deviations: `Learners`, `relaxed_loss`; orders and distractors are drawn, not those
    of single participants; all distractors of a trial are shown (their code drops the last of seven).
    """
    keep_freed_memory()
    course = course or Course()
    seeds = [whole_number("a seed", seed, least=0) for seed in seeds]
    if not languages or not seeds or len(set(seeds)) != len(seeds):
        raise BadInput(f"at least one language and seeds that differ are needed, got {len(languages)} and {seeds}")
    every = whole_number("every", every, least=1)
    room, tested, said, guessed = Classroom(languages, seeds, course), [], [], []
    for round in range(course.rounds):
        guessed.append(_taught(room, round))
        if (round + 1) % every == 0 or round + 1 == course.rounds:
            tested.append(round + 1)
            said.append(_tested(room))
        if told is not None:
            told(round + 1)
    words, known = np.stack(said), room.scenes.shape[1]
    rounds = np.array(tested)
    return Learning(tuple(languages), tuple(seeds), rounds, words[..., :known], words[..., known:], np.stack(guessed))


def _taught(room: Classroom, round: int) -> NDArray[np.float64]:
    """Teach a round; returns the share of right guesses ``[sessions, languages, seeds]``."""
    right = []
    for session in range(SESSIONS):
        shares = [room.teach(round, session, block) for block in range(len(BLOCKS))][BLOCKS.index("guessing")]
        assert shares is not None
        right.append(shares.numpy().astype(np.float64))
    return np.stack(right).reshape(SESSIONS, len(room.languages), len(room.seeds))


def _tested(room: Classroom) -> NDArray[np.object_]:
    """Words for the familiar scenes, then for the new ones, strings ``[languages, seeds, scenes]``."""
    scenes = torch.cat([room.scenes, room.new_scenes], 1)
    words = words_of(room.learners.utter(scenes, room.course.max_length).numpy())
    return words.reshape(len(room.languages), len(room.seeds), -1)
