"""What listeners remember of a message: a window at its end, or less and less of what is longer ago."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from emcomm.channel import EOS, Channel, message_lengths
from emcomm.errors import BadInput
from emcomm.pressures import Forgetting, MemoryWindow
from emcomm.training import Trainer
from tests.pressures.moments import moment_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

CHANNEL = Channel(5, 4)
SAID = torch.tensor([[0, 0, 0, 0], [3, 0, 0, 0], [3, 4, 0, 0], [1, 2, 3, 0], [5, 4, 3, 2]])
X = CHANNEL.erased


def heard(pressure: Any, strength: float, said: Tensor = SAID) -> list[list[int]]:
    """What one listener hears."""
    out = pressure.transmit(said.view(1, 1, *said.shape), CHANNEL, moment_of(strength))
    listed: list[list[int]] = out[0, 0].tolist()
    return listed


def test_a_window_keeps_the_last_symbols():
    two = [[0, 0, 0, 0], [3, 0, 0, 0], [3, 4, 0, 0], [X, 2, 3, 0], [X, X, 3, 2]]
    assert heard(MemoryWindow(), 1.0) == two
    one = [[0, 0, 0, 0], [3, 0, 0, 0], [X, 4, 0, 0], [X, X, 3, 0], [X, X, X, 2]]
    assert heard(MemoryWindow(symbols=1), 1.0) == one
    assert heard(MemoryWindow(symbols=4), 1.0) == heard(MemoryWindow(symbols=9), 1.0) == SAID.tolist()
    assert heard(MemoryWindow(symbols=1), 0.0) == SAID.tolist()


def test_in_between_whole_messages_are_heard_through_the_window_or_without():
    said = SAID[-1].expand(1, 2, 5_003, 4)
    out = MemoryWindow().transmit(said, CHANNEL, moment_of(0.3))
    kinds, counts = out.flatten(0, 2).unique(dim=0, return_counts=True)
    assert kinds.tolist() == [[5, 4, 3, 2], [X, X, 3, 2]]
    assert abs(counts[1].item() / 10_006 - 0.3) < 4 * (0.3 * 0.7 / 10_006) ** 0.5


def test_what_is_longer_ago_is_forgotten_more_often():
    said = SAID[-1].expand(2, 3, 4_001, 4)
    out = Forgetting().transmit(said, CHANNEL, moment_of(0.3, 0.0))
    lost = (out == X).float().mean((1, 2))
    # 3, 2, 1 and 0 symbols follow: 1 - .7^3 = .657, 1 - .7^2 = .51, .3, 0.
    torch.testing.assert_close(lost[0], torch.tensor([0.657, 0.51, 0.3, 0.0]), atol=0.02, rtol=0)
    assert lost[0, 3] == 0
    assert torch.equal(out[1], said[1])


def test_the_last_symbol_of_a_short_message_is_the_last():
    assert heard(Forgetting(), 1.0) == heard(MemoryWindow(symbols=1), 1.0)
    shorter = SAID[2].expand(5_003, 4)
    lost = (torch.tensor(heard(Forgetting(), 0.3, shorter)) == X).float().mean(0)
    torch.testing.assert_close(lost, torch.tensor([0.3, 0.0, 0.0, 0.0]), atol=0.03, rtol=0)


@pytest.mark.parametrize("pressure", [MemoryWindow(symbols=1), Forgetting(strength=0.9)], ids=lambda p: p.name)
def test_lengths_stay_and_runs_keep_to_themselves(pressure: Any):
    said = torch.randint(0, 6, (3, 2, 101, 4), generator=torch.Generator().manual_seed(1))
    said = said * (said != EOS).cumprod(-1)
    out = pressure.transmit(said, CHANNEL, moment_of(0.9, 0.0, 1.0))
    assert torch.equal(message_lengths(out), message_lengths(said))
    assert torch.equal(out[1], said[1])
    other = said.clone()
    other[0] = 1
    again = pressure.transmit(other, CHANNEL, moment_of(0.9, 0.0, 1.0))
    assert torch.equal(again[1:], out[1:])


@pytest.mark.parametrize("pressure", [MemoryWindow(symbols=1), Forgetting(strength=0.5)], ids=lambda p: p.name)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_they_work_with_every_way_of_learning(pressure: Any, estimator: str):
    runs = [small_run("a", seed, {"it": pressure}, pairs=2, estimator=ESTIMATORS[estimator]) for seed in (5, 7)]
    together = advanced(3, *runs)
    assert (together.broken_at == -1).all()
    assert equal_weights(together.weights(runs[1]), advanced(3, runs[1]).weights(runs[1]))


def lost_with_the_beginning(trainer: Trainer) -> Tensor:
    """How much less often each run's listener names the meaning, of 15, when it hears the last symbol only."""
    talk = trainer.population.talk(499, "to.look", 0)
    runs, messages = len(trainer.runs), talk.messages.flatten(0, 1)
    last_only = messages.clone()
    last_only[..., :-1] = trainer.setup.channel.erased
    every = torch.arange(15).expand(runs, 499, 15)

    def right(heard: Tensor) -> Tensor:
        logits = trainer.listeners.listener()(heard, trainer.board.features.expand(runs, -1, -1), every)
        return (logits.argmax(-1) == talk.target.flatten(0, 1)).float().mean(-1)

    return right(messages) - right(last_only)


@pytest.mark.parametrize("pressure", [MemoryWindow(symbols=1), Forgetting(strength=1.0)], ids=lambda p: p.name)
def test_pairs_that_hear_the_end_only_lose_nothing_with_the_beginning(pressure: Any):
    changes: dict[str, Any] = {
        "channel": Channel(7, 3, variable=False),
        "speaker_learning_rate": 0.02,
        "listener_learning_rate": 0.02,
        "estimator": ESTIMATORS["straight through"],
    }
    runs = [small_run("off", seed, **changes) for seed in (5, 7)]
    runs += [small_run("on", seed, {"it": pressure}, **changes) for seed in (5, 7)]
    lost = lost_with_the_beginning(advanced(120, *runs))
    assert lost[:2].min() > 0.04 > 0.02 > lost[2:].max()


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(MemoryWindow, {"symbols": 0}), (MemoryWindow, {"strength": 1.1}), (Forgetting, {"strength": 1.1})],
)
def test_bad_settings_are_refused_in_one_line(kind: Any, settings: dict[str, Any]):
    with pytest.raises(BadInput, match=next(iter(settings))) as caught:
        kind(**settings)
    assert "\n" not in str(caught.value)
