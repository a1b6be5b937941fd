"""Some meanings come up more often."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.pressures import SkewedFrequencies
from emcomm.training import Trainer
from emcomm.worlds import ArrayWorld, AttributeWorld
from tests.training.small import small_run, small_setup


@pytest.mark.parametrize("exponent", [0.5, 1.0, 3.0])
def test_the_kth_meaning_occurs_in_proportion_to_a_power_of_k(exponent: float):
    before = small_setup(world=AttributeWorld(values=(3, 5), split="random", held_out=0.2))
    after = SkewedFrequencies(strength=exponent).shape(before)
    weights = np.arange(1.0, 16.0) ** -exponent
    np.testing.assert_allclose(after.world.probabilities(), weights / weights.sum())
    assert {**dict(after), "world": before.world} == dict(before)
    unchanged = {**dict(after.world), "frequencies": "uniform", "zipf_exponent": 1.0}
    assert unchanged == dict(before.world)


def test_worlds_of_ones_own_are_skewed_in_their_order():
    world = ArrayWorld(meanings=[[2, 0], [0, 1], [1, 1], [0, 0]])
    shaped = SkewedFrequencies().shape(small_setup(world=world)).world
    assert shaped.meanings().tolist() == world.meanings().tolist()
    # 1, 1/2, 1/3, 1/4 of 25/12.
    np.testing.assert_allclose(shaped.probabilities(), [12 / 25, 6 / 25, 4 / 25, 3 / 25])


def test_games_are_about_the_frequent_meanings():
    shaped = SkewedFrequencies(strength=2.0).shape(small_setup(batch_size=4_001))
    targets = Trainer([small_run("on", **dict(shaped))])._deal().target
    weights = np.arange(1.0, 16.0) ** -2.0
    first = weights[0] / weights.sum()
    share = (targets == 0).double().mean().item()
    assert abs(share - first) < 4 * (first * (1 - first) / 4_001) ** 0.5  # standard errors


@pytest.mark.parametrize(("frequencies", "got"), [("zipf", "'zipf'"), (range(1, 16), "'weights'")])
def test_a_world_that_is_skewed_already_is_refused_in_one_line(frequencies, got: str):
    setup = small_setup(world=AttributeWorld(values=(3, 5), frequencies=frequencies))
    with pytest.raises(BadInput, match=f"'skewed_frequencies' needs a world .*uniform.*, got {got}") as caught:
        SkewedFrequencies().shape(setup)
    assert "\n" not in str(caught.value)


def test_exponents_that_worlds_do_not_take_are_refused():
    with pytest.raises(BadInput, match="strength: .*less than or equal to 10, got 11"):
        SkewedFrequencies(strength=11.0)
