"""`Config`, the base of every set-up object: typed, frozen, serialisable, unknown keys refused in one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from emcomm.errors import BadInput, nearest, shown, unknown

__all__ = ["Config", "one_line", "unmade"]


class Config(BaseModel):
    """A frozen, validated set-up object.

    Construct it with keywords; a bad value or an unknown key raises `BadInput` with one line that names the field.
    ``model_dump(mode="json")`` gives plain data and ``Class.model_validate(data)`` reads it back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, arbitrary_types_allowed=True)

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise BadInput(one_line(error, type(self))) from None


def one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """Turn the first problems of a validation error into one readable line (at most three are listed)."""
    parts = [_sentence(problem, model) for problem in error.errors(include_url=False)[:3]]
    return f"{model.__name__}: " + "; ".join(parts)


def unmade(got: object, names: Iterable[str], family: str = "") -> str:
    """Say what to write in place of a class, or of something that is no set-up object of these names."""
    if isinstance(got, type):
        return f"write {got.__name__}(...), got the class {got.__name__}"
    return f"must be one of {family}{', '.join(f'{name}(...)' for name in names)}; got {shown(got)}"


def _one_of(problem: Any, model: type[BaseModel]) -> str:
    """Say which set-up objects a field takes, for one that was given by its name or by its class alone."""
    field = model.model_fields.get(str(problem["loc"][0]))
    names = [kind.__name__ for kind in get_args(field.annotation)] if field is not None else []
    got = problem["input"]
    near = "" if isinstance(got, type) else nearest(str(got).replace("_", ""), names)
    return unmade(got, names) + (f".{near}" if near else "")


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    where = ".".join(str(key) for key in problem["loc"])
    if problem["type"] == "extra_forbidden":
        fields = [field.alias or name for name, field in model.model_fields.items()]
        return f"unknown key {where!r}; known: {', '.join(fields)}.{nearest(where, fields)}"
    if problem["type"] == "missing":
        return f"{where!r} is required"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "model_type":
        return f"{where}: must be {problem['ctx']['class_name']}(...), got {shown(problem['input'])}"
    if problem["type"] == "union_tag_invalid":
        known = problem["ctx"]["expected_tags"].replace("'", "").split(", ")
        return f"{where}: {unknown('kind', problem['ctx']['tag'], known)}"
    if problem["type"] in ("model_attributes_type", "union_tag_not_found"):
        return f"{where}: {_one_of(problem, model)}"
    if problem["type"] == "value_error":
        return f"{where}: {message}" if where else message
    return f"{where}: {message[:1].lower()}{message[1:]}, got {shown(problem['input'])}"
