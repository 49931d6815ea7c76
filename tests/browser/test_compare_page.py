"""The compare page in a real Chromium: two runs, from the first look to a decision that is settled and kept."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import CLASSES, add_messages
from runs import add_run, promoted
from servers import Server, make_folder
from sqlalchemy import select

from core.store import Store
from core.store.models import Promotion
from labeling.comparison_models import ComparisonDecision
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"


@pytest.fixture
def opened(store: Store, store_url: str, tmp_path: Path) -> Iterator[tuple[Server, Store]]:
    """Two runs that disagree on 60 of 400 messages; the challenger is right on 57 of these. One text is hostile."""
    ids = add_messages(store, [f"{HOSTILE if n == 0 else 'Recharge of Rs 199 successful'} ({n})" for n in range(400)])
    first = ["personal"] * 57 + ["spam"] * 3 + ["spam"] * 340
    second = ["spam"] * 57 + ["notification"] * 3 + ["spam"] * 340
    promoted(store, add_run(store, ids, "word-cnb", first, model=b"w" * 40_000))
    add_run(store, ids, "char-svc", second, model=b"c" * 400_000)
    server = Server(make_folder(tmp_path, store_url)).start()
    yield server, store
    server.stop()


def visit(opened: tuple[Server, Store], browser: Browser, role: Role = Role.LEAD, **options: Any) -> Page:
    return look(browser, opened, "page=compare", f"a {role}", role, **options)


def judge(store: Store, messages: int) -> None:
    """Ada, who finds spam wherever she looks, judges what she is handed, blind."""
    desk, ada = Desk(store, CLASSES), add_person(store, "Ada").id
    for _ in range(messages):
        (message,) = desk.claim(ada, 1).result()
        assert message.blind
        desk.judge(ada, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam", seconds=2.0)).result()


def test_two_runs_are_compared_asked_about_settled_and_decided_by_keys(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    store = opened[1]
    tab = visit(opened, browser)
    expect(tab.locator("#folds-words")).to_contain_text("corrected resampled t")
    assert tab.locator("#first option:checked").inner_text() == "word-cnb v1"
    assert tab.locator("#second option:checked").inner_text() == "char-svc v1"
    expect(tab.locator("#board tbody tr")).to_have_count(2)
    expect(tab.locator(".difference .gain").first).to_contain_text("−57")
    expect(tab.locator("#apart li").first).to_contain_text("<img src=x")
    assert tab.evaluate("window.pwned") is None
    assert tab.locator("#apart .mark").first.inner_text() == "RLO"

    expect(tab.locator("#kinds")).to_contain_text("alphanumeric sender 400")

    tab.keyboard.press("a")
    tab.locator("#asking [name=name]").fill("letters or words <b>")
    tab.keyboard.press("Enter")
    expect(tab.locator("#evidence")).to_have_text("no verdict yet")
    assert "comparison=1" in tab.url
    judge(store, 5)
    expect(tab.locator("#go")).to_contain_text("about")
    judge(store, 25)
    expect(tab.locator("#go")).to_contain_text("B, at verdict")
    expect(tab.locator("#evidence")).to_contain_text("B better by")
    expect(tab.locator("#apart .right.b").first).to_have_text("B right")

    tab.keyboard.press("n")
    tab.keyboard.type(f"links made it {HOSTILE}")
    tab.keyboard.press("Enter")
    expect(tab.locator("#notes li").first).to_contain_text("links made it <img")
    tab.locator("#note").blur()
    tab.keyboard.press("d")
    expect(tab.locator("[value=promote]")).to_be_checked()
    tab.keyboard.type("letters see the links")
    tab.locator("#deciding-form [type=submit]").press("Enter")
    expect(tab.locator("#decided")).to_contain_text("Decided: promote, by a lead: letters see the links")
    expect(tab.locator("#second-role")).to_have_text("champion")
    with store.read() as connection:
        decided = connection.execute(select(ComparisonDecision.evidence)).scalar_one()
        reasons = connection.execute(select(Promotion.reason).order_by(Promotion.id.desc())).scalars().first()
    assert decided is not None
    assert (decided["verdicts"], decided["state"], decided["leader"]) == (30, "settled", "b")
    assert reasons == "letters see the links"
    assert tab.evaluate("window.pwned") is None
    photograph(opened, browser, tab.url)


SLOW_LINE = """
window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(address);
    this.addEventListener("open", (event) => {
      if (window.mayOpen) return;
      event.stopImmediatePropagation();
      window.open_ = () => { window.mayOpen = true; this.onopen(event); };
    });
  }
  get readyState() { return window.mayOpen ? super.readyState : WebSocket.CONNECTING; }
};
"""
"""A browser in which a line comes about when the test says so."""


def test_who_opens_a_session_before_the_line_is_there_is_in_it(opened: tuple[Server, Store], browser: Browser) -> None:
    server, store = opened
    tab = browser.new_context().new_page()
    tab.goto(server.link(store, "Lea", Role.LEAD))
    tab.add_init_script(SLOW_LINE)
    tab.goto(f"{server.base}?page=compare")
    expect(tab.locator("#board tbody tr")).to_have_count(2)
    tab.wait_for_function("window.open_ !== undefined")
    tab.keyboard.press("o")
    tab.locator("#opening [name=name]").fill("letters or words")
    tab.keyboard.press("Enter")
    expect(tab.locator("#note-form")).to_be_visible()
    tab.evaluate("open_()")
    expect(tab.locator("#people .person")).to_have_text("Lea (you)")


def test_a_phone_shows_it_without_a_scroll_to_the_side(opened: tuple[Server, Store], browser: Browser) -> None:
    tab = visit(opened, browser, viewport={"width": 390, "height": 844}, has_touch=True)
    expect(tab.locator("#apart li").first).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    for button in ("#ask", "#decide"):
        box = tab.locator(button).bounding_box()
        assert box is not None
        assert box["height"] >= 48
    tab.locator("#ask").tap()
    expect(tab.locator("#asking")).to_be_visible()


def test_who_judges_blind_does_not_see_what_the_models_say(opened: tuple[Server, Store], browser: Browser) -> None:
    tab = visit(opened, browser, Role.REVIEWER)
    assert tab.locator("#apart").count() == 0
    assert tab.request.get(f"{opened[0].base}/compare/apart.json?first=1&second=2").status == 403


def photograph(opened: tuple[Server, Store], browser: Browser, address: str) -> None:
    """Pictures, where TALLYROOM_PICTURES names a folder."""
    folder = os.environ.get("TALLYROOM_PICTURES")
    for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
        if folder is None:
            return
        tab = visit(opened, browser, viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab.goto(address)
        expect(tab.locator("#apart .right.b").first).to_be_visible()
        tab.screenshot(path=str(Path(folder) / f"compare-{scheme}-{width}.png"), full_page=True)
