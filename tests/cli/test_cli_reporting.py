"""``emcomm report`` and ``emcomm export``: what is made of a results folder."""

from __future__ import annotations

import pandas as pd

from emcomm.cli import main
from emcomm.studies.results import Results


def test_report_writes_the_page_again(finished, capsys):
    (finished / "report.html").unlink()
    assert main(["report", str(finished)]) == 0
    assert (finished / "report.html").exists()
    text = capsys.readouterr().out
    assert "Recovery matrix: tiny" in text
    assert text.endswith(f"report: {finished / 'report.html'}\n")


def test_export_writes_csv_beside_the_tables(finished, capsys):
    assert main(["export", str(finished), "--csv"]) == 0
    results = Results(finished)
    for name in ("runs", "metrics", "languages", "verdicts"):
        table = pd.read_csv(finished / f"{name}.csv")
        assert len(table) == len(getattr(results, name))
        assert list(table.columns) == list(getattr(results, name).columns)
    assert capsys.readouterr().out.splitlines()[0].endswith("out/runs.csv: 4 rows")
