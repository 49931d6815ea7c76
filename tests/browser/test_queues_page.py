"""The queues page in a real Chromium: a lead works by keys and by touch, a reviewer does not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

from core.store import Store
from labeling.models import Queue, Role

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(80)])
        add_champion(store, ids)
        add_queue(store, ids[:40])
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def visit(opened: tuple[Server, Store], context: BrowserContext, name: str, role: Role) -> Page:
    server, store = opened
    tab = context.new_page()
    tab.goto(server.link(store, name, role))
    tab.goto(f"{server.base}?page=queues")
    return tab


def state(store: Store, name: str) -> tuple[str, int]:
    with store.read() as connection:
        row = connection.execute(select(Queue.state, Queue.priority).where(Queue.name == name)).one()
    return row.state, row.priority


def test_a_lead_makes_pauses_raises_and_closes_a_queue_by_keys_alone(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    context = browser.new_context()
    tab, store = visit(opened, context, "Lea", Role.LEAD), opened[1]
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    expect(tab.locator(".queue")).to_have_count(1)
    tab.keyboard.press("n")
    tab.keyboard.type(HOSTILE)
    tab.keyboard.press("Enter")
    expect(tab.locator(".queue")).to_have_count(2)
    expect(tab.locator("#make")).to_be_hidden()
    assert tab.evaluate("window.pwned") is None
    assert tab.locator(".queue .mark").count() == 1, "what changes the reading direction is shown as a mark"
    tab.keyboard.press("ArrowDown")
    for key, words in (("+", "1"), ("p", "paused"), ("p", "open")):
        tab.keyboard.press(key)
        expect(tab.locator(".queue").first).to_contain_text(words)
    tab.keyboard.press("c")
    expect(tab.locator("#sure")).to_be_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator(".queue.closed")).to_contain_text("review")
    assert state(store, "review") == ("closed", 1)
    assert troubles == []
    context.close()


def test_on_a_phone_every_action_is_a_thumb_wide_and_nothing_runs_over(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**options)
    tab = visit(opened, context, "Lea", Role.LEAD)
    expect(tab.locator(".queue").first).to_be_visible()
    for button in tab.locator(".actions .btn, #new").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48
        assert button.get_attribute("aria-label") or button.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_reviewer_is_not_shown_the_page(opened: tuple[Server, Store], browser: Browser) -> None:
    context = browser.new_context()
    tab = visit(opened, context, "Ada", Role.REVIEWER)
    expect(tab.locator("header nav a")).to_have_count(3)
    expect(tab.locator("main.page-live")).to_be_visible()
    context.close()
