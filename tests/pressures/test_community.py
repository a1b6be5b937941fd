"""Partners are drawn anew each step, in every run apart."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.pressures import Community
from emcomm.training import Trainer
from emcomm.training.play import Table
from tests.pressures.moments import moment_of
from tests.training.small import small_run, small_setup


def test_a_community_has_its_size_and_the_rest_of_the_set_up():
    before = small_setup()
    after = Community(size=5).shape(before)
    assert after.pairs == 5
    assert {**dict(after), "pairs": 1} == dict(before)


def test_every_pairing_is_equally_likely():
    n, moments = 6007, range(1)
    drawn = torch.cat([Community(size=3).partners(moment_of(*[1.0] * n, seed=seed), 3) for seed in moments])
    for pairing in itertools.permutations(range(3)):
        share = (drawn == torch.tensor(pairing)).all(-1).float().mean().item()
        assert abs(share - 1 / 6) < 4 * (1 / 6 * 5 / 6 / n) ** 0.5  # standard errors


def test_strength_is_the_chance_of_new_partners():
    n = 6007
    drawn = Community(size=5).partners(moment_of(*[0.4] * n), 5)
    stayed = (drawn == torch.arange(5)).all(-1).float().mean().item()
    expected = 0.6 + 0.4 / 120  # one drawing in 5! leaves everybody in place
    assert abs(stayed - expected) < 4 * (expected * (1 - expected) / n) ** 0.5  # standard errors


@pytest.fixture
def pairings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The partners of every table that was played at: ``[runs, pairs]`` or None."""
    seen: list[Any] = []
    plain = Trainer.table

    def table(trainer: Trainer, acting=(), partners=None) -> Table:
        seen.append(partners)
        return plain(trainer, acting, partners)

    monkeypatch.setattr(Trainer, "table", table)
    return seen


def test_in_training_partners_differ_between_steps_and_runs(pairings: list[Any]):
    runs = [small_run("on", seed, {"it": Community(size=5)}, pairs=5) for seed in (5, 7)]
    trainer = Trainer(runs)
    for _ in range(13):
        trainer.advance()
    assert all(torch.equal(each.sort(-1).values, torch.arange(5).expand(2, -1)) for each in pairings)
    assert len({tuple(each[0].tolist()) for each in pairings}) > 7
    assert sum(torch.equal(each[0], each[1]) for each in pairings) < 4


def test_every_agent_learns_from_one_batch_a_step_with_its_partner(pairings: list[Any]):
    # Everything a listener hears comes from its partner: silencing the others does not change its gradient.
    runs = [small_run("on", 5, {"it": Community(size=3)}, pairs=3)]
    for silenced in range(3):
        plain, muted = Trainer(runs), Trainer(runs)
        with torch.no_grad():
            muted.speakers.weights[silenced].neg_()
        plain.advance()
        muted.advance()
        partner = int(pairings[-1][0, silenced])
        for listener in range(3):
            same = torch.equal(plain.listeners.weights[listener], muted.listeners.weights[listener])
            assert same == (listener != partner)
        for speaker in range(3):
            before = -muted.speakers.weights if speaker == silenced else muted.speakers.weights
            assert torch.equal(plain.speakers.weights[speaker], before[speaker]) == (speaker != silenced)
        pairings.clear()


def test_a_pair_of_a_community_learns_as_fast_as_a_pair_alone():
    alone = Trainer([small_run("off", 5)])
    village = Trainer([small_run("on", 5, {"it": Community(size=3)}, pairs=3)])
    for trainer in (alone, village):
        for _ in range(7):
            trainer.advance()
    assert alone.speakers.ages == [7]
    assert village.speakers.ages == village.listeners.ages == [7, 7, 7]
    assert village.games == 3 * alone.games


@pytest.mark.parametrize("settings", [{"size": 1}, {"size": 2.5}, {"strength": 1.5}])
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any]):
    with pytest.raises(BadInput, match=f"{next(iter(settings))}: .*got") as caught:
        Community(**settings)
    assert "\n" not in str(caught.value)
