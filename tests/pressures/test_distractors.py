"""Distractors become more like the target as the strength says."""

from __future__ import annotations

import pytest

from emcomm.envs import Discrimination, Reconstruction
from emcomm.errors import BadInput
from emcomm.pressures import HardDistractors
from tests.training.small import advanced, small_run, small_setup


@pytest.mark.parametrize(
    ("before", "strength", "after"),
    [
        ("random", 1.0, "hard"),
        ("random", 0.25, 0.25),
        (0.5, 0.5, 0.75),  # half of the way from a half to all
        (0.5, 1.0, "hard"),
        ("hard", 0.5, "hard"),
    ],
)
def test_the_share_goes_from_the_games_own_towards_all(before, strength: float, after):
    setup = small_setup(game=Discrimination(candidates=7, distractors=before))
    shaped = HardDistractors(strength=strength).shape(setup)
    assert shaped.game == Discrimination(candidates=7, distractors=after)
    assert {**dict(shaped), "game": setup.game} == dict(setup)


def test_games_are_among_likes():
    for strength, expected in ((1.0, 1.0), (0.5, 1.5)):
        # Two distractors of 15 meanings in 3 x 5: those in one row or column share a value, and there are enough.
        shaped = HardDistractors(strength=strength).shape(small_setup(batch_size=2_003))
        trainer = advanced(0, small_run("on", **dict(shaped)))
        round = trainer._deal()
        assert round.candidates is not None
        meanings = trainer.board.meanings
        differ = (meanings[round.candidates] != meanings[round.target].unsqueeze(-2)).sum(-1)
        mean = differ.sum(-1).double().mean().item() / 2
        if strength == 1.0:
            assert mean == expected
        else:  # one near, one of the other 13, of which 5 share a value: (1 + (5 + 8 x 2) / 13) / 2
            assert mean == pytest.approx((1 + 21 / 13) / 2, abs=0.03)


def test_a_game_without_distractors_is_refused_in_one_line():
    with pytest.raises(BadInput, match="'hard_distractors' needs .*discrimination.*, got 'reconstruction'") as caught:
        HardDistractors().shape(small_setup(game=Reconstruction()))
    assert "\n" not in str(caught.value)


def test_more_than_all_is_refused():
    with pytest.raises(BadInput, match="strength: .*less than or equal to 1, got 1.5"):
        HardDistractors(strength=1.5)
