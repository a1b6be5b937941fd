"""`Study` as users' scripts have it: the study itself, and the two ways of running it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from emcomm import cli
from emcomm.studies import study as definition
from emcomm.studies.results import Results
from emcomm.studies.running import adjusted

__all__ = ["Study"]


class Study(definition.Study):
    """A study that can be run; `emcomm.studies.study.Study` describes its settings.

    ``study.main()`` at the end of a script gives it the command line of ``emcomm run``; ``study.run(folder)`` runs it
    from Python.
    """

    def run(
        self,
        out: str | Path | None = None,
        *,
        seeds: int | Sequence[int] | None = None,
        steps: int | None = None,
        executor: str = "local",
        workers: int | None = 1,
        device: str = "cpu",
        resume: bool = True,
        report: bool = True,
        console: Console | None = None,
    ) -> Results:
        """Run the study, or what is left of it, and write its results, report and figures.

        Args:
            out: the results folder; None: ``results/<name of the study>``.
            seeds: how many seeds, or which; None: the study's own.
            steps: training steps; None: the study's own.
            executor: ``"local"`` or ``"ray"``.
            workers: how many stacks to train at once, each in a process of its own; None: one for each processor,
                which needs a script that runs studies under ``if __name__ == "__main__"`` only.
            device: ``"cpu"`` or ``"cuda"``.
            resume: whether results in the folder may be gone on with; False refuses a folder that holds any.
            report: whether to write ``report.html`` and ``figures/`` as well.
            console: where plan, progress and recovery matrix are shown; None shows nothing.

        Returns:
            the results.

        Raises:
            BadInput: a setting is not allowed, or the folder holds another study.
            StorageError: the folder cannot be written, or another process is writing it.
        """
        study = adjusted(self, seeds=seeds, steps=steps)
        options = cli.Options(executor=executor, workers=workers, device=device, resume=resume, report=report)
        return cli.carry_out(study, out, options, script=_script_of(self), console=console)

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Run the study from the command line, with the options of ``emcomm run``, and leave with its exit status.

        Args:
            argv: the arguments; None: those of the process.
        """
        sys.exit(cli.main_of(self, argv, script=_script_of(self)))


def _script_of(study: Study) -> Path | None:
    """Return the file at whose top level the study stands, for other processes that need its plug-ins."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if names.get("__file__") and any(value is study for value in list(names.values())):
            return Path(names["__file__"]).resolve()
    return None
