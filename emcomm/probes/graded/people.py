"""People's data on languages of graded structure: the languages they learnt, and what each of them said.

Nothing of it is part of this package. It is published with Galke, Ram & Raviv 2024 (repository
``lgalke/easy2deeplearn``); keep ``input_languages.csv`` and a folder ``human_logs`` with the log files side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.errors import BadInput
from emcomm.metrics.production import production_accuracy, production_similarity
from emcomm.metrics.structure import generalisation_score
from emcomm.probes.graded.language import GradedLanguage

__all__ = ["Person", "people_table", "read_languages", "read_people"]

_LANGUAGES, _LOGS = "input_languages.csv", "human_logs"
_START = "Round\t"  # the line of a log with the names of its columns begins with this
_ROUNDS = (1, 2, 3)


@dataclass(frozen=True, eq=False)
class Person:
    """What one person said.

    Attributes:
        language: name of the language the person learnt.
        person: which participant, as in the log.
        items: numbers of the familiar scenes in the order of `familiar`, ``[n]``.
        familiar: n words said for the familiar scenes (memorisation test).
        new: m words said for the new scenes, in the order of their item numbers.
        shapes: of the n familiar scenes, in 0..3.
        angles: of the n familiar scenes, in degrees.
        new_shapes: of the m new scenes.
        new_angles: of the m new scenes.
        right: for each of the n familiar scenes whether the log calls the word correct.
        guessed: share of right guesses in training rounds 1, 2 and 3.
    """

    language: str
    person: str
    items: NDArray[np.int64]
    familiar: tuple[str, ...]
    new: tuple[str, ...]
    shapes: NDArray[np.int64]
    angles: NDArray[np.float64]
    new_shapes: NDArray[np.int64]
    new_angles: NDArray[np.float64]
    right: NDArray[np.bool_]
    guessed: tuple[float, float, float]


def read_languages(folder: str | Path) -> list[GradedLanguage]:
    """Read the languages that people learnt; the new scenes are those of the people's tests.

    Args:
        folder: where ``input_languages.csv`` and ``human_logs`` are.

    Returns:
        one language a condition, by name, with `level` as published; scenes in the order of their item numbers.

    Raises:
        BadInput: a file is missing, or columns are.
    """
    return _languages(folder, read_people(folder))


def _languages(folder: str | Path, people: list[Person]) -> list[GradedLanguage]:
    table = _table(folder)
    new = {person.language: (person.new_shapes, person.new_angles) for person in people}
    languages = []
    for name, rows in table.groupby("InputCondition", sort=True):
        if name not in new:
            raise BadInput(f"{_LOGS} has no log of language {name}, whose new scenes are not known then")
        shapes, angles = rows["Shape"].to_numpy() - 1, rows["Angle"].to_numpy(dtype=np.float64)
        words, level = tuple(rows["Word"].tolist()), int(rows["StructureBin"].iloc[0])
        languages.append(GradedLanguage(str(name), shapes, angles, words, *new[str(name)], level))
    return languages


def read_people(folder: str | Path) -> list[Person]:
    """Read the logs of all people, ordered by language and file name.

    Args:
        folder: see `read_languages`.

    Raises:
        BadInput: there are no logs, or one has no language, no table, or no tests.
    """
    paths = sorted((Path(folder) / _LOGS).glob("*.txt"))
    if not paths:
        raise BadInput(f"{Path(folder).name}/{_LOGS} must hold the people's logs (*.txt), there are none")
    return sorted((_read_log(path) for path in paths), key=lambda person: person.language)


def people_table(folder: str | Path) -> pd.DataFrame:
    """Score every person as learners are scored.

    Args:
        folder: see `read_languages`.

    Returns:
        one row a person: ``language, structure, level, person, accuracy`` (memorisation), ``similarity`` (production
        similarity to the taught words), ``generalisation``, ``guessed_1, guessed_2, guessed_3``.

    Source: Raviv, de Heer Kloots & Meyer 2021.
    """
    table = _table(folder)
    words = dict(zip(zip(table["InputCondition"], table["Item.ID"], strict=True), table["Word"], strict=True))
    people = read_people(folder)
    languages = {language.name: language for language in _languages(folder, people)}
    rows = []
    for person in people:
        if person.language not in languages:
            raise BadInput(f"person {person.person} learnt {person.language}, which {_LANGUAGES} has not")
        language = languages[person.language]
        if unknown := [item for item in person.items.tolist() if (language.name, item) not in words]:
            raise BadInput(f"person {person.person} was asked for item {unknown[0]}, which {language.name} has not")
        taught = [words[language.name, item] for item in person.items.tolist()]
        score = generalisation_score(
            person.shapes, person.angles, person.familiar, person.new_shapes, person.new_angles, person.new
        )
        row = {
            "language": language.name,
            "structure": language.structure,
            "level": language.level,
            "person": person.person,
        }
        row |= {"accuracy": production_accuracy(person.familiar, taught)}
        row |= {"similarity": production_similarity(person.familiar, taught), "generalisation": score}
        rows.append(row | {f"guessed_{k}": share for k, share in zip(_ROUNDS, person.guessed, strict=True)})
    return pd.DataFrame(rows)


def _table(folder: str | Path) -> pd.DataFrame:
    path = Path(folder) / _LANGUAGES
    if not path.is_file():
        raise BadInput(f"{path.parent.name} must hold {_LANGUAGES} (see emcomm.probes.graded.people), it does not")
    table = pd.read_csv(path, keep_default_na=False, dtype={"Word": str})
    needed = ["InputCondition", "Item.ID", "Shape", "Angle", "Word", "StructureBin"]
    if missing := [column for column in needed if column not in table]:
        raise BadInput(f"{_LANGUAGES} needs the columns {', '.join(needed)}; missing: {', '.join(missing)}")
    return table.sort_values(["InputCondition", "Item.ID"], kind="stable")


def _read_log(path: Path) -> Person:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = dict(line.split(":", 1) for line in lines if ":" in line and "\t" not in line.strip())
    starts = [k for k, line in enumerate(lines) if line.startswith(_START)]
    if not starts or "Language" not in head:
        raise BadInput(f"{path.name} must name its language and have a table that begins with 'Round', it does not")
    columns = lines[starts[0]].split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=False)) for line in lines[starts[0] + 1 :] if line.strip()]
    familiar, new = (
        sorted((row for row in rows if row["Task"] == task), key=lambda row: int(row["Target"]))
        for task in ("MemorizationTest", "RegularizationTest")
    )
    if not familiar or not new:
        raise BadInput(f"{path.name} must have a memorisation and a regularisation test, it lacks one")
    guesses = [(row["Round"], row["Correct"] == "1") for row in rows if row["Task"] == "Guessing"]
    shares = [float(np.mean([right for at, right in guesses if at == str(k)])) for k in _ROUNDS]
    return Person(
        head["Language"].strip(),
        head.get("Participant ID", path.stem).strip(),
        np.array([int(row["Target"]) for row in familiar]),
        tuple(row["Input"] for row in familiar),
        tuple(row["Input"] for row in new),
        *_scenes(familiar),
        *_scenes(new),
        np.array([row["Correct"] == "1" for row in familiar]),
        (shares[0], shares[1], shares[2]),
    )


def _scenes(rows: list[dict[str, str]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.array([int(row["Shape"]) - 1 for row in rows]), np.array([float(row["Angle"]) for row in rows])
