"""``emcomm pack``: trained ternary agents as one small file each, and what each file weighs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from emcomm.errors import BadInput, unknown

if TYPE_CHECKING:
    from emcomm.studies.results import Results
    from emcomm.ternary import SizeReport

__all__ = ["pack"]

Role = Literal["speaker", "listener"]

FOLDER = "packed"
SUFFIX = ".trits"
ROLES: dict[str, tuple[Role, ...]] = {
    "speaker": ("speaker",),
    "listener": ("listener",),
    "both": ("speaker", "listener"),
}
NOTE = (
    "Bits of a ternary weight: as stored, and with its scales. Smaller: bytes of the whole agent in float32 over "
    "bytes of its file; embeddings, heads, biases, scales and header are counted."
)


def pack(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A results folder, or one of its runs: FOLDER/CONDITION/SEED.")
    ],
    role: Annotated[str, typer.Option(help="Whom to pack: speaker, listener or both.")] = "both",
    index: Annotated[int | None, typer.Option(help="Which agent of a community, from 0; else all.", min=0)] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to; without it packed/ in the results folder."),
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Round to float16 what is not ternary.")] = False,
    script: Annotated[Path | None, typer.Option(help="The script that defines the study's own plug-ins.")] = None,
) -> None:
    """Pack trained ternary agents into one small file each: those of a run, or of every run that has ended."""
    from emcomm.studies.results import Results
    from emcomm.studies.scripts import load_plugins

    if role not in ROLES:
        raise unknown("role", role, ROLES)
    if script is not None and not script.is_file():
        raise BadInput(f"there is no script {str(script)!r}")
    load_plugins(script)
    folder, name = _divided(run)
    results, target = Results(folder), out or folder / FOLDER
    if name is None:
        names = results.runs.loc[results.runs["status"].isin(("done", "stopped")), "run"].tolist()
        if not names:
            raise BadInput(f"no run of {folder} has ended well so far; agents are packed when their run has")
    else:
        names = [name]
    packed, floats = _packed(results, names, ROLES[role], index, target, half)
    if not packed:
        raise BadInput(floats[0])
    console = Console(highlight=False)
    console.print(_table(packed))
    console.print(Text(NOTE))
    if floats:
        console.print(Text(f"Left out: {len(floats)} that are not ternary; the first: {floats[0]}"))
    console.print(Text(f"packed: {target}"), soft_wrap=True)


def _divided(path: Path) -> tuple[Path, str | None]:
    """Divide FOLDER/CONDITION/SEED; the folder is the longest part that is a results folder, None stands for all runs.

    The file in which a run keeps its agents names the run as well.
    """
    from emcomm.studies.folder import StudyFolder

    for folder in (path, *path.parents):
        if StudyFolder(folder).exists():
            name = "/".join(path.relative_to(folder).parts)
            if name.startswith("agents/") and name.endswith(".safetensors"):
                name = name.removeprefix("agents/").removesuffix(".safetensors")
            return folder, name or None
    raise BadInput(f"{path} is neither a results folder nor one of its runs (FOLDER/CONDITION/SEED): no study.json")


def _packed(
    results: Results, names: list[str], roles: tuple[Role, ...], index: int | None, target: Path, half: bool
) -> tuple[list[tuple[str, SizeReport]], list[str]]:
    """Pack agents; return file and size of each, and what is to be said of those that are not ternary."""
    from emcomm.agents.packing import NotTernary

    setups = {run.name: run.setup for run in results.study.expand()}
    packed: list[tuple[str, SizeReport]] = []
    floats: list[str] = []
    for name in names:
        if name not in setups:
            raise unknown("run", name, setups)
        for place in range(setups[name].pairs) if index is None else [index]:
            for role in roles:
                file = f"{name}-{role}-{place}{SUFFIX}"
                try:
                    packed.append((file, results.pack(role, name, target / file, place, half)))
                except NotTernary as error:
                    floats.append(str(error))
    return packed, floats


def _table(packed: list[tuple[str, SizeReport]]) -> Table:
    table = Table(
        Column("file", overflow="fold"), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False
    )
    for head in ("ternary", "bits", "scaled", "floats", "bytes", "float32", "smaller"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, size in packed:
        bits = (f"{number:.3f}" for number in (size.bits_per_weight, size.bits_with_scales))
        counts = (f"{number:,}" for number in (size.others, size.file_bytes, size.float_bytes))
        table.add_row(Text(name), f"{size.weights:,}", *bits, *counts, f"{size.compression:.2f}x")
    return table
