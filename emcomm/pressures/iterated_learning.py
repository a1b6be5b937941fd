"""Learnability: generations, each of which learns the language from what the one before happened to say."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor

from emcomm.channel import EOS
from emcomm.errors import BadInput
from emcomm.pressures.base import Moment, Population, Pressure, S, changed
from emcomm.pressures.lessons import with_lessons
from emcomm.pressures.population import Talk
from emcomm.pressures.turnover import due

__all__ = ["IteratedLearning", "without_homonyms"]


class IteratedLearning(Pressure):
    """Hand the language on, from speaker to new speaker, through a sample of messages.

    Every `every` steps of games, in this order: each speaker says a message about some meanings, and its own listener
    answers; a new speaker takes its place and learns to say those messages; a new listener takes the place of the old
    one and practises with the new speaker, which stands still meanwhile. Then both play on. With several pairs, each
    newborn learns from the speaker whose place it takes.

    Args:
        every: steps of games in a generation.
        bottleneck: how many messages are handed on, about training meanings drawn by their frequency; None: one about
            each of them, which is no bottleneck.
        imitation: updates of the new speaker, each on a batch of those messages.
        practice: updates of the new listener, each on a batch of games with the new speaker.
        failed: what becomes of messages that were not understood: ``"noise"`` puts random symbols in place of theirs
            (uniform, at the same length: an empty message stays empty), ``"drop"`` leaves them out, ``"keep"`` does
            nothing.
        homonym_filter: of several meanings that share a message, hand on one, drawn at random.
        new_speaker: whether the pupil is newborn; else the old speaker learns from what it said.
        new_listener: whether the listener is newborn; else the old one practises.
        counted: whether updates of imitation and practice count as training steps: `shape` then leaves as many
            generations of `every` steps as ``steps // (every + imitation + practice)``, and no agent has more updates
            than without the pressure.
        strength: chance that a generation of a pair that is due takes place, in [0, 1]. (Steps are counted as if all
            did.)

    Where the set-up does not say when, it is evaluated and recorded at the end of each generation, before anything is
    handed on.

    Raises:
        BadInput: `counted` updates leave no room for one generation.

    Source: Ren et al. 2020, neural iterated learning (``every=3000, bottleneck=100, imitation=1200, practice=200``,
    failed messages replaced by random ones); Kirby et al. 2008 (homonym filter). Deviations: messages are drawn after
    the games rather than during the last of them, understood or not being judged once for each; practice comes in
    addition to `every` rather than out of it; random messages keep their length where lengths vary (there it is
    fixed); optimisers and batch sizes are those of the games.
    """

    name: ClassVar[str] = "iterated_learning"
    family: ClassVar = "learnability"
    source: ClassVar[str] = "Ren et al. 2020; Kirby et al. 2008"
    on_symbols: ClassVar[bool] = True
    every: PositiveInt = 1_000
    bottleneck: PositiveInt | None = 100
    imitation: NonNegativeInt = 300
    practice: NonNegativeInt = 200
    failed: Literal["noise", "drop", "keep"] = "noise"
    homonym_filter: bool = False
    new_speaker: bool = True
    new_listener: bool = True
    counted: bool = True
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    def shape(self, setup: S) -> S:
        if setup.tied and self.new_speaker != self.new_listener:  # type: ignore[attr-defined]
            raise BadInput(
                "the pressure 'iterated_learning' replaces tied agents as a whole: new_speaker and new_listener must "
                f"be equal, got new_speaker={self.new_speaker} and new_listener={self.new_listener}"
            )
        if self.counted:
            setup = with_lessons(setup, self.name, self.every, self.imitation + self.practice)
        unsaid = {key: self.every for key in ("evaluate_every", "record_every") if getattr(setup, key) is None}
        return changed(setup, **unsaid)

    def between(self, population: Population, moment: Moment) -> None:
        which = due(self.every, "together", population.shape[1], moment)
        if which is None or not which.any():
            return
        talk = population.talk(self.bottleneck, self.name, moment.step)
        talk = self._selected(talk, population.channel.symbols, moment)
        if self.new_speaker:
            population.reset("speaker", which, f"{self.name}.speaker", moment.step)
        if self.new_listener:  # before any lesson: a tied agent is both
            population.reset("listener", which, f"{self.name}.listener", moment.step)
        population.imitate(which, talk, self.imitation, self.name, moment.step)
        population.practise(which, self.practice, self.name, moment.step)

    def _selected(self, talk: Talk, symbols: int, moment: Moment) -> Talk:
        """What is handed on of what was said with an alphabet of so many symbols."""
        if self.failed == "drop":
            talk = talk._replace(weight=talk.weight * talk.understood)
        elif self.failed == "noise":
            noise = 1 + (moment.draw(*talk.messages.shape[1:]) * symbols).long().clamp_max_(symbols - 1)
            spoilt = ~talk.understood.unsqueeze(-1) & (talk.messages != EOS)
            talk = talk._replace(messages=torch.where(spoilt, noise, talk.messages))
        if self.homonym_filter:
            talk = talk._replace(weight=without_homonyms(talk, moment.draw(*talk.weight.shape[1:])))
        return talk


def without_homonyms(talk: Talk, draws: Tensor) -> Tensor:
    """Let each message stand for one meaning.

    Args:
        talk: what was said, ``[runs, pairs, n]``.
        draws: uniform numbers ``[runs, pairs, n]``. Of all that an agent says with one message and some weight, the
            smallest number decides: its meaning stays.

    Returns:
        float32 ``[runs, pairs, n]``, the weights, 0 for the other meanings of a message. A meaning keeps all its
        messages, and all times that it was said with the same one.
    """
    agents, n = talk.weight.shape[:-1].numel(), talk.weight.shape[-1]
    agent = torch.arange(agents, device=draws.device).repeat_interleave(n).unsqueeze(-1)
    rows = torch.cat([agent, talk.messages.flatten(0, -2)], -1)
    _, group = rows.unique(dim=0, return_inverse=True)
    meanings = int(talk.target.max()) + 1
    chance = draws.argsort(-1).argsort(-1) * meanings + talk.target  # the rank decides, and brings its meaning along
    chance = chance.masked_fill(talk.weight <= 0, n * meanings).flatten()
    first = torch.full_like(chance, n * meanings).scatter_reduce_(0, group, chance, "amin")
    return talk.weight * (first[group].view_as(talk.target) % meanings == talk.target)
