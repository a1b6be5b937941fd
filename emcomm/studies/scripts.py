"""Finding a study: in a script of the user's, among installed packages, or in the folder ``experiments``.

A script is a Python file with one study at its top level. It may define its own pressures, metrics, worlds, ...: these
are known from the moment it is loaded, in whatever process that is.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from emcomm.errors import BadInput, EmcommError, unknown
from emcomm.studies.study import Study

__all__ = ["GROUP", "find_study", "known_studies", "load_plugins", "load_study"]

GROUP = "emcomm.studies"
EXPERIMENTS = Path("experiments")


def find_study(wanted: str) -> tuple[Study, Path | None]:
    """Find a study by the path of its script, or by the name of an installed study or of a script in ``experiments``.

    Returns:
        the study, and its script unless it is installed.

    Raises:
        BadInput: there is no such study or script, or the script does not hold exactly one study.
    """
    path = Path(wanted)
    if path.is_file():
        return load_study(path), path.resolve()
    if path.suffix == ".py":
        raise BadInput(f"there is no script {wanted!r} in {Path.cwd()}")
    for point in entry_points(group=GROUP):
        if point.name == wanted:
            return _installed(point), None
    script = EXPERIMENTS / f"{wanted}.py"
    if path.name == wanted and script.is_file():
        return load_study(script), script.resolve()
    raise unknown("study", wanted, known_studies())


def known_studies() -> dict[str, str]:
    """Return the names of all studies that `find_study` knows without a path, and where each comes from."""
    found = {script.stem: str(script) for script in sorted(EXPERIMENTS.glob("*.py")) if not script.stem.startswith("_")}
    return {**found, **{point.name: point.value for point in entry_points(group=GROUP)}}


def _installed(point: EntryPoint) -> Study:
    try:
        study = point.load()
    except EmcommError:
        raise
    except Exception as error:
        raise BadInput(f"study {point.name!r} ({point.value}) could not be loaded: {error}") from error
    if not isinstance(study, Study):
        raise BadInput(f"study {point.name!r} ({point.value}) is not a Study but a {type(study).__name__}")
    return study


def load_study(path: Path) -> Study:
    """Load a script and return the one study at its top level; one that is called ``study`` comes before others.

    Raises:
        BadInput: the script fails, or it holds none or several.
    """
    found = {name: value for name, value in vars(_load(path)).items() if isinstance(value, Study)}
    if "study" in found:
        return found["study"]
    if len({id(study) for study in found.values()}) != 1:
        held = f"holds {', '.join(found)}" if found else "holds none"
        raise BadInput(f"{path} must hold one Study at its top level, or one called 'study'; it {held}")
    return next(iter(found.values()))


def load_plugins(script: Path | None) -> None:
    """Make the plug-ins that a script defines known in this process, unless it has been loaded, under whatever name."""
    if script is not None and all(_file(module) != script.resolve() for module in list(sys.modules.values())):
        _load(script)


def _load(path: Path) -> ModuleType:
    """Import a script under a name of its own, with its folder on the path, as running it would do."""
    name = _name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path} is not a Python script")
    module = importlib.util.module_from_spec(spec)
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except EmcommError as error:
        del sys.modules[name]
        raise type(error)(f"{path}{_line(error, path)}: {error}") from error
    except Exception as error:
        del sys.modules[name]
        raise BadInput(f"{path}{_line(error, path)} could not be loaded: {type(error).__name__}: {error}") from error
    return module


def _name(path: Path) -> str:
    return f"emcomm_script_{path.stem}"


def _file(module: ModuleType) -> Path | None:
    file = getattr(module, "__dict__", {}).get("__file__")
    return Path(file).resolve() if file else None


def _line(error: BaseException, path: Path) -> str:
    """Return ``", line n"``: the line of the script at which it failed."""
    script, frames = path.resolve(), traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if Path(frame.filename).resolve() == script]
    return f", line {own[-1]}" if own else ""
