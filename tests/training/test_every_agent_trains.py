"""Every kind of agent under both kinds of estimator and many pressures: it learns, whoever shares the stack."""

from __future__ import annotations

import pytest

from emcomm.agents import AGENTS, CNN, GRU, LSTM, Agent, Transformer
from emcomm.agents.encoders import MLP
from emcomm.errors import BadInput
from emcomm.pressures import ChannelNoise, Community, ImpatientListener, ListenerDropout, ListenerReset, MemoryWindow
from emcomm.ternary import Schedule
from emcomm.training import Run
from emcomm.training.evaluation import observe
from emcomm.worlds import ImageWorld
from tests.agents.kinds import TERNARY, channel_for
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run

PRESSURES = {
    "noise": ChannelNoise(strength=0.2, effect="erase"),
    "rush": ImpatientListener(strength=0.5),
    "window": MemoryWindow(symbols=2, strength=0.5),
    "dropout": ListenerDropout(strength=0.3),
    "teaching": ListenerReset(every=2),
    "group": Community(size=2),
}
KINDS: dict[str, Agent] = {name: AGENTS.get(name)() for name in AGENTS.names()} | {
    "gru, attending": GRU(hidden=11, embedding=3, reading="attention"),
    "lstm, attending": LSTM(hidden=11, embedding=3, reading="attention", encoder=MLP(layers=(5,))),
    "transformer, deep": Transformer(hidden=15, heads=3, layers=2),
    **TERNARY,
}


def run_of(kind: str, seed: int, pressures=None, variable: bool = True, **changes) -> Run:
    agent = KINDS[kind]
    fields = {"speaker": agent, "listener": agent, "channel": channel_for(agent, variable), "pairs": 2}
    return small_run("a", seed, pressures, **fields, **changes)


@pytest.mark.parametrize("name", ["greedy baseline", "straight through"])
@pytest.mark.parametrize("kind", KINDS)
def test_they_train_under_pressures_and_do_not_touch_each_other(kind: str, name: str):
    # The second asks for no answers to prefixes, but sits beside one who does, and hears them with it.
    # Ternary agents become ternary in these three steps (shares 0, 1/2, 1), or are from the first on.
    rising, ternary = Schedule(start=0, length=2 / 23), Schedule(kind="step", start=0)
    arms = ((5, PRESSURES, rising), (7, None, ternary))
    runs = [run_of(kind, seed, acts, estimator=ESTIMATORS[name], quantisation=when) for seed, acts, when in arms]
    at_birth, together = advanced(0, *runs), advanced(3, *runs)
    assert (together.broken_at == -1).all()
    for run in runs:
        weights = together.weights(run)
        assert not equal_weights(at_birth.weights(run), weights)
        assert equal_weights(weights, advanced(3, run).weights(run))
    assert len(observe(together, record=True)) == 2


@pytest.mark.parametrize("variable", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_patient_listener_does_not_care_about_impatient_company_at_large_batches(kind: str, variable: bool):
    arms = ((5, {"rush": ImpatientListener()}), (7, None))
    changes = {"batch_size": 128, "quantisation": Schedule(kind="step", start=0)}
    runs = [run_of(kind, seed, pressures, variable, **changes) for seed, pressures in arms]
    together = advanced(2, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(2, run).weights(run))


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_trains_too(kind: str):
    run = run_of(kind, 5, variable=False, matmul="bfloat16")
    exact, rounded = advanced(2, run_of(kind, 5, variable=False)), advanced(2, run)
    assert (rounded.broken_at == -1).all()
    assert not equal_weights(exact.weights(run), rounded.weights(run))


def test_images_are_seen_by_those_who_can_see_them():
    images = ImageWorld(shapes=2, colours=3, pixels=9)
    seeing, blind = GRU(hidden=11, encoder=CNN(channels=(3, 5))), GRU(hidden=11)
    for speaker, listener in ((seeing, blind), (blind, seeing)):
        runs = [small_run("a", seed, world=images, speaker=speaker, listener=listener) for seed in (5, 7)]
        together = advanced(3, *runs)
        for run in runs:
            assert equal_weights(together.weights(run), advanced(3, run).weights(run))
    with pytest.raises(BadInput, match=r"the encoder 'cnn' reads Image meanings, got Flat\(width=8\)") as caught:
        small_run(speaker=seeing)
    assert "\n" not in str(caught.value)
