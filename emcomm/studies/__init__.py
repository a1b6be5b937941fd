"""Studies: conditions by seeds, their plan, executors, results folder, statistics and verdicts.

`emcomm.studies.study` says what a study is, `emcomm.studies.running` runs it, and `emcomm.studies.results` reads what
it found.
"""

from __future__ import annotations

__all__: list[str] = []
