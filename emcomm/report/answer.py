"""The study's answer in words: what was recovered under which pressure, before any table or figure."""

from __future__ import annotations

from emcomm.report.data import ReportData
from emcomm.report.matrix import Cell, matrix
from emcomm.report.wording import listing, plural

__all__ = ["answer", "unfinished"]

OPENINGS = {
    "recovered": "Recovered: ",
    "reversed": "Against the prediction: ",
    "absent": "Shown to be absent: ",
}


def answer(data: ReportData) -> str:
    """Return one paragraph: how many cells got which verdict, then which patterns under which pressures."""
    tested = [cell for row in matrix(data) for cell in row if cell.tested]
    if not tested:
        return "No pattern has been tested yet, so there is no verdict to report."
    counts = {word: sum(cell.verdict == word for cell in tested) for word in (*OPENINGS, "inconclusive")}
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    first = f"The study tested {plural(len(tested), 'combination')} of a pattern and a pressure: {listing(parts)}."
    sentences = [first]
    for word, opening in OPENINGS.items():
        cells = [cell for cell in tested if cell.verdict == word]
        if cells:
            sentences.append(opening + _by_pattern(cells) + ".")
    if not counts["recovered"]:
        sentences.insert(1, "No predicted effect was recovered.")
    return " ".join(sentences)


def unfinished(data: ReportData) -> str:
    """Return a sentence on runs that failed or have not ended, or an empty string when there are none."""
    status = data.runs["status"]
    failed, open_runs = int((status == "failed").sum()), int(status.isin(["running", "pending"]).sum())
    parts = []
    if failed:
        parts.append(
            f"{plural(failed, 'run')} failed and {'is' if failed == 1 else 'are'} left out of every comparison."
        )
    if open_runs:
        parts.append(
            f"{plural(open_runs, 'run')} of {len(status)} {'has' if open_runs == 1 else 'have'} not ended yet."
        )
    return " ".join(parts)


def _by_pattern(cells: list[Cell]) -> str:
    groups = []
    for pattern in dict.fromkeys(cell.pattern for cell in cells):
        own = [cell for cell in cells if cell.pattern == pattern]
        note = f" ({own[0].note})" if all(cell.note for cell in own) else ""
        groups.append(f"“{pattern}” under {listing([cell.pressure for cell in own])}{note}")
    return "; ".join(groups)
