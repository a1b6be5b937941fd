"""From screen colours to CIELAB, the other way round than `emcomm.worlds.colours`, by the published formulas."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["cielab_of"]

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # IEC 61966-2-1


def cielab_of(srgb: ArrayLike) -> NDArray[np.float64]:
    """L*, a*, b* under D65 of red, green, blue in [0, 1]: ``[n, 3]``."""
    screen = np.asarray(srgb, dtype=np.float64)
    linear = np.where(screen <= 0.04045, screen / 12.92, ((screen + 0.055) / 1.055) ** 2.4)
    share = linear @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    bent = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
