"""Each figure of the live page as a file: SVG, PNG and its data, by keys alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page, expect
from servers import Server

from dashboard.demo.furnished import furnish
from labeling.models import Role

pytestmark = pytest.mark.browser
FIGURES = ("confusion", "classes", "curves")
SIDES = ("first", "second")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("room")
    project = furnish(folder, messages=900)
    server = Server(folder).start()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.link(project.store, "Ada", Role.LEAD))
    page.goto(f"{server.base}?page=live")
    page.wait_for_function("globalThis.tallyroom?.doc.get_model_by_name('curves.dots').data.key.length > 0")
    yield page
    context.close()
    server.stop()
    project.close()


def saved(tab: Page, figure: str, kind: str) -> bytes:
    """The file that the menu of a figure gives."""
    menu = tab.locator(f"[data-figure={figure}] .save")
    menu.locator("summary").press("Enter")
    with tab.expect_download() as started:
        menu.get_by_role("button", name=kind.upper()).press("Enter")
    assert started.value.suggested_filename == f"{figure}.{kind}"
    expect(menu.locator("button").first).to_be_hidden()
    return Path(started.value.path()).read_bytes()


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_saved_as_a_picture(tab: Page, figure: str) -> None:
    root = ET.fromstring(saved(tab, figure, "svg"))
    assert root.tag.endswith("svg")
    assert len(list(root.iter())) > 20
    assert saved(tab, figure, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("figure", FIGURES)
def test_the_data_of_a_figure_is_saved_as_it_is_shown(tab: Page, figure: str) -> None:
    rows = list(csv.DictReader(io.StringIO(saved(tab, figure, "csv").decode())))
    shown = tab.evaluate(
        """(figure) => [...tallyroom.doc._all_models.values()]
        .filter((each) => each.data && each.name?.startsWith(`${figure}.`))
        .map((each) => [each.name.split(".")[1], each.data.key.length, each.data])""",
        figure,
    )
    for part, length, data in shown:
        mine = [row for row in rows if row["part"] == part]
        points = [len(xs) for xs in data["x"]] if part == "lines" else [1] * length
        assert len(mine) == sum(points), part
    values = {
        "confusion": ("folds", "n"),
        "classes": ("hours", "n"),
        "curves": ("dots", "y"),
    }
    part, column = values[figure]
    data = next(each for name, _, each in shown if name == part)
    assert [float(row[column]) for row in rows if row["part"] == part] == pytest.approx(list(data[column]))


def test_a_formula_in_a_name_stays_text_in_a_spreadsheet(tab: Page) -> None:
    made = tab.evaluate(
        """async () => (await import(new URL("room/static/js/figure_menu.js", location.href)))
        .csv([["=cmd()", "'=1", "-x", -0.5, 'say "a"', "plain"]])"""
    )
    assert next(csv.reader(io.StringIO(made))) == ["'=cmd()", "''=1", "'-x", "-0.5", 'say "a"', "plain"]


def test_escape_closes_the_menu_and_gives_the_focus_back(tab: Page) -> None:
    menu = tab.locator("[data-figure=curves] .save")
    menu.locator("summary").press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Escape")
    expect(menu.locator("button").first).to_be_hidden()
    assert tab.evaluate("document.activeElement.ariaLabel").startswith("Save Cross-validation")


def test_the_compare_page_saves_its_figures_and_shows_the_words_that_moved_the_two(tab: Page) -> None:
    compare = tab.context.new_page()
    compare.goto(tab.url.replace("page=live", "page=compare"))
    expect(compare.locator("main")).not_to_have_attribute("aria-busy", "true", timeout=90_000)
    rows = list(csv.reader(io.StringIO(saved(compare, "compare-folds", "csv").decode())))
    assert rows[0][:2] == ["model", "fold 1"]
    assert [row[0] for row in rows[1:3]] == [compare.locator(f"#{side} option:checked").inner_text() for side in SIDES]
    assert ET.fromstring(saved(compare, "compare-folds", "svg")).tag.endswith("svg")
    assert len(list(csv.reader(io.StringIO(saved(compare, "compare-board", "csv").decode())))) > 2
    reader = compare.locator("#apart .reader").first
    reader.press("Enter")
    expect(reader).to_have_attribute("aria-expanded", "true")
    expect(compare.locator("#apart .opened .why")).to_have_count(2, timeout=60_000)
    expect(compare.locator("#apart .opened mark").first).to_be_visible()
    compare.close()
