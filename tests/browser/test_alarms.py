"""Alarms on the live page in a real Chromium: raised by the server's own watch, seen by keys, gone by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core.store import Store
from labeling.alarms import open_alarm
from labeling.models import Role

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"
RULE = f"""[[alarms]]
sign = "queue_dry"
name = "{HOSTILE}"
limit = 8
for_seconds = 0
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(30)])
        add_champion(store, ids)
        add_queue(store, ids[:5], blind_share=0.0)
        make_folder(folder, url)
        with (folder / "tallyroom.toml").open("a") as file:
            file.write(RULE)
        server = Server(folder).start()
        yield server, store
        server.stop()


def visit(opened: tuple[Server, Store], browser: Browser, name: str, role: Role, width: int = 1440) -> Page:
    return look(browser, opened, "page=live", name, role, viewport={"width": width, "height": 900})


def test_a_dry_queue_is_on_every_page_until_it_is_filled_and_a_reviewer_sees_to_it(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    _, store = opened
    ada, vera = visit(opened, browser, "Ada", Role.REVIEWER), visit(opened, browser, "Vera", Role.VIEWER, width=390)
    for tab in (ada, vera):
        expect(tab.locator("#alarms li")).to_contain_text("can hand out 5 more messages", timeout=20_000)
        assert tab.locator("#alarms li .mark").count() == 1, "a hidden character is shown as a mark"
        assert tab.evaluate("window.pwned") is None
        assert tab.evaluate("document.documentElement.scrollWidth") <= tab.viewport_size["width"]  # type: ignore[index]
    expect(vera.locator("#alarms button")).to_have_count(0)
    found = Axe().run(ada, context="#alarms")
    assert [each["id"] for each in found.response["violations"] if each["impact"] in ("serious", "critical")] == []
    ada.get_by_role("button", name="I have seen it").focus()
    ada.keyboard.press("Enter")
    for tab in (ada, vera):
        expect(tab.locator("#alarms li")).to_contain_text("Ada has seen it")
    expect(ada.locator("#alarms button")).to_have_count(0)
    add_queue_messages(store)
    for tab in (ada, vera):
        expect(tab.locator("#alarms")).to_be_hidden(timeout=20_000)
        tab.context.close()


def add_queue_messages(store: Store) -> None:
    from rooms import the_dataset

    from labeling.listing import queue_named
    from labeling.queues import chosen

    dataset = the_dataset(store)
    chosen(store, queue_named(store, dataset, "review"), range(6, 30))


def test_only_an_alarm_that_names_messages_offers_to_ask_the_office(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    _, store = opened
    store.write(lambda c: open_alarm(c, "drift", "Without", {}))
    store.write(lambda c: open_alarm(c, "drift", "With", {"message_ids": [1, 2]}))
    lea = visit(opened, browser, "Lea", Role.LEAD)
    expect(lea.locator("#alarms li")).to_have_count(2)
    expect(lea.locator("#alarms a")).to_have_count(1)
    lea.get_by_role("link", name="Make a queue of With").click()
    expect(lea.locator("#alarm-rows li").filter(has_text="With").first).to_be_visible()
    expect(lea.get_by_role("button", name="Make a queue of With")).to_have_count(1)
    expect(lea.get_by_role("button", name="Make a queue of Without")).to_have_count(0)
    lea.context.close()
