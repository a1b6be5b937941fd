"""`Sheet`, a matplotlib figure cut into equal panels, drawn without pyplot and the same on every machine."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emcomm.report.colours import THEME

__all__ = ["FORMATS", "PANEL_WIDTH", "Sheet", "drawing"]

FORMATS = ("pdf", "png", "svg")
PANEL_WIDTH = 3.75  # inches: 360 px on a page, so that text stays legible on a phone

INK, MUTED, LINE = (THEME[name][0] for name in ("ink", "muted", "line"))
STYLE: Any = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that every machine draws the same
    "font.size": 8.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.7,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "emcomm",
    "savefig.dpi": 200,
    "figure.facecolor": "white",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the report's style: everything that makes or saves a figure happens inside this context."""
    with rc_context(STYLE), warnings.catch_warnings():
        # Names may use scripts that the bundled font lacks; SVG viewers substitute, other formats show a box.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", category=UserWarning)
        yield


class Sheet:
    """A figure of equal panels in rows.

    Args:
        panels: number of panels.
        heights: height of each panel's row in inches, one number a row.
        columns: panels in a row.
        width: width of a panel in inches.
        foot: room below all panels in inches, for a legend.
    """

    def __init__(
        self, panels: int, heights: list[float], *, columns: int = 1, width: float = PANEL_WIDTH, foot: float = 0.0
    ) -> None:
        self.columns, self.width, self.heights, self.foot = min(columns, panels), width, heights, foot
        self.size = (self.width * self.columns, sum(heights) + foot)
        self.figure = Figure(figsize=self.size)
        FigureCanvasAgg(self.figure)

    def axes(self, panel: int, left: float, right: float, bottom: float, top: float) -> Axes:
        """Add axes to a panel, leaving the given margins in inches between them and the panel's borders."""
        row, column = divmod(panel, self.columns)
        width, height = self.size
        floor = height - sum(self.heights[: row + 1])
        box = (
            (column * self.width + left) / width,
            (floor + bottom) / height,
            (self.width - left - right) / width,
            (self.heights[row] - bottom - top) / height,
        )
        return self.figure.add_axes(box)

    def text(self, panel: int, x: float, y: float, text: str, **style: Any) -> None:
        """Write text in a panel at `x` inches from its left and `y` inches from its upper border."""
        row, column = divmod(panel, self.columns)
        width, height = self.size
        above = sum(self.heights[:row])
        self.figure.text((column * self.width + x) / width, 1 - (above + y) / height, text, **style)

    def save(self, suffix: str, **options: Any) -> bytes:
        """Return the figure as a file's content; equal figures give equal bytes."""
        undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(suffix)
        stream = BytesIO()
        with drawing():
            self.figure.savefig(stream, format=suffix, metadata=undated, **options)
        return stream.getvalue()
