"""Open choices pay, always or less and less."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.pressures import EntropyBonus
from emcomm.training import GumbelSoftmax, Reinforce
from tests.pressures.moments import moment_of, play_of
from tests.training.small import advanced, small_run


def bonus(pressure: EntropyBonus, *strengths: float, step: int = 0) -> torch.Tensor:
    """What a nat of entropy is worth in each run."""
    play = play_of()
    assert play.said is not None
    cost = pressure.cost(play, moment_of(*strengths, step=step))
    assert cost.speaker is None
    assert cost.listener is None
    assert cost.policy is not None
    (slope,) = torch.autograd.grad(cost.policy.sum(), play.said.entropy)
    torch.testing.assert_close(cost.policy, slope * play.said.entropy)
    return -slope[:, 0, 0]


@pytest.mark.parametrize("step", [0, 999])
def test_a_fixed_weight_stays(step: int):
    assert bonus(EntropyBonus(), 0.5, 0.25, step=step).tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("step", "left"),
    [(0, 1.0), (2, 0.85), (5, 0.625), (8, 0.4), (10, 0.25), (11, 0.25), (999, 0.25)],  # 1 - .75 x step / 10
)
def test_a_decaying_weight_falls_linearly_to_its_last(step: int, left: float):
    weights = bonus(EntropyBonus(until=10, final=0.25), 2.0, 0.5, step=step)
    torch.testing.assert_close(weights, torch.tensor([2.0 * left, 0.5 * left]))


def test_without_a_last_weight_it_falls_to_nothing():
    assert bonus(EntropyBonus(until=10), 2.0, 0.5, step=10).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_a_fixed_bonus_is_the_set_ups_own_weight(estimator):
    own = advanced(7, small_run("own", speaker_entropy=0.75, estimator=estimator))
    added = advanced(
        7, small_run("added", 5, {"it": EntropyBonus(strength=0.25)}, speaker_entropy=0.5, estimator=estimator)
    )
    one, other = own.weights(own.runs[0]), added.weights(added.runs[0])
    for name, weights in one.items():
        torch.testing.assert_close(other[name], weights, rtol=0, atol=1e-4)


@pytest.mark.parametrize("estimator", [Reinforce(), GumbelSoftmax()], ids=["reinforce", "gumbel"])
def test_a_speaker_that_is_paid_for_it_keeps_its_choices_open(estimator):
    changes: dict[str, Any] = {"estimator": estimator, "speaker_learning_rate": 0.02, "speaker_entropy": 0.0}
    runs = small_run("off", **changes), small_run("on", 5, {"it": EntropyBonus(strength=2.0)}, **changes)
    trainer = advanced(60, *runs)
    assert trainer.last_lesson is not None
    off, on = trainer.last_lesson.speaker_entropy.tolist()
    assert on > 0.95 * torch.tensor(8.0).log()  # seven symbols and EOS
    assert off < on - 0.1


def test_a_last_weight_without_a_time_is_refused_in_one_line():
    with pytest.raises(BadInput, match=r"final=0.5 needs until=.*got None") as caught:
        EntropyBonus(final=0.5)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"final": 1.5, "until": 3}, {"final": -0.5, "until": 3}, {"until": 0}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        EntropyBonus(**settings)
    assert "\n" not in str(caught.value)
