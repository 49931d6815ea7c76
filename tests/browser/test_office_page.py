"""The office page in a real Chromium: a lead decides by keys and takes it back; a reviewer does not see it."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import CLASSES, add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import func, select

from core.store import Store
from core.store.models import Truth
from labeling.desk import Desk
from labeling.models import Decision, Role, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"
BODIES = [
    "Your parcel waits at the shop, pick it up until Friday and win a voucher",
    HOSTILE,
    "Dear customer, 20 % off all shoes today",
    "see you at seven",
    "Your code is 4821",
    "Recharge of Rs 199 successful. Win a trip: reply TRIP",
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """Two people at odds over every third message; one of them flags the fifth."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    chance = random.Random(3)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [BODIES[n % len(BODIES)] + (f" ({n})" if n > 5 else "") for n in range(90)])
        add_champion(store, ids)
        add_queue(store, ids, overlap=2, blind_share=0.4)
        desk = Desk(store, CLASSES)
        for name in ("Ada", HOSTILE[:24]):
            person = add_person(store, name).id
            for number in range(90):
                message = desk.claim(person, 1).result()[0]
                if number == 4:
                    note = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.FLAG, note=HOSTILE)
                    desk.judge(person, note).result()
                klass = CLASSES[number % 3] if name == "Ada" or number % 3 else chance.choice(CLASSES)
                given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=2.0)
                desk.judge(person, given).result()
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def visit(opened: tuple[Server, Store], browser: Browser, name: str, role: Role, **options: Any) -> Page:
    return look(browser, opened, "page=office", name, role, **options)


def truth(store: Store, message_id: int) -> str | None:
    with store.read() as connection:
        return connection.execute(select(Truth.klass).where(Truth.message_id == message_id)).scalar()


def test_a_lead_decides_by_keys_and_takes_it_back(opened: tuple[Server, Store], browser: Browser) -> None:
    store = opened[1]
    tab = visit(opened, browser, "Lea", Role.LEAD)
    expect(tab.locator("#alpha")).to_contain_text("alpha 0.")
    expect(tab.locator("#sway-words")).to_contain_text("blind")
    assert tab.evaluate("window.pwned") is None
    before = tab.locator("#waiting").inner_text()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "n"):
        tab.keyboard.press(key)
    body = tab.locator("#message").inner_text()
    tab.keyboard.type("it names a shop")
    tab.keyboard.press("Enter")
    tab.keyboard.press("2")
    expect(tab.locator("#waiting")).not_to_have_text(before)
    expect(tab.locator("#rulings li").first).to_contain_text("it names a shop")
    with store.read() as connection:
        message_id, klass = connection.execute(select(Decision.message_id, Decision.klass)).one()
    assert klass == "notification"
    assert truth(store, message_id) == "notification"
    expect(tab.locator("#message")).not_to_have_text(body)
    tab.keyboard.press("u")
    expect(tab.locator("#waiting")).to_have_text(before)
    assert truth(store, message_id) is None
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(Decision)).scalar_one() == 2, "both are facts"


def test_a_phone_shows_it_without_a_scroll_to_the_side_and_by_touch(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    tab = visit(opened, browser, "Lea", Role.LEAD, viewport={"width": 390, "height": 844}, has_touch=True)
    expect(tab.locator(".choice").first).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert all(box["height"] >= 48 for box in (each.bounding_box() for each in tab.locator(".choice").all()) if box)
    before = tab.locator("#waiting").inner_text()
    tab.locator(".choice").nth(2).tap()
    expect(tab.locator("#waiting")).not_to_have_text(before)
    tab.locator("#rulings button").first.tap()
    expect(tab.locator("#waiting")).to_have_text(before)
    photograph(opened, browser)


def test_a_reviewer_does_not_see_it(opened: tuple[Server, Store], browser: Browser) -> None:
    tab = visit(opened, browser, "Ada", Role.REVIEWER)
    assert tab.locator("#disputes").count() == 0
    assert tab.request.get(f"{opened[0].base}/office.json").status == 403


def photograph(opened: tuple[Server, Store], browser: Browser) -> None:
    """Pictures, where TALLYROOM_PICTURES names a folder."""
    folder = os.environ.get("TALLYROOM_PICTURES")
    for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
        if folder is None:
            return
        options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        tab = visit(opened, browser, "Lea", Role.LEAD, **options)
        expect(tab.locator(".choice").first).to_be_visible()
        tab.screenshot(path=str(Path(folder) / f"office-{scheme}-{width}.png"), full_page=True)
