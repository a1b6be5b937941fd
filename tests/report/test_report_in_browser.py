"""The page in a real browser: it loads from disk without a complaint or a request, and its controls work."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emcomm.report import write_report

pytestmark = pytest.mark.browser
WIDE, PHONE = 1280, 375
STILL = {"name": "prefers-reduced-motion", "value": "reduce"}  # clicks would miss what still scrolls


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    binaries = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(binaries):
        pytest.skip("chromium and chromedriver are not both installed (Debian: chromium, chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    os.environ["SE_OFFLINE"] = "true"  # never fetch a driver
    options = webdriver.ChromeOptions()
    options.binary_location = binaries[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=binaries[1]))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(data, tmp_path_factory) -> Path:
    return write_report(data, tmp_path_factory.mktemp("a folder with spaces"))


@pytest.fixture
def opened(browser, page):
    show(browser, page)
    return browser


def show(browser, path, width=WIDE, dark=False):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, STILL]})
    for log in ("browser", "performance"):
        browser.get_log(log)  # forget the page before
    browser.get(path.as_uri())


def css(browser, selector):
    return browser.find_elements("css selector", selector)


def texts(browser, selector):
    script = (
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.replace(/\\s+/g, ' ').trim())"
    )
    return browser.execute_script(script, selector)


def column(browser, place):
    return texts(browser, f"#lexicon-table tbody tr > :nth-child({place})")


def head(browser, name):
    return next(th for th in css(browser, "#lexicon-table thead th") if th.text.startswith(name))


def choose(browser, selector, text):
    for option in css(browser, f"{selector} option"):
        if option.get_attribute("textContent") == text:
            option.click()
            return
    raise AssertionError(f"{selector} offers no {text!r}")


def test_the_page_loads_without_complaint_and_asks_nothing_of_the_network(opened, page):
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}


def test_every_cell_says_its_verdict_and_leads_to_its_numbers(opened, data):
    cells = texts(opened, ".matrix tbody td")
    assert len(cells) == 20
    assert cells[0] == "✓ recovered +0.20 δ +0.84"
    assert cells[4] == "not tested"
    assert cells[12] == "= absent as predicted +0.001 δ +0.04"
    assert texts(opened, ".matrix thead th") == ["Pattern", *data.pressures]
    css(opened, ".matrix tbody td a")[1].click()
    row = opened.execute_script("return document.querySelector('tr:target').innerText").split("\t")
    assert [part.strip() for part in row[:3]] == ["compositional", "length_cost", "inconclusive"]


def test_a_click_sorts_the_lexicon_and_another_turns_it_round(opened):
    assert column(opened, 1) == [str(n) for n in range(35)]
    assert head(opened, "meaning").get_attribute("aria-sort") == "ascending"
    length = len(css(opened, "#lexicon-table thead th")) - 1
    button = head(opened, "length").find_element("tag name", "button")
    button.click()
    lengths = [int(text) for text in column(opened, length)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]
    assert head(opened, "length").get_attribute("aria-sort") == "ascending"
    assert head(opened, "meaning").get_attribute("aria-sort") == "none"
    button.click()
    assert [int(text) for text in column(opened, length)] == lengths[::-1]
    assert head(opened, "length").get_attribute("aria-sort") == "descending"


def test_the_keyboard_sorts_messages_symbol_by_symbol(opened):
    button = head(opened, "message").find_element("tag name", "button")
    opened.execute_script("arguments[0].focus()", button)
    button.send_keys("\ue007")  # Enter
    integers = [[int(n) for n in text.split()] for text in column(opened, 5)]
    assert integers == sorted(integers)
    assert head(opened, "message").get_attribute("aria-sort") == "ascending"


def test_run_and_step_choose_what_is_shown(opened, data):
    def spoken(run, step):
        return list(data.languages.query("run == @run and step == @step")["message"])

    shown = [" ".join(text.split()) for text in column(opened, 5)]
    assert shown == spoken("off/0", 30_000)
    choose(opened, "#lexicon-run", "length_cost/7")
    choose(opened, "#lexicon-step", "15,000")
    assert column(opened, 5) == [message or "–" for message in spoken("length_cost/7", 15_000)]
    assert texts(opened, "#lexicon-run option:checked, #lexicon-step option:checked") == ["length_cost/7", "15,000"]
    choose(opened, "#lexicon-run", "noise/9")  # failed after its first snapshot, so the step moves to what there is
    assert texts(opened, "#lexicon-step option") == ["0"]
    assert not css(opened, "#lexicon-speaker-label")[0].is_displayed()


def test_symbols_are_letters_that_tell_every_integer_apart(opened):
    integers = [text.split() for text in column(opened, 5)]
    letters = column(opened, 4)
    small = {"27": "a₁", "28": "b₁", "29": "c₁"}
    expected = ["".join(small.get(n) or chr(96 + int(n)) for n in message) for message in integers]
    assert letters == [text or "(silence)" for text in expected]
    assert any("₁" in text for text in letters)


def test_the_filter_keeps_matching_meanings_and_counts_them(opened):
    box = css(opened, "#lexicon-filter")[0]
    wanted = column(opened, 4)[3]
    box.send_keys(wanted)
    assert column(opened, 4) == [wanted]
    assert texts(opened, "#lexicon-count") == ["1 meaning of 35, 1 different message"]
    box.clear()
    box.send_keys("no such message")
    assert column(opened, 4) == []


def test_conditions_and_metrics_can_be_chosen(opened):
    def visible(selector):
        return sum(element.is_displayed() for element in css(opened, selector))

    assert visible("#curve-panels figure") == 5
    choose(opened, "#curve-metric", "ease of teaching")
    assert [e.text.split("\n")[0] for e in css(opened, "#curve-panels figure") if e.is_displayed()] == [
        "ease of teaching"
    ]
    choose(opened, "#curve-metric", "all")
    shown = visible("#curve-panels [data-series='2']")
    assert shown >= 5
    assert visible("#length-panel [data-series='2']") > 0
    css(opened, ".key[data-controls='curve-panels'] input")[2].click()
    assert visible("#curve-panels [data-series='2']") == 0
    assert visible("#curve-panels [data-series='1']") >= 5
    assert visible("#length-panel [data-series='2']") > 0
    button = css(opened, ".key[data-controls='curve-panels'] button")[0]
    button.click()
    assert visible("#curve-panels [data-series]") == 0
    button.click()
    assert visible("#curve-panels [data-series='2']") == shown


@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_the_page_never_scrolls_sideways_but_its_tables_do(browser, page, width):
    show(browser, page, width)
    inner = browser.execute_script("return window.innerWidth")
    assert inner == width
    assert browser.execute_script("return document.documentElement.scrollWidth") <= inner
    wider = "return [...document.querySelectorAll('.scroller')].filter((e) => e.scrollWidth > e.clientWidth).length"
    assert browser.execute_script(wider) > 0
    for path in css(browser, "figure svg"):
        assert path.rect["width"] <= inner


def test_figures_stay_legible_on_a_phone(browser, page):
    show(browser, page, PHONE)
    script = """return Math.min(...[...document.querySelectorAll('figure svg text')].map((text) => {
        const matrix = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b); }))"""
    assert browser.execute_script(script) >= 9


def test_dark_mode_reaches_page_matrix_and_figures(browser, page):
    script = """return ['body', '.matrix td.tested', 'figure svg text'].map((selector, place) => {
        const style = getComputedStyle(document.querySelector(selector));
        return place === 2 ? style.fill : style.backgroundColor; })"""
    show(browser, page)
    light = browser.execute_script(script)
    show(browser, page, dark=True)
    dark = browser.execute_script(script)
    brightness = [[sum(int(n) for n in c[4:-1].split(",")) for c in colours] for colours in (light, dark)]
    assert brightness[0][0] > brightness[1][0]
    assert brightness[0][1] > brightness[1][1]
    assert brightness[0][2] < brightness[1][2]


def test_the_first_tab_offers_to_skip_to_the_results(opened):
    opened.find_element("tag name", "body").send_keys("\ue004")  # Tab
    skip = opened.switch_to.active_element
    assert skip.text == "Skip to the results"
    assert skip.rect["x"] >= 0
    outline = opened.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_an_injected_script_is_inert(browser, make_data, tmp_path):
    name = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    data = make_data(pressures=["teaching", name], patterns=[(name, "accuracy", "up")], seeds=3, records=2)
    study = {**data.study, "name": name, "description": name}
    path = write_report(replace(data, study=study), tmp_path)
    show(browser, path, PHONE)
    assert browser.get_log("browser") == []
    assert browser.title == f"{name} · study report"
    assert len(css(browser, "script")) == 2
    assert css(browser, "img") == []
    assert name in texts(browser, ".matrix thead th")[2]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE
    choose(browser, "#lexicon-run", f"{name}/1")
    assert len(column(browser, 1)) == 35
    assert browser.title == f"{name} · study report"


def test_even_a_script_that_got_in_would_not_run(browser, page, tmp_path):
    broken = tmp_path / "broken.html"
    attack = "<script>document.title = 'taken'</script><p onclick=\"1\">"
    broken.write_text(page.read_text(encoding="utf-8").replace("<footer", attack + "<footer"), encoding="utf-8")
    show(browser, broken)
    assert browser.title == "ease_of_teaching · study report"
    assert any("Content Security Policy" in entry["message"] for entry in browser.get_log("browser"))
