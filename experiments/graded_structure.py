"""Languages of graded structure: are more structured languages learnt better, and carried over to new scenes?

Neural networks learn languages of ten levels of structure, as people did: exposure, guessing and production in rounds,
then memory of 23 familiar scenes and generalisation to 13 new ones. Without data of people the languages are generated;
with `--data FOLDER` (see `emcomm.probes.graded.people`) they are the ten languages that people learnt, and people's
scores stand beside those of the networks. What was measured is in `graded_structure.md` beside this file.

    python experiments/graded_structure.py --out results/graded_structure
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

import emcomm
from emcomm.errors import BadInput
from emcomm.metrics.production import normalised_distances
from emcomm.probes.graded import (
    Course,
    Learning,
    graded_languages,
    learn_languages,
    learner_scores,
    people_table,
    read_languages,
    read_people,
)
from emcomm.report.colours import THEME, dash, series_colour
from emcomm.studies.pattern import Pattern
from emcomm.studies.statistics import resampling_seed
from emcomm.studies.verdicts import Arm, Cell, verdict_table

LOW, HIGH = (1, 2), (4, 5)
"""Levels of structure that are compared."""
MARKS = (10, 25, 50, 100)
"""Rounds at which the summary gives memory."""
RESAMPLES = 10_000
PEOPLE = "#d0560a"


@dataclass(frozen=True)
class Rule:
    """What a published effect should look like here; fixed before the run.

    A pattern is recovered if the statistic reaches the threshold, and if high structure (levels 4 and 5) is above low
    structure (levels 1 and 2) by the rule of every study: one-sided Mann-Whitney p below 0.05, Holm-corrected over all
    rules, with one value a seed, and Cliff's delta of at least 0.6.

    Attributes:
        pattern: its name.
        metric: column of `emcomm.probes.graded.learner_scores`, of the last round unless it ends in ``_so_far``, which
            is the mean over all rounds.
        statistic: ``"spearman"``: rank correlation, over languages, of structure with the mean over seeds;
            ``"difference"``: mean of high minus mean of low structure.
        threshold: least value of the statistic.
        source: who reported the effect; who set the threshold.
    """

    pattern: str
    metric: str
    statistic: Literal["spearman", "difference"]
    threshold: float
    source: str


PUBLISHED = "Galke, Ram & Raviv 2024; Raviv, de Heer Kloots & Meyer 2021"
RULES = (
    Rule("remembered better", "similarity", "spearman", 0.6, PUBLISHED),
    Rule("generalised", "generalisation", "spearman", 0.8, PUBLISHED),
    Rule("generalised, high against low", "generalisation", "difference", 0.3, PUBLISHED),
    Rule("agreed on", "agreement", "spearman", 0.6, f"{PUBLISHED}; threshold ours"),
    Rule("learnt sooner", "accuracy_so_far", "spearman", 0.6, f"{PUBLISHED}; threshold ours"),
)
WITH_PEOPLE = Rule("named as people do", "likeness", "spearman", 0.6, "Galke, Ram & Raviv 2024; threshold ours")


def finals(scores: pd.DataFrame) -> pd.DataFrame:
    """The last round of every learner, with means over all rounds: one row a language and seed."""
    last = scores[scores["round"] == scores["round"].max()].set_index(["language", "seed"])
    means = scores.groupby(["language", "seed"], sort=False)[["accuracy", "similarity", "guessed"]].mean()
    return last.join(means.add_suffix("_so_far")).reset_index()


def likeness(learning: Learning, data: Path) -> NDArray[np.float64]:
    """Mean similarity of a learner's last words for new scenes to those of the people who learnt the same language.

    Returns:
        float64 ``[languages, seeds]``, in 0..1.
    """
    people = read_people(data)
    near = np.empty((len(learning.languages), len(learning.seeds)))
    for place, language in enumerate(learning.languages):
        said = np.array([person.new for person in people if person.language == language.name], dtype=object)
        for seed, words in enumerate(learning.new[-1, place]):
            own = np.broadcast_to(words, said.shape)
            near[place, seed] = 1.0 - normalised_distances(own.ravel().tolist(), said.ravel().tolist()).mean()
    return near


def judged(final: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """The verdict table: the columns of a study's, and the statistic of each rule with its 95 % bootstrap interval."""
    cells = [
        Cell(
            Pattern(rule.pattern, metric=rule.metric, direction="up", accuracy_floor=None, source=rule.source),
            "structure",
            _arm(final, rule.metric, HIGH),
            _arm(final, rule.metric, LOW),
        )
        for rule in rules
    ]
    table = verdict_table(cells, resamples=RESAMPLES)
    for row, rule in enumerate(rules):
        value, low, high = _statistic(final, rule)
        met = value >= rule.threshold
        table.loc[row, ["statistic", "value", "value_low", "value_high", "threshold", "rule_met", "source"]] = [
            *(rule.statistic, value, low, high, rule.threshold, met, rule.source)
        ]
        if table.loc[row, "verdict"] == "recovered" and not met:
            table.loc[row, "verdict"] = "inconclusive"
            table.loc[row, "reason"] = f"{rule.statistic} {value:.3g} below {rule.threshold:g}"
        table.loc[row, "as_predicted"] = table.loc[row, "verdict"] == "recovered"
    return table.drop(columns=["band_low", "band_high", "accuracy_on", "accuracy_off"])


def _arm(final: pd.DataFrame, metric: str, levels: tuple[int, int]) -> Arm:
    rows = final[final["level"].isin(levels)]
    values = rows.groupby("seed")[metric].mean()
    return Arm(f"levels {levels[0]} and {levels[1]}", tuple(values.tolist()))


def _statistic(final: pd.DataFrame, rule: Rule) -> tuple[float, float, float]:
    """The rule's statistic and the 95 % percentile interval of resampled seeds, the same ones for every language."""
    table = final.pivot(index="language", columns="seed", values=rule.metric)
    about = final.drop_duplicates("language").set_index("language").loc[table.index]
    values = table.to_numpy()
    rng = np.random.default_rng(resampling_seed(rule.pattern, "structure", 0))
    picks = rng.integers(values.shape[1], size=(RESAMPLES, values.shape[1]))
    means = np.concatenate([values.mean(1, keepdims=True), values[:, picks].mean(-1)], 1)  # languages, 1 + resamples
    if rule.statistic == "spearman":
        order = stats.rankdata(about["structure"].to_numpy())
        ranks = stats.rankdata(means, axis=0)
        a, b = order - order.mean(), ranks - ranks.mean(0)
        with np.errstate(invalid="ignore"):
            all_values = a @ b / np.sqrt((a @ a) * (b * b).sum(0))
    else:
        high, low = (about["level"].isin(levels).to_numpy() for levels in (HIGH, LOW))
        all_values = means[high].mean(0) - means[low].mean(0)
    low_end, high_end = np.quantile(all_values[1:], [0.025, 0.975])
    return float(all_values[0]), float(low_end), float(high_end)


def summary(scores: pd.DataFrame, final: pd.DataFrame, people: pd.DataFrame | None) -> pd.DataFrame:
    """One row a language: means over seeds, standard deviations, memory by rounds, and people's means if there are."""
    groups = final.groupby("language", sort=False)
    rows = groups[["structure", "level"]].first()
    for metric in ("accuracy", "similarity", "generalisation", "agreement", "guessed", "words", "likeness"):
        if metric in final:
            rows[metric], rows[f"{metric}_sd"] = groups[metric].mean(), groups[metric].std()
    for mark in MARKS:
        at = scores[scores["round"] == mark].groupby("language")
        rows[f"accuracy_{mark}"], rows[f"similarity_{mark}"] = at["accuracy"].mean(), at["similarity"].mean()
    if people is not None:
        by_language = people.groupby("language")
        for metric in ("accuracy", "similarity", "generalisation", "guessed_3"):
            rows[f"people_{metric}"], rows[f"people_{metric}_sd"] = (
                by_language[metric].mean(),
                by_language[metric].std(),
            )
    return rows.sort_values("structure").reset_index()


def drawn(scores: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Memory by round for each level, scores by structure, and networks against people if there are any."""
    compared = "people_generalisation" in rows
    figure = Figure(figsize=(13.5 if compared else 10.5, 3.4), layout="constrained")
    panels = figure.subplots(1, 3 + compared)
    for level, group in scores.groupby("level"):
        place = int(str(level))
        mean = group.groupby("round")["similarity"].mean()
        style: dict[str, Any] = {"color": series_colour(place), "dashes": dash(place) or (None, None), "lw": 1.5}
        panels[0].plot(mean.index, mean, label=f"level {place}", **style)
    panels[0].set(xlabel="round", ylabel="similarity to the taught words", ylim=(0, 1.02), title="memory by structure")
    _by_structure(panels[1], rows, "generalisation", "generalisation score")
    _by_structure(panels[2], rows, "similarity", "similarity to the taught words")
    if compared:
        axes = panels[3]
        axes.plot([0, 1], [0, 1], color=THEME["line"][0], lw=1)
        for metric, mark in (("generalisation", "o"), ("similarity", "^")):
            axes.plot(rows[f"people_{metric}"], rows[metric], mark, color=THEME["accent"][0], label=metric, ls="none")
        axes.set(xlabel="people", ylabel="networks", title="a point for each language")
    for axes in panels:
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _by_structure(axes: Axes, rows: pd.DataFrame, metric: str, title: str) -> None:
    style: dict[str, Any] = {"fmt": "o", "color": THEME["accent"][0], "label": "networks"}
    axes.errorbar(rows["structure"], rows[metric], rows[f"{metric}_sd"], **style)
    if f"people_{metric}" in rows:
        style = {"fmt": "s", "color": PEOPLE, "mfc": THEME["paper"][0], "label": "people"}
        axes.errorbar(rows["structure"] + 0.008, rows[f"people_{metric}"], rows[f"people_{metric}_sd"], **style)
    axes.set(xlabel="structure score", title=title)


def run(
    out: Path, data: Path | None = None, seeds: Sequence[int] = tuple(range(10)), course: Course | None = None
) -> pd.DataFrame:
    """Let networks learn, judge, and write the results; see `write`.

    Args:
        out: folder for the results.
        data: folder with the data of people; None: generated languages.
        seeds: one learner of each language for each.
        course: how they learn.

    Returns:
        the verdict table.
    """
    course = course or Course()
    languages = graded_languages() if data is None else read_languages(data)
    begun, busy = time.perf_counter(), time.process_time()
    learning = learn_languages(languages, seeds, course, told=lambda done: _tell(done, course.rounds, begun))
    return write(out, learning, course, data, (time.perf_counter() - begun, time.process_time() - busy))


def write(
    out: Path, learning: Learning, course: Course, data: Path | None, seconds: tuple[float, float]
) -> pd.DataFrame:
    """Judge, and write ``verdicts.csv, summary.csv, figure.svg, run.json`` and, every learner, ``learners.parquet``.

    Args:
        out: folder for the results.
        learning: what the networks said.
        course: how they learnt.
        data: folder with the data of people; None: generated languages.
        seconds: how long the learning took, and how long it kept the processor busy.

    Returns:
        the verdict table.
    """
    out.mkdir(parents=True, exist_ok=True)
    scores = learner_scores(learning)
    final, rules = finals(scores), list(RULES)
    if data is not None:
        final["likeness"] = likeness(learning, data).ravel()
        rules.append(WITH_PEOPLE)
    verdicts, rows = judged(final, rules), summary(scores, final, None if data is None else people_table(data))
    scores.to_parquet(out / "learners.parquet", index=False)
    verdicts.round(6).to_csv(out / "verdicts.csv", index=False)
    rows.round(4).to_csv(out / "summary.csv", index=False)
    with matplotlib.rc_context({"svg.hashsalt": "graded_structure", "svg.fonttype": "none", "font.size": 9}):
        drawn(scores, rows).savefig(out / "figure.svg", metadata={"Date": None})
    command = "python experiments/graded_structure.py" + ("" if data is None else " --data DATA")
    options = f"--seeds {len(learning.seeds)} --first-seed {learning.seeds[0]} --rounds {course.rounds}"
    about = {
        "command": f"{command} {options} --feeding {course.feeding}",
        "languages": "generated" if data is None else "learnt by people (Raviv, de Heer Kloots & Meyer 2021)",
        "version": emcomm.__version__,
        "minutes": round(seconds[0] / 60, 1),
        "runs": len(learning.seeds) * len(learning.languages),
        "seconds": round(seconds[0], 1),
        "processor_seconds": round(seconds[1], 1),
        "seeds": list(learning.seeds),
        "course": course.model_dump(mode="json"),
    }
    (out / "run.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return verdicts


def alone(out: Path, summary: Path, quick: bool) -> None:
    """Run as one of the experiments of `experiments.recovery`: generated languages, and for a quick look five seeds.

    Args:
        out: folder for every learner's scores.
        summary: folder for the rest.
        quick: whether to run the smaller version.
    """
    if (out / "learners.parquet").exists() and (summary / "verdicts.csv").exists():
        return
    run(out, seeds=range(5 if quick else 10), course=Course(rounds=50 if quick else 100))
    summary.mkdir(parents=True, exist_ok=True)
    for name in ("verdicts.csv", "summary.csv", "figure.svg", "run.json"):
        shutil.copyfile(out / name, summary / name)


def _tell(done: int, rounds: int, begun: float) -> None:
    if done % 10 == 0 or done == rounds:
        print(f"round {done} of {rounds}, {time.perf_counter() - begun:.0f} s", flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/graded_structure"), help="folder for the results")
    parser.add_argument("--data", type=Path, help="folder with input_languages.csv and human_logs")
    parser.add_argument("--seeds", type=int, default=10, help="learners of each language")
    parser.add_argument("--first-seed", type=int, default=0, help="the seed of the first of them")
    parser.add_argument("--rounds", type=int, default=Course().rounds, help="rounds of training")
    parser.add_argument("--feeding", choices=("own", "taught"), default="own", help="what speakers read in training")
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    try:
        verdicts = run(asked.out, asked.data, list(seeds), Course(rounds=asked.rounds, feeding=asked.feeding))
    except BadInput as error:
        parser.error(str(error))
    shown = ["pattern", "metric", "statistic", "value", "value_low", "value_high", "threshold", "verdict"]
    print(verdicts[shown].to_string(index=False, float_format="%.3f"))
    print(f"Results are in {asked.out}")


if __name__ == "__main__":
    main()
