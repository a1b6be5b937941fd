"""Which pressures go with which set-ups; those that cannot mean anything there are refused before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from emcomm.errors import BadInput
from emcomm.pressures import Pressure

if TYPE_CHECKING:
    from emcomm.training.setup import Setup

__all__ = ["check_pressures"]


def check_pressures(setup: Setup, pressures: Mapping[str, Pressure]) -> None:
    """Refuse pressures that act and do not go with the set-up.

    Args:
        setup: the set-up.
        pressures: by name; those of strength 0 are absent.

    Raises:
        BadInput: agents are tied, and a pressure is about one role; or agents send real numbers, and it is about
            symbols.
    """
    for name, pressure in pressures.items():
        if not pressure.strength:
            continue
        if setup.tied and pressure.on_one_role:
            raise BadInput(
                f"the pressure {name!r} ({pressure.name}) is about one role, and tied agents are both in one; take one "
                "about whole agents, such as PairReset, or set tied=False"
            )
        about_symbols = pressure.on_symbols or type(pressure).transmit is not Pressure.transmit
        if setup.estimator.kind == "continuous" and about_symbols:
            raise BadInput(
                f"the pressure {name!r} ({pressure.name}) acts on symbols, and with the estimator 'continuous' agents "
                "send real numbers; take another estimator, such as Reinforce()"
            )
