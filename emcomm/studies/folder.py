"""`StudyFolder`: the names of all files of a results folder, and its description ``study.json``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emcomm.errors import BadInput, StorageError
from emcomm.studies.files import read_json

__all__ = ["FORMAT", "StudyFolder"]

FORMAT = 1


@dataclass(frozen=True)
class StudyFolder:
    """The names of all files of a results folder.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def study_file(self) -> Path:
        """Everything resolved: settings, conditions, stacks, seeds, versions."""
        return self.path / "study.json"

    @property
    def runs_file(self) -> Path:
        """One row a run."""
        return self.path / "runs.parquet"

    @property
    def metrics_file(self) -> Path:
        """Long: run, step, metric, value."""
        return self.path / "metrics.parquet"

    @property
    def languages_file(self) -> Path:
        """Long: one row a meaning of every recorded language."""
        return self.path / "languages.parquet"

    @property
    def verdicts_file(self) -> Path:
        """One row for every tested pattern and pressure."""
        return self.path / "verdicts.csv"

    def part(self, stack: str) -> Path:
        """The folder in which a stack keeps what it has recorded."""
        return self.path / "parts" / stack

    def agent_file(self, run: str) -> Path:
        """The trained agents of a run."""
        condition, _, seed = run.rpartition("/")
        return self.path / "agents" / condition / f"{seed}.safetensors"

    def exists(self) -> bool:
        """Whether the folder holds a study."""
        return self.study_file.exists()

    def begun(self) -> bool:
        """Whether the folder holds anything that was trained or recorded, and not the plan of it alone."""
        kept = (self.path / "parts", self.path / "agents", self.runs_file, self.metrics_file, self.languages_file)
        return any(path.exists() for path in kept)

    def read(self) -> dict[str, Any]:
        """Return the content of ``study.json``.

        Raises:
            BadInput: the folder holds no study.
            StorageError: the file cannot be read, or a later version of emcomm wrote it.
        """
        if not self.exists():
            raise BadInput(f"{self.path} holds no study: there is no {self.study_file.name} in it")
        data: dict[str, Any] = read_json(self.study_file)
        if not isinstance(data, dict) or data.get("format", FORMAT) > FORMAT or "study" not in data:
            raise StorageError(
                f"{self.study_file} was written by another version of emcomm, and this one cannot read it"
            )
        return data
