from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from emcomm.errors import StorageError
from emcomm.report import write_report
from emcomm.report.page import render_report

VOID = {"meta", "link", "input", "wbr", "br", "path", "use", "line"}


class Outline(HTMLParser):
    """Reads a page strictly: every element is closed by its own tag, in order."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append((self.open[-1] if self.open else "", text))

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(data):
    return render_report(data)


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def test_the_page_is_written_whole_and_its_path_returned(data, page, tmp_path):
    path = write_report(data, tmp_path / "new folder")
    assert path == tmp_path / "new folder" / "report.html"
    assert path.read_text(encoding="utf-8") == page
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(data, tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*report.html: "):
        write_report(data, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_nothing_on_the_page_points_to_the_network(page, outline):
    addresses = set(re.findall(r"\b(?:https?:)?//[^\s\"'<>]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in page
    for _, attributes, _ in outline.elements:
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith(("#", "data:,"))


def test_only_the_pages_own_script_may_run(outline, page):
    (policy,) = [meta["content"] for meta in outline.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}';" in policy
    assert [s.get("type") for s in outline.all("script")] == ["application/json", None]
    assert not [a for _, attributes, _ in outline.elements for a in attributes if a.startswith("on")]


def test_ids_are_unique_and_every_inner_link_has_its_target(outline):
    ids = Counter(attributes["id"] for _, attributes, _ in outline.elements if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    links = {a["href"][1:] for _, a, _ in outline.elements if a.get("href", "").startswith("#")}
    links |= {a["xlink:href"][1:] for _, a, _ in outline.elements if "xlink:href" in a}
    links |= {a["aria-labelledby"] for _, a, _ in outline.elements if "aria-labelledby" in a}
    links |= {a["data-controls"] for _, a, _ in outline.elements if "data-controls" in a}
    assert links <= set(ids)
    assert len([link for link in links if link.startswith("cell-")]) == 20


def test_tables_have_captions_and_headers_with_a_scope(outline):
    assert len(outline.all("table")) == len(outline.all("caption")) > 8
    assert {th.get("scope") for th in outline.all("th")} == {"col", "row"}


def test_the_heading_levels_step_down_one_at_a_time(outline):
    levels = [int(tag[1]) for tag, _, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_figure_has_words_and_every_wide_part_its_own_container(outline):
    drawn = [a for tag, a, path in outline.elements if tag == "svg" and "figure" in path]
    assert len(drawn) == 5 + 5 + 1
    assert all(a["role"] == "img" and len(a["aria-label"]) > 30 for a in drawn)
    assert all("div" in path for tag, _, path in outline.elements if tag == "table")
    scrollers = [a for a in outline.all("div") if a.get("class") == "scroller"]
    assert len(scrollers) == len(outline.all("table"))
    assert all(a["tabindex"] == "0" and a["role"] == "region" and a["aria-label"] for a in scrollers)


def test_the_page_tells_settings_versions_seeds_failed_runs_and_definitions(outline):
    words = " ".join("".join(text for _, text in outline.texts).split())
    for part in (
        "After Li & Bowling 2019",
        "5 conditions",
        "world.frequencies",
        "zipf",
        "2.13.0",
        "Seeds: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.",
        "noise/9",
        "loss became NaN",
        "Spearman correlation of length with frequency rank.",
        "All 148 recorded snapshots can be read here.",
    ):
        assert part in words


def test_names_cannot_become_markup(make_data):
    name = '<script>alert("x")</script>'
    data = make_data(pressures=["teaching", name], patterns=[(name, "accuracy", "up")], seeds=3, records=2)
    study = {**data.study, "name": name, "source": name, "description": name, "versions": {name: name}}
    languages = data.languages.assign(run=data.languages["run"].str.replace(name, f"{name}&", regex=False))
    text = render_report(replace(data, study=study, languages=languages))
    assert len(Outline(text).all("script")) == 2
    embedded = re.findall(r'<script type="application/json" id="lexicon-data">(.*?)</script>', text, re.DOTALL)[0]
    assert f"{name}&/0" in {run["run"] for run in json.loads(embedded)["runs"]}


def test_a_study_without_results_still_has_a_page(bare):
    text = render_report(bare(study={"name": "empty"}))
    Outline(text)
    for part in (
        "No pattern has been tested yet",
        "This study states no pattern to test.",
        "No metric has been recorded over time.",
        "No language has been recorded",
        "This study recorded no language.",
        "No run failed.",
    ):
        assert part in text


def test_a_big_study_stays_below_three_megabytes(make_data):
    metrics = ("topographic_similarity", "ease_of_teaching", "accuracy", "distinct_messages")
    data = make_data(
        pressures=[f"pressure_{number}" for number in range(8)],
        patterns=[(f"pattern_{number}", metrics[number % 4], "up") for number in range(8)],
        meanings=307,
        records=5,
    )
    text = render_report(data)
    assert len(text.encode()) < 3_000_000
    assert "To keep this page small it holds " in text
    assert text.count('id="cell-') == 64
