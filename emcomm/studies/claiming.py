"""One folder holds one study: who may write to it, and what ``study.json`` says.

A folder goes on with the same study, or with the same study and more seeds; anything else is refused with the
differences shown.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emcomm.errors import BadInput, EmcommError
from emcomm.studies.files import write_json
from emcomm.studies.folder import FORMAT, StudyFolder
from emcomm.studies.naming import definitions
from emcomm.studies.overrides import differences, plain, rebuild
from emcomm.studies.plan import Plan, make_plan
from emcomm.studies.study import Study

__all__ = ["claim", "stored_plan", "versions"]

MOST_LINES = 10
TEXTS = ("description", "source")  # words that no result follows from


def stored_plan(folder: StudyFolder) -> Plan:
    """Return the plan that a results folder was made for.

    Raises:
        BadInput: it holds no study, or one with plug-ins that are not known here.
        StorageError: its description cannot be read.
    """
    data = folder.read()
    return make_plan(rebuild(Study, data["study"]), data["stacks"])


def claim(folder: StudyFolder, study: Study, device: str) -> tuple[Plan, list[str]]:
    """Make a folder a study's own, or go on with what is there.

    Args:
        folder: an existing folder, locked by the caller.
        study: what is to be run.
        device: where it is to be trained.

    Returns:
        the plan, and lines about what differs from before without forbidding to go on.

    Raises:
        BadInput: the folder holds another study, or the same with seeds that were left out now.
        StorageError: its description cannot be read or written.
    """
    stored = folder.read() if folder.exists() else {}
    unlike = _unlike(stored, study) if stored else []
    if unlike and folder.begun():
        raise _another(folder.path, unlike)
    if unlike:
        stored = {}  # nothing is lost with a plan that nothing came of
    plan = make_plan(study, stored.get("stacks"))
    described = _describe(plan, device)
    write_json(folder.study_file, described)
    return plan, _notes(stored, described)


def _unlike(stored: Mapping[str, Any], study: Study) -> list[str]:
    """Return a line for everything that keeps a study from going on with what is stored."""
    before, after = _comparable(_refreshed(stored["study"], study)), _comparable(plain(study))
    lines = [f"  {key}: {old} → {new}" for key, (old, new) in differences(before, after).items()]
    if any(seed not in study.seed_list for seed in stored["seeds"]):
        lines.append(f"  seeds: {stored['seeds']} → {list(study.seed_list)} (more may be added, none left out)")
    return lines


def _another(path: Path, lines: list[str]) -> BadInput:
    more = [f"  and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    listed = "\n".join([*lines[:MOST_LINES], *more])
    return BadInput(f"{path} holds results of another setting; use another folder, or set (stored → asked):\n{listed}")


def _refreshed(stored: Mapping[str, Any], study: Study) -> Mapping[str, Any]:
    """Return stored settings with what this version of emcomm has added since, at its defaults."""
    try:
        return plain(rebuild(type(study), stored))
    except EmcommError:
        return stored


def _comparable(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in data.items() if key not in ("seeds", *TEXTS)}
    patterns = [
        {key: value for key, value in pattern.items() if key not in TEXTS} for pattern in data.get("patterns", ())
    ]
    return {**kept, "patterns": patterns}


def _describe(plan: Plan, device: str) -> dict[str, Any]:
    study = plan.study
    return {
        "format": FORMAT,
        "name": study.name,
        "study": plain(study),
        "seeds": list(study.seed_list),
        "conditions": {name: list(condition.pressures) for name, condition in study.arms.items()},
        "stacks": {stack.name: [run.name for run in stack.runs] for stack in plan.stacks},
        "definitions": {name: list(text) for name, text in definitions(study.recorded, study.probes).items()},
        "device": device,
        "versions": versions(),
    }


def _notes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    if not before:
        return []
    parts = [
        f"{key} {before.get('versions', {}).get(key)} → {new}"
        for key, new in now["versions"].items()
        if before.get("versions", {}).get(key) != new
    ]
    if before.get("device") != now["device"]:
        parts.append(f"device {before.get('device')} → {now['device']}")
    return [f"Warning: the results were begun with something else: {', '.join(parts)}"] if parts else []


def versions() -> dict[str, str]:
    """Return the versions that results may depend on."""
    found = {"python": platform.python_version()}
    for package in ("emcomm", "torch", "numpy", "scipy", "pandas"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return {**found, "platform": platform.platform()}
