"""Trained speakers and listeners as policies: they act on nothing but their observation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emcomm.envs.play.collecting import Policy
from emcomm.envs.play.match import Match
from emcomm.envs.play.settings import Settings
from emcomm.errors import BadInput, shown, unknown

__all__ = ["trained_policy"]


def trained_policy(
    env: Any,
    agent: str,
    *,
    speaker: nn.Module | None = None,
    listener: nn.Module | None = None,
    rng: np.random.Generator | None = None,
) -> Policy:
    """Let trained modules act for an agent of an environment, in any face.

    Args:
        env: an emcomm environment in any face, with wrappers that leave observations as they are.
        agent: whom they act for.
        speaker: an `emcomm.agents.Speaker`, e.g. from ``Results.agent("speaker", ...)``; needed if the agent speaks.
        listener: an `emcomm.agents.Listener`; needed if the agent listens. In a dialogue it answers at once.
        rng: what they draw with; None: they do what is most probable, as in evaluations.

    Returns:
        a policy for `play_games` and `collect`.

    Raises:
        BadInput: no such agent, or a module it needs is missing.
    """
    settings = getattr(getattr(env, "unwrapped", env), "settings", None)
    if not isinstance(settings, Settings):
        raise BadInput(f"an emcomm environment is needed, with its wrappers or without; got {shown(env)}")
    match: Match = getattr(env, "unwrapped", env).match
    if agent not in match.cast.agents:
        raise unknown("agent", agent, match.cast.agents)
    roles = match.cast.roles(match.cast.agents.index(agent))
    for needed, module, name in zip(roles, (speaker, listener), ("speaker", "listener"), strict=True):
        if needed and module is None:
            raise BadInput(f"{agent} of {settings.name} needs a trained {name}: give {name}=")
    return _Trained(match, agent, speaker, listener, rng)


class _Trained:
    """See `trained_policy`."""

    def __init__(
        self,
        match: Match,
        agent: str,
        speaker: nn.Module | None,
        listener: nn.Module | None,
        rng: np.random.Generator | None,
    ) -> None:
        place = match.cast.agents.index(agent)
        self.match, self.layout, self.rng = match, match.layouts[place], rng
        self.rules = match.deck.game
        self.modules = [
            m if plays else None for m, plays in zip((speaker, listener), match.cast.roles(place), strict=True)
        ]

    @torch.no_grad()
    def __call__(self, observation: Any, info: dict[str, Any]) -> Any:
        seen = observation["observation"] if isinstance(observation, dict) else observation
        many = torch.as_tensor(seen)
        action = self._act(many if many.dim() == 2 else many.unsqueeze(0))
        return action if many.dim() == 2 else int(action)

    def _act(self, seen: Tensor) -> Tensor:
        speaker, listener = self.modules
        if listener is None:
            return self._speak(speaker, seen)
        if speaker is None:
            return self._answer(listener, seen)
        speaks = self._segment(seen, "role")[:, 0] == 1
        return torch.where(speaks, self._speak(speaker, seen), self._answer(listener, seen))

    def _segment(self, seen: Tensor, name: str) -> Tensor:
        segment = self.layout[name]
        return seen[:, segment.slice].view(len(seen), *segment.shape)

    def _message(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """The message so far, int64 ``[n, max_length]``, and at how many places something was said, int64 ``[n]``."""
        rows = self._segment(seen, "message")[:, 0]
        return rows.argmax(-1), (rows.sum(-1) > 0).sum(-1)

    def _speak(self, speaker: Any, seen: Tensor) -> Tensor:
        said, places = self._message(seen)
        state, logits = speaker.start(self.rules.seen(self._segment(seen, "meaning")))
        for place in range(said.shape[1] - 1):
            state, further = speaker.step(state, said[:, place])
            logits = torch.where((places > place).unsqueeze(-1), further, logits)
        return self._choose(logits)

    def _answer(self, listener: Any, seen: Tensor) -> Tensor:
        message, _ = self._message(seen)
        choices, first = self.match.script.choices, self.match.script.numbers.answers
        if "candidates" in self.layout:
            looks = self._segment(seen, "candidates")
            features, index = looks.flatten(0, 1).unique(dim=0, return_inverse=True)
            logits = listener(message, features, index.view(looks.shape[:2]))
        else:
            logits = listener(message, self.match.deck.board.features, None)
        options = [self._choose(part) for part in self.rules.options(logits).split(choices, -1)]
        if "answer" not in self.layout:  # there is one part
            return first + options[0]
        part = self._segment(seen, "answer").sum(-1).long().clamp_max(len(choices) - 1)
        return first + torch.stack(options, -1).gather(-1, part.unsqueeze(-1)).squeeze(-1)

    def _choose(self, logits: Tensor) -> Tensor:
        if self.rng is None:
            return logits.argmax(-1)
        noise = torch.from_numpy(self.rng.gumbel(size=tuple(logits.shape))).to(logits)
        return (logits + noise).argmax(-1)
