"""`write_report`: one self-contained HTML page, escaped throughout, that needs no network."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from emcomm.report.answer import answer, unfinished
from emcomm.report.colours import cell_colours, dash, variables
from emcomm.report.curves import curve_panels
from emcomm.report.data import ReportData
from emcomm.report.effects import effect_panels
from emcomm.report.figures import curves_sheet, effects_sheet, lengths_sheet
from emcomm.report.files import write_file
from emcomm.report.lengths import length_panel
from emcomm.report.lexicon import as_script, lexicon
from emcomm.report.matrix import VERDICTS, matrix
from emcomm.report.svg import inline_svg
from emcomm.report.tables import detail_columns, detail_row, study_tables
from emcomm.report.wording import label, plural, setting

__all__ = ["render_report", "write_report"]


def write_report(data: ReportData, folder: Path) -> Path:
    """Write ``report.html`` into a results folder, whole or not at all.

    Args:
        data: the study's results.
        folder: the results folder; made if missing.

    Returns:
        path of the page.

    Raises:
        StorageError: the page could not be written.
    """
    return write_file(Path(folder) / "report.html", render_report(data).encode())


def render_report(data: ReportData) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=PackageLoader("emcomm.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(label=label, breakable=_breakable)
    return environment.get_template("report.html.j2").render(**_context(data)).lstrip()


def _context(data: ReportData) -> dict[str, Any]:
    study, script = data.study, _asset("report.js")
    seeds = study.get("seeds")
    return {
        "name": str(study.get("name") or "study"),
        "source": str(study.get("source") or ""),
        "description": str(study.get("description") or ""),
        "facts": _facts(data),
        "answer": answer(data),
        "unfinished": unfinished(data),
        "data": data,
        "style": _trusted(_asset("report.css")),
        "light": _trusted(variables(dark=False)),
        "dark": _trusted(variables(dark=True)),
        "script": _trusted(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "verdict_words": VERDICTS,
        "seeds": "" if seeds is None else setting(seeds),
        "legend": [{"name": name, "series": at, "dash": _svg_dash(at)} for at, name in enumerate(data.conditions)],
        "tables": study_tables(data),
        **_matrix(data),
        **_figures(data),
        **_lexicon(data),
    }


def _facts(data: ReportData) -> list[str]:
    counts = [
        (len(data.conditions), "condition", None),
        (len(data.runs), "run", None),
        (int(data.runs["seed"].nunique()), "seed", None),
        (len(data.pressures), "pressure", None),
        (len(data.patterns), "pattern", None),
    ]
    return [plural(count, one, many) for count, one, many in counts]


def _matrix(data: ReportData) -> dict[str, Any]:
    cells, columns = matrix(data), detail_columns(data)
    rows = []
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            light, dark = cell_colours(cell.delta)
            rows.append(
                {"cell": cell, "id": f"cell-{y}-{x}", "light": light, "dark": dark, "texts": detail_row(cell, columns)}
            )
    across = len(data.pressures)
    return {
        "matrix_rows": [rows[start : start + across] for start in range(0, len(rows), across or 1)],
        "detail_columns": columns,
        "scale": [cell_colours(step / 4) for step in range(-4, 5)],
    }


def _figures(data: ReportData) -> dict[str, Any]:
    effects = [
        {"panel": panel, "svg": inline_svg(effects_sheet([panel], titled=False), f"effect-{at}", panel.words)}
        for at, panel in enumerate(effect_panels(data))
    ]
    conditions = list(data.conditions)
    curves = [
        {"panel": panel, "svg": inline_svg(curves_sheet([panel], conditions, titled=False), f"curve-{at}", panel.words)}
        for at, panel in enumerate(curve_panels(data))
    ]
    lengths, drawn = length_panel(data), Markup("")
    if lengths.curves:
        drawn = inline_svg(lengths_sheet(lengths, conditions, titled=False), "lengths", lengths.words)
    return {"effects": effects, "curves": curves, "lengths": lengths, "lengths_svg": drawn}


def _lexicon(data: ReportData) -> dict[str, Any]:
    found = lexicon(data)
    return {"lexicon": found, "lexicon_json": as_script(found.content)}


def _svg_dash(series: int) -> str:
    return " ".join(f"{length * 2:g}" for length in dash(series)) or "none"


def _asset(name: str) -> str:
    return resources.files("emcomm.report").joinpath("templates", name).read_text(encoding="utf-8")


def _trusted(text: str) -> Markup:
    """Mark a text of emcomm's own, which no study has touched, as needing no escape."""
    return Markup(text)  # noqa: S704


def _breakable(text: Any) -> Markup:
    """Let long names break after an underscore or slash."""
    safe = escape(str(text))
    for character in "_/":
        safe = safe.replace(character, Markup(f"{character}<wbr>"))  # noqa: S704 -- one of two known characters
    return safe
