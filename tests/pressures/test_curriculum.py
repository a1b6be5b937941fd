"""Meanings come in one after the other."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.pressures import Curriculum
from emcomm.training import Trainer
from emcomm.worlds import AttributeWorld
from tests.pressures.moments import Village, moment_of
from tests.training.small import small_run


def weights_at(pressure: Curriculum, step: int, *strengths: float, meanings: int = 11) -> Tensor | None:
    """What the pressure asks for at a step; the first of the meanings are the most frequent."""
    village = Village(len(strengths), 3, meanings)
    pressure.between(village, moment_of(*strengths, step=step, seed=step + 1))
    return village.asked[0][2] if village.asked else None


@pytest.mark.parametrize(
    ("step", "count"),
    [(0, 3), (5, 5), (10, 7), (19, 11), (20, None), (99, None)],  # 11 x (.25 + .75 x step / 20): 2.75, 4.81, 6.88, 10.6
)
def test_the_share_in_play_grows_linearly_and_the_most_frequent_come_first(step: int, count: int | None):
    weights = weights_at(Curriculum(first=0.25, until=20), step, 1.0, 0.5, 0.0)
    if count is None:
        assert weights is None
    else:
        assert weights is not None
        waiting = [0.0] * count + [1.0] * (11 - count)
        assert weights.tolist() == [[1 - s * each for each in waiting] for s in (1.0, 0.5, 0.0)]


def test_there_is_always_something_to_talk_about():
    weights = weights_at(Curriculum(first=0.001, until=20), 0, 1.0)
    assert weights is not None
    assert weights.tolist() == [[1.0] + [0.0] * 10]
    weights = weights_at(Curriculum(), 0, 1.0, meanings=1)
    assert weights is not None
    assert weights.tolist() == [[1.0]]


class Even(Village):
    """A population whose meanings are all equally frequent."""

    @property
    def training(self) -> tuple[Tensor, Tensor]:
        every, frequencies = super().training
        return every, torch.full_like(frequencies, 1 / self.meanings)


def test_ties_are_broken_by_numbers_that_last_and_differ_between_runs():
    before = torch.zeros(2, 11, dtype=torch.bool)
    orders = []
    for step in range(20):
        village = Even(2, 3)
        Curriculum(first=0.1, until=20).between(village, moment_of(1.0, 1.0, step=step, seed=step + 1))
        in_play = village.asked[0][2] > 0
        assert (in_play | ~before).all(), "what has come in stays"
        before = in_play
        orders.append(in_play)
    assert not torch.equal(orders[9][0], orders[9][1])


def dealt(steps: int, pressure: Curriculum | None = None, seed: int = 5, **changes: Any) -> list[Tensor]:
    """The targets of each step of a run."""
    run = small_run("arm", seed, {} if pressure is None else {"it": pressure}, **changes)
    trainer, targets = Trainer([run]), []
    plain = trainer._deal

    def deal() -> Any:
        round = plain()
        targets.append(round.target)
        return round

    trainer._deal = deal  # type: ignore[method-assign]
    for _ in range(steps):
        trainer.advance()
    return targets


def test_in_training_games_are_about_what_is_in_play_and_then_about_everything():
    targets = dealt(12, Curriculum(first=0.2, until=10), batch_size=401)
    counts = [len(each.unique()) for each in targets]
    assert counts == [3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 15]  # 15 x (.2 + .08 step) = 3, 4.2, 5.4, 6.6, 7.8, 9, ...
    plain = dealt(12, batch_size=401)
    assert torch.equal(targets[10], plain[10])
    assert torch.equal(targets[11], plain[11])
    assert not torch.equal(targets[9], plain[9])


def test_what_comes_first_is_the_most_frequent_and_keeps_its_share():
    world = AttributeWorld(values=(3, 5), frequencies="zipf")
    (targets,) = dealt(1, Curriculum(first=0.2), batch_size=4_001, world=world)
    shares = torch.bincount(targets.flatten(), minlength=15) / 4_001
    expected = torch.tensor([6 / 11, 3 / 11, 2 / 11])  # 1, 1/2, 1/3 of 11/6
    assert ((shares[:3] - expected).abs() < 4 * (expected * (1 - expected) / 4_001).sqrt()).all()
    assert (shares[3:] == 0).all()


def test_only_training_meanings_come_in():
    world = AttributeWorld(values=(3, 5), split="random", held_out=0.4)
    trainer = Trainer([small_run("a", world=world)])
    known = set(trainer.deck.targets[0].tolist())
    seen = {
        int(each)
        for batch in dealt(5, Curriculum(first=0.3, until=4), world=world, batch_size=201)
        for each in batch.flatten()
    }
    assert seen == known


def test_the_others_come_up_rarely_at_half_strength():
    (targets,) = dealt(1, Curriculum(first=0.2, strength=0.5), batch_size=4_001)
    shares = (torch.bincount(targets.flatten(), minlength=15) / 4_001).sort(descending=True).values
    # Three of weight 1 and twelve of weight 1/2: 1/9 and 1/18 each.
    assert abs(float(shares[:3].sum()) - 1 / 3) < 4 * (1 / 3 * 2 / 3 / 4_001) ** 0.5
    assert shares[-1] > 0.03


@pytest.mark.parametrize("settings", [{"first": 0.0}, {"first": 1.5}, {"until": 0}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        Curriculum(**settings)
    assert "\n" not in str(caught.value)
