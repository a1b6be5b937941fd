"""When training becomes ternary, and how fast."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from emcomm.config import Config
from emcomm.errors import BadInput

__all__ = ["Schedule"]


class Schedule(Config):
    """The share lambda of the quantiser over training: 0, then a rise, then 1.

    Args:
        kind: ``"step"``: at once; ``"linear"``: evenly; ``"tanh"``: as ``tanh(2.5 tau)`` over the rise, tau in
            0..1, with a last jump from 0.987 to 1; ``"never"``: 0 for good, the float control of a ternary agent.
        start: share of the training steps after which the rise begins, in [0, 1]. 0 without a rise is ternary from the
            first step on; 1 without one is ternary after training only, whenever it is looked at.
        length: share of the training steps that the rise takes; start and length are at most 1 together. None: 0.1,
            and 0 for a step, which takes no other.
        keep_optimizer: whether the optimiser keeps what it remembers when the rise begins; see `transition_step`.

    Raises:
        BadInput: a schedule longer than training, or a step that takes time.

    Source: Nielsen et al. 2025 (transition to 1.58 bits late in training, optimiser kept or reset, phased in). The form
    of "tanh" is that of the authors' code.
    """

    kind: Literal["step", "linear", "tanh", "never"] = "linear"
    start: float = Field(default=0.2, ge=0.0, le=1.0)
    length: float | None = Field(default=None, ge=0.0, le=1.0)
    keep_optimizer: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Schedule:
        if self.kind == "never":
            return self
        if self.kind == "step" and self.length:
            raise ValueError(f"a step has length 0, got {self.length:g}; linear and tanh take time")
        if self.start + self.rise > 1 + 1e-9:
            total = f"{self.start:g} + length {self.rise:g} = {self.start + self.rise:g}"
            raise ValueError(f"a schedule longer than training: start {total}, at most 1")
        return self

    @property
    def rise(self) -> float:
        """Share of the training steps that the rise takes."""
        if self.length is not None:
            return self.length
        return 0.1 if self.kind in ("linear", "tanh") else 0.0

    @property
    def final(self) -> float:
        """The share of the trained agent, and whenever it is evaluated: 1, or 0 if it never becomes ternary."""
        return 0.0 if self.kind == "never" else 1.0

    def transition_step(self, steps: int) -> int:
        """The step at which the rise begins, or has happened if it takes no time.

        Args:
            steps: how many there are in training, at least 1.

        Returns:
            a step in ``0..steps``, counted from 0; all before it have share 0.

        Raises:
            BadInput: no steps.
        """
        if steps < 1:
            raise BadInput(f"steps: at least 1, got {steps}")
        return round(self.start * steps)

    def share_at(self, step: int, steps: int) -> float:
        """The share at one step of training.

        Args:
            step: counted from 0; `steps` and beyond is after training.
            steps: how many there are in training, at least 1.

        Returns:
            lambda in [0, 1], never falling: exactly 0 before the rise, exactly 1 after it and after training.

        Raises:
            BadInput: no steps, or a negative one.
        """
        begin = self.transition_step(steps)
        end = max(begin, round((self.start + self.rise) * steps))
        if step < 0:
            raise BadInput(f"step: at least 0, got {step}")
        if self.kind == "never":
            return 0.0
        if step >= end:
            return 1.0
        if step < begin:
            return 0.0
        tau = (step - begin) / (end - begin)
        return math.tanh(2.5 * tau) if self.kind == "tanh" else tau
