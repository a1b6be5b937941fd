"""`ColourWorld`: chips of every hue and lightness, as saturated as a screen can show them, in CIELAB."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emcomm.worlds.base import World

__all__ = ["ColourWorld"]

FloatArray = NDArray[np.float64]
DARKEST, LIGHTEST = 20.0, 90.0  # L* of about Munsell value 2, and of 9
_HALVINGS = 40  # of an interval of 200 units of chroma
_SCALE = 100.0
_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65, which sRGB takes for white
_TO_LINEAR = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


class ColourWorld(World):
    """A cylinder of colour chips: hues around it, lightness along it, each chip as saturated as a screen can show it.

    Hues are evenly spaced angles of CIELAB, from 0 (a pinkish red) over yellow, green and blue; lightness L* lies
    evenly from 20 to 90, or at 55 if there is but one. Chroma is a share of the highest that lies within sRGB. There
    are no greys. Meanings are (hue, lightness), hue by hue, each from dark to light; with one lightness they are hues.
    Hue 0 and the last one are neighbours; distances between features know it, those between integers do not.

    Features are ``((L* - 50) / 100, a* / 100, b* / 100)``, all within -1.1..1.1: a hundredth of the distance in CIELAB.
    Nothing but NumPy is needed; what the metrics of `emcomm.metrics` know about colours takes `cielab`.

    Args:
        hues: how many hues there are, 2 to 360.
        lightnesses: how many steps of lightness there are, 1 to 100.
        chroma: share of the highest chroma that a screen can show, above 0 and at most 1.
        frequencies: see `World`.
        zipf_exponent: see `World`.
        split: see `World`.
        held_out: see `World`.

    Raises:
        BadInput: numbers beyond these bounds, or what `World` refuses.

    Source: layout after the chart of the World Color Survey (Cook, Kay & Regier 2005), 40 hues at 8 degrees of
    lightness with the most saturated chip of each; hue, lightness and saturation are those of CIELAB within sRGB
    (IEC 61966-2-1), not Munsell's, and the 10 greys are left out. Agents that name colours: Chaabouni et al. 2021.
    """

    name: ClassVar[str] = "colour"

    hues: int = Field(default=40, ge=2, le=360)
    lightnesses: int = Field(default=8, ge=1, le=100)
    chroma: float = Field(default=1.0, gt=0, le=1)

    def sizes(self) -> tuple[int, ...]:
        """Return how many hues there are and, if more than one, how many steps of lightness."""
        return (self.hues, self.lightnesses) if self.lightnesses > 1 else (self.hues,)

    def cielab(self) -> FloatArray:
        """Return L*, a*, b* of each chip under D65: float64 ``[n, 3]``."""
        hue, lightness = np.divmod(np.arange(self.hues * self.lightnesses), self.lightnesses)
        angle = 2 * np.pi * hue / self.hues
        steps = np.linspace(DARKEST, LIGHTEST, self.lightnesses)
        level = steps[lightness] if self.lightnesses > 1 else np.full(self.hues, (DARKEST + LIGHTEST) / 2)
        reach = self.chroma * _highest_chroma(level, angle)
        return _chips(level, angle, reach)

    def srgb(self) -> FloatArray:
        """Return red, green and blue of each chip as a screen takes them: float64 ``[n, 3]`` in [0, 1]."""
        linear = _linear(self.cielab()).clip(0, 1)
        return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)

    def build_meanings(self) -> NDArray[np.int64]:
        """Return every hue with every lightness: int64 ``[n, 2]``, or ``[n, 1]`` with one lightness."""
        pairs = np.stack(np.divmod(np.arange(self.hues * self.lightnesses), self.lightnesses), axis=1)
        return pairs[:, : len(self.sizes())].astype(np.int64)

    def build_features(self) -> NDArray[np.float32]:
        """Return the places of the chips in CIELAB, scaled: float32 ``[n, 3]``."""
        return ((self.cielab() - [50, 0, 0]) / _SCALE).astype(np.float32)


def _highest_chroma(level: FloatArray, angle: FloatArray) -> FloatArray:
    """Return the chroma at which each hue at its lightness leaves sRGB: ``[n]``, found by halving from within."""
    low, high = np.zeros_like(level), np.full_like(level, 200.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        screen = _linear(_chips(level, angle, middle))
        within = ((screen >= 0) & (screen <= 1)).all(axis=1)
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return low


def _chips(level: FloatArray, angle: FloatArray, chroma: FloatArray) -> FloatArray:
    """Return L*, a*, b* of cylindrical coordinates: ``[n, 3]``."""
    return np.stack([level, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)


def _linear(cielab: FloatArray) -> FloatArray:
    """Return linear red, green and blue: ``[n, 3]``, outside [0, 1] for what a screen cannot show."""
    middle = (cielab[:, 0] + 16) / 116
    bent = np.stack([middle + cielab[:, 1] / 500, middle, middle - cielab[:, 2] / 200], axis=1)
    edge = 6 / 29
    straight = np.where(bent > edge, bent**3, 3 * edge**2 * (bent - 4 / 29))
    return (straight * _WHITE) @ _TO_LINEAR.T
