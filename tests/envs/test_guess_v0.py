"""What the guessing game shows its listener, and that this is all it needs beside the message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emcomm.channel import Channel
from emcomm.envs import batched, guess_v0, play_games
from emcomm.envs.drawing import text
from emcomm.envs.play.scenes import scene_of
from emcomm.worlds import AttributeWorld

WORLD = AttributeWorld(values=(3, 2, 5))
CHANNEL = Channel(11, 1, variable=False)


@pytest.mark.parametrize(("known", "left"), [(0, 30), (1, 10), (2, 5)])
def test_the_listener_sees_all_meanings_that_share_what_it_knows(known: int, left: int) -> None:
    env = guess_v0.parallel_env(world=WORLD, channel=CHANNEL, known=known, rounds=23)
    speaker, listener = env.match.layouts
    width = sum(WORLD.values[:known])  # numbers of the known attributes, one-hot
    observations, _ = env.reset(seed=3)
    for _ in range(23):
        meaning = observations["speaker_0"][speaker["meaning"].slice]
        candidates = observations["listener_0"][listener["candidates"].slice].reshape(listener["candidates"].shape)
        assert candidates.shape == (left, 10)
        assert (candidates[:, :width] == meaning[:width]).all()
        assert len(np.unique(candidates, axis=0)) == left
        (place,) = (candidates == meaning).all(1).nonzero()[0]
        env.step({"speaker_0": 0})
        observations, rewards, *_ = env.step({"listener_0": int(place)})
        assert rewards == {"speaker_0": 1.0, "listener_0": 1.0}
    assert "candidates" not in speaker
    assert env.action_space("listener_0").n == left


@pytest.mark.parametrize(("known", "share"), [(0, 1 / 3), (1, 1.0), (2, 1.0)])
def test_the_rest_of_a_meaning_is_enough_where_the_first_attribute_is_known(known: int, share: float) -> None:
    # The speaker says the second and the third attribute (2 x 5 = 10 symbols of 11). The listener takes the first
    # candidate that has them: with nothing known it is right where the first of the 3 values was meant.
    many = batched(lambda: guess_v0.env(world=WORLD, channel=CHANNEL, known=known, rounds=7), 61)
    speaker, listener = many.match.layouts
    rest = slice(3, 10)  # features after the three values of the first attribute

    def said(features: Any) -> Any:
        return 5 * features[..., 0:2].argmax(-1) + features[..., 2:7].argmax(-1)

    def answer(seen: Any, infos: Any) -> Any:
        candidates = seen[:, listener["candidates"].slice].view(len(seen), *listener["candidates"].shape)
        heard = seen[:, listener["message"].slice].view(len(seen), -1).argmax(-1, keepdim=True) - 1  # column 0 is EOS
        return (said(candidates[..., rest]) == heard).int().argmax(-1)

    policies = {"speaker": lambda seen, infos: said(seen[:, speaker["meaning"].slice][:, rest]), "listener": answer}
    games = play_games(many, policies, games=4270, seed=1)
    # Four standard errors of 4270 games: 4 * sqrt(2 / 9 / 4270) = 0.029. Certain where the share is 1.
    assert games.accuracy == pytest.approx(share, abs=0.029 if share < 1 else 0)


def test_a_place_stands_for_the_same_rest_in_every_game() -> None:
    env = guess_v0.parallel_env(world=WORLD, channel=CHANNEL, known=1, rounds=23)
    layout = env.match.layouts[1]
    rests = set()
    observations, _ = env.reset(seed=3)
    for _ in range(23):
        shown = observations["listener_0"][layout["candidates"].slice].reshape(layout["candidates"].shape)
        rests.add(shown[:, 3:].tobytes())
        env.step({"speaker_0": 0})
        observations, *_ = env.step({"listener_0": 0})
    assert len(rests) == 1


def test_many_candidates_can_be_written() -> None:
    env = guess_v0.parallel_env(world=AttributeWorld(values=(2,) * 8), known=0, render_mode="ansi")
    env.reset(seed=3)
    env.step({"speaker_0": 0})
    env.step({"listener_0": 251})
    shown = text(scene_of("guess_v0", env._episode))
    assert shown == env.render()
    assert shown.count("#") == 256 + 2  # each candidate, and in the key the one chosen and the right one
    assert "> chosen #251 " in shown
    assert max(map(len, shown.splitlines())) <= 100
