"""A reviewer's work in a real Chromium: by keyboard alone, by touch alone, and as a screen reader finds it.

A short form by default; `TALLYROOM_REVIEW_MINUTES=10` (`make nightly`) works for as long as it says.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

import labeling.check
from core.store import Store, check
from labeling.models import Person, Verdict

pytestmark = pytest.mark.browser
MINUTES = float(os.environ.get("TALLYROOM_REVIEW_MINUTES", "0"))
SHORT = 100
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    many = 800 + int(MINUTES * 60 * 20)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}, as plain as can be" for n in range(many)])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0, overlap=5)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    """Opens the review page as somebody, in a browser of their own."""

    def go(name: str, **options: Any) -> Page:
        tab = look(browser, opened, "page=review", name, **options)
        expect(tab.locator("#message[data-lease]")).to_be_visible()
        return tab

    return go


def said(store: Store, name: str) -> list[tuple[str, str | None, str | None, int | None]]:
    """What the store has of a person: kind, class, second best, what it supersedes; in order."""
    with store.read() as connection:
        query = (
            select(Verdict.kind, Verdict.klass, Verdict.second, Verdict.supersedes)
            .join(Person, Person.id == Verdict.person_id)
            .where(Person.name == name)
            .order_by(Verdict.id)
        )
        return [tuple(row) for row in connection.execute(query)]


def agrees_with_its_facts(store: Store) -> bool:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []


def saved(tab: Page) -> None:
    expect(tab.locator("#status-words")).to_have_text("saved")


def moved_on(tab: Page, act: Callable[[], None]) -> None:
    """Act, and wait until another message is on the screen."""
    lease = tab.locator("#message").get_attribute("data-lease")
    act()
    tab.wait_for_function(f"document.getElementById('message').dataset.lease !== '{lease}'")


def test_by_keyboard_alone_and_every_verdict_arrives(
    visit: Callable[..., Page], opened: tuple[Server, Store], capsys: pytest.CaptureFixture[str]
) -> None:
    _, store = opened
    tab = visit("Ada", viewport={"width": 1440, "height": 900})
    keys, given = ["1", "2", "3", "Enter", "c", "s"], Counter[str]()
    until, n = time.monotonic() + 60 * MINUTES, 0
    while n < SHORT or time.monotonic() < until:
        key = keys[n % len(keys)]
        moved_on(tab, lambda key=key: tab.keyboard.press(key))  # type: ignore[misc]
        given["unsure" if key == "c" else "skip" if key == "s" else "label"] += 1
        n += 1
    saved(tab)
    times = sorted(tab.evaluate("tallyroom.keyToNext"))
    with capsys.disabled():
        print(f"\nkey to next message painted, {len(times)} messages: p50 {times[len(times) // 2]:.0f} ms, "
              f"p95 {times[int(0.95 * len(times))]:.0f} ms, most {times[-1]:.0f} ms")  # fmt: skip
    assert len(times) == min(n, 5_000)
    assert Counter(kind for kind, *_ in said(store, "Ada")) == given
    assert agrees_with_its_facts(store)


def test_second_best_undo_flag_history_and_help_have_their_keys(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    _, store = opened
    tab = visit("Bela")
    tab.keyboard.press("Shift+Digit2")
    expect(tab.locator(".choice.is-second")).to_have_attribute("data-klass", "notification")
    moved_on(tab, lambda: tab.keyboard.press("3"))
    expect(tab.locator(".choice.is-second")).to_have_count(0)
    tab.keyboard.press("f")
    tab.keyboard.type("two topics")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    moved_on(tab, lambda: tab.keyboard.press("1"))
    moved_on(tab, lambda: tab.keyboard.press("u"))
    moved_on(tab, lambda: tab.keyboard.press("2"))
    tab.keyboard.press("h")
    expect(tab.locator("#history-rows li")).to_have_count(2)
    expect(tab.locator("#history-rows .said").first).to_be_focused()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("1")
    expect(tab.locator("#history-words")).to_have_text("Saved.")
    tab.keyboard.press("c")
    expect(tab.locator("#history-rows li").nth(1)).to_contain_text("cannot tell")
    expect(tab.locator("#history-words")).to_have_text("Saved.")
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    expect(tab.locator("#key-table")).to_contain_text("cannot tell")
    tab.keyboard.press("Escape")
    saved(tab)
    facts = said(store, "Bela")
    assert [fact[:3] for fact in facts] == [
        ("label", "spam", "notification"), ("flag", None, None), ("label", "personal", None), ("undo", None, None),
        ("label", "notification", None), ("label", "personal", None), ("unsure", None, None),
    ]  # fmt: skip
    assert [fact[3] is not None for fact in facts] == [False, False, False, True, False, True, True]
    assert agrees_with_its_facts(store)


def test_a_key_pressed_in_the_moment_in_which_a_dialog_closes_is_not_lost(visit: Callable[..., Page]) -> None:
    tab = visit("Bela")
    tab.keyboard.press("h")
    expect(tab.locator("#history")).to_be_visible()
    tab.evaluate(
        """() => {
            const field = document.getElementById("history-filter");
            field.focus();
            document.getElementById("history").close();
            field.dispatchEvent(new KeyboardEvent("keydown", {key: "?", code: "Slash", shiftKey: true, bubbles: true}));
        }"""
    )
    expect(tab.locator("#key-help")).to_be_visible()


def test_a_change_of_mind_made_without_a_network_arrives_later(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    _, store = opened
    tab = visit("Carla")
    moved_on(tab, lambda: tab.keyboard.press("1"))
    saved(tab)
    tab.keyboard.press("h")
    expect(tab.locator("#history-rows li")).to_have_count(1)
    tab.context.set_offline(True)
    tab.keyboard.press("3")
    expect(tab.locator("#banner")).to_contain_text("yours until")
    expect(tab.locator("#history-words")).to_have_text("Not yet saved.")
    tab.context.set_offline(False)
    expect(tab.locator("#history-words")).to_have_text("Saved.")
    assert [klass for _, klass, *_ in said(store, "Carla")] == ["personal", "spam"]


def test_on_a_phone_by_touch_alone(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    _, store = opened
    dora = f"Dora {uuid4().hex[:6]}"  # tried again, the test begins with nobody's verdicts
    tab = visit(dora, **PHONE)
    until, n = time.monotonic() + 60 * MINUTES, 0
    while n < 12 or time.monotonic() < until:
        moved_on(tab, lambda n=n: tab.locator(".choice").nth(n % 3).tap())  # type: ignore[misc]
        tab.wait_for_timeout(260)
        n += 1
    moved_on(tab, lambda: swipe(tab, -200))
    moved_on(tab, lambda: swipe(tab, 200))
    moved_on(tab, lambda: tab.locator("#unsure").tap())
    press_long(tab, ".choice[data-klass=personal]")
    expect(tab.locator(".choice.is-second")).to_have_attribute("data-klass", "personal")
    moved_on(tab, lambda: tap_twice(tab, ".choice[data-klass=spam]"))
    tab.locator("#open-history").tap()
    tab.locator("#history-rows .said").nth(1).tap()
    tab.locator(".instead .btn").first.tap()
    expect(tab.locator("#history-words")).to_have_text("Saved.")
    facts = said(store, dora)
    assert [kind for kind, *_ in facts] == ["label"] * n + ["skip", "label", "unsure", "label", "label"]
    assert (facts[n + 1][1], facts[n + 3][1:3]) == ("spam", ("spam", "personal"))
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def tap_twice(tab: Page, what: str) -> None:
    """Two taps in one moment, however busy the machine; they judge one message."""
    click = "new PointerEvent('click', {pointerType: 'touch', bubbles: true})"
    tab.locator(what).evaluate(f"button => {{ for (const _ of [1, 2]) button.dispatchEvent({click}); }}")


def swipe(tab: Page, by: int) -> None:
    """A thumb that moves sideways over the message."""
    session = tab.context.new_cdp_session(tab)
    box = tab.locator("#message").bounding_box()
    assert box is not None
    x, y = 195 - by / 2, box["y"] + 10
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in (0.3, 0.6, 1.0):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + part * by, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def press_long(tab: Page, what: str) -> None:
    session = tab.context.new_cdp_session(tab)
    box = tab.locator(what).bounding_box()
    assert box is not None
    point = {"x": box["x"] + 20, "y": box["y"] + 20}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(tab.locator(".choice.is-second")).to_have_count(1)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
    tab.wait_for_timeout(260)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_screen_reader_finds_names_and_roles_and_axe_finds_nothing_serious(
    visit: Callable[..., Page], scheme: str, options: dict[str, Any]
) -> None:
    tab = visit("Emil", color_scheme=scheme, **options)
    for role, name in {
        "group": "What is it?", "status": None, "main": None, "navigation": "Pages", "heading": "Guide",
    }.items():  # fmt: skip
        assert tab.get_by_role(role, **({"name": name} if name else {})).count() >= 1, role  # type: ignore[arg-type]
    for name in ("personal", "notification", "spam", "cannot tell", "skip", "flag", "undo"):
        expect(tab.get_by_role("button", name=name).first).to_be_visible()
    assert tab.locator("#message").get_attribute("aria-live") == "polite"
    assert serious(tab) == []
    tab.locator("#open-history").click()
    expect(tab.get_by_role("dialog", name="Your verdicts")).to_be_visible()
    expect(tab.get_by_role("combobox", name="Show")).to_be_visible()
    assert serious(tab) == []


def serious(tab: Page) -> list[str]:
    found = Axe().run(tab).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
