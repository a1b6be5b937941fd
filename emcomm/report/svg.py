"""A sheet as SVG inside the page: its colours become the page's variables, so that dark mode reaches the figures."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from emcomm.report.colours import SERIES, THEME
from emcomm.report.sheet import Sheet

__all__ = ["inline_svg"]

VARIABLES = {pair[0]: f"var(--{name})" for name, pair in THEME.items() if name != "paper"}
VARIABLES |= {pair[0]: f"var(--s{place})" for place, pair in enumerate(SERIES)}


def inline_svg(sheet: Sheet, name: str, words: str) -> Markup:
    """Return a sheet as an ``<svg>`` element.

    Args:
        sheet: the figure; a group whose id is ``series-N-...`` becomes ``data-series="N"`` so that it can be hidden.
        name: prefix of every id in it, unique in the page, made of letters, digits and hyphens.
        words: what the figure shows, for readers who do not see it.
    """
    text = sheet.save("svg", transparent=True).decode()
    text = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL
    )
    text = re.sub(r"<[^>]+>", lambda tag: _page_tag(tag[0], name), text)
    text = re.sub(r">\s+<", "><", text)
    head, body = text.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None, "matplotlib always writes a viewBox"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {box[0]} role="img" aria-label="{escape(words)}">'
    return Markup(opening + body)  # noqa: S704 -- matplotlib escapes the names that it draws


def _page_tag(tag: str, name: str) -> str:
    """Fit one tag into the page: series groups, unique ids, colours by name. The text between tags stays untouched."""
    tag = re.sub(r'^<g id="series-(\d+)-\w+"', r'<g data-series="\1"', tag)
    tag = re.sub(r'^<g id="\w+"', "<g", tag)
    tag = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", tag)
    return re.sub(r"#[0-9a-f]{6}\b", lambda found: VARIABLES.get(found[0], found[0]), tag)
