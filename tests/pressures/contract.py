"""What holds for every pressure, inside emcomm and in other packages.

Inherit `PressureContract` in a class called ``Test...`` and give it a fixture `pressure`: the pressure, with settings
that make it act within `STEPS` steps of the small set-up.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

import emcomm.pressures
from emcomm.channel import EOS, Channel
from emcomm.envs import Reconstruction, Round
from emcomm.envs.deck import Deck
from emcomm.errors import BadInput
from emcomm.pressures import FAMILIES, PRESSURES, Cost, Pressure
from emcomm.training import Reinforce, Run, Setup, Trainer
from emcomm.training.agent_stack import AgentStack
from tests.pressures.moments import Village, moment_of, play_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_setup

__all__ = ["PressureContract"]

STEPS = 7
POINTS = ("partners", "transmit", "attend", "cost", "between")


def lesson_of(trainer: Trainer, run: int) -> list[float]:
    """What the last batch of one run cost and taught."""
    lesson = trainer.last_lesson
    assert lesson is not None
    return [float(part[run]) for part in lesson[1:]]


def shaped_or_refused(pressure: Pressure, setup: Setup) -> tuple[Setup | None, str]:
    """The set-up that a pressure makes of another, or why it does not."""
    try:
        return pressure.shape(setup), ""
    except BadInput as error:
        return None, str(error)


class PressureContract:
    """Tests that a pressure inherits."""

    @pytest.fixture
    def pressure(self) -> Pressure:
        raise TypeError("a class that inherits the contract says which pressure it is about")

    @pytest.fixture
    def base(self) -> Setup:
        """The set-up before the pressure."""
        return small_setup(pairs=2)

    # What it is

    def test_it_says_what_it_is_and_where_it_comes_from(self, pressure: Pressure):
        kind = type(pressure)
        assert PRESSURES.get(pressure.name) is kind
        assert pressure.family in FAMILIES
        assert pressure.source
        text = kind.__doc__ or ""
        assert "Source:" in text
        for paper in pressure.source.split("; "):
            assert paper in text, f"the docstring does not cite {paper}"

    def test_it_is_no_variety_of_another_pressure(self, pressure: Pressure):
        others = [kind for _, kind in PRESSURES if kind is not type(pressure)]
        assert not any(issubclass(type(pressure), other) for other in others)

    def test_its_defaults_make_a_pressure_that_is_on(self, pressure: Pressure):
        assert type(pressure)().strength > 0

    def test_it_survives_being_written_and_read(self, pressure: Pressure):
        data = pressure.model_dump(mode="json")
        assert data["kind"] == pressure.name
        assert TypeAdapter(Pressure).validate_python(data) == pressure
        assert TypeAdapter(Pressure).validate_json(pressure.model_dump_json()) == pressure
        assert pickle.loads(pickle.dumps(pressure)) == pressure

    def test_its_representation_builds_it(self, pressure: Pressure):
        assert eval(repr(pressure), {type(pressure).__name__: type(pressure)}) == pressure  # noqa: S307

    @pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf"), -float("inf"), "strong"])
    def test_a_strength_that_is_none_is_refused_in_one_line(self, pressure: Pressure, strength: Any):
        with pytest.raises(BadInput, match="strength: .*got") as caught:
            type(pressure)(**{**dict(pressure), "strength": strength})
        assert "\n" not in str(caught.value)

    def test_an_unknown_setting_is_refused_in_one_line(self, pressure: Pressure):
        with pytest.raises(BadInput, match="unknown key 'strenght'.*Did you mean 'strength'"):
            type(pressure)(strenght=1.0)  # type: ignore[call-arg]

    def test_off_is_the_same_pressure_at_strength_zero(self, pressure: Pressure):
        off = pressure.off()
        assert type(off) is type(pressure)
        assert off.strength == 0
        assert {**dict(off), "strength": pressure.strength} == dict(pressure)
        assert off.at(pressure.strength) == pressure

    # What it does at each point

    def test_it_reads_prefixes_if_and_only_if_it_says_so(self, pressure: Pressure):
        def costs(change: float) -> Cost | None:
            play = play_of()
            assert play.prefix_loss is not None
            prefix_loss = play.prefix_loss.detach() + change
            play = play._replace(prefix_loss=prefix_loss if pressure.reads_prefixes else None)
            return pressure.cost(play, moment_of(0.5, 0.5))

        before, after = costs(0.0), costs(torch.linspace(0, 1, 8))  # type: ignore[arg-type]
        parts = zip(before or (), after or (), strict=True)
        differ = any(not torch.equal(one, other) for one, other in parts if one is not None and other is not None)
        assert differ == pressure.reads_prefixes

    def test_its_costs_are_one_number_a_game_and_exactly_zero_at_strength_zero(self, pressure: Pressure):
        play = play_of()
        cost = pressure.cost(play, moment_of(0.0, 0.5))
        for part in cost or ():
            if part is not None:
                assert part.shape == (2, 3, 5)
                assert (part[0] == 0).all()
        if cost is not None and cost.listener is not None:
            (slope,) = torch.autograd.grad(cost.listener.sum(), play.prefix_loss)  # type: ignore[arg-type]
            assert (slope[0] == 0).all()
            assert (slope[1] != 0).any()

    def test_what_it_transmits_are_messages_of_the_same_lengths(self, pressure: Pressure):
        channel = Channel(5, 3)
        said = torch.cartesian_prod(*[torch.arange(6)] * 3)
        said = (said * (said != EOS).cumprod(-1)).expand(2, 3, -1, -1)
        heard = pressure.transmit(said, channel, moment_of(0.0, 0.5))
        assert heard.shape == said.shape
        assert heard.dtype == said.dtype
        assert torch.equal(heard == EOS, said == EOS)
        assert ((heard >= 0) & (heard <= channel.erased)).all()
        assert torch.equal(heard[0], said[0])

    def test_what_listeners_keep_is_a_factor_and_exactly_one_at_strength_zero(self, pressure: Pressure):
        kept = pressure.attend((3, 5, 7), moment_of(0.0, 0.5))
        if kept is not None:
            assert kept.shape == (2, 3, 5, 7)
            assert kept.dtype == torch.float32
            assert (kept[0] == 1).all()
            assert (kept[1] != 1).any()
            assert (kept >= 0).all()

    def test_partners_are_permutations_and_stay_at_strength_zero(self, pressure: Pressure):
        for seed in range(11):
            partners = pressure.partners(moment_of(0.0, 1.0, 1.0, seed=seed), 5)
            if partners is not None:
                assert partners.shape == (3, 5)
                assert torch.equal(partners.sort(-1).values, torch.arange(5).expand(3, -1))
                assert partners[0].tolist() == [0, 1, 2, 3, 4]

    def test_it_leaves_the_agents_of_a_run_of_strength_zero_alone(self, pressure: Pressure):
        village = Village()
        for step in range(1, 31):
            pressure.between(village, moment_of(0.0, 1.0, step=step))
        assert not village.touched(0)

    # Strength 0 equals absence

    @pytest.fixture(params=ESTIMATORS, ids=str)
    def shaped(self, request: pytest.FixtureRequest, base: Setup, pressure: Pressure) -> Setup:
        """The set-up of the on-arm, for each way of learning."""
        shaped, refusal = shaped_or_refused(pressure, Setup(**{**dict(base), "estimator": ESTIMATORS[request.param]}))
        if shaped is None:  # it does not go with this way of learning, and says so
            assert pressure.name in refusal
            assert "\n" not in refusal
            return pressure.shape(base)
        return shaped

    def test_off_in_all_runs_is_absence_bit_for_bit(self, pressure: Pressure, base: Setup):
        shaped = pressure.shape(base)
        with_it = advanced(STEPS, *(Run("arm", seed, shaped, {"it": pressure.off()}) for seed in (5, 7)))
        without = advanced(STEPS, *(Run("arm", seed, shaped) for seed in (5, 7)))
        for place, run in enumerate(with_it.runs):
            assert equal_weights(with_it.weights(run), without.weights(run))
            assert lesson_of(with_it, place) == lesson_of(without, place)

    def test_strength_zero_beside_an_on_arm_is_absence_bit_for_bit(self, pressure: Pressure, shaped: Setup):
        self.compare_arms(pressure, shaped)

    def test_so_it_is_with_messages_of_one_length(self, pressure: Pressure, base: Setup):
        channel = Channel(7, 3, variable=False)
        self.compare_arms(pressure, pressure.shape(Setup(**{**dict(base), "channel": channel})))

    def test_so_it_is_in_bfloat16(self, pressure: Pressure, base: Setup):
        self.compare_arms(pressure, pressure.shape(Setup(**{**dict(base), "matmul": "bfloat16"})))

    def compare_arms(self, pressure: Pressure, setup: Setup) -> None:
        """Train an arm without, an arm with the pressure and an arm at 0 in one stack."""
        arms = (
            Run("without", 5, setup),
            Run("on", 5, setup, {"it": pressure}),
            Run("zero", 5, setup, {"it": pressure.off()}),
        )
        trainer = advanced(STEPS, *arms)
        without, on, zero = (trainer.weights(run) for run in trainer.runs)
        assert equal_weights(without, zero)
        assert lesson_of(trainer, 0) == lesson_of(trainer, 2)
        acts = any(getattr(type(pressure), point) is not getattr(Pressure, point) for point in POINTS)
        assert equal_weights(without, on) != acts
        assert all(torch.isfinite(weights).all() for weights in on.values())

    # On and off share everything else

    @pytest.fixture
    def dealt(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor]]:
        """The random numbers that choose the targets of every batch that is played, and the targets."""
        batches: list[tuple[Tensor, Tensor]] = []
        drawn: list[Tensor] = []
        deal, play = Deck.deal, Trainer._deal

        def dealing(deck: Deck, draws: Tensor, extra: Tensor | None) -> Round:
            drawn.append(draws.flatten(0, 1).clone())
            return deal(deck, draws, extra)

        def playing(trainer: Trainer) -> Round:
            drawn.clear()  # lessons apart from the games are dealt too
            round = play(trainer)
            (numbers,) = drawn
            batches.append((numbers, round.target.clone()))
            return round

        monkeypatch.setattr(Deck, "deal", dealing)
        monkeypatch.setattr(Trainer, "_deal", playing)
        return batches

    def test_both_arms_are_dealt_the_same_meanings_unless_the_pressure_chooses_them(
        self, pressure: Pressure, base: Setup, dealt: list[tuple[Tensor, Tensor]]
    ):
        for setup, pressures in ((base, {}), (pressure.shape(base), {"it": pressure})):
            advanced(STEPS, Run("arm", 5, setup, pressures))
        off, on = dealt[:STEPS], dealt[STEPS:]
        assert len(off) == len(on) == STEPS
        differ = False
        for (numbers, one), (same_numbers, other) in zip(off, on, strict=True):
            shared = min(len(one), len(other))  # the arms may differ in agents
            assert torch.equal(numbers[:shared], same_numbers[:shared])
            differ |= not torch.equal(one[:shared], other[:shared])
        assert differ == pressure.chooses_meanings

    @pytest.fixture
    def updates(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
        """Every update: the role, and whether it is that of a batch of games rather than of a lesson apart."""
        done: list[tuple[str, bool]] = []
        plain = AgentStack.update

        def update(stack: AgentStack, gradients: Sequence[Tensor], which: Tensor | None = None) -> None:
            done.append((stack.role, which is None))
            plain(stack, gradients, which)

        monkeypatch.setattr(AgentStack, "update", update)
        return done

    def test_every_agent_of_both_arms_plays_one_batch_a_step_and_is_updated_once_for_it(
        self, pressure: Pressure, base: Setup, updates: list[tuple[str, bool]]
    ):
        for setup, pressures in ((base, {}), (pressure.shape(base), {"it": pressure})):
            trainer = Trainer([Run("arm", 5, setup, pressures)])
            for step in range(1, STEPS + 1):
                before = trainer.weights(trainer.runs[0])
                updates.clear()
                trainer.advance()
                after = trainer.weights(trainer.runs[0])
                assert trainer.games == step * setup.pairs * setup.batch_size
                assert [role for role, of_games in updates if of_games] == ["speaker", "listener"]
                for role in ("speaker", "listener"):
                    moved = torch.zeros(setup.pairs, dtype=torch.bool)
                    for name in (name for name in before if name.startswith(role)):
                        moved |= (before[name] != after[name]).flatten(1).any(-1)
                    assert moved.all()

    def test_a_whole_training_updates_nobody_more_often_with_it_than_without(
        self, pressure: Pressure, base: Setup, updates: list[tuple[str, bool]]
    ):
        # `base.steps` times. Lessons apart from the games count, unless the pressure was told not to count them.
        shaped = pressure.shape(base)
        advanced(shaped.steps, Run("arm", 5, shaped, {"it": pressure}))
        for role in ("speaker", "listener"):
            done = [of_games for one, of_games in updates if one == role]
            assert sum(done) <= base.steps
            assert len(done) <= base.steps or not getattr(pressure, "counted", True)

    # It runs

    def test_equal_seeds_give_equal_runs_and_others_do_not(self, pressure: Pressure, base: Setup):
        shaped = pressure.shape(base)
        one, other = (advanced(STEPS, *(Run("on", seed, shaped, {"it": pressure}) for seed in (5, 7))) for _ in "ab")
        first, second = one.runs
        for run in (first, second):
            assert equal_weights(one.weights(run), other.weights(run))
        assert not equal_weights(one.weights(first), one.weights(second))

    def test_it_runs_in_the_other_game_or_says_why_not(self, pressure: Pressure, base: Setup):
        naming = Setup(**{**dict(base), "game": Reconstruction(), "estimator": Reinforce(reward="accuracy")})
        shaped, refusal = shaped_or_refused(pressure, naming)
        if shaped is None:
            assert pressure.name in refusal
            assert "\n" not in refusal
        else:
            trainer = advanced(STEPS, Run("on", 5, shaped, {"it": pressure}))
            assert (trainer.broken_at == -1).all()

    def test_it_is_offered_by_the_package_that_defines_it(self, pressure: Pressure):
        kind = type(pressure)
        if kind.__module__.startswith("emcomm."):
            assert getattr(emcomm.pressures, kind.__name__) is kind
            assert kind.__name__ in emcomm.pressures.__all__
