"""``emcomm run``, and the same for the study of a script: train, then write the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from emcomm.cli.guarding import guarded
from emcomm.cli.reporting import write_pages
from emcomm.errors import EmcommError

if TYPE_CHECKING:
    from emcomm.studies.results import Results
    from emcomm.studies.study import Study

__all__ = ["Options", "carry_out", "main_of", "run"]

Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Results folder. [default: results/NAME]", show_default=False)
]
Seeds = Annotated[int | None, typer.Option(help="Number of seeds for each condition, instead of the study's.", min=1)]
Steps = Annotated[int | None, typer.Option(help="Training steps, instead of the study's.", min=1)]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change any setting, e.g. channel.symbols=5.")
]
Executor = Annotated[str, typer.Option(help="Where to train: local or ray.")]
Device = Annotated[str, typer.Option(help="What to train on: cpu or cuda.")]
Workers = Annotated[
    int | None,
    typer.Option(help="Stacks to train at once, each in a process of its own; default: one for each processor.", min=1),
]


@dataclass(frozen=True)
class Options:
    """How a study is run; see `emcomm.studies.running.run_study`."""

    executor: str = "local"
    workers: int | None = None
    device: str = "cpu"
    resume: bool = True
    report: bool = True


def run(
    study: Annotated[str, typer.Argument(metavar="SCRIPT_OR_NAME", help="A script with a study, or a study's name.")],
    out: Out = None,
    seeds: Seeds = None,
    steps: Steps = None,
    settings: Settings = None,
    executor: Executor = "local",
    device: Device = "cpu",
    workers: Workers = None,
) -> None:
    """Run a study; running it again goes on where it was stopped."""
    from emcomm.studies.scripts import find_study

    found, script = find_study(study)
    _run(found, script, out, seeds, steps, settings, Options(executor, workers, device))


def main_of(study: Study, argv: Sequence[str] | None = None, *, script: Path | None = None) -> int:
    """Run one study with the options of ``emcomm run``; return the exit status.

    Args:
        study: what to run.
        argv: the arguments; None: those of the process.
        script: the script that the study comes from.
    """
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

    @alone.command(help=f"Run the study {study.name!r}; running it again goes on where it was stopped.")
    def run_this(
        out: Out = None,
        seeds: Seeds = None,
        steps: Steps = None,
        settings: Settings = None,
        executor: Executor = "local",
        device: Device = "cpu",
        workers: Workers = None,
    ) -> None:
        _run(study, script, out, seeds, steps, settings, Options(executor, workers, device))

    return guarded(alone, argv, again="run the script again with the same options to go on from its last checkpoint")


def _run(
    study: Study,
    script: Path | None,
    out: Path | None,
    seeds: int | None,
    steps: int | None,
    settings: Any,
    options: Options,
) -> None:
    from emcomm.studies.overrides import parse
    from emcomm.studies.running import adjusted

    changed = adjusted(study.set(parse(settings or ())), seeds=seeds, steps=steps)
    console = Console(highlight=False)
    results = carry_out(changed, out, options, script=script, console=console)
    failed = results.runs[results.runs["status"] == "failed"]
    for run, steps_done, note in zip(failed["run"], failed["steps"], failed["note"], strict=True):
        console.print(Text(f"run {run} failed at step {steps_done}: {note}", style="red"))
    console.print(Text(f"report: {results.path / 'report.html'}"), soft_wrap=True)
    if len(failed) == len(results.runs):
        raise EmcommError(f"all {len(failed)} runs failed; the first: {failed['note'].iloc[0]}")


def carry_out(
    study: Study, out: str | Path | None, options: Options, *, script: Path | None, console: Console | None
) -> Results:
    """Run a study, then write its report and figures.

    Args:
        study: what to run.
        out: the results folder; None: ``results/<name of the study>``.
        options: how.
        script: the script that defines the study's own plug-ins, if there is one.
        console: where plan, progress and recovery matrix are shown; None shows nothing.
    """
    from emcomm.studies.running import run_study

    folder = Path(out) if out is not None else Path("results") / study.name
    results = run_study(
        study,
        folder,
        executor=options.executor,
        workers=options.workers,
        device=options.device,
        resume=options.resume,
        script=script,
        console=console,
    )
    if options.report:
        write_pages(results, console)
    return results
