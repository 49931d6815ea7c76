"""The quality pane in a real Chromium: each figure opens its messages, a link shows another the same numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from chromium import look
from playwright.sync_api import Browser, Locator, Page, expect
from quality import Known, add_known
from servers import Server, make_folder

from core.store import Store

pytestmark = pytest.mark.browser
LINKS = "kind:has a link"
Opened = tuple[Server, Store, Known]
OPENING = ("calibration", "scores", "threshold", "per_class", "folds", "by_slice", "roc", "precision_recall")
MARKS = {
    "calibration.bins": "0.9",
    "scores.right": "0.95",
    "per_class.marks": "recall|spam",
    "folds.dots": "0|1|",
    "roc.points": "1|spam",
    "precision_recall.points": "1|spam",
}
# What a click on a mark does: Bokeh tells the source, and the page follows the source.
CLICK = """([name, key]) => {
  const source = tallyroom.doc.get_model_by_name(name);
  const index = source.data.key.indexOf(key);
  if (index < 0) throw new Error(`${name} has no ${key}: ${source.data.key}`);
  source.selected.indices = [index];
}"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        known = add_known(store, judged=120)
        server = Server(make_folder(folder, url)).start()
        yield server, store, known
        server.stop()


@pytest.fixture
def visit(opened: Opened, browser: Browser) -> Callable[..., Page]:
    """Opens the pane as somebody, in a browser of their own."""

    def go(name: str, query: str = "page=live&pane=quality", **options: Any) -> Page:
        tab = look(browser, opened[:2], query, name, viewport={"width": 1440, "height": 900}, **options)
        # The first who looks waits for scikit-learn to be imported.
        expect(tab.locator("#threshold-decided")).not_to_have_text("–", timeout=60_000)
        return tab

    return go


def card(tab: Page, figure: str) -> Locator:
    return tab.locator(f'[data-figure="{figure}"]')


def closes(tab: Page) -> None:
    """The drawer is open; Escape leads back."""
    expect(tab.locator("#drawer")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("#drawer")).to_be_hidden()


def numbers(tab: Page) -> dict[str, Any]:
    """All numbers that the pane shows."""
    tables = "[...tallyroom.state.tables].filter(([name]) => name !== 'alarms')"
    found: dict[str, Any] = tab.evaluate(
        f"() => Object.fromEntries({tables}.map(([name, rows]) => [name, Object.fromEntries(rows)]))"
    )
    return found


def test_each_figure_opens_its_messages_by_a_mark_and_by_its_table(visit: Callable[..., Page]) -> None:
    tab = visit("Ada")
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    for name, key in MARKS.items():
        tab.evaluate(CLICK, [name, key])
        closes(tab)
    for figure in OPENING:
        table = card(tab, figure).locator("details.as-table")
        table.locator("summary").press("Enter")
        last = table.locator("tbody tr").last.locator("button").last
        last.focus()
        tab.keyboard.press("Enter")
        closes(tab)
        expect(last).to_be_focused()
    for button in ("#threshold-person", "#threshold-mistakes", "#confusion-most"):
        tab.locator(button).click()
        closes(tab)
    assert errors == []


def test_a_click_on_a_bar_asks_for_the_messages_of_its_confidence(visit: Callable[..., Page], opened: Opened) -> None:
    tab = visit("Bela")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    box = card(tab, "scores").locator(".figure").bounding_box()
    assert box is not None
    # The last bar stands on the line in the middle, at the right end.
    where = tab.evaluate(
        """() => {
          const view = Bokeh.index.find_one(tallyroom.doc.get_model_by_name("scores"));
          const box = view.el.getBoundingClientRect(), frame = view.frame;
          const x = frame.x_scale.compute(0.975), y = frame.y_scale.compute(0.05);
          return [box.x + x, box.y + y];
        }"""
    )
    tab.mouse.click(*where)
    closes(tab)
    assert any(f"run={opened[2].run_id}" in url for url in asked)


def test_a_link_to_a_slice_and_hours_shows_another_the_same_numbers(visit: Callable[..., Page], opened: Opened) -> None:
    known = opened[2]
    tab = visit("Carla")
    before = numbers(tab)
    tab.evaluate(CLICK, ["by_slice.slices", LINKS])
    expect(tab).to_have_url(re.compile("slice=kind%3Ahas"))
    hours = [str(np.datetime64(int(hour), "h")) for hour in np.unique(known.hours)[1:3]]
    tab.goto(f"{tab.url}&when={'..'.join(hours)}")
    inside = known.has_link & np.isin(known.hours, np.unique(known.hours)[1:3])
    expect(card(tab, "threshold").locator(".sub")).to_contain_text(f"{int(inside.sum())} messages")
    tab.locator("#threshold-at").fill("0.6")
    tab.locator("#threshold-mistake").fill("25")
    tab.locator('[data-norm="col"]').click()
    tab.locator('[data-against="verdicts"]').click()
    expect(card(tab, "roc").locator(".empty")).to_contain_text("held-out folds")
    other = visit("Dora", tab.url.partition("?")[2])
    expect(card(other, "threshold").locator(".sub")).to_have_text(card(tab, "threshold").locator(".sub").inner_text())
    assert numbers(other) == numbers(tab) != before
    for place in ("#threshold-value", "#threshold-cost", "#threshold-wrong", "#confusion-sub"):
        assert other.locator(place).inner_text() == tab.locator(place).inner_text()
    assert other.locator("#threshold-value").inner_text() == "60 %"
    other.locator("#view-whole").click()
    other.locator('[data-against="folds"]').click()
    expect(card(other, "threshold").locator(".sub")).to_contain_text("300 messages")
    assert numbers(other) == before


def test_the_slider_moves_without_the_server_and_finds_the_cheapest(visit: Callable[..., Page]) -> None:
    tab = visit("Emil")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.locator("#threshold-at").press("End")
    expect(tab.locator("#threshold-value")).to_have_text("100 %")
    tab.locator("#threshold-look").fill("0")
    expect(tab.locator("#threshold-cost")).to_have_text("0")  # all is looked at, and that costs nothing
    tab.locator("#threshold-mistake").fill("0")
    tab.locator("#threshold-look").fill("5")
    tab.locator("#threshold-cheapest").click()
    expect(tab.locator("#threshold-value")).to_have_text("33 %")  # a mistake costs nothing: nobody need look
    expect(tab.locator("#threshold-decided")).to_have_text("100.0 %")
    assert asked == []


def test_how_the_matrix_is_shown_is_kept_for_its_reader(visit: Callable[..., Page]) -> None:
    tab = visit("Fina")
    tab.locator('[data-norm="all"]').click()
    expect(tab.locator("#confusion-sub")).to_contain_text("counts")
    expect(tab).to_have_url(re.compile("norm=all"))
    tab.goto(tab.url.replace("&norm=all", ""))
    expect(tab.locator('[data-norm="all"]')).to_have_attribute("aria-pressed", "true")
