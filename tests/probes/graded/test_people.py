"""Reading the data of people: made-up files in its form, and the published numbers where the data is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from emcomm.errors import BadInput
from emcomm.probes.graded import people_table, read_languages, read_people

FOLDER = Path(os.environ.get("EMCOMM_DATA", "")) / "graded_languages"
needs_data = pytest.mark.skipif(
    "EMCOMM_DATA" not in os.environ or not FOLDER.is_dir(),
    reason="EMCOMM_DATA names no folder with graded_languages, the data of people",
)

# Mean over ten learners, standard deviation with n - 1: accuracy, similarity, generalisation; guessing by round.
PUBLISHED = {
    "B1": (0.0726, (0.743, 0.243), (0.797, 0.196), (0.232, 0.191), (0.804, 0.841, 0.835)),
    "S1": (0.0902, (0.522, 0.250), (0.660, 0.212), (0.152, 0.094), (0.646, 0.777, 0.657)),
    "S2": (0.2522, (0.509, 0.229), (0.772, 0.145), (0.187, 0.094), (0.629, 0.805, 0.661)),
    "B2": (0.3495, (0.413, 0.222), (0.696, 0.135), (0.398, 0.086), (0.625, 0.659, 0.600)),
    "S3": (0.5946, (0.609, 0.230), (0.844, 0.109), (0.599, 0.057), (0.808, 0.855, 0.817)),
    "B4": (0.6936, (0.843, 0.286), (0.928, 0.139), (0.627, 0.194), (0.833, 0.918, 0.891)),
    "B5": (0.8465, (0.896, 0.092), (0.972, 0.024), (0.848, 0.025), (0.908, 0.977, 0.952)),
}


def made_up(folder: Path) -> Path:
    """Two languages of three scenes and two new ones; one person each."""
    head = "InputCondition,Origin.GroupLang.ID,GroupSize,StructureBin,StructureScore,Item.ID,Shape,Angle,Word\n"
    rows = ["A1,x,big,1,0,{},{},{},{}", "C3,x,small,4,0,{},{},{},{}"]
    items = [(7, 2, 90, "ta"), (2, 1, 360, "na"), (5, 4, 180, "kik")]
    table = [row.format(*item) for row in rows for item in items]
    (folder / "input_languages.csv").write_text(head + "\n".join(table) + "\n", encoding="utf-8")
    (folder / "human_logs").mkdir()
    columns = "Round\tTask\tTrial\tTarget\tShape\tAngle\tDistr1\tSelectedItem\tCorrect\tInput\tProducer"
    for name in ("A1", "C3"):
        trials = [
            "1\tGuessing\t1\t2\t1\t360\t5\t2\t1\t\t09",
            "1\tGuessing\t2\t5\t4\t180\t2\t2\t0\t\t09",
            "2\tGuessing\t1\t2\t1\t360\t5\t2\t1\t\t09",
            "3\tGuessing\t1\t2\t1\t360\t5\t5\t0\t\t09",
            "5\tMemorizationTest\t1\t7\t2\t90\t\t\t1\tta\t09",
            "5\tMemorizationTest\t2\t5\t4\t180\t\t\t0\tki\t09",
            "5\tMemorizationTest\t3\t2\t1\t360\t\t\t0\t\t09",
            "5\tRegularizationTest\t1\t9\t3\t45\t\t\t\ttana\t09",
            "5\tRegularizationTest\t2\t8\t1\t270\t\t\t\tna\t09",
        ]
        lines = [
            "A learning experiment",
            f"Logfile written - 05/01/2019 10:08:52\nParticipant ID: 09\nLanguage: {name}\t",
        ]
        text = "\r\n".join([*lines, "Computer: 5", "", columns, *trials, ""])
        (folder / "human_logs" / f"{name}_log.txt").write_text(text, encoding="utf-8")
    return folder


def test_what_a_log_says(tmp_path: Path) -> None:
    first, second = read_people(made_up(tmp_path))
    assert (first.language, second.language, first.person) == ("A1", "C3", "09")
    assert first.items.tolist() == [2, 5, 7]
    assert first.familiar == ("", "ki", "ta")
    assert first.new == ("na", "tana")
    assert first.shapes.tolist() == [0, 3, 1]
    assert first.new_angles.tolist() == [270, 45]
    assert first.right.tolist() == [False, False, True]
    assert first.guessed == (0.5, 1.0, 0.0)


def test_what_languages_and_scores_come_of_it(tmp_path: Path) -> None:
    folder = made_up(tmp_path)
    first, second = read_languages(folder)
    assert (first.name, second.name, first.level, second.level) == ("A1", "C3", 1, 4)
    assert first.words == ("na", "kik", "ta")
    assert first.shapes.tolist() == [0, 3, 1]
    assert first.new_shapes.tolist() == [0, 2]
    row = people_table(folder).iloc[1]
    assert row["language"] == "C3"
    assert np.isclose(row["accuracy"], 1 / 3)
    assert np.isclose(row["similarity"], (0 + 2 / 3 + 1) / 3)  # nothing said for na, "ki" for "kik", "ta" for "ta"


def test_files_that_are_missing_or_no_logs(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must hold the people's logs"):
        read_people(tmp_path)
    folder = made_up(tmp_path)
    (folder / "human_logs" / "C3_log.txt").unlink()
    with pytest.raises(BadInput, match="no log of language C3"):
        read_languages(folder)
    (folder / "human_logs" / "A2_log.txt").write_text("Language: A2\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"A2_log\.txt must name its language"):
        read_people(folder)
    (folder / "human_logs" / "A2_log.txt").unlink()
    (folder / "input_languages.csv").write_text("InputCondition,Word\nA1,ta\n", encoding="utf-8")
    with pytest.raises(BadInput, match="missing: Item"):
        people_table(folder)
    (folder / "input_languages.csv").unlink()
    with pytest.raises(BadInput, match=r"must hold input_languages\.csv"):
        read_languages(folder)


@needs_data
def test_the_published_table_of_people() -> None:
    table = people_table(FOLDER)
    assert len(table) == 100
    assert set(table["language"].value_counts()) == {10}
    groups = table.groupby("language")
    for name, (structure, *scores, guesses) in PUBLISHED.items():
        group = groups.get_group(name)
        assert round(group["structure"].iloc[0], 4) == structure
        for metric, published in zip(("accuracy", "similarity", "generalisation"), scores, strict=True):
            assert (round(group[metric].mean(), 3), round(group[metric].std(), 3)) == published, (name, metric)
        assert tuple(round(group[f"guessed_{k}"].mean(), 3) for k in (1, 2, 3)) == guesses, name


@needs_data
def test_the_published_correlations_of_people() -> None:
    table = people_table(FOLDER)
    metrics = ["accuracy", "similarity", "generalisation"]
    means = table.groupby("language")[["structure", *metrics]].mean()
    for metric, over_people, rank, over_languages in zip(
        metrics, (0.38, 0.54, 0.86), (0.42, 0.58, 0.88), (0.67, 0.85, 0.96), strict=True
    ):
        assert round(float(stats.pearsonr(table["structure"], table[metric])[0]), 2) == over_people
        assert round(float(stats.spearmanr(table["structure"], table[metric])[0]), 2) == rank
        assert round(float(stats.spearmanr(means["structure"], means[metric])[0]), 2) == over_languages
    assert round(float(table["generalisation"].min()), 4) == -0.0690


@needs_data
def test_the_words_of_the_logs_are_right_when_the_log_says_so() -> None:
    words = {language.name: language.words for language in read_languages(FOLDER)}
    for person in read_people(FOLDER):
        assert [said == word for said, word in zip(person.familiar, words[person.language], strict=True)] == (
            person.right.tolist()
        )
