"""The number of candidates follows the strength."""

from __future__ import annotations

import pytest

from emcomm.envs import Discrimination, Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import Candidates
from tests.training.small import small_setup


@pytest.mark.parametrize(
    ("count", "strength", "expected"),
    [
        (11, 1.0, 11),
        (11, 0.5, 7),  # 3 + .5 x 8
        (11, 0.3, 5),  # 3 + .3 x 8 = 5.4
        (11, 1.25, 13),  # 3 + 1.25 x 8
        (2, 1.0, 2),
        (3, 1.0, 3),
    ],
)
def test_candidates_lie_between_those_of_the_game_and_the_count(count: int, strength: float, expected: int):
    before = small_setup(game=Discrimination(candidates=3, distractors="hard"))
    after = Candidates(count=count, strength=strength).shape(before)
    assert after.game == Discrimination(candidates=expected, distractors="hard")
    assert {**dict(after), "game": before.game} == dict(before)


def test_a_game_without_candidates_is_refused():
    with pytest.raises(BadInput, match="'candidates' needs a game with candidates .*, got 'reconstruction'"):
        Candidates(count=5).shape(small_setup(game=Reconstruction()))


def test_more_candidates_than_meanings_are_refused_in_one_line():
    with pytest.raises(BadInput, match="16 candidates asked for, but at most 15 are possible") as caught:
        Candidates(count=16).shape(small_setup())
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="count: .*greater than or equal to 2, got 1"):
        Candidates(count=1)
