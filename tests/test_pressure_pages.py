"""The pages of the pressures say what the classes say, and what was measured."""

from __future__ import annotations

import re
from functools import partialmethod
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from pydantic import Field, PositiveInt

from docs.pressures import classes, effects, measured, pages
from docs.pressures.drawing import draw
from emcomm import Results, Study
from emcomm.metrics import METRICS
from emcomm.pressures import FAMILIES, PRESSURES, Pressure
from emcomm.pressures.base import changed
from emcomm.studies.naming import TRAINING

FOLDER = Path(pages.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
NAMES = sorted(pages.own())
TABLE = pd.read_csv(FOLDER / "effects.csv")


@pytest.mark.parametrize("name", pages.pages())
def test_a_page_is_up_to_date(name: str) -> None:
    file = FOLDER / f"{name}.md"
    assert file.exists(), "run python -m docs.pressures.pages"
    text = file.read_text(encoding="utf-8")
    assert text == pages.page(name), "run python -m docs.pressures.pages"
    parts = {"overview"} if name == "README" else {"about", "settings", "effect"}
    assert set(re.findall(r"<!-- (\w+): begin -->", text)) == parts


def test_every_pressure_has_a_page_an_entry_and_a_figure_and_nothing_else_has() -> None:
    assert set(NAMES) == {name for name, kind in PRESSURES if kind.__module__.startswith("emcomm.")}
    assert {path.stem for path in FOLDER.glob("*.md")} == {*NAMES, "README"}
    assert set(measured.EFFECTS) == set(NAMES)
    assert {path.stem for path in (FOLDER / "figures").glob("*")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_measured_makes_sense(name: str) -> None:
    effect = measured.EFFECTS[name]
    assert effect.pressure.name == name
    assert effect.pressure.strength > 0
    assert 1 <= len(effect.metrics) <= 3
    assert len(set(effect.shown)) == len(effect.metrics) + 1
    assert set(effect.shown) <= {*METRICS.names(), *TRAINING}
    on, off = (
        study.expand() for study in (measured.study_of(effect.baseline, effect), measured.study_of(effect.baseline))
    )
    assert [run.seed for run in on] == [run.seed for run in off] == list(range(10))
    assert {run.condition for run in on} == {"on"}
    assert {run.condition for run in off} == {"off"}
    assert on[0].pressures["measured"] == effect.pressure
    background = {key: value for key, value in on[0].pressures.items() if key != "measured"}
    assert background == off[0].pressures


@pytest.mark.parametrize("name", NAMES)
def test_the_table_has_a_row_for_everything_that_is_measured(name: str) -> None:
    rows = TABLE[TABLE["pressure"] == name]
    assert tuple(rows["metric"]) == measured.EFFECTS[name].shown
    assert (rows["n"] == measured.SEEDS).all()
    assert np.allclose(rows["on"] - rows["off"], rows["effect"], atol=2e-5)  # rounded to five decimals
    assert (rows["ci_low"] <= rows["effect"]).all()
    assert (rows["effect"] <= rows["ci_high"]).all()
    assert rows["cliffs_delta"].between(-1, 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_small_and_as_wide_as_a_page(name: str) -> None:
    file = FOLDER / "figures" / f"{name}.png"
    assert file.stat().st_size <= 25_000
    with Image.open(file) as picture:
        assert 600 <= picture.width <= 700


def test_the_overview_lists_every_pressure_under_its_family() -> None:
    sections = README.partition("<!-- overview: begin -->")[2].split("\n### ")[1:]
    listed = [re.findall(r"^\| \[`(\w+)`\]\(\1\.md\)", section, re.MULTILINE) for section in sections]
    of = {family: [name for name in NAMES if PRESSURES.get(name).family == family] for family in FAMILIES}
    assert listed == [of[family] for family in FAMILIES]


def test_the_points_in_the_readme_are_those_of_the_contract() -> None:
    head = README.partition("## Use one")[0]
    assert tuple(re.findall(r"^\| [a-z ]+ \| `(\w+)` \|", head, re.MULTILINE)) == classes.POINTS
    assert all(classes.points_of(kind) for kind in pages.own().values())


class Example(Pressure):
    """Do this
    and that.

    More of ``it``.

    Args:
        every: steps
            in between.
        how: ``"fast"`` or not.
        share: of them.
        strength: how much.

    After the arguments.

    Raises:
        BadInput: always.

    Source: Somebody 1999;
    somebody else.
    """

    every: PositiveInt | None = 7
    how: Literal["fast", "slow"] = "fast"
    share: float = Field(default=0.5, gt=0.0, lt=1.0)
    strength: float = Field(default=1.0, ge=0.0, le=2.5)

    def cost(self, play: Any, moment: Any) -> None:
        """Nothing."""


def test_a_docstring_is_taken_apart() -> None:
    said = classes.said_by(Example)
    assert said.summary == "Do this and that."
    assert said.body == "More of `it`.\n\nAfter the arguments."
    assert said.args == {
        "every": "steps in between.",
        "how": '`"fast"` or not.',
        "share": "of them.",
        "strength": "how much.",
    }
    assert said.refuses == {"BadInput": "always."}
    assert said.source == "Somebody 1999; somebody else."
    assert classes.points_of(Example) == ("cost",)


def test_ranges_are_put_in_words() -> None:
    assert classes.allowed(Example) == {
        "every": "a whole number from 1 or `None`",
        "how": '`"fast"`, `"slow"`',
        "share": "a number above 0 to below 1",
        "strength": "a number from 0 to 2.5",
    }


def test_a_section_that_no_page_shows_is_refused() -> None:
    class Odd(Example):
        """Do.

        Attributes:
            hidden: away.

        Source: none.
        """

    with pytest.raises(ValueError, match="'Attributes', which pages do not show"):
        classes.said_by(Odd)


def test_a_row_by_hand() -> None:
    on, off = np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 4.5, 4.5])
    row = effects.compare("example", "accuracy", on, off)
    assert tuple(row) == effects.COLUMNS
    # Means 4 and 3. Of 12 pairs on > off in 2 + 2 + 4 = 8 and on < off in 2 + 2 + 0 = 4.
    assert (row["on"], row["off"], row["effect"], row["n"]) == (4.0, 3.0, 1.0, 3)
    assert row["cliffs_delta"] == pytest.approx(4 / 12)
    assert row["ci_low"] < 1.0 < row["ci_high"]
    assert effects.told({**row, "ci_low": -2.0, "ci_high": 4.0}) == "+1.00\n(−2.00 to +4.00)"


def test_new_rows_replace_those_of_their_pressure_and_keep_the_order() -> None:
    rows = [{**dict.fromkeys(effects.COLUMNS, 0.0), "pressure": "capacity", "metric": "accuracy", "on": 7.0}]
    before = TABLE[TABLE["pressure"].isin(["candidates", "capacity", "community"])]
    gone = before.iloc[[0]].assign(pressure="no_longer_there")
    after = effects.merged(pd.concat([gone, before]), rows)
    assert list(dict.fromkeys(after["pressure"])) == ["candidates", "capacity", "community"]
    assert after[after["pressure"] == "capacity"]["on"].tolist() == [7.0]
    assert len(after[after["pressure"] == "community"]) == len(measured.EFFECTS["community"].shown)


def test_a_pressure_without_numbers_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "measured_table", lambda: TABLE[TABLE["pressure"] != "capacity"])
    with pytest.raises(ValueError, match=r"run python -m docs\.pressures\.effects capacity"):
        pages.effect("capacity")
    with pytest.raises(ValueError, match=r"speaker_amnesia is not in EFFECTS of docs/pressures/measured\.py"):
        pages.effect("speaker_amnesia")


def test_a_page_without_the_end_of_a_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    (tmp_path / "capacity.md").write_text("mine\n<!-- settings: begin -->\nold\n<!-- settings: end -->\nkept\n")
    made = pages.page("capacity")
    assert made.startswith("mine\n<!-- settings: begin -->\n\n| setting |")
    assert made.endswith("|\n\n<!-- settings: end -->\nkept\n")
    assert "old" not in made
    (tmp_path / "capacity.md").write_text("<!-- settings: begin -->\n")
    with pytest.raises(ValueError, match="stand there once each"):
        pages.page("capacity")


def test_both_arms_are_drawn_where_they_lie(tmp_path: Path) -> None:
    low, high = np.full(5, 0.1), np.full(5, 0.9)
    pictures = []
    for name, arms in (("up", (high, low)), ("down", (low, high))):
        draw({"accuracy": arms, "loss": (low, low)}, {"accuracy": "told", "loss": "told"}, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            pictures.append(np.asarray(picture.convert("RGB")).astype(int))
    assert pictures[0].shape == pictures[1].shape
    up, down = (_height_of_blue(picture) for picture in pictures)
    assert up < down - 50  # rows count from the top


def _height_of_blue(picture: Any) -> float:
    """Mean row of the blue of the arm with the pressure, in the left half of a picture."""
    left = picture[:, : picture.shape[1] // 2]
    blue = (left[..., 2] - left[..., 0]) > 120
    assert blue.any()
    return float(np.nonzero(blue)[0].mean())


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements of one pressure with three seeds and five steps."""
    small = changed(measured.SMALL, steps=5, batch_size=7)
    monkeypatch.setitem(measured.BASELINES, "small_world", measured.Baseline("", small))
    monkeypatch.setattr(measured, "SEEDS", 3)


@pytest.mark.usefixtures("tiny")
def test_a_measurement_goes_from_runs_to_table_and_figure(tmp_path: Path) -> None:
    effect = measured.EFFECTS["candidates"]
    on = measured.study_of("small_world", effect).run(tmp_path / "on", report=False)
    off = measured.study_of("small_world").run(tmp_path / "off", report=False)
    effects.measure_effect(effect, on, off, tmp_path)
    table = pd.read_csv(tmp_path / "effects.csv")
    assert table["metric"].tolist() == ["distinct_messages", "effectiveness", "accuracy"]
    assert table["n"].tolist() == [3, 3, 3]
    for column, results in (("on", on), ("off", off)):
        languages = [results.language(f"{column}/{seed}") for seed in range(3)]
        messages = [len({tuple(row) for row in language.messages.tolist()}) for language in languages]
        assert table[column][0] == pytest.approx(sum(messages) / 3, abs=1e-5)
    assert (tmp_path / "figures" / "candidates.png").exists()


def test_the_examples_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Study, "run", partialmethod(Study.run, report=False))  # which would take most of the time
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    names: dict[str, Any] = {"__name__": "__main__"}
    with torch.random.fork_rng(devices=[]):
        for block in blocks:
            exec(compile(block, "docs/pressures/README.md", "exec", dont_inherit=True), names)
    results, several = names["results"], names["several"]
    assert isinstance(results, Results)
    assert set(results.runs["condition"]) == {"off", "effort", "newborns"}
    assert isinstance(several, Study)
    strengths = {run.condition: run.pressures["effort"].strength for run in several.expand()}
    assert strengths == {"off": 0.0, "weak": 0.05, "medium": 0.1, "strong": 0.2}
