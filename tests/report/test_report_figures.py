from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from emcomm.errors import BadInput, StorageError
from emcomm.report import write_figures
from emcomm.report.curves import curve_panels
from emcomm.report.effects import effect_panels
from emcomm.report.figures import curves_sheet, effects_sheet, matrix_sheet
from emcomm.report.svg import inline_svg

NAMES = ("recovery_matrix", "effects", "learning_curves", "length_frequency")
STARTS = {"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<?xml"}


def test_every_figure_is_written_in_every_format_and_twice_the_same(data, tmp_path):
    first = write_figures(data, tmp_path / "one")
    second = write_figures(data, tmp_path / "two")
    assert [path.name for path in first] == [f"{name}.{suffix}" for name in NAMES for suffix in ("pdf", "png", "svg")]
    for one, two in zip(first, second, strict=True):
        assert one.parent == tmp_path / "one" / "figures"
        assert one.read_bytes().startswith(STARTS[one.suffix[1:]])
        assert one.read_bytes() == two.read_bytes()


def test_text_in_figures_stays_text_and_carries_no_date(data, tmp_path):
    (path,) = [p for p in write_figures(data, tmp_path, formats=["svg"]) if p.stem == "recovery_matrix"]
    text = path.read_text()
    assert ">recovered</text>" in text
    assert ">not tested</text>" in text
    assert "dc:date" not in text


def test_only_asked_formats_are_written_and_unknown_ones_refused(data, tmp_path):
    assert {path.suffix for path in write_figures(data, tmp_path, formats=("png",))} == {".png"}
    with pytest.raises(BadInput, match="unknown figure format 'pgn'; known: pdf, png, svg. Did you mean 'png'?"):
        write_figures(data, tmp_path, formats=("pgn",))


def test_figures_without_content_are_left_out(data, bare, tmp_path):
    assert write_figures(bare(), tmp_path) == []
    fixed = replace(data, languages=data.languages.assign(length=2))
    assert [path.stem for path in write_figures(fixed, tmp_path, formats=("png",))] == list(NAMES[:3])


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$\\broken_{math", "語 ▲ ф", "a" * 200])
def test_any_name_can_be_drawn(make_data, tmp_path, name):
    data = make_data(pressures=[name], patterns=[(name, "accuracy", "up")], seeds=3, records=2)
    for path in write_figures(data, tmp_path):
        assert path.stat().st_size > 1000
    assert b"<script" not in (tmp_path / "figures" / "effects.svg").read_bytes()


def test_a_file_in_the_folders_place_is_a_clear_line(data, tmp_path):
    (tmp_path / "figures").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*recovery_matrix.pdf: "):
        write_figures(data, tmp_path)


def test_an_inline_figure_takes_its_colours_from_the_page_and_keeps_its_ids_to_itself(data):
    sheet = effects_sheet(effect_panels(data)[:1], titled=False)
    text = str(inline_svg(sheet, "fig-7", 'words with "quotes" & <angles>'))
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 270 ')
    assert 'aria-label="words with &#34;quotes&#34; &amp; &lt;angles&gt;"' in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert ids
    assert all(found.startswith("fig-7-") for found in ids)
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]*)', text)) <= set(ids)
    assert "var(--ink)" in text
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) <= {"#ffffff"}


def test_what_a_study_calls_its_parts_is_not_mistaken_for_markup(make_data):
    name = ' id="x" #1b2027 url(#y)'
    data = make_data(pressures=[name], patterns=[("p", "accuracy", "up")], seeds=3, records=2)
    text = str(inline_svg(effects_sheet(effect_panels(data), titled=False), "fig", ""))
    assert f">{name}</text>" in text


def test_reporting_imports_neither_torch_nor_pyplot():
    code = "import sys, emcomm.report; print([m for m in ('torch', 'matplotlib.pyplot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_long_names_of_patterns_stay_on_the_matrix(data):
    names = {
        "long": "no structure from size alone",
        "longer": "structure that " * 7,
        "unbroken": "compositionality_under_teaching",
    }
    patterns = [
        {**pattern, "name": name} for pattern, name in zip(data.study["patterns"], names.values(), strict=False)
    ]
    sheet = matrix_sheet(replace(data, study={**data.study, "patterns": patterns}, verdicts=data.verdicts.iloc[:0]))
    texts = [text for axes in sheet.figure.axes for text in axes.texts]
    shown = [text.get_text() for text in texts]
    assert "no structure from size\nalone" in shown
    assert any(text.endswith("…") and text.count("\n") == 1 for text in shown)
    edge = sheet.figure.bbox
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= edge.x0, text.get_text()
        assert box.x1 <= edge.x1, text.get_text()


def test_the_legends_of_figures_of_one_panel_stay_on_them(data):
    conditions = [f"a condition of a long name {number}" for number in range(3)]
    sheets = (
        effects_sheet(effect_panels(data)[:1], titled=True),
        curves_sheet(curve_panels(data)[:1], conditions, titled=True),
    )
    for sheet in sheets:
        (legend,) = sheet.figure.legends
        box, edge = legend.get_window_extent(), sheet.figure.bbox
        assert edge.x0 <= box.x0 < box.x1 <= edge.x1
        assert edge.y0 <= box.y0
