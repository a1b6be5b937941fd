"""`Match`, all of an environment that stays the same while it is played: rules, turns, spaces, what to deal from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from emcomm.channel import erase_symbols, replace_symbols
from emcomm.envs.deck import Deck
from emcomm.envs.play.layout import Layout
from emcomm.envs.play.script import NOTHING, Numbers, Script
from emcomm.envs.play.settings import Settings

__all__ = ["Hands", "Match"]

MOST_DRAWS = 1 << 22
"""Random numbers, or candidates, held at once when rounds are dealt ahead."""

MOST_AHEAD = 64
"""Rounds of a game that are dealt ahead, at most; how many does not change which."""


class Hands(NamedTuple):
    """Rounds as they were dealt, for each of several games.

    Attributes:
        target: int64 ``[games, rounds]``, rows of the game's meanings.
        pair: int64 ``[games, rounds]``, which pair of the cast plays, where pairs are drawn.
        shown: int64 ``[games, rounds, E]``, meanings the speaker sees.
        candidates: int64 ``[games, rounds, K]``, meanings the listener sees; K may be 0.
        right: int64 ``[games, rounds, parts]``, the right answer.
        noise: float32 ``[games, rounds, slots of symbols]``, uniform numbers for the channel.
    """

    target: Tensor
    pair: Tensor
    shown: Tensor
    candidates: Tensor
    right: Tensor
    noise: Tensor


class Match:
    """What the faces of an environment share.

    Args:
        settings: the environment's keywords.
        device: where tensors live.

    Attributes:
        cast: the agents, and who meets whom.
        deck: what is dealt from.
        script: the turns of a round.
        meanings: int64 ``[targets, attributes]``, what rounds can be about.
        layouts: what each agent's observation holds, in the order of the cast.
        observation_spaces: by agent; a box, or a dictionary with a mask beside it.
        action_spaces: by agent.
        state_space: all observations, one after the other.

    Raises:
        BadInput: the game cannot be played in this world.
    """

    def __init__(self, settings: Settings, device: torch.device | str = "cpu") -> None:
        self.settings, self.device = settings, torch.device(device)
        game, world = settings.rules, settings.world
        self.cast = settings.cast
        self.deck = Deck(game, world, [settings.split_seed], settings.targets, self.device)
        game.check(self.deck.board, self.deck.pool[0])
        self.meanings = torch.from_numpy(game.meanings(world)).to(self.device)
        dialogue, choices = settings.most_turns > 1, game.choices(world)
        numbers = Numbers.of(settings.channel, choices, dialogue, self.cast.both)
        self.script = Script(settings.channel, choices, settings.most_turns, numbers)
        self.columns = settings.channel.symbols + 1 + (settings.noise.effect == "erase")
        self._chances = torch.tensor(self.cast.chances, dtype=torch.float64, device=self.device)
        self._sample = self.deal([np.random.default_rng(0)], 1)
        self.layouts = tuple(self._layout(agent) for agent in range(len(self.cast.agents)))
        boxes = [self._box([layout]) for layout in self.layouts]
        self.observation_spaces = {
            name: self._with_mask(box, self.actions(agent)) if settings.action_mask else box
            for agent, (name, box) in enumerate(zip(self.cast.agents, boxes, strict=True))
        }
        self.action_spaces = {name: spaces.Discrete(self.actions(agent)) for agent, name in enumerate(self.cast.agents)}
        self.state_space = self._box(self.layouts)

    @property
    def draws(self) -> int:
        """Uniform numbers that a round takes."""
        return 2 + self.deck.needed + self.script.slots.symbols

    def ahead(self, games: int) -> int:
        """How many rounds to deal at once."""
        numbers = max(self.draws, self._sample.candidates.shape[-1])
        return max(1, min(MOST_AHEAD, MOST_DRAWS // (games * numbers)))

    def deal(self, generators: Sequence[np.random.Generator], rounds: int) -> Hands:
        """Deal the next rounds of several games, each from its own generator."""
        drawn = np.empty((len(generators), rounds, self.draws), dtype=np.float32)
        for row, rng in zip(drawn, generators, strict=True):
            rng.random(out=row, dtype=np.float32)
        draws = torch.from_numpy(drawn).to(self.device)
        target, pair, extra, noise = draws.split([1, 1, self.deck.needed, self.script.slots.symbols], -1)
        games = (1, *target.shape[:2])
        dealt = self.deck.deal(target.view(games), extra.unsqueeze(0) if self.deck.needed else None)
        chosen = torch.searchsorted(self._chances, pair.squeeze(-1).double().contiguous(), right=True)
        nobody = dealt.target.new_zeros(*dealt.target.shape, 0)
        return Hands(
            dealt.target,
            chosen.clamp_max_(len(self.cast.pairs) - 1),
            dealt.shown,
            nobody if dealt.candidates is None else dealt.candidates,
            dealt.answer.view(*dealt.target.shape, -1),
            noise,
        )

    def heard(self, symbols: Tensor, draws: Tensor) -> Tensor:
        """What arrives of symbols int64 ``[...]``, given uniform numbers of the same shape."""
        noise = self.settings.noise
        change = replace_symbols if noise.effect == "replace" else erase_symbols
        return change(symbols, torch.tensor(noise.probability, device=self.device), draws, self.settings.channel)

    def actions(self, agent: int) -> int:
        """How many actions an agent has."""
        speaks, listens = self.cast.roles(agent)
        numbers = self.script.numbers
        return max(numbers.speaker * speaks, numbers.listener * listens)

    def _layout(self, agent: int) -> Layout:
        (speaks, listens), features = self.cast.roles(agent), self.deck.board.features.shape[1]
        shown, candidates = self._sample.shown.shape[-1], self._sample.candidates.shape[-1]
        return Layout.of(
            self.script,
            self.columns,
            partners=len(self.cast.agents) if self.cast.identities else 0,
            both=self.cast.both,
            shown=(shown, features) if speaks else None,
            candidates=(candidates, features) if listens and candidates else None,
            answers=listens and len(self.script.choices) > 1,
        )

    def _box(self, layouts: Sequence[Layout]) -> spaces.Box:
        features = self.deck.board.features
        least, most = min(0.0, float(features.min())), max(1.0, float(features.max()))
        segments = [segment for layout in layouts for segment in layout.segments]
        looks = [segment.name in ("meaning", "candidates") for segment in segments]
        widths = [segment.stop - segment.start for segment in segments]
        low = np.repeat(np.where(looks, least, 0.0), widths).astype(np.float32)
        high = np.repeat(np.where(looks, most, 1.0), widths).astype(np.float32)
        return spaces.Box(low, high, dtype=np.float32)

    @staticmethod
    def _with_mask(box: spaces.Box, actions: int) -> spaces.Dict:
        return spaces.Dict({"observation": box, "action_mask": spaces.Box(0, 1, (actions,), np.int8)})

    def legal(self) -> list[NDArray[np.int8]]:
        """What each agent may do in each state and, in the last row, when it does not act: int8 ``[states + 1, n]``."""
        masks = []
        for agent in range(len(self.cast.agents)):
            rows = np.zeros((self.script.over + 1, self.actions(agent)), dtype=np.int8)
            width = min(rows.shape[1], self.script.legal.shape[1])
            rows[:-1, :width] = self.script.legal[:, :width]
            rows[NOTHING, 0] = 1
            masks.append(rows)
        return masks
