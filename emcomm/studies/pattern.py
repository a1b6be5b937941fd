"""`Pattern`: a pattern of natural language, stated as a prediction that runs can support or refute."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from emcomm.config import Config

__all__ = ["Direction", "Pattern"]

Direction: TypeAlias = Literal["up", "down", "none"]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Pattern(Config):
    """What a pressure is predicted to do to one metric, written down before the runs.

    ``Pattern("compositional", metric="topographic_similarity", direction="up", min_delta=0.6)`` says that topographic
    similarity is higher with the pressure than without it. ``direction="none"`` predicts that the pressure makes no
    difference that matters; `band` then says how small "none" is.

    Args:
        name: the pattern's name in tables and figures; unique in a study.
        metric: name of the study-level metric that shows it, e.g. ``"topographic_similarity"``.
        direction: whether the pressure raises the metric (``"up"``), lowers it (``"down"``) or leaves it (``"none"``).
        min_delta: smallest absolute Cliff's delta that counts as the pattern, in (0, 1].
        band: half-width of the equivalence band ``[-band, band]`` of the effect, in the metric's unit, > 0. Required
            when `direction` is ``"none"``; without it a directional pattern can never be called absent.
        accuracy_floor: least mean accuracy, in [0, 1], that the runs of both arms must reach; None asks for nothing.
        source: the publication that reports the pattern.
        description: one sentence for the report.
        pressures: the study's names of the pressures it is predicted for; None means all of them.

    Raises:
        BadInput: a value outside its range, an unknown key, or no band where no effect is predicted.
    """

    name: Name
    metric: Name
    direction: Direction
    min_delta: float = Field(default=0.6, gt=0.0, le=1.0)
    band: float | None = Field(default=None, gt=0.0, allow_inf_nan=False)
    accuracy_floor: float | None = Field(default=0.9, ge=0.0, le=1.0)
    source: str = ""
    description: str = ""
    pressures: tuple[Name, ...] | None = Field(default=None, min_length=1)

    def __init__(self, name: str | None = None, **data: Any) -> None:
        if name is not None:
            data["name"] = name
        super().__init__(**data)

    @model_validator(mode="after")
    def _no_effect_needs_a_band(self) -> Pattern:
        if self.direction == "none" and self.band is None:
            raise ValueError(
                f"pattern {self.name!r} predicts no effect (direction 'none') and needs band=<number>: "
                f"the largest difference in {self.metric} that still counts as none"
            )
        return self

    @property
    def sign(self) -> int:
        """The predicted sign of the effect: 1 for up, -1 for down, 0 for none."""
        return {"up": 1, "down": -1, "none": 0}[self.direction]

    def predicts_for(self, pressure: str) -> bool:
        """Whether the prediction is about the pressure of this name."""
        return self.pressures is None or pressure in self.pressures
