"""What holds for the project as a whole: its files, versions, modules and plug-ins."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import emcomm
from emcomm.registry import FAMILIES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = ("emcomm", "tests", "docs", "experiments", "benchmarks", ".ci")
SKIPPED = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(emcomm.__path__, "emcomm.") if not module.name.endswith("__main__")
)


def texts() -> Iterator[tuple[Path, str]]:
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".coverage"]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted(files):
        if not set(SKIPPED) & set(path.parts):
            try:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    "pattern",
    [
        "pypi" + r"\.org",
        "python" + r"hosted\.org",
        "download" + r"\.pytorch",
        "index" + "[-_]url",
        "find" + "[-_]links",
        r"(?<![\w.:/-])/(?:home|root|work|tmp|opt|Users)/",
    ],
)
def test_no_file_names_an_index_host_or_a_path_of_one_machine(pattern: str) -> None:
    found = [f"{path}: {match[0]}" for path, text in texts() for match in re.finditer(pattern, text)]
    assert found == []


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    written = re.search(r"^version: (\S+)$", citation, re.MULTILINE)
    assert written is not None
    assert written[1] == PROJECT["version"] == emcomm.__version__


def test_everything_asked_for_is_pinned_within_its_bounds() -> None:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in (Requirement(line) for group in groups for line in group):
        pin = pins().get(normalised(requirement.name))
        assert pin is not None, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(pin), f"{requirement} does not allow the pinned {pin}"
        assert str(requirement.specifier).startswith(">="), f"{requirement} has no lower bound"


def test_pins_are_plain_sorted_versions() -> None:
    names = list(pins())
    assert names == sorted(names) == [normalised(name) for name in names]
    assert all(re.fullmatch(r"\d+(\.\w+)*", pin) for pin in pins().values())
    assert pins()["torch"] == "2.13.0"


def test_the_command_is_there() -> None:
    module, function = PROJECT["scripts"]["emcomm"].split(":")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_offers(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    missing = [offered for offered in module.__all__ if not hasattr(module, offered)]
    assert missing == []


def plugins() -> list[Any]:
    for name in ("worlds", "envs", "agents", "pressures", "metrics", "probes"):
        importlib.import_module(f"emcomm.{name}")
    return [pytest.param(plugin, id=f"{family}-{name}") for family, known in FAMILIES.items() for name, plugin in known]


@pytest.mark.parametrize("plugin", plugins())
def test_every_plugin_says_where_it_comes_from(plugin: Any) -> None:
    assert "Source:" in (plugin.__doc__ or ""), f"the docstring of {plugin.__name__} has no 'Source:' line"


def test_every_family_has_plugins() -> None:
    families = {param.id.split("-")[0] for param in plugins() if param.id is not None}
    assert {"worlds", "games", "agents", "pressures", "metrics"} <= families


@pytest.mark.parametrize("path", sorted((ROOT / "emcomm").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} is longer than 400 lines: split it by idea"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} is {length} lines long: split it"


def test_links_in_the_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in documents
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
        if "://" not in link and not (document.parent / link).exists()
    ]
    assert broken == []
