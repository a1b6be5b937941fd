"""`Classroom`: the blocks of a course, every learner's updates, all learners at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from emcomm.errors import BadInput
from emcomm.probes.graded.blocks import BLOCKS, Sessions
from emcomm.probes.graded.course import Course
from emcomm.probes.graded.language import GradedLanguage, scene_features, spell
from emcomm.probes.graded.learner import SYMBOLS, Learners
from emcomm.probes.graded.losses import contrastive_loss, forced_loss, guessing_loss, relaxed_loss

__all__ = ["Classroom"]

_LEAST = 2.0**-26  # a uniform number of 0 would make the noise infinite


class Classroom:
    """Learners, what they are taught, and their optimiser.

    Learner ``language * seeds + k`` learns a language with the k-th seed; random numbers are those of the seed, the
    same for every language.

    Args:
        languages: what is taught; equally many familiar scenes, and equally many new ones, in all of them.
        seeds: of each language's learners.
        course: how.

    Raises:
        BadInput: languages with different numbers of scenes, or words longer than the course's `max_length`.
    """

    def __init__(self, languages: Sequence[GradedLanguage], seeds: Sequence[int], course: Course) -> None:
        if len({len(language.words) for language in languages}) != 1:
            raise BadInput(
                "languages that are learnt together have equally many familiar scenes, at least one language"
            )
        if len({len(language.new_shapes) for language in languages}) != 1:
            raise BadInput("languages that are learnt together have equally many new scenes")
        self.course, self.languages, self.seeds = course, list(languages), list(seeds)
        self.sessions = Sessions(seeds, len(languages[0].words), course.distractors)
        self.learners = Learners(list(seeds) * len(languages), course.hidden)
        positions = course.max_length
        self.words = self._each([spell(language.words, positions) for language in languages])
        self.scenes = self._each([scene_features(*language.familiar) for language in languages])
        self.new_scenes = self._each([scene_features(*language.new) for language in languages])
        self.longest = max(language.longest for language in languages)
        self._row = torch.arange(len(self.learners)).unsqueeze(1)
        leaves = list(self.learners.leaves.values())
        self._moments = [torch.zeros_like(leaf) for leaf in leaves], [torch.zeros_like(leaf) for leaf in leaves]
        self._updates = 0

    def _each(self, arrays: Sequence[NDArray[Any]]) -> Tensor:
        """Give every learner its language's array."""
        return torch.from_numpy(np.stack(arrays)).repeat_interleave(len(self.seeds), 0)

    def _tiled(self, drawn: Tensor) -> Tensor:
        """Give every learner its seed's numbers."""
        return drawn.repeat(len(self.languages), *[1] * (drawn.dim() - 1))

    def teach(self, round: int, session: int, block: int) -> Tensor | None:
        """Teach one block.

        Args:
            round: from 0.
            session: 0, 1 or 2.
            block: place in `BLOCKS`.

        Returns:
            for guessing, the share of trials that were right, each before its update, float32 ``[learners]``.
        """
        trials = self.sessions.trials(round, session, block)
        guessing = BLOCKS[block] == "guessing"
        size = 1 if guessing else self.course.batch_size
        step, updates = self.sessions.step(round, session, block), -(-trials.shape[1] // size)
        choices = self.sessions.candidates(trials, round, session) if guessing else trials.unsqueeze(-1)
        shown = size + (choices.shape[-1] if guessing else size if block == 0 else 0)
        masks = self._masks(step, (updates, shown, self.course.hidden))
        noise = self._noise(step, (updates, self.course.max_length, size, SYMBOLS))
        right = []
        for update in range(updates):
            batch = self._tiled(choices[:, update * size : (update + 1) * size])
            n = batch.shape[1]
            mask = self._tiled(masks[:, update])
            own = None if noise is None else self._tiled(noise[:, update, :, :n]).transpose(0, 1)
            loss, correct = self._loss(batch, (mask[:, :n], mask[:, size:]), own, block)
            right.append(correct)
            self._update(loss)
        return torch.stack([one.float() for one in right if one is not None], -1).mean(-1) if guessing else None

    def _masks(self, step: int, shape: tuple[int, ...]) -> Tensor:
        kept = self.sessions.streams.uniform("graded.dropout", step, shape) >= self.course.dropout
        return kept / (1.0 - self.course.dropout)

    def _noise(self, step: int, shape: tuple[int, ...]) -> Tensor | None:
        """Gumbel noise ``[seeds, updates, positions, n, symbols]``, for learners that read what they said."""
        if self.course.feeding == "taught":
            return None
        draws = self.sessions.streams.uniform("graded.speech", step, shape)
        return -(-draws.clamp_min_(_LEAST).log()).log()

    def _loss(
        self, batch: Tensor, masks: tuple[Tensor, Tensor], noise: Tensor | None, block: int
    ) -> tuple[Tensor, Tensor | None]:
        """Each learner's loss ``[learners]``, and in guessing whether it was right; `batch` is ``[L, n, choices]``."""
        weights, course = self.learners.weights(), self.course
        words, scenes = self.words[self._row, batch[..., 0]], self.scenes[self._row, batch[..., 0]]
        listening = BLOCKS[block] != "production" and course.contrast > 0
        seen = self.scenes[self._row, batch.flatten(1)] if listening else scenes[:, :0]
        n = scenes.shape[1]
        mask = torch.cat([masks[0], masks[1][:, : seen.shape[1]]], 1)
        encoded = self.learners.encode(weights, torch.cat([scenes, seen], 1), mask)
        own = noise is not None
        before = words.roll(1, -1)
        last = course.max_length if own else min(self.longest + 1, course.max_length)
        logits = self.learners.say(weights, encoded[:, :n], before, noise, last)
        loss, correct = (relaxed_loss if own else forced_loss)(logits, words), None
        if listening:
            ended = pad(words, (0, 1))
            heard = self.learners.read(weights, ended, self.longest + 1)
            if BLOCKS[block] == "guessing":
                listened, correct = guessing_loss(encoded[:, n:], heard)
            else:
                listened = contrastive_loss(encoded[:, n:], heard)
            loss = loss + course.contrast * listened
        return loss, correct

    def _update(self, loss: Tensor) -> None:
        """One step of AdamW for every learner.

        Source: Loshchilov & Hutter 2019, with torch's fused kernel and default constants.
        """
        leaves = list(self.learners.leaves.values())
        slopes = torch.autograd.grad(loss.sum(), leaves, materialize_grads=True)
        self._updates += 1
        counts = [torch.tensor(float(self._updates)) for _ in leaves]
        with torch.no_grad():
            torch._fused_adamw_(
                leaves, slopes, *self._moments, [], counts, amsgrad=False, beta1=0.9, beta2=0.999,
                lr=self.course.learning_rate, weight_decay=self.course.weight_decay, eps=1e-8, maximize=False,
            )  # fmt: skip
