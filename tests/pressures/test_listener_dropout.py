"""Dropout in the listener's head: masks, where they act, and which listeners they reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import AGENTS, GRU, Agent, Listener
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.pressures import ImpatientListener, ListenerDropout
from emcomm.training.evaluation import observe
from emcomm.worlds.form import Flat
from tests.pressures.moments import moment_of
from tests.training.small import ESTIMATORS, advanced, equal_weights, small_run, small_setup


def test_masks_drop_so_many_and_scale_up_the_others():
    kept = ListenerDropout().attend((3, 101, 67), moment_of(0.0, 0.2, 0.75))
    assert kept.shape == (3, 3, 101, 67)
    assert kept.unique().tolist() == [0.0, 1.0, 1.25, 4.0]  # 1 / (1 - .2) and 1 / (1 - .75)
    assert (kept[0] == 1).all()
    for run, chance in ((1, 0.2), (2, 0.75)):
        dropped = (kept[run] == 0).float().mean()
        assert abs(dropped - chance) < 4 * (chance * (1 - chance) / 20_301) ** 0.5  # standard errors
        assert len(kept[run].flatten(0, 1).unique(dim=0)) == 303  # every game its own


def listener(naming: bool) -> Listener:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return GRU(hidden=7, embedding=2).listener(Flat(8), Channel(5, 4), (3, 5) if naming else None)


MESSAGES = torch.tensor([[0, 0, 0, 0], [3, 0, 0, 0], [1, 2, 5, 4]])
CANDIDATES = torch.tensor([[0, 1, 2], [3, 1, 0], [4, 2, 1]])
FEATURES = torch.randn(11, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("naming", [True, False])
@pytest.mark.parametrize("prefixes", [True, False])
def test_a_listener_answers_from_what_it_keeps(naming: bool, prefixes: bool):
    module, candidates = listener(naming), None if naming else CANDIDATES
    plain = module(MESSAGES, FEATURES, candidates, prefixes)
    assert torch.equal(module(MESSAGES, FEATURES, candidates, prefixes, None), plain)
    assert torch.equal(module(MESSAGES, FEATURES, candidates, prefixes, torch.ones(3, 7)), plain)
    nothing = module(MESSAGES, FEATURES, candidates, prefixes, torch.zeros(3, 7))
    # Naming, only the bias is left of the answer; pointing, every candidate fits alike.
    expected = module.get_parameter("out.bias").expand_as(nothing) if naming else torch.zeros_like(nothing)
    assert torch.equal(nothing, expected)
    one = torch.ones(3, 7)
    one[2, 4] = 0
    differs = (module(MESSAGES, FEATURES, candidates, prefixes, one) != plain).flatten(1).any(-1)
    assert differs.tolist() == [False, False, True]


def test_relaxed_messages_are_answered_from_what_is_kept_too():
    module = listener(False)
    relaxed = torch.nn.functional.one_hot(MESSAGES, 7).float()
    plain = module(relaxed, FEATURES, CANDIDATES, True)
    assert torch.equal(module(relaxed, FEATURES, CANDIDATES, True, torch.ones(3, 7)), plain)
    assert (module(relaxed, FEATURES, CANDIDATES, True, torch.zeros(3, 7)) == 0).all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_does_not_depend_on_who_shares_the_stack(estimator: str):
    pressures = {"it": ListenerDropout(strength=0.5), "rush": ImpatientListener(strength=0.5)}
    runs = [
        small_run("a", 5, pressures, pairs=2, estimator=ESTIMATORS[estimator]),
        small_run("b", 7, {"it": ListenerDropout(strength=0.2)}, pairs=2, estimator=ESTIMATORS[estimator]),
        small_run("c", 11, {}, pairs=2, estimator=ESTIMATORS[estimator]),
    ]
    together = advanced(4, *runs)
    assert (together.broken_at == -1).all()
    for run in runs:
        assert equal_weights(together.weights(run), advanced(4, run).weights(run))


def test_two_of_them_drop_independently_and_evaluation_is_without():
    runs = [
        small_run("both", 5, {"one": ListenerDropout(strength=0.5), "other": ListenerDropout(strength=0.3)}),
        small_run("one", 5, {"one": ListenerDropout(strength=0.5)}),
    ]
    trainer = advanced(3, *runs)
    assert not equal_weights(*(trainer.weights(run) for run in runs))
    with torch.no_grad():
        for stack in (trainer.speakers, trainer.listeners):
            stack.weights[1] = stack.weights[0]
    one, other = observe(trainer, record=True)
    assert (one.messages == other.messages).all()
    assert one.values["accuracy"] == other.values["accuracy"]


# Listeners of one's own


class Bag(Listener):
    """Adds up what it hears; a module for one run, which the engine maps."""

    def __init__(self, features: int, channel: Channel, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(channel.symbols + 2, 5)
        self.out = nn.Linear(features, 5)
        self.width = width

    def forward(
        self,
        message: Tensor,
        features: Tensor,
        candidates: Tensor | None,
        prefixes: bool = False,
        keep: Tensor | None = None,
    ) -> Tensor:
        assert candidates is not None
        state = (self.embed(message) * (message != 0).unsqueeze(-1)).sum(-2)
        state = state if keep is None else state * keep
        return (state @ self.out(features).mT).gather(-1, candidates)


@pytest.fixture
def bag() -> Iterator[type[Agent]]:
    before = dict(AGENTS._known)

    class BagAgent(Agent):
        name: ClassVar[str] = "bag_of_this_test"
        width: int = 5

        def listener(self, form, channel, sizes, dtype=torch.float32) -> Listener:
            return Bag(form.width, channel, self.width)

    yield BagAgent
    AGENTS._known.clear()
    AGENTS._known.update(before)


def test_listeners_that_the_engine_maps_can_drop_as_well(bag: type[Agent]):
    setup = ListenerDropout().shape(small_setup(listener=bag()))
    runs = [small_run("off", 5, listener=setup.listener)]
    runs.append(small_run("on", 5, {"it": ListenerDropout(strength=0.5)}, listener=setup.listener))
    runs.append(small_run("zero", 5, {"it": ListenerDropout(strength=0.0)}, listener=setup.listener))
    trainer = advanced(3, *runs)
    off, on, zero = (trainer.weights(run) for run in runs)
    assert equal_weights(off, zero)
    assert not equal_weights(off, on)


def test_listeners_that_take_no_mask_are_refused_in_one_line(bag: type[Agent]):
    before = torch.get_rng_state()
    with pytest.raises(BadInput, match="'listener_dropout' needs listeners with a width.*got 'bag_of_t") as caught:
        ListenerDropout().shape(small_setup(listener=bag(width=0)))  # type: ignore[call-arg]
    assert "\n" not in str(caught.value)
    assert torch.equal(torch.get_rng_state(), before)


def test_not_everything_can_be_dropped():
    for strength in (1.0, 1.5):
        with pytest.raises(BadInput, match="strength: .*less than 1.*got"):
            ListenerDropout(strength=strength)
