"""Settings by their dotted names: change them from a line of text, and say how two set-ups differ.

``channel.symbols=5``, ``base.steps=2000``, ``pressures.teaching.every=500``, ``patterns.0.min_delta=0.8``,
``base.game.kind=reconstruction``. Changes are made on a set-up's plain data, which is then validated as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from emcomm.config import Config, one_line
from emcomm.errors import BadInput, nearest, unknown
from emcomm.registry import Plugin

__all__ = ["differences", "flatten", "override", "parse", "plain", "rebuild"]

C = TypeVar("C", bound=Config)
FREE = ("strengths", "settings")  # mappings from names or dotted keys to plain values
NAMED = ("pressures", "conditions")  # mappings to which a whole new entry may be added
ABSENT = "(not set)"


def plain(config: Config) -> dict[str, Any]:
    """Return a set-up as plain data, fit for JSON; every plug-in carries its ``kind``."""
    return config.model_dump(mode="json", serialize_as_any=True)


def rebuild(kind: type[C], data: Mapping[str, Any]) -> C:
    """Read a set-up back from its plain data.

    Raises:
        BadInput: the data do not fit; one line says where.
    """
    try:
        return kind(**data)
    except ValidationError as error:
        raise BadInput(one_line(error, kind)) from None


def parse(assignments: Iterable[str]) -> dict[str, Any]:
    """Read ``dotted.key=value`` texts; a value is JSON where it can be read as such, else the text itself.

    Raises:
        BadInput: a text without ``=`` or without a key.
    """
    changes: dict[str, Any] = {}
    for text in assignments:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise BadInput(f"a setting is written dotted.key=value (like channel.symbols=5), got {text!r}")
        try:
            changes[key.strip()] = json.loads(value)
        except ValueError:
            changes[key.strip()] = value.strip()
    return changes


def override(config: C, changes: Mapping[str, Any], *, inside: str = "base") -> C:
    """Return a set-up with some settings changed.

    Args:
        config: what to start from; it stays as it is.
        changes: dotted key -> value. An index counts in lists. A changed ``kind`` takes another plug-in: what both
            kinds know is kept, the rest starts from the new kind's defaults.
        inside: a field whose own keys may be written without its name.

    Raises:
        BadInput: no such setting (the message names those beside it and the nearest), or a value that is not allowed.
    """
    if not changes:
        return config
    data = plain(config)
    ordered = sorted(changes.items(), key=lambda change: not change[0].endswith("kind"))
    chosen: dict[int, list[str]] = {}
    for dotted, value in ordered:
        keys = dotted.split(".")
        if keys[0] not in data and isinstance(data.get(inside), dict) and keys[0] in data[inside]:
            keys = [inside, *keys]
        _assign(data, config, keys, value, chosen, inside)
    return rebuild(type(config), data)


def _assign(data: Any, config: Any, keys: Sequence[str], value: Any, chosen: dict[int, list[str]], inside: str) -> None:
    """Set one value in `data`, walking `config`, from which the data were written, beside it."""
    kinds: Mapping[str, type[BaseModel]] = {}
    for position, key in enumerate(keys):
        last, done = position == len(keys) - 1, ".".join(keys[:position])
        if isinstance(data, list):
            index = _index(key, data, done)
            if last:
                data[index] = value
            else:
                data, config = data[index], config[index] if isinstance(config, Sequence) else None
            continue
        if not isinstance(data, dict):
            raise BadInput(f"setting {done!r} is {data!r} and has nothing called {key!r} inside; set it as a whole")
        if position and keys[position - 1] in FREE:
            data[".".join(keys[position:])] = value
            return
        known = chosen.get(id(data), list(data))
        if key not in known and not (last and position and keys[position - 1] in NAMED and isinstance(value, dict)):
            abbreviated = list(data.get(inside) or ()) if position == 0 else []
            raise _unknown(keys, position, [*known, *abbreviated])
        if last and key == "kind" and kinds:
            chosen[id(data)] = _take_kind(data, kinds, str(value))
        elif last:
            data[key] = value
        elif key not in data:
            raise BadInput(f"setting {done}.{key} is required and has no default; set it as a whole")
        else:
            inner = config.get(key) if isinstance(config, dict) else getattr(config, key, None)
            kinds = _kinds(config, key, inner)
            data, config = data[key], inner


def _kinds(parent: Any, key: str, value: Any) -> dict[str, type[BaseModel]]:
    """Return the set-ups that may stand in a place, by their ``kind``; nothing where there is no choice."""
    if isinstance(value, Plugin):
        return dict(value.registry)
    field = type(parent).model_fields.get(key) if isinstance(parent, BaseModel) else None
    options = get_args(field.annotation) if field is not None else ()
    models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
    return {model.model_fields["kind"].default: model for model in models if "kind" in model.model_fields}


def _take_kind(data: dict[str, Any], kinds: Mapping[str, type[BaseModel]], kind: str) -> list[str]:
    """Turn the data of one kind into those of another; return the keys that may be set in it."""
    if kind not in kinds:
        raise unknown("kind", kind, kinds)
    known = [field.alias or name for name, field in kinds[kind].model_fields.items()]
    kept = {key: value for key, value in data.items() if key in known}
    data.clear()
    data.update(kept, kind=kind)
    return ["kind", *known]


def _index(key: str, values: list[Any], where: str) -> int:
    if not key.isdigit() or int(key) >= len(values):
        raise BadInput(f"setting {where!r} has {len(values)} entries, counted from 0; got {key!r}")
    return int(key)


def _unknown(keys: Sequence[str], position: int, known: Iterable[str]) -> BadInput:
    names, where = list(known), ".".join(keys[:position]) or "the study"
    listed, close = ", ".join(names) or "nothing", nearest(keys[position], names)
    return BadInput(f"unknown setting {'.'.join(keys)!r}; {where} has: {listed}.{close}")


def flatten(data: Any, prefix: str = "") -> dict[str, Any]:
    """Return plain data as dotted key -> leaf; lists of plain values count as one leaf."""
    if isinstance(data, Mapping) and data:
        pairs = data.items()
    elif isinstance(data, list) and any(isinstance(entry, dict | list) for entry in data):
        pairs = {str(index): entry for index, entry in enumerate(data)}.items()
    else:
        return {prefix: data}
    return {
        key: leaf
        for name, inner in pairs
        for key, leaf in flatten(inner, f"{prefix}.{name}" if prefix else str(name)).items()
    }


def differences(before: Any, after: Any) -> dict[str, tuple[str, str]]:
    """Return how two plain data differ: dotted key -> (before, after), each as text."""
    old, new = flatten(before), flatten(after)
    keys = [*old, *(key for key in new if key not in old)]
    return {
        key: (_text(old, key), _text(new, key))
        for key in keys
        if key not in old or key not in new or old[key] != new[key]
    }


def _text(leaves: Mapping[str, Any], key: str) -> str:
    if key not in leaves:
        return ABSENT
    text = json.dumps(leaves[key], ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
