"""The figure of a pressure: every seed with it beside every seed without, one panel a metric."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from emcomm.report.colours import THEME, series_colour

__all__ = ["WIDTH", "draw"]

Arms = tuple[NDArray[np.float64], NDArray[np.float64]]  # with the pressure, without it
WIDTH, HEIGHT, DPI = 6.0, 2.3, 110  # inches, dots an inch
COLOURS = 32  # of the picture's palette


def draw(values: Mapping[str, Arms], told: Mapping[str, str], file: Path) -> None:
    """Draw final values, one dot a seed, with the mean of each arm as a bar.

    Args:
        values: metric -> its defined values with the pressure and without it, ``[n_on]`` and ``[n_off]``.
        told: metric -> what stands below its panel.
        file: where the PNG goes.
    """
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure, axes = plt.subplots(1, len(values), figsize=(WIDTH, HEIGHT), squeeze=False, layout="constrained")
        for axis, (metric, arms) in zip(axes[0], values.items(), strict=True):
            _panel(axis, *arms)
            axis.set_title(fill(metric.replace("_", " "), 18), fontsize=8, color=THEME["ink"][0])
            axis.set_xlabel(told[metric], fontsize=7.5, color=THEME["muted"][0])
        written = BytesIO()
        figure.savefig(written, dpi=DPI)
        plt.close(figure)
    with Image.open(written) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)


def _panel(axis: Axes, on: NDArray[np.float64], off: NDArray[np.float64]) -> None:
    for place, sample in enumerate((off, on)):
        colour = series_colour(place)
        spread = np.linspace(-0.22, 0.22, len(sample)) if len(sample) > 1 else np.zeros(len(sample))
        axis.plot(place + spread, sample, "o", ms=3.5, mfc="none", mew=0.8, color=colour, clip_on=False)
        if len(sample):
            axis.plot([place - 0.32, place + 0.32], [sample.mean()] * 2, color=colour, lw=1.8)
    axis.set_xlim(-0.6, 1.6)
    axis.set_xticks((0, 1), ("without", "with"))
    axis.tick_params(axis="x", length=0)
    axis.margins(y=0.12)
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.ticklabel_format(axis="y", useOffset=False)
    axis.grid(axis="y", color=THEME["band"][0], lw=0.6)
    axis.set_axisbelow(True)
