"""What the engine gives to pressures: moments, streams of their own, an order, and per-run strengths."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

import emcomm.pressures
from emcomm.channel import Channel
from emcomm.pressures import PRESSURES, Cost, Moment, Play, Population, Pressure
from tests.pressures.moments import moment_of
from tests.training.small import advanced, equal_weights, small_run

Draws = list[tuple[str, int, Tensor]]


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressures that a test defines are forgotten after it."""
    monkeypatch.setattr(PRESSURES, "_known", dict(PRESSURES._known))


@pytest.fixture
def restless() -> tuple[type[Pressure], Draws]:
    """A pressure that draws at every point and changes nothing."""
    drawn: Draws = []

    class Restless(Pressure):
        name: ClassVar[str] = "restless"

        def _draw(self, point: str, moment: Moment) -> None:
            drawn.append((point, moment.step, moment.draw(3)))

        def partners(self, moment: Moment, pairs: int) -> None:
            self._draw("partners", moment)

        def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
            self._draw("transmit", moment)
            return symbols

        def cost(self, play: Play, moment: Moment) -> None:
            self._draw("cost", moment)

        def between(self, population: Population, moment: Moment) -> None:
            self._draw("between", moment)

    return Restless, drawn


def test_points_are_reached_in_the_order_of_the_contract(restless):
    kind, drawn = restless
    advanced(3, small_run("on", pressures={"it": kind()}))
    assert [(point, step) for point, step, _ in drawn] == [
        *[(point, 0) for point in ("partners", "transmit", "cost")],
        *[(point, step) for step in (1, 2) for point in ("between", "partners", "transmit", "cost")],
    ]


def test_no_two_draws_are_alike(restless):
    kind, drawn = restless
    advanced(3, *(small_run("on", seed, {"it": kind(), "other": kind()}) for seed in (5, 7)))
    numbers = torch.stack([each for _, _, each in drawn])
    assert numbers.shape == (2 * (3 + 4 + 4), 2, 3)
    assert len(numbers.unique()) == numbers.numel()


def test_drawing_shifts_nobody_elses_numbers(restless):
    kind, _ = restless
    runs = small_run("off"), small_run("on", pressures={"it": kind()})
    trainer = advanced(3, *runs)
    assert equal_weights(trainer.weights(runs[0]), trainer.weights(runs[1]))


def test_a_pressures_draws_do_not_depend_on_the_others_nor_on_the_stack(restless):
    kind, drawn = restless
    advanced(2, small_run("on", 7, {"it": kind()}))
    alone = [each[0] for _, _, each in drawn]
    drawn.clear()
    advanced(2, small_run("on", 5, {"it": kind()}), small_run("on", 7, {"first": kind(), "it": kind()}))
    kept = {tuple(each[1].tolist()) for _, _, each in drawn}
    assert all(tuple(each.tolist()) in kept for each in alone)


def test_a_pressure_that_is_off_everywhere_is_left_out(restless):
    kind, drawn = restless
    advanced(2, small_run("off"), small_run("zero", pressures={"it": kind(strength=0.0)}))
    assert drawn == []


def test_each_run_has_its_own_strength():
    seen = []

    class Witness(Pressure):
        name: ClassVar[str] = "witness"
        setting: int = 1

        def cost(self, play: Play, moment: Moment) -> None:
            seen.append((self.setting, moment.strength.tolist(), moment.per_game().shape))

    runs = [
        small_run("a", pressures={"it": Witness(strength=0.5)}),
        small_run("b"),
        small_run("c", pressures={"it": Witness(strength=2.0), "also": Witness(strength=3.0)}),
        small_run("d", pressures={"it": Witness(strength=7.0, setting=2)}),  # another setting, another pressure
    ]
    advanced(1, *runs)
    assert seen == [  # by their place in the runs' lists, "it" before "also"
        (1, [0.5, 0.0, 2.0, 0.0], (4, 1, 1)),
        (2, [0.0, 0.0, 0.0, 7.0], (4, 1, 1)),
        (1, [0.0, 0.0, 3.0, 0.0], (4, 1, 1)),
    ]


def test_pressures_on_one_channel_act_one_after_the_other():
    class Shift(Pressure):
        name: ClassVar[str] = "shift"

        def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
            return torch.where(symbols > 0, symbols % channel.symbols + 1, 0)

    class Double(Pressure):
        name: ClassVar[str] = "double"

        def transmit(self, symbols: Tensor, channel: Channel, moment: Moment) -> Tensor:
            heard.append(symbols)
            return symbols

    heard: list[Tensor] = []
    advanced(1, small_run("a", pressures={"before": Double(), "shift": Shift(), "after": Double()}))
    before, after = heard
    assert torch.equal(after, torch.where(before > 0, before % 7 + 1, 0))


def test_a_pairing_counts_only_in_the_runs_where_its_pressure_is_on():
    # Two conditions with a pairing each share a stack: neither may undo what the other does in its own runs.
    class Reverse(Pressure):
        name: ClassVar[str] = "reverse"

        def partners(self, moment: Moment, pairs: int) -> Tensor:
            stay, turn = torch.arange(pairs), torch.arange(pairs).flip(0)
            return torch.where(moment.strength[:, None] > 0, turn, stay)

    class Rotate(Pressure):
        name: ClassVar[str] = "rotate"

        def partners(self, moment: Moment, pairs: int) -> Tensor:
            return ((torch.arange(pairs) + 1) % pairs).expand(len(moment.strength), -1)

    runs = [
        small_run("off", pairs=3),
        small_run("a", pressures={"a": Reverse()}, pairs=3),
        small_run("b", pressures={"b": Rotate()}, pairs=3),
    ]
    together = advanced(3, *runs)
    for run in runs:
        alone = advanced(3, run)
        for name, weights in alone.weights(run).items():
            torch.testing.assert_close(together.weights(run)[name], weights, rtol=0, atol=1e-5)


def test_every_cost_has_a_baseline_of_its_own():
    class Toll(Pressure):
        name: ClassVar[str] = "toll"

        def cost(self, play: Play, moment: Moment) -> Cost:
            return Cost(speaker=moment.per_game() * torch.ones_like(play.length))

    run = small_run("a", pressures={"one": Toll(strength=2.0), "two": Toll(strength=5.0)})
    trainer = advanced(3, run)
    torch.testing.assert_close(trainer.baseline.values()[0, 0, 1:], torch.tensor([2.0, 5.0]))


def test_the_base_of_all_pressures_does_nothing():
    class Nothing(Pressure):
        name: ClassVar[str] = "nothing"

    runs = small_run("off"), small_run("on", pressures={"it": Nothing()})
    trainer = advanced(3, *runs)
    assert equal_weights(trainer.weights(runs[0]), trainer.weights(runs[1]))
    assert Nothing().shape("anything") == "anything"


def test_strength_is_shaped_to_meet_games():
    assert moment_of(0.5, 2.0).per_game().tolist() == [[[0.5]], [[2.0]]]


def test_a_name_that_does_not_exist_says_which_do():
    with pytest.raises(AttributeError, match="emcomm.pressures has no 'Weather'; pressures: candidates, "):
        emcomm.pressures.Weather  # noqa: B018 - looking is the point
