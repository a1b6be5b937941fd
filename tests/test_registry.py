"""Plug-ins go by name: registered by class, by package and by entry point; strangers and doublets are refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SerializeAsAny

import emcomm.metrics
import emcomm.probes
import emcomm.registry
from emcomm.config import Config
from emcomm.errors import BadInput
from emcomm.registry import FAMILIES, Plugin, Registry, scan


@pytest.fixture
def teas() -> Iterator[Registry[Any]]:
    yield Registry("teas", "tea")
    del FAMILIES["teas"]


@pytest.fixture
def tea(teas: Registry[Any]) -> Any:
    class Tea(Plugin):
        registry: ClassVar[Registry[Any]] = teas
        sugar: int = 0

    return Tea


@pytest.fixture
def assam(tea: Any) -> Any:
    class Assam(tea):  # type: ignore[misc]
        name: ClassVar[str] = "assam"
        milk: bool = True

    return Assam


@pytest.fixture
def mint(tea: Any) -> Any:
    class Mint(tea):  # type: ignore[misc]
        name: ClassVar[str] = "mint"
        leaves: int = 3

    return Mint


def test_a_family_is_known_by_its_name(teas: Registry[Any]):
    assert FAMILIES["teas"] is teas
    assert {"worlds", "games", "agents", "pressures", "metrics", "probes"} <= set(FAMILIES)


def test_a_class_with_a_name_files_itself(teas: Registry[Any], assam: Any, mint: Any):
    assert teas.get("assam") is assam
    assert teas.names() == ["assam", "mint"]
    assert list(teas) == [("assam", assam), ("mint", mint)]


def test_a_class_without_a_name_of_its_own_is_not_filed(teas: Registry[Any], assam: Any):
    class Blend(assam):  # type: ignore[misc]
        strength: float = 1.0

    assert teas.names() == ["assam"]
    assert teas.get("assam") is assam


def test_an_unknown_name_lists_what_there_is(teas: Registry[Any], assam: Any, mint: Any):
    with pytest.raises(BadInput) as caught:
        teas.get("asam")
    assert str(caught.value) == "unknown tea 'asam'; known: assam, mint. Did you mean 'assam'?"


def test_a_second_owner_of_a_name_is_refused_naming_both(teas: Registry[Any], tea: Any, assam: Any):
    with pytest.raises(BadInput, match="tea 'assam' is already registered by .*Assam, not by .*Impostor"):

        class Impostor(tea):  # type: ignore[misc]
            name: ClassVar[str] = "assam"

    assert teas.get("assam") is assam


def test_the_same_place_may_register_again(teas: Registry[Any], assam: Any):
    assert teas.register("assam")(assam) is assam  # as when a module is loaded anew


def test_a_plug_in_is_written_with_its_name_and_read_back(tea: Any, assam: Any, mint: Any):
    class Tray(Config):
        cup: SerializeAsAny[tea]

    data = Tray(cup=assam(sugar=2, milk=False)).model_dump(mode="json")
    assert data == {"cup": {"kind": "assam", "sugar": 2, "milk": False}}
    assert Tray.model_validate(data).cup == assam(sugar=2, milk=False)
    assert Tray(cup={"kind": "mint", "leaves": 5}).cup == mint(leaves=5)
    assert tea.model_validate({"kind": "mint"}) == mint()
    assert assam.model_validate({"kind": "assam", "sugar": 3}) == assam(sugar=3)


def test_a_kind_that_does_not_exist_or_is_missing_is_refused(tea: Any, assam: Any):
    class Tray(Config):
        cup: SerializeAsAny[tea]

    for data, sentence in (
        ({"kind": "asam"}, "unknown tea 'asam'.*Did you mean 'assam'"),
        ({"sugar": 1}, "'kind'.*assam"),
        ("assam", r"cup: write Assam\(\.\.\.\), or kind=assam on the command line, got 'assam'$"),
        ("asam", "cup: unknown tea 'asam'.*Did you mean 'assam'"),
        (assam, r"cup: write Assam\(\.\.\.\), got the class Assam$"),
        (3, r"cup: must be one of the teas: Assam\(\.\.\.\); got 3$"),
    ):
        with pytest.raises(BadInput, match=sentence) as caught:
            Tray(cup=data)
        assert "\n" not in str(caught.value)


def test_a_bad_setting_of_a_plug_in_names_its_field(tea: Any, assam: Any):
    with pytest.raises(BadInput, match="Assam: unknown key 'sugr'; known: sugar, milk. Did you mean 'sugar'"):
        assam(sugr=1)
    with pytest.raises(BadInput, match="sugar: input should be a valid integer.*'much'"):
        assam(sugar="much")


def test_a_setting_may_not_be_called_kind(tea: Any, teas: Registry[Any]):
    with pytest.raises(TypeError, match="Oolong: .*'kind'"):

        class Oolong(tea):  # type: ignore[misc]
            name: ClassVar[str] = "oolong"
            kind: str = "dark"

    assert "oolong" not in teas.names()


def test_other_packages_announce_theirs_by_entry_point(teas: Registry[Any], mint: Any, monkeypatch):
    asked = []

    def entry_points(group: str) -> list[EntryPoint]:
        asked.append(group)
        return [EntryPoint("ordered", "collections:OrderedDict", group)]

    monkeypatch.setattr(emcomm.registry, "entry_points", entry_points)
    assert teas.get("mint") is mint  # what is at hand needs no search
    assert asked == []
    assert teas.get("ordered").__name__ == "OrderedDict"
    assert teas.names() == ["mint", "ordered"]
    assert asked == ["emcomm.teas"]  # once


def test_a_package_that_does_not_load_is_named(teas: Registry[Any], monkeypatch):
    point = EntryPoint("broken", "no_such_package:Tea", "emcomm.teas")
    monkeypatch.setattr(emcomm.registry, "entry_points", lambda group: [point])
    with pytest.raises(BadInput, match="tea 'broken' \\(no_such_package:Tea\\) could not be loaded: .*no_such_package"):
        teas.names()


def test_a_module_dropped_in_the_package_is_found(tmp_path: Path, monkeypatch):
    package = tmp_path / "teahouse"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from typing import Any, ClassVar\n"
        "from emcomm.registry import Plugin, Registry, scan\n"
        "TEAS = Registry('teahouse_teas', 'tea')\n"
        "class Tea(Plugin):\n"
        "    registry: ClassVar[Registry[Any]] = TEAS\n"
        "__all__ = ['Tea']\n"
        "__all__ += scan(__name__, __path__, TEAS, globals())\n"
    )
    (package / "green.py").write_text(
        "from typing import ClassVar\nfrom teahouse import Tea\nclass Green(Tea):\n    name: ClassVar[str] = 'green'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        import teahouse  # type: ignore[import-not-found]

        assert teahouse.__all__ == ["Tea", "Green"]
        assert teahouse.Green is teahouse.TEAS.get("green")
    finally:
        FAMILIES.pop("teahouse_teas", None)
        for name in [name for name in sys.modules if name.partition(".")[0] == "teahouse"]:
            del sys.modules[name]


def test_scanning_exports_only_what_the_package_defines(teas: Registry[Any], mint: Any):
    namespace: dict[str, Any] = {}
    assert scan("emcomm.pressures", [], teas, namespace) == []
    assert namespace == {}
