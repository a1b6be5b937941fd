"""The report of a study: an HTML page, figures for papers, and the recovery matrix in the terminal.

It works from `ReportData`, a study's results and nothing else, and knows nothing of how they were trained.
"""

from __future__ import annotations

from emcomm.report.data import ReportData
from emcomm.report.figures import write_figures
from emcomm.report.page import write_report
from emcomm.report.terminal import print_matrix

__all__ = ["ReportData", "print_matrix", "write_figures", "write_report"]
