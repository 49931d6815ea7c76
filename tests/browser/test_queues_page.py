"""The queues page in a real Chromium: a lead works by keys and by touch, a reviewer does not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

from core.store import Store
from core.store.models import Message, Origin, Truth
from core.store.records.labels import set_label
from core.store.records.suspects import add_suspects
from labeling.models import Queue, Role

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(80)])
        run_id = add_champion(store, ids)
        add_queue(store, ids[:40])
        for message_id in ids[60:]:
            store.write(lambda c, m=message_id: set_label(c, m, Origin.IMPORTED, "personal"))  # type: ignore[misc]
        doubted = pd.DataFrame({"message_id": ids[70:], "sure": [0.01 * n for n in range(10)]})
        doubted = doubted.assign(given="personal", origin="imported", likely="spam")
        store.write(lambda c: add_suspects(c, run_id, doubted))
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
    expect(tab.locator("header nav")).not_to_contain_text("Queues")
    expect(tab.locator("main.page-live")).to_be_visible()
    context.close()


def test_a_lead_asks_about_doubted_labels_by_keys_and_the_verdict_outweighs_the_label(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    context = browser.new_context()
    tab, store = visit(opened, context, "Lea", Role.LEAD), opened[1]
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    expect(tab.locator("#doubted-words")).to_contain_text("char-svc v1 doubts 10 of the")
    tab.keyboard.press("e")
    expect(tab.locator("#banner")).to_be_hidden()
    queue = tab.locator(".queue").filter(has_text="Probable label errors")
    expect(queue).to_contain_text("0 of 10 messages done")
    expect(queue).to_contain_text("100 % blind")
    expect(tab.locator("#doubted-ask")).to_be_hidden()
    queue.focus()
    tab.keyboard.press("+")
    expect(queue.locator(".priority")).to_have_text("1")
    tab.locator("#doubted-review").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#message")).to_contain_text("message number 70")
    tab.keyboard.press("3")
    expect(tab.locator("#status-words")).to_have_text("saved", timeout=20_000)
    with store.read() as connection:
        query = select(Truth.klass, Truth.origin).join(Message, Message.id == Truth.message_id)
        held = connection.execute(query.where(Message.body == "message number 70")).one()
    assert tuple(held) == ("spam", Origin.VERDICT)
    tab.goto(f"{opened[0].base}?page=queues")
    expect(tab.locator("#doubted-words")).to_contain_text("1 judged, 1 of them wrong")
    assert troubles == []
    context.close()
