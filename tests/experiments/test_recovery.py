"""From the results of a study to its summary and to the page, on a study small enough to run here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from emcomm import Channel, Pattern, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.pressures import LengthCost
from emcomm.studies.claims import Findings, Level
from emcomm.studies.results import Results
from emcomm.worlds import AttributeWorld
from experiments.recovery import drawing, page, summary
from experiments.recovery.drawing import Line, Panel, by_condition, draw_courses
from experiments.recovery.experiment import Experiment
from experiments.recovery.languages import changes, final_languages, final_of, frame, permuted, tail_means, value_rows
from experiments.recovery.running import run_experiment

STUDY = Study(
    name="zipf_abbreviation",  # the name of an experiment, for the page
    base=Setup(
        world=AttributeWorld(values=(2, 3)),
        game=Discrimination(candidates=3),
        channel=Channel(5, 3),
        speaker=GRU(hidden=8),
        listener=GRU(hidden=8),
        steps=12,
        batch_size=8,
        record_every=3,
    ),
    pressures={"effort": LengthCost(strength=1.0)},
    patterns=(Pattern("brief", metric="mean_length_by_token", direction="down", source="Someone 1999"),),
    metrics=("mean_length_by_token",),
    seeds=5,
)


def doubled(results: Results) -> pd.DataFrame:
    """Twice the final length of every language."""
    return frame(
        row
        for run, step, language in final_languages(results)
        for row in value_rows(run, step, {"doubled": 2 * float(language.frequencies @ language.lengths)})
    )


EXPERIMENT = Experiment(
    "zipf_abbreviation",
    STUDY,
    claims=(Level(name="speaks", metric="doubled", condition="off", at_least=0, source="Someone 2001"),),
    shown=("mean_length_by_token", "doubled"),
    more=doubled,
    courses=(by_condition("length", "mean_length_by_token", ("off", "effort", "a condition that is not run")),),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results and summary of the experiment."""
    out = tmp_path_factory.mktemp("out")
    verdicts = run_experiment(EXPERIMENT, out / "results", out / "summary" / STUDY.name, False, Console(quiet=True))
    assert list(verdicts["pattern"]) == ["brief", "speaks"]
    return out / "results", out / "summary"


def test_a_summary_is_verdicts_values_a_figure_and_how_it_was_made(ran: tuple[Path, Path]):
    folder = ran[1] / STUDY.name
    figures = {"figure.png", "courses.png"}
    assert {file.name for file in folder.iterdir()} == {"verdicts.csv", "summary.csv", "run.json", *figures}
    verdicts = pd.read_csv(folder / "verdicts.csv").set_index("pattern")
    assert verdicts["source"].to_dict() == {"brief": "Someone 1999", "speaks": "Someone 2001"}
    assert verdicts.loc["speaks", "verdict"] == "recovered"
    facts = json.loads((folder / "run.json").read_text())
    assert facts["command"] == "python -m experiments.recovery zipf_abbreviation"
    assert (facts["runs"], facts["seeds"], facts["steps"]) == (10, [0, 1, 2, 3, 4], 12)
    assert facts["versions"]["torch"]


def test_the_values_of_a_summary_are_those_of_the_runs(ran: tuple[Path, Path]):
    table = pd.read_csv(ran[1] / STUDY.name / "summary.csv")
    finals = Results.open(ran[0]).metrics.query("metric == 'mean_length_by_token' and step == 12")
    own = finals["value"][finals["run"].str.startswith("effort/")].to_numpy(dtype=float)
    (row, double) = table[table["condition"] == "effort"].to_dict("records")
    assert (row["metric"], double["metric"]) == ("mean_length_by_token", "doubled")
    assert row["n"] == 5
    assert row["mean"] == pytest.approx(own.mean(), abs=1e-6)
    assert row["sd"] == pytest.approx(own.std(ddof=1), abs=1e-6)
    assert row["lowest"] == pytest.approx(own.min(), abs=1e-6)
    assert double["mean"] == pytest.approx(2 * own.mean(), abs=1e-5)


def test_the_page_has_a_row_for_every_verdict(ran: tuple[Path, Path]):
    text = page.page(ran[1])
    assert "## zipf_abbreviation" in text
    (overview,) = (
        line for line in text.splitlines() if line.startswith("| [zipf_abbreviation](#zipf_abbreviation) | ")
    )
    cells = [cell.strip() for cell in overview.strip("|").split("|")]
    assert cells[1].endswith(" of 2")
    assert sum(int(cell or 0) for cell in cells[2:6]) == 2  # every verdict is counted once
    assert "| brief | Someone 1999 | mean_length_by_token | effort / off | ↓ |" in text
    assert "| speaks | Someone 2001 | doubled | off / at least 0 | level |" in text
    assert "**recovered** ✓" in text
    assert "ease_of_teaching" not in text  # nothing is kept of it in this folder


def test_running_again_goes_on_and_counts_the_time_together(ran: tuple[Path, Path]):
    before = json.loads((ran[0] / "seconds.json").read_text())
    run_experiment(EXPERIMENT, ran[0], ran[1] / STUDY.name, False, Console(quiet=True))
    after = json.loads((ran[0] / "seconds.json").read_text())
    assert set(after) == {"wall", "processor"}
    assert all(after[clock] > before[clock] for clock in after)


def test_tails_and_changes_are_those_of_the_recordings(ran: tuple[Path, Path]):
    results = Results.open(ran[0])
    course = results.metrics.query("metric == 'mean_length_by_token' and run == 'off/3'").sort_values("step")["value"]
    assert len(course) == 5  # steps 0, 3, 6, 9, 12
    late = tail_means(results, "mean_length_by_token", "late", share=0.4).set_index("run")["value"]
    assert late["off/3"] == pytest.approx(course.iloc[-2:].mean())
    finals = final_of(results, "mean_length_by_token")
    assert len(finals) == 10
    assert finals["off/3"] == course.iloc[-1]
    change = changes(results, "mean_length_by_token", "change").set_index("run")["value"]
    assert change["off/3"] == pytest.approx(course.iloc[-1] - course.iloc[0])


def test_permuted_languages_keep_meanings_and_messages(ran: tuple[Path, Path]):
    language = next(final_languages(Results.open(ran[0])))[2]
    dealt = permuted(language, seed=3)
    assert np.array_equal(dealt.meanings, language.meanings)  # type: ignore[arg-type]
    assert sorted(dealt.messages.tolist()) == sorted(language.messages.tolist())


def test_conditions_without_values_leave_gaps_and_no_errors(tmp_path: Path):
    runs = pd.DataFrame([("a/0", "a", 0, "done")], columns=["run", "condition", "seed", "status"])
    values = pd.DataFrame([("a/0", 1, "x", 0.5)], columns=["run", "step", "metric", "value"])
    findings = Findings.from_frames(runs, values)
    table = summary.final_table(findings, ["x", "y"])
    assert table["n"].tolist() == [1, 0]
    assert table["mean"].isna().tolist() == [False, True]
    drawing.draw_strips(findings, ["x", "y"], tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_a_course_is_the_mean_over_runs_with_its_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drawn: list[tuple[Axes, list[float], list[str]]] = []
    save = Figure.savefig

    def look(figure: Figure, *args: Any, **options: Any) -> None:
        for axis in figure.axes:
            drawn.append(
                (axis, np.asarray(axis.lines[0].get_ydata()).tolist(), [str(line.get_label()) for line in axis.lines])
            )
        save(figure, *args, **options)

    monkeypatch.setattr(Figure, "savefig", look)
    runs = pd.DataFrame([(f"a/{s}", "a", s, "done") for s in range(3)], columns=["run", "condition", "seed", "status"])
    rows = [(f"a/{s}", step, "x", s * step) for s in range(3) for step in (1, 2)] + [("a/0", 3, "x", 3.0)]
    findings = Findings.from_frames(runs, pd.DataFrame(rows, columns=["run", "step", "metric", "value"]))
    panel = Panel("x", "rank", [Line("mine", "a", "x"), Line("missing", "b", "x")])
    draw_courses(findings, [panel], tmp_path / "courses.png")
    ((axis, means, labels),) = drawn
    assert means == [1.0, 2.0, 3.0]  # of 0, 1, 2; of 0, 2, 4; of 3 and where the other two ended, 2 and 4
    assert labels == ["mine"]
    band = np.asarray(axis.collections[0].get_paths()[0].vertices)[:, 1]
    assert band.max() == pytest.approx(2 + 4.302653 * 2 / 3**0.5)  # t of 2 degrees of freedom
