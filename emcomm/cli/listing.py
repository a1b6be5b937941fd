"""``emcomm list``: what there is of a family of plug-ins."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from emcomm.errors import unknown

__all__ = ["FAMILIES", "list_family"]

FAMILIES = ("worlds", "games", "agents", "encoders", "pressures", "metrics", "probes", "studies")
"""What can be listed."""

WHERE = {"studies": ": no scripts in a folder experiments/, and no installed package announces any"}
PACKAGES = {"games": "envs", "encoders": "agents"}  # where a family's name is not its package's


def list_family(family: Annotated[str, typer.Argument(help=f"One of: {', '.join(FAMILIES)}.")]) -> None:
    """List what there is of a family, with a line on each."""
    console = Console(highlight=False)
    members = _members(family)
    for name, line in members.items():
        console.print(Text.assemble((name, "bold"), f"  {line}"), soft_wrap=True)
    if not members:
        typer.echo(f"emcomm: there are no {family} here{WHERE.get(family, '')}", err=True)


def _members(family: str) -> dict[str, str]:
    if family not in FAMILIES:
        raise unknown("family", family, FAMILIES)
    if family == "studies":
        from emcomm.studies.scripts import known_studies

        return known_studies()
    from emcomm import registry

    importlib.import_module(f"emcomm.{PACKAGES.get(family, family)}")
    return {name: (plugin.__doc__ or "").strip().partition("\n")[0] for name, plugin in registry.FAMILIES[family]}
