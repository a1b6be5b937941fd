"""Communicative success: what counts as success, for the speaker and for the listener."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["Reward"]


class Reward(Pressure):
    """Reward the speaker, and if wanted teach the listener, by another measure of success than the set-up's.

    Args:
        form: what the speaker is paid for a game: ``"accuracy"``, 1 if the listener's most probable answer is right,
            else 0; ``"success"``, the probability of the right answer, which is the mean pay if the listener drew its
            answer; ``"log_likelihood"``, the logarithm of that probability (nats), which punishes confident errors.
        listener: what the listener learns from: ``"log_likelihood"`` or ``"success"``, see `Setup`; None leaves it.
        strength: 1, or 0 for the set-up's own reward; nothing in between.

    Raises:
        BadInput: a strength in between, or speakers that learn from the listener's gradient (Gumbel-Softmax), who get
            no reward.

    Source: Lazaridou et al. 2017 (1 for a right answer, which the listener draws: ``"success"`` is its expectation);
    Chaabouni et al. 2019 (the log-likelihood).
    """

    name: ClassVar[str] = "reward"
    family: ClassVar = "success"
    source: ClassVar[str] = "Lazaridou et al. 2017; Chaabouni et al. 2019"
    form: Literal["accuracy", "log_likelihood", "success"] = "accuracy"
    listener: Literal["log_likelihood", "success"] | None = None
    strength: float = Field(default=1.0, ge=0.0, le=1.0)

    @field_validator("strength")
    @classmethod
    def _on_or_off(cls, strength: float) -> float:
        if strength not in (0.0, 1.0):
            raise BadInput(f"must be 0 or 1, as there is no reward between two rewards, got {strength}")
        return strength

    def shape(self, setup: S) -> S:
        estimator = setup.estimator  # type: ignore[attr-defined]
        if not hasattr(estimator, "reward"):
            raise BadInput(
                "the pressure 'reward' needs a speaker that learns from rewards (estimator 'reinforce'); "
                f"there is no reward with {estimator.kind!r}"
            )
        listener = self.listener or setup.listener_loss  # type: ignore[attr-defined]
        return changed(setup, estimator=changed(estimator, reward=self.form), listener_loss=listener)
