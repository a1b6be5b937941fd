"""Languages of untrained speakers: what a language would be like had nobody learnt anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from emcomm.agents import Agent
from emcomm.agents.gru import GRU
from emcomm.agents.speaking import speak
from emcomm.envs import Board
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.memory import keep_freed_memory
from emcomm.probes.lessons import MOST_LEARNERS, Course, course_of
from emcomm.probes.material import Material, materials_of
from emcomm.rng import generator
from emcomm.training.agent_stack import AgentStack
from emcomm.training.streams import Streams

__all__ = ["untrained_languages"]

IntArray = NDArray[np.int64]
MOST_LOGITS = 1 << 24
"""Logits of symbols held at once; with many rows, fewer speakers share a stack."""


def untrained_languages(
    language: Language,
    count: int = 100,
    *,
    speaker: Agent | None = None,
    sampled: bool | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> list[Language]:
    """Let untrained speakers speak about the rows of a language: a null that keeps what agents do before they learn.

    The networks of speakers favour some messages from the start: similar meanings often get similar ones. Chance by
    permuted meanings is lower than that; what a language has beyond its untrained speakers was learnt. Hand the
    languages to `emcomm.measure` as ``nulls``.

    Greedy speakers (the most probable symbol each time, as studies record languages) say the same about all rows of one
    meaning. Sampling speakers draw each row's symbols by their probability, and untrained ones do so almost uniformly.
    That is the null for rows that are single utterances, as `emcomm.envs.collect` gives them.

    Args:
        language: n rows with meanings, at least two of them different; rows of frequency 0 are spoken about like all
            others. Where ``sizes`` or ``symbols`` is unknown, what is in use counts as all there is.
        count: how many speakers, each with a language of its own.
        speaker: the agent that speaks; None: `GRU()`.
        sampled: whether speakers sample; None: if some meaning has several messages in `language`, which greedy
            speakers cannot have.
        seed: the same seed gives the same languages, and a larger `count` gives the same and more of them.
        device: where to compute, ``"cpu"`` or ``"cuda"``.

    Returns:
        `count` languages of n rows like `language`: meanings, frequencies, ``speaker``, ``step``, ``symbols``,
        ``max_length``, ``variable`` and ``sizes`` stay, messages are those of an untrained speaker. Channels have at
        least two symbols, so of an alphabet of one both are written as that one, and of none as silence.
        Cost: O(count * n * max_length) steps of a speaker, and about a millisecond to build each.

    Raises:
        BadInput: no meanings or fewer than two, or settings out of range.

    Source: none. First weights are drawn as for a study's agents, not taken from the study that made `language`.
    """
    course = course_of("count", count, 1, 1, 1.0, seed, device)  # of a course, these learn nothing
    agent = GRU() if speaker is None else speaker
    if not isinstance(agent, Agent):
        raise BadInput(f"speaker must be an agent such as GRU(), got {agent!r}")
    material, rows = _material(language)
    if sampled is None:
        sampled = len(material.targets) > len(material.world.meanings())
    alphabet = _alphabet(language, material)
    keep_freed_memory()
    spoken = _spoken(material, rows, agent, course, sampled)
    return [language.saying(alphabet[messages]) for messages in spoken]


def _material(language: Language) -> tuple[Material, IntArray]:
    """Return the language as it is taught, all rows being as frequent, and each row's meaning ``[n]`` in its world."""
    if not isinstance(language, Language):
        raise BadInput(f"give a Language, got {type(language).__name__}")
    if language.meanings is None:
        raise BadInput("untrained speakers need meanings to speak about, and this language has none")
    distinct, rows = np.unique(language.meanings, axis=0, return_inverse=True)
    if len(distinct) < 2:
        raise BadInput(f"untrained speakers need at least 2 different meanings to speak about, got {len(distinct)}")
    even = Language(
        language.meanings,
        language.messages,
        symbols=language.symbols,
        variable=language.variable,
        sizes=language.sizes,
    )
    (material,) = materials_of(even)
    return material, rows.ravel().astype(np.int64)


def _alphabet(language: Language, material: Material) -> IntArray:
    """Return what each number of the channel is in the language: int64 ``[symbols + 1]``, EOS first."""
    symbols = np.unique(language.messages) if language.symbols is None else np.arange(1, language.symbols + 1)
    known = np.union1d([0], symbols).astype(np.int64)
    return np.pad(known, (0, material.channel.symbols + 1 - len(known)), mode="edge")


@torch.no_grad()
def _spoken(material: Material, rows: IntArray, agent: Agent, course: Course, sampled: bool) -> Iterator[IntArray]:
    """Yield each speaker's messages about the rows, ``[n, max_length]``, in the channel's numbers."""
    channel, board = material.channel, Board.of(material.world, course.device)
    form = material.world.form
    # A greedy speaker says one message a meaning.
    index = torch.from_numpy(rows if sampled else np.arange(len(board.meanings))).to(course.device)
    seeds = generator(course.seed, "untrained").integers(0, 2**63, size=course.learners).tolist()
    logits = len(index) * channel.max_length * (channel.symbols + 1)
    together = max(1, min(MOST_LEARNERS, MOST_LOGITS // logits))
    for start in range(0, course.learners, together):
        some = seeds[start : start + together]
        stack = AgentStack(lambda: agent.speaker(form, channel), some, 1, "untrained", [0.0] * len(some), course.device)
        shape = (len(index), channel.max_length)
        draws = Streams(some, course.device).uniform("untrained.draws", 0, shape) if sampled else None
        features = board.features.expand(len(some), -1, -1)
        said = speak(stack.speaker(), features, index.expand(len(some), -1), draws).symbols.cpu().numpy()
        yield from said if sampled else said[:, rows]
