"""Names for plug-ins: one registry for each family, filled by decorators, package scans and entry points.

A plug-in is a class (world, game, agent, pressure) or a function (metric). Inside emcomm, a module dropped in the
family's package is found by `scan`; another distribution announces its own with an entry point in the group
``emcomm.<family>`` (``emcomm.pressures``, ``emcomm.metrics``, ...).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import ValidatorFunctionWrapHandler, model_serializer, model_validator

from emcomm.config import Config, unmade
from emcomm.errors import BadInput, shown, unknown

__all__ = ["FAMILIES", "Plugin", "Registry", "scan"]

T = TypeVar("T")
FAMILIES: dict[str, Registry[Any]] = {}


class Registry(Generic[T]):
    """The plug-ins of one family by name.

    Args:
        family: plural name of the family, e.g. ``"pressures"``; also names the entry-point group ``emcomm.pressures``.
        what: singular used in error messages, e.g. ``"pressure"``.
    """

    def __init__(self, family: str, what: str) -> None:
        self.family, self.what = family, what
        self._known: dict[str, T] = {}
        self._entry_points_read = False
        FAMILIES[family] = self

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files a plug-in under `name`; a second owner of the same name is refused."""

        def file(plugin: T) -> T:
            owner = self._known.get(name)
            if owner is not None and _place(owner) != _place(plugin):
                raise BadInput(
                    f"{self.what} {name!r} is already registered by {_place(owner)}, not by {_place(plugin)}"
                )
            self._known[name] = plugin
            return plugin

        return file

    def get(self, name: str) -> T:
        """Return the plug-in called `name`.

        Raises:
            BadInput: no plug-in has that name; the message lists the known ones and the nearest.
        """
        if name not in self._known:
            self._read_entry_points()
        if name not in self._known:
            raise unknown(self.what, name, self._known)
        return self._known[name]

    def names(self) -> list[str]:
        """Return every known name, sorted."""
        self._read_entry_points()
        return sorted(self._known)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter([(name, self._known[name]) for name in self.names()])

    def _read_entry_points(self) -> None:
        if self._entry_points_read:
            return
        self._entry_points_read = True
        for point in entry_points(group=f"emcomm.{self.family}"):
            try:
                self.register(point.name)(point.load())
            except Exception as error:
                raise BadInput(f"{self.what} {point.name!r} ({point.value}) could not be loaded: {error}") from error


def _place(plugin: Any) -> str:
    return f"{plugin.__module__}.{plugin.__qualname__}"


class Plugin(Config):
    """A `Config` that belongs to a family and carries its registered name as ``kind`` when written out.

    A family's base class sets `registry`; every concrete class sets `name`, is filed under it when defined, and can
    then be read back from ``{"kind": name, ...}`` wherever a field is typed with the family's base class.
    """

    registry: ClassVar[Registry[Any]]
    name: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in cls.model_fields:
            raise TypeError(f"{cls.__qualname__}: a plug-in cannot have a setting called 'kind', which holds its name")
        if cls.__dict__.get("name"):
            cls.registry.register(cls.name)(cls)

    @model_validator(mode="wrap")
    @classmethod
    def _by_kind(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(data, dict) and "kind" in data:
            values = {key: value for key, value in data.items() if key != "kind"}
            chosen = cls.registry.get(data["kind"])
            return handler(values) if chosen is cls else chosen.model_validate(values)
        if isinstance(data, dict) and not cls.name:
            raise BadInput(f"needs a 'kind'; known {cls.registry.family}: {', '.join(cls.registry.names())}")
        if not isinstance(data, dict | cls):
            raise cls._unmade(data)
        return handler(data)

    @classmethod
    def _unmade(cls, data: Any) -> BadInput:
        """What to write in place of a plug-in's name, of its class, or of something else."""
        if isinstance(data, str):
            made = f"{cls.registry.get(data).__name__}(...)"
            return BadInput(f"write {made}, or kind={data} on the command line, got {shown(data)}")
        return BadInput(unmade(data, (plugin.__name__ for _, plugin in cls.registry), f"the {cls.registry.family}: "))

    @model_serializer(mode="plain")
    def _with_kind(self) -> dict[str, Any]:
        fields = type(self).model_fields.items()
        return {"kind": self.name, **{field.alias or name: getattr(self, name) for name, field in fields}}


def scan(package: str, path: Any, registry: Registry[Any], namespace: dict[str, Any]) -> list[str]:
    """Import every module of a family's package, not its subpackages, and export its plug-ins from the package.

    Returns:
        the exported names, for ``__all__``.
    """
    for module in pkgutil.iter_modules(path, package + "."):
        if not module.ispkg:
            importlib.import_module(module.name)
    found = {
        plugin.__name__: plugin for plugin in registry._known.values() if plugin.__module__.startswith(package + ".")
    }
    namespace.update(found)
    return sorted(found)
