"""Which scenes come when: the trials of a session, in an order of each seed's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from emcomm.training.streams import Streams

__all__ = ["BLOCKS", "SESSIONS", "Sessions"]

SESSIONS = 3
BLOCKS = ("exposure", "guessing", "production")
_HALVES = 2


class Sessions:
    """Trials of every seed, for languages with one number of scenes.

    Session 0 is about the first half of the scenes in an order drawn once for each seed, session 1 about the rest, each
    scene twice; session 2 about all scenes once.

    Args:
        seeds: one for each course.
        scenes: familiar scenes.
        distractors: scenes to choose among besides the right one, in each session; at most all others of the session.
    """

    def __init__(self, seeds: Sequence[int], scenes: int, distractors: Sequence[int]) -> None:
        self.streams, self.scenes = Streams(seeds), scenes
        order = torch.from_numpy(
            np.stack([rng.permutation(scenes) for rng in self.streams.generators("graded.halves", 0)])
        )
        half = -(-scenes // _HALVES)
        self.topics = [order[:, :half], order[:, half:], order]
        self.distractors = [min(d, t.shape[1] - 1) for d, t in zip(distractors, self.topics, strict=True)]

    def trials(self, round: int, session: int, block: int) -> Tensor:
        """The scenes of a block in their order, int64 ``[seeds, trials]``.

        Args:
            round: from 0.
            session: 0, 1 or 2.
            block: place in `BLOCKS`.
        """
        topics = self.topics[session].repeat(1, 1 if session == SESSIONS - 1 else _HALVES)
        draws = self.streams.uniform("graded.order", self.step(round, session, block), (topics.shape[1],))
        return topics.gather(1, draws.argsort(dim=1, stable=True))

    def candidates(self, trials: Tensor, round: int, session: int) -> Tensor:
        """For guessing: the right scene and its distractors, other scenes of the session without repetition.

        Args:
            trials: from `trials`.
            round: from 0.
            session: 0, 1 or 2.

        Returns:
            int64 ``[seeds, trials, 1 + distractors]``, the right one first.
        """
        topics = self.topics[session]
        shape = (trials.shape[1], topics.shape[1])
        draws = self.streams.uniform("graded.distractors", self.step(round, session, 1), shape)
        draws = draws.masked_fill(topics.unsqueeze(1) == trials.unsqueeze(-1), 2.0)
        chosen = draws.argsort(dim=-1, stable=True)[..., : self.distractors[session]]
        others = topics.unsqueeze(1).expand(-1, trials.shape[1], -1).gather(-1, chosen)
        return torch.cat([trials.unsqueeze(-1), others], -1)

    def step(self, round: int, session: int, block: int) -> int:
        """Number of a block, from 0, in the order in which they take place."""
        return (round * SESSIONS + session) * len(BLOCKS) + block
