"""The moment at which agents become ternary: what optimisers remember, what is seen of it, agents that are mapped."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
import torch

from emcomm.agents import AGENTS, Agent, Listener, Speaker
from emcomm.agents.gru import GRU
from emcomm.ternary import Schedule, preset
from emcomm.training import Run, Trainer
from emcomm.training.evaluation import observe
from emcomm.training.quantising import HEALTH, take_shares
from tests.training.small import advanced, equal_weights, small_run

TERNARY = GRU(hidden=7, embedding=3, precision="ternary", recipe=preset("rnn"))
WHEN = {
    "keeps": Schedule(kind="step", start=0.4),
    "forgets": Schedule(kind="step", start=0.4, keep_optimizer=False),
    "never": Schedule(kind="never", start=0.4, keep_optimizer=False),
}


def runs_of(*names: str, speaker: Agent = TERNARY, listener: Agent = TERNARY, **changes: Any) -> list[Run]:
    fields = {"speaker": speaker, "listener": listener, "steps": 10, "pairs": 2, **changes}
    return [small_run(name, 5, quantisation=WHEN[name], **fields) for name in names]


def test_optimisers_keep_or_forget_at_the_transition_and_go_on():
    trainer = advanced(4, *runs_of(*WHEN))  # 0.4 of ten steps are done
    tensors = [(stack.weights, stack.views["cell.hidden_weight"]) for stack in trainer.stacks.values()]
    before = [(stack.mean.clone(), stack.square.clone(), list(stack.ages)) for stack in trainer.stacks.values()]
    take_shares(trainer.stacks.values(), trainer.runs, trainer.step)
    for stack, (mean, square, ages) in zip(trainer.stacks.values(), before, strict=True):
        assert stack.shares == [1.0, 1.0, 0.0]
        others = [0, 1, 4, 5]
        assert (mean[others] != 0).any(-1).all()
        assert torch.equal(stack.mean[others], mean[others])
        assert torch.equal(stack.square[others], square[others])
        assert not stack.mean[2:4].any()
        assert not stack.square[2:4].any()
        assert (ages, stack.ages) == ([4] * 6, [4, 4, 0, 0, 4, 4])
    latent = [view.clone() for _, view in tensors]
    for _ in range(2):
        trainer.advance()
    for stack, (weights, view), old in zip(trainer.stacks.values(), tensors, latent, strict=True):
        assert stack.weights is weights  # the same tensors all the time
        assert (view != old).flatten(1).any(-1).all()
        assert stack.ages == [6, 6, 2, 2, 6, 6]


def test_a_float_partner_forgets_nothing():
    trainer = advanced(5, *runs_of("forgets", listener=GRU(hidden=5)))
    assert (trainer.speakers.ages, trainer.listeners.ages) == ([1, 1], [5, 5])


def test_nothing_is_forgotten_by_who_is_ternary_from_the_start():
    run = small_run(speaker=TERNARY, steps=10, quantisation=Schedule(kind="step", start=0, keep_optimizer=False))
    assert advanced(3, run).speakers.ages == [3]


def test_what_is_seen_of_it():
    line = small_run("line", 5, speaker=TERNARY, listener=TERNARY, steps=10, quantisation=Schedule(length=0.4))
    trainer = Trainer([line, *runs_of("never", pairs=1)])
    shares = []
    for step in range(10):
        line_values, never_values = (seen.values for seen in observe(trainer, record=False))
        shares.append(line_values["quantised_share"])
        assert never_values["quantised_share"] == 0
        for role in ("speaker", "listener"):
            assert all(math.isnan(never_values[f"{role}_{name}"]) for name in HEALTH)
            zeros, flips, saturated = (line_values[f"{role}_{name}"] for name in HEALTH)
            # Uniform latent weights begin with 2 / (3 sqrt 3) ~ 0.35 of them below 0.7 of their mean size (twn):
            # the threshold is 0.7 / 2 of the bound, so 0.35. Nothing runs away from there in ten steps.
            assert 0.2 < zeros < 0.5
            assert math.isnan(flips) if step == 0 else 0 <= flips < 0.2
            assert 0 <= saturated < 0.5
        trainer.advance()
    # From 0.2 of 10 steps, over 0.4 of them: steps 2, 3, 4, 5 at 0, 1/4, 1/2, 3/4.
    assert shares == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1]


def test_flips_are_counted_from_one_look_to_the_next():
    trainer = Trainer(runs_of("keeps", pairs=1, speaker_learning_rate=0.1))
    observe(trainer, record=False)
    layer = trainer.speakers.views["encoder.weight"]
    codes = trainer.speakers.codes
    assert codes is not None
    with torch.no_grad():
        layer.neg_()
    flips = observe(trainer, record=False)[0].values["speaker_flip_rate"]
    # The sign of every code of the encoder that is not zero has changed, and nothing else.
    names = ["encoder.weight", "cell.input_weight", "cell.hidden_weight"]
    sizes = [trainer.speakers.shapes[name].numel() for name in names]
    assert codes.shape == (1, sum(sizes))
    own = codes[0, : sizes[0]]
    assert flips == pytest.approx(int((own != 0).sum()) / sum(sizes))
    assert observe(trainer, record=False)[0].values["speaker_flip_rate"] == 0


def test_float_agents_report_nothing_of_it():
    (seen,) = observe(Trainer([small_run()]), record=False)
    assert not any("share" in name or "flip" in name or "saturation" in name for name in seen.values)
    (seen,) = observe(Trainer(runs_of("keeps", listener=GRU(hidden=5))), record=False)
    assert math.isfinite(seen.values["speaker_zero_share"])
    assert all(math.isnan(seen.values[f"listener_{name}"]) for name in HEALTH)


def test_saturation_does_not_depend_on_how_long_others_talk():
    runs = [*runs_of("keeps", pairs=1), small_run("other", 7, speaker=TERNARY, listener=TERNARY, steps=10)]
    apart = [Trainer([run]) for run in runs]
    together = Trainer(runs)
    for trainer in (apart[1], together):  # one run says nothing at all
        with torch.no_grad():
            trainer.speakers.views["out.bias"][-1, 0] = 99.0
    seen = observe(together, record=False)
    assert not seen[1].messages.any()
    assert seen[0].messages.any()
    for one, trainer in zip(seen, apart, strict=True):
        (alone,) = observe(trainer, record=False)
        assert repr(one.values) == repr(alone.values)


@pytest.mark.parametrize("stacks", [False, "loop"], ids=["vmap", "loop"])
def test_mapped_modules_have_shares_of_their_own(stacks: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AGENTS, "_known", dict(AGENTS._known))

    class Mapped(GRU):
        name: ClassVar[str] = "mapped_of_this_test"

        def speaker(self, *args: Any) -> Speaker:
            module = super().speaker(*args)
            module.__class__ = type("Other", (type(module),), {"stacks": stacks})
            return module

        def listener(self, *args: Any) -> Listener:
            module = super().listener(*args)
            module.__class__ = type("Other", (type(module),), {"stacks": stacks})
            return module

    agent = Mapped(hidden=7, embedding=3, precision="ternary", recipe=preset("rnn"))
    line: dict[str, Any] = {"steps": 10, "pairs": 2, "quantisation": Schedule(length=0.4)}
    runs, plain = (
        [*runs_of("never", "forgets", **both), small_run("line", 7, **both, **line)]
        for both in ({"speaker": agent, "listener": agent}, {"speaker": TERNARY, "listener": TERNARY})
    )
    stack, stacked, alone = Trainer(runs), Trainer(plain), [Trainer([run]) for run in runs]
    for trainer in (stack, stacked, *alone):
        trainer.step = 4
        trainer.advance()
    assert stack.speakers.shares == [0.0, 1.0, 0.5]
    lesson, expected = stack.last_lesson, stacked.last_lesson
    assert lesson is not None
    assert expected is not None
    torch.testing.assert_close(lesson.listener_loss, expected.listener_loss, rtol=1e-4, atol=1e-5)
    for trainer in (stack, *alone):
        trainer.advance()
    for run, own in zip(runs, alone, strict=True):
        assert equal_weights(stack.weights(run), own.weights(run)), run.name
        (seen,) = observe(own, record=False)
        assert math.isnan(seen.values["speaker_saturation"])
        assert math.isnan(seen.values["speaker_zero_share"]) == (run.condition == "never")
