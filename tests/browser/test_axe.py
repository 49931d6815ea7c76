"""axe-core looks at every page: empty, at work, dialogs open; in the light and in the dark, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import look
from playwright.sync_api import Browser, Page, expect
from servers import Server, make_folder

from core.store import Store
from dashboard.demo.furnished import furnish
from dashboard.figures import figures_of
from dashboard.pages import PAGES
from dashboard.views import PANES
from labeling.models import Role
from labeling.people import accept, invite

pytestmark = pytest.mark.browser
FEW = [("light", 1440), ("dark", 390)]
EVERY = [(theme, width) for theme in ("light", "dark") for width in (1440, 390)]
LOOKS = EVERY if os.environ.get("TALLYROOM_ALL_LOOKS") else FEW
"""Each theme and each width once; `make nightly` looks at all four."""
ADDRESSES = sorted(
    [
        *(page.name for page in PAGES if page.name != "live"),
        *(f"live&pane={pane}" for pane in PANES if figures_of(pane, ("one", "other"))),
    ]
)
KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "review": (("h", "#history"), ("?", "#key-help"), ("f", "#flag-note")),
    "compare": (("d", "#deciding"),),
    "queues": (("n", "#make"),),
    "people": (("i", "#invite-dialog"),),
}
"""What each page opens by a key."""


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("work")
    project = furnish(folder, messages=1_500)
    server = Server(folder).start()
    yield server, project.store
    server.stop()
    project.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("empty")
    with Store.open(f"sqlite:///{folder / 'tallyroom.db'}", create=True) as store:
        server = Server(make_folder(folder, f"sqlite:///{folder / 'tallyroom.db'}")).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(browser: Browser) -> Callable[..., Page]:
    def go(room: tuple[Server, Store], address: str, theme: str, width: int) -> Page:
        size = {"width": width, "height": 900}
        tab = look(browser, room, f"page={address}", "Root", Role.ADMIN, viewport=size, color_scheme=theme)
        expect(tab.locator("#status-words")).not_to_have_text("connecting")
        tab.wait_for_timeout(300)  # until what moves has come to rest: axe reads colours
        return tab

    return go


def troubles(tab: Page) -> list[str]:
    """What axe-core finds serious or critical, as 'rule: element'."""
    found = Axe().run(tab).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {node['html'][:160]}" for each in serious for node in each["nodes"]]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_serious_is_found_on_a_page_at_work(
    at_work: tuple[Server, Store], visit: Callable[..., Page], address: str, theme: str, width: int
) -> None:
    tab = visit(at_work, address, theme, width)
    assert troubles(tab) == []
    for key, dialog in KEYS.get(address, ()):
        tab.keyboard.press(key)
        expect(tab.locator(dialog)).to_be_visible()
        assert troubles(tab) == [], dialog
        tab.keyboard.press("Escape")
        expect(tab.locator(dialog)).to_be_hidden()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_nothing_serious_is_found_in_the_drawer(
    at_work: tuple[Server, Store], visit: Callable[..., Page], theme: str, width: int
) -> None:
    tab = visit(at_work, "live", theme, width)
    tab.locator("#confusion-most").click()
    expect(tab.locator("#drawer-rows li").first).to_be_visible()
    tab.wait_for_timeout(300)
    assert troubles(tab) == []


@pytest.mark.parametrize(("theme", "width"), FEW)
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_serious_is_found_on_a_page_of_an_empty_room(
    empty: tuple[Server, Store], visit: Callable[..., Page], address: str, theme: str, width: int
) -> None:
    assert troubles(visit(empty, address, theme, width)) == []


def test_nothing_serious_is_found_at_the_door(empty: tuple[Server, Store], browser: Browser) -> None:
    server, store = empty
    context = browser.new_context(color_scheme="dark")
    tab = context.new_page()
    for _ in range(2):  # closed, then with a form
        tab.goto(server.base)
        assert troubles(tab) == []
        accept(store, invite(store, "Somebody", Role.REVIEWER, by=None), "a heron on the roof")
    context.close()
