"""Efficiency: some meanings come up much more often than others."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from emcomm.errors import BadInput
from emcomm.pressures.base import Pressure, S, changed

__all__ = ["SkewedFrequencies"]


class SkewedFrequencies(Pressure):
    """Make the k-th meaning occur in proportion to ``1 / k**strength``, in the order of the world's meanings.

    The world itself changes, so that accuracy is weighted by the new frequencies and languages are recorded with them.
    In a world with several attributes the order counts the last attribute fastest: meanings with the first value of the
    first attribute are the frequent ones.

    Args:
        strength: the exponent, in [0, 10]: at 0 all meanings are equally frequent, 1 is Zipf's law.

    Raises:
        BadInput: the world's meanings are not equally frequent to begin with.

    Source: Zipf 1949; Chaabouni et al. 2019 (exponent 1 over 1,000 meanings).
    """

    name: ClassVar[str] = "skewed_frequencies"
    family: ClassVar = "efficiency"
    source: ClassVar[str] = "Zipf 1949; Chaabouni et al. 2019"
    chooses_meanings: ClassVar[bool] = True
    strength: float = Field(default=1.0, ge=0.0, le=10.0)

    def shape(self, setup: S) -> S:
        world = setup.world  # type: ignore[attr-defined]
        if world.frequencies != "uniform":
            got = world.frequencies if isinstance(world.frequencies, str) else "weights"
            raise BadInput(
                "the pressure 'skewed_frequencies' needs a world whose meanings are equally frequent "
                f"(frequencies='uniform'), got {got!r}"
            )
        return changed(setup, world=changed(world, frequencies="zipf", zipf_exponent=self.strength))
