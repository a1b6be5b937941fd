"""Colours as meanings: Munsell chips, their places in CIELAB, and what a speaker who sees one has in mind.

The chart of the World Color Survey has 330 chips: 40 hues at 8 degrees of lightness, each as saturated as the printed
Munsell book has it, and 10 greys. `load_chart` reads the published file; without one, `munsell_chart` makes a chart of
the same layout from the Munsell renotation data, which needs ``pip install "emcomm[colour]"``.
"""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from emcomm.errors import BadInput

__all__ = ["ColourChart", "colour_meanings", "load_chart", "munsell_chart", "munsell_to_cielab"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
_FAMILIES = ("R", "YR", "Y", "GY", "G", "BG", "B", "PB", "P", "RP")
_HUES = tuple(f"{step:g}{family}" for family in _FAMILIES for step in (2.5, 5.0, 7.5, 10.0))
_GREYS = (9.5, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5)  # Munsell values of rows A to J
_ROWS = "ABCDEFGHIJ"
_MAGNESIUM_OXIDE = 0.975  # its reflectance; 100 in the renotation data and in the published chart
_COLUMNS = ("#cnum", "V", "H", "C", "MunH", "MunV", "L*", "a*", "b*")


@dataclass(frozen=True, eq=False)
class ColourChart:
    """A chart of colour chips.

    Attributes:
        names: Munsell notation of each chip, hue value/chroma (``"5R 5/14"``) or N and value for greys (``"N9.5"``).
        rows: int64 ``[chips]``, 0 (lightest) to 9, rows A to J of the printed chart.
        columns: int64 ``[chips]``, 0 for greys, 1 to 40 for hues from red over green and blue to purple.
        cielab: L*, a*, b*, float64 ``[chips, 3]``.
    """

    names: tuple[str, ...]
    rows: IntArray
    columns: IntArray
    cielab: FloatArray

    def __len__(self) -> int:
        return len(self.names)


def colour_meanings(cielab: ArrayLike, variance: float = 64.0) -> FloatArray:
    """What a speaker has in mind on seeing each colour: a Gaussian around it over all the colours there are.

    p(u|m) is proportional to exp(-d(m, u)^2 / (2 variance)), d being the distance in CIELAB.

    Args:
        cielab: L*, a*, b*, ``[colours, 3]``.
        variance: in squared units of CIELAB, above 0; 64 is a standard deviation of 8 units.

    Returns:
        p(u|m), float64 ``[colours, colours]``, each row a distribution.

    Raises:
        BadInput: no such table, or a variance that is not above 0.

    Source: Zaslavsky et al. 2018.
    """
    try:
        places = np.array(cielab, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("cielab must be numbers") from None
    if places.ndim != 2 or places.shape[1] != 3 or len(places) == 0 or not np.isfinite(places).all():
        raise BadInput(f"cielab must be finite numbers [colours, 3]; got the shape {list(places.shape)}")
    if not isinstance(variance, (int, float, np.number)) or not 0 < variance < np.inf:
        raise BadInput(f"variance must be a finite number above 0, got {variance!r}")
    weights = np.exp(-cdist(places, places, "sqeuclidean") / (2 * variance))
    return weights / weights.sum(axis=1, keepdims=True)


def load_chart(path: str | os.PathLike[str]) -> ColourChart:
    """Read the chart of the World Color Survey as published (``cnum-vhcm-lab-new.txt``), sorted by chip number.

    Args:
        path: text with tabs between columns and a header: ``#cnum`` (chip number from 1), ``V`` (row, A to J), ``H``
            (column), ``C`` (chroma), ``MunH``, ``MunV`` (Munsell hue and value), ``L*``, ``a*`` and ``b*``.

    Raises:
        BadInput: no such file, columns missing, or cells that are not what the column holds.

    Source: Cook, Kay & Regier 2005.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        reader = csv.DictReader(text.splitlines(), delimiter="\t")
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    except (OSError, TypeError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as text: {error}") from None
    if missing:
        raise BadInput(f"{path} is no colour chart: it has no column {missing[0]!r}; needed: {', '.join(_COLUMNS)}")
    try:
        lines = sorted(reader, key=lambda line: int(line["#cnum"]))
        if [int(line["#cnum"]) for line in lines] != list(range(1, len(lines) + 1)):
            raise BadInput(f"{path} must have chips numbered from 1, each once")
        names = tuple(_name(line["MunH"], float(line["MunV"]), float(line["C"])) for line in lines)
        rows = np.array([_ROWS.index(line["V"]) for line in lines], dtype=np.int64)
        columns = np.array([int(line["H"]) for line in lines], dtype=np.int64)
        cielab = np.array([[float(line[axis]) for axis in ("L*", "a*", "b*")] for line in lines])
    except (TypeError, ValueError, csv.Error) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} has a cell that cannot be read: {error}") from None
    if not lines or not np.isfinite(cielab).all():
        raise BadInput(f"{path} must hold at least one chip, and finite numbers")
    return ColourChart(names, rows, columns, cielab)


def munsell_chart() -> ColourChart:
    """Make a chart of 330 chips from the Munsell renotation data, for use without the published one.

    Hues, values and greys are those of the World Color Survey. Chroma is the highest (in steps of 2, at least 2) that
    lies both within the colours of real surfaces (Pointer's gamut) and within what a screen shows (sRGB), where the
    published chart has the highest of a printed book, which is no rule: the two differ by 1.7 on average, and the
    bounds of their `colour_meanings` by up to 0.015 bits of accuracy up to a complexity of 4 bits, 0.03 up to 5.

    Returns:
        the chart, row by row from light to dark, each from grey over the hues.

    Raises:
        BadInput: colour-science is not installed.

    Source: layout as Cook, Kay & Regier 2005; renotation of Newhall, Nickerson & Judd 1943; surfaces of Pointer 1980.
    """
    colour = _colour_science()
    chips = [chip for chip in colour.MUNSELL_COLOURS["real"] if chip[0][0] in _HUES and chip[0][1] in range(2, 10)]
    xyy = np.array([place for _, place in chips])
    places = colour.xyY_to_XYZ(xyy * [1, 1, _MAGNESIUM_OXIDE / 100])
    screen = colour.XYZ_to_RGB(places, "sRGB", _white(colour), apply_cctf_encoding=False)
    possible = ((screen >= 0) & (screen <= 1)).all(axis=1) & colour.is_within_pointer_gamut(places)
    chroma = np.full((len(_GREYS), len(_HUES)), 2)
    for ((hue, value, highest), _), allowed in zip(chips, possible, strict=True):
        if allowed:
            cell = _GREYS.index(value), _HUES.index(hue)
            chroma[cell] = max(chroma[cell], int(highest))

    names, rows, columns = [], [], []
    for row, value in enumerate(_GREYS):
        for column in range(len(_HUES) + 1 if 2 <= value <= 9 else 1):
            names.append(_name(_HUES[column - 1], value, chroma[row, column - 1] if column else 0))
            rows.append(row)
            columns.append(column)
    return ColourChart(tuple(names), np.array(rows), np.array(columns), munsell_to_cielab(names))


def munsell_to_cielab(names: Sequence[str]) -> FloatArray:
    """Convert Munsell notation to CIELAB as in the published chart: illuminant C, white is smoked magnesium oxide.

    Args:
        names: n colours, ``"5R 5/14"`` or ``"N5"``; values and chromas between those measured are interpolated.

    Returns:
        L*, a*, b*, float64 ``[n, 3]``; within 0.1 of the published chart.

    Raises:
        BadInput: colour-science is not installed, or a name that is no Munsell colour or beyond what was measured.

    Source: renotation of Newhall, Nickerson & Judd 1943, lightness as ASTM D1535, both through colour-science.
    """
    colour = _colour_science()
    if isinstance(names, str) or len(names) == 0:
        raise BadInput(f"names must be a list of at least one Munsell colour, got {names!r}")
    xyy = np.array([_renotation(colour, name) for name in names])
    places = colour.xyY_to_XYZ(xyy / [1, 1, _MAGNESIUM_OXIDE])
    return np.asarray(colour.XYZ_to_Lab(places, _white(colour)), dtype=np.float64)


def _renotation(colour: Any, name: str) -> FloatArray:
    try:
        return np.asarray(colour.notation.munsell_colour_to_xyY(str(name)), dtype=np.float64)
    except (ValueError, AssertionError):
        raise BadInput(
            f"no Munsell colour {name!r} was measured; write hue value/chroma, e.g. '5R 5/14', or 'N5' for a grey"
        ) from None


def _name(hue: str, value: float, chroma: float) -> str:
    """Write Munsell notation; a hue such as ``"2.50PB"`` loses its spare zeros."""
    if chroma == 0:
        return f"N{value:g}"
    letters = hue.lstrip("0123456789.")
    return f"{float(hue.removesuffix(letters)):g}{letters} {value:g}/{chroma:g}"


def _white(colour: Any) -> Any:
    return colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["C"]


def _colour_science() -> Any:
    try:
        return importlib.import_module("colour")
    except ImportError:
        raise BadInput('Munsell colours need colour-science; install it with: pip install "emcomm[colour]"') from None
