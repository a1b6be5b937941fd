"""Modules mapped over a stack by `torch.vmap`: alone, a run has the same bits as beside others."""

from __future__ import annotations

from typing import Any

import pytest

from emcomm.agents import GRU, LSTM, FeedForward, Transformer
from emcomm.agents.feed_forward import FeedForwardListener, FeedForwardSpeaker
from emcomm.agents.recurrent import RecurrentListener, RecurrentSpeaker
from emcomm.agents.transformer import TransformerListener, TransformerSpeaker
from emcomm.channel import Channel
from emcomm.training import PPO, ActorCritic, Reinforce
from tests.training.small import advanced, equal_weights, small_run

KINDS = (RecurrentSpeaker, RecurrentListener, TransformerSpeaker, TransformerListener)
AGENTS = {
    "gru": GRU(hidden=37, embedding=3),
    "lstm": LSTM(hidden=7, embedding=3),
    "attention": GRU(hidden=7, embedding=3, reading="attention"),
    "transformer": Transformer(hidden=10, heads=2),
    "feed-forward": FeedForward(hidden=7, embedding=5),
    "ternary gru": GRU(hidden=7, embedding=3, precision="ternary", recipe="rnn"),
    "ternary transformer": Transformer(hidden=10, heads=2, precision="ternary", recipe="bitnet"),
}
LEARNING: dict[str, dict[str, Any]] = {
    "rewards": {"estimator": Reinforce()},
    "critics": {"estimator": ActorCritic(), "listener_loss": "policy_gradient"},
    "proximal": {"estimator": PPO(epochs=2, minibatches=2), "speaker_anchor": 0.5},
}


@pytest.mark.parametrize("learning", LEARNING)
@pytest.mark.parametrize("name", AGENTS)
def test_a_mapped_run_alone_is_the_same_run_beside_others(name: str, learning: str, monkeypatch: pytest.MonkeyPatch):
    for kind in (*KINDS, FeedForwardSpeaker, FeedForwardListener):
        monkeypatch.setattr(kind, "stacks", False)
    changes: dict[str, Any] = {"speaker": AGENTS[name], "listener": AGENTS[name]}
    if name == "feed-forward":
        changes["channel"] = Channel(symbols=5, max_length=1)
    runs = [small_run(seed=seed, **changes, **LEARNING[learning]) for seed in (5, 7, 11)]
    together = advanced(3, *runs)
    for run in runs:
        assert equal_weights(together.weights(run), advanced(3, run).weights(run))
