"""The drift and flow panes in a real Chromium: narrowing, opening, and a link that shows another person the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chromium import look
from drifting import add_weeks
from playwright.sync_api import Browser, Page, expect
from rooms import add_queue
from servers import Server, make_folder
from sqlalchemy import select

from core import Project
from core.pipeline.index import index_texts
from core.store import Store
from core.store.models import Message
from labeling.models import Role

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        add_weeks(store, drifts=True)
        with store.read() as connection:
            newest = select(Message.id).order_by(Message.id.desc()).limit(40)
            ids = list(connection.execute(newest).scalars())
        add_queue(store, ids, blind_share=0.0)
        room = Project(make_folder(folder, url))
        index_texts(room)
        room.close()
        server = Server(folder).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    """Opens a page as somebody, in a browser of their own."""

    def go(name: str, address: str, role: Role = Role.REVIEWER, **options: Any) -> Page:
        size = {"width": 1440, "height": 1000}
        return look(browser, opened, address.partition("?")[2], name, role, viewport=size, **options)

    return go


def asked(tab: Page, act: Callable[[], None]) -> str:
    """The address of the messages that something opens."""
    with tab.expect_request("**/messages.json*") as request:
        act()
    return request.value.url


def test_a_day_that_moved_says_so_and_opens_its_messages(visit: Callable[..., Page]) -> None:
    tab = visit("Ada", "?page=live&pane=drift")
    expect(tab.locator("#drift-note")).to_contain_text("Moved: spam rose from")
    row = tab.locator(".class-row").nth(2)
    expect(row).to_contain_text("spam")
    row.focus()
    url = asked(tab, lambda: tab.keyboard.press("Enter"))
    assert "predicted=spam" in url
    expect(tab.locator("#drawer-rows li").first).to_be_visible()
    tab.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_a_word_that_came_up_opens_the_messages_that_it_is_in(visit: Callable[..., Page]) -> None:
    tab = visit("Bela", "?page=live&pane=drift")
    word = tab.locator("#words-risen button", has_text="zorblax")
    expect(word).to_be_visible()
    expect(tab.locator("#words-note")).to_contain_text("came up")
    url = asked(tab, word.click)
    assert "q=zorblax" in url
    expect(tab.locator("#drawer-rows")).to_contain_text("zorblax wallet")


def test_dragging_narrows_the_page_and_its_link_shows_another_person_the_same(visit: Callable[..., Page]) -> None:
    tab = visit("Carla", "?page=live&pane=drift&unit=day&when=30d")
    expect(tab.locator("#classes-table td").first).to_be_attached()
    box = tab.locator("[data-figure=classes] .figure").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] * 0.5, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, y, steps=8)
    tab.mouse.up()
    tab.wait_for_url("**when=*..*")
    expect(tab.locator("#view-whole")).to_be_visible()
    tab.get_by_role("button", name="counts").click()
    tab.locator("[data-slice='script:Latin']").click()
    tab.wait_for_url("**slice=script*")
    note, table = (tab.locator(place) for place in ("#drift-note", "#classes-table table"))
    expect(tab.locator("#view-slice")).to_have_value("script:Latin")
    tab.wait_for_function("tallyroom.state.words['classes-of'].top > 1")
    tab.wait_for_timeout(500)
    other = visit("Dora", tab.url)
    expect(other.locator("#classes-table table")).to_have_text(table.text_content() or "")
    expect(other.locator("#drift-note")).to_have_text(note.text_content() or "")
    expect(other.locator("[data-value=counts]")).to_have_attribute("aria-pressed", "true")


def test_the_keyboard_narrows_the_page_and_opens_a_class(visit: Callable[..., Page]) -> None:
    tab = visit("Emil", "?page=live&pane=drift&unit=day")
    tab.get_by_text("As a table, to narrow and to open by keyboard").press("Enter")
    count = tab.locator("#classes-table td button").first
    count.focus()
    url = asked(tab, lambda: tab.keyboard.press("Enter"))
    assert "predicted=personal" in url
    tab.keyboard.press("Escape")
    tab.locator("#classes-table th button").nth(1).press("Enter")
    tab.wait_for_url("**when=*..*")
    tab.get_by_role("button", name="Show all").press("Enter")
    tab.locator("#classes-from").fill("2026-01-01T00:00")
    tab.locator("#classes-to").fill("2026-01-02T00:00")
    tab.locator("#classes-to").press("Enter")
    tab.wait_for_url("**when=2026*")


def test_the_flow_names_people_to_leads_alone(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    desk = visit("Fatma", "?page=review")
    expect(desk.locator("#message")).to_be_visible()
    desk.keyboard.press("3")
    expect(desk.locator("#status-words")).to_have_text("saved")
    lead = visit("Gus", "?page=live&pane=flow", Role.LEAD)
    expect(lead.locator("#desk-people")).to_contain_text("Fatma")
    expect(lead.locator("[data-word=flow-judged]")).not_to_have_text("0")
    expect(lead.locator("#queue-lines")).to_contain_text("review")
    viewer = visit("Vera", "?page=live&pane=flow", Role.VIEWER)
    expect(viewer.locator("[data-word=flow-people]")).not_to_have_text("–")
    expect(viewer.locator("#desk-now")).to_be_hidden()
    assert viewer.request.get(f"{opened[0].base}/at-desk.json").status == 403
