"""The live page on a wall: its panes take turns, space holds one, arrows turn, and it comes back after a restart."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core.store import Store
from dashboard.figures import figures_of
from dashboard.views import PANES
from labeling.models import Role

pytestmark = pytest.mark.browser
SHOWN = [pane for pane in PANES if figures_of(pane, ("one", "other"))]
FIRST = figures_of(SHOWN[1], ("one", "other"))[0].name


@pytest.fixture
def wall(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Server, Page]]:
    folder = tmp_path_factory.mktemp("wall")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(60)])
        add_champion(store, ids)
        add_queue(store, ids)
        server = Server(make_folder(folder, url)).start()
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        tab = context.new_page()
        tab.clock.install()
        tab.goto(server.link(store, "Ada", Role.VIEWER))
        tab.goto(f"{server.base}?page=live&wall=1")
        expect(tab.locator("#wall-place")).to_have_text(PANES["now"])
        yield server, tab
        context.close()
        server.stop()


def pane_of(tab: Page) -> str:
    return str(tab.evaluate("tallyroom.view.pane"))


def test_the_panes_take_turns_and_keys_hold_and_turn_them(wall: tuple[Server, Page]) -> None:
    _, tab = wall
    for selector in ("nav >> nth=0", ".views", ".save >> nth=0", ".me"):
        expect(tab.locator(selector)).to_be_hidden()
    tab.clock.fast_forward(21_000)
    expect(tab.locator("#wall-place")).to_contain_text(PANES[SHOWN[1]])
    assert pane_of(tab) == SHOWN[1]
    expect(tab.locator(".kpis")).to_be_hidden()
    expect(tab.locator(f"[data-figure={figures_of(SHOWN[1], ('one', 'other'))[0].name}]")).to_be_visible()
    tab.keyboard.press("Space")
    expect(tab.locator("#wall-place")).to_have_text(re.compile(f"{PANES[SHOWN[1]]}.*, paused"))
    tab.clock.fast_forward(60_000)
    assert pane_of(tab) == SHOWN[1]
    tab.keyboard.press("ArrowLeft")
    assert pane_of(tab) == "now"
    expect(tab.locator(".kpis")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wall_keeps_its_picture_while_the_server_is_gone_and_goes_on_by_itself(wall: tuple[Server, Page]) -> None:
    server, tab = wall
    tab.evaluate("globalThis.sameVisit = true")
    tab.clock.resume()
    server.kill()
    expect(tab.locator("#banner")).to_contain_text("No connection")
    tab.clock.fast_forward(21_000)
    expect(tab.locator("#wall-place")).to_have_text(PANES["now"])
    server.start()
    expect(tab.locator("#status-words")).to_contain_text("behind the store", timeout=30_000)
    expect(tab.locator("#wall-place")).not_to_have_text(PANES["now"])
    assert tab.evaluate("globalThis.sameVisit")
