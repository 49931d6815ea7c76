"""The review page where things go wrong or fast: refusals, ended sessions, silent servers, two tabs, quick fingers."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import CLASSES, add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select, update

from core.store import Store
from core.store.models import Message
from labeling.models import DoorSession, Person, Role, Verdict

pytestmark = pytest.mark.browser
SENDER = "BANK\u202egnp.exe"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """One room for all tests here; what they are about happens in the browser, so one database is enough."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(300)])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def store(opened: tuple[Server, Store]) -> Store:
    return opened[1]


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    """Opens the review page as somebody, in a browser of their own."""

    def go(name: str, role: Role = Role.REVIEWER, script: str = "", **options: Any) -> Page:
        tab = look(browser, opened, "page=review", name, role, script=script, **options)
        if role is not Role.VIEWER:
            expect(tab.locator("#message")).to_be_visible()
        return tab

    return go


def saved(tab: Page) -> None:
    expect(tab.locator("#status-words")).to_have_text("saved", timeout=20_000)


def judged(store: Store, name: str) -> list[tuple[str, str, str | None]]:
    """What the store has of a person: (kind, body, class), in order."""
    with store.read() as connection:
        query = (
            select(Verdict.kind, Message.body, Verdict.klass)
            .join(Message, Message.id == Verdict.message_id)
            .join(Person, Person.id == Verdict.person_id)
            .where(Person.name == name)
            .order_by(Verdict.id)
        )
        return [tuple(row) for row in connection.execute(query)]


def body(tab: Page) -> str:
    return tab.locator("#message").inner_text()


def test_a_refused_verdict_is_kept_for_the_person_also_over_a_reload(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Ada")
    refusal = json.dumps({"error": {"what": "the desk is closed today", "fix": "Come back tomorrow."}})
    tab.route("**/desk/verdict", lambda route: route.fulfill(status=409, body=refusal))
    first = body(tab)
    tab.keyboard.press("1")
    expect(tab.locator("#refused")).to_contain_text("the desk is closed today")
    expect(tab.locator("#status-words")).to_have_text("1 not taken")
    tab.unroute("**/desk/verdict")
    tab.reload()
    expect(tab.locator("#refused")).to_contain_text("the desk is closed today")
    assert judged(store, "Ada") == []
    tab.get_by_role("button", name="Send again").click()
    saved(tab)
    expect(tab.locator("#refused")).to_be_hidden()
    assert judged(store, "Ada") == [("label", first, "personal")]


def test_a_strangers_answer_is_no_refusal_and_the_verdict_is_sent_again(
    visit: Callable[..., Page], store: Store
) -> None:
    tab = visit("Bela")
    tab.route("**/desk/verdict", lambda route: route.fulfill(status=404, body="<h1>another program</h1>"), times=1)
    tab.keyboard.press("1")
    saved(tab)
    expect(tab.locator("#refused")).to_be_hidden()
    assert len(judged(store, "Bela")) == 1


def test_an_ended_session_says_so_and_loses_nothing(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    server, store = opened
    tab = visit("Carla")
    store.write(lambda c: c.execute(update(DoorSession).values(revoked_at=1)))
    tab.wait_for_timeout(2_500)  # a server hears within a second or so of what another process has ended
    tab.keyboard.press("3")
    expect(tab.locator("#banner")).to_contain_text("session has ended")
    tab.wait_for_timeout(700)
    expect(tab.locator("#banner")).to_contain_text("session has ended")
    tab.goto(server.link(store, "Carla"))
    tab.goto(f"{server.base}?page=review")
    saved(tab)
    assert [klass for _, _, klass in judged(store, "Carla")] == ["spam"]


def test_a_server_that_keeps_silent_is_noticed_and_the_verdict_stored_once(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    server, store = opened
    tab = visit("Dora")
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        tab.keyboard.press("1")
        expect(tab.locator("#banner")).to_contain_text("1 verdict is kept in this browser", timeout=10_000)
    finally:
        server.process.send_signal(signal.SIGCONT)
    saved(tab)
    assert len(judged(store, "Dora")) == 1


def test_two_tabs_of_one_person_keep_each_others_unsent_verdicts(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    server, store = opened
    one = visit("Emil")
    two = one.context.new_page()
    two.goto(f"{server.base}?page=review")
    expect(two.locator("#message")).to_be_visible()
    one.context.route("**/desk/verdict", lambda route: route.abort())
    texts = [body(one)]
    one.keyboard.press("1")
    two.keyboard.press("s")  # the same message is in both tabs
    texts.append(body(two))
    two.keyboard.press("2")
    expect(two.locator("#status-words")).to_have_text("2 not yet saved")
    one.close()
    two.close()
    one.context.unroute("**/desk/verdict")
    three = one.context.new_page()
    three.goto(f"{server.base}?page=review")
    expect(three.locator("#refused")).to_contain_text("you have judged this message already")
    expect(three.locator("#status-words")).to_have_text("1 not taken")
    assert judged(store, "Emil") == [("label", texts[0], "personal"), ("label", texts[1], "notification")]


def test_a_verdict_for_another_room_is_not_sent_to_this_one(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Fred")
    lease = int(tab.locator("#message").get_attribute("data-lease") or 0)
    foreign = {"uuid": "7d9f8d8e-6d0e-4a55-9d63-0c3a5f2f4b11", "lease_id": lease, "kind": "label", "klass": "spam"}
    tab.evaluate("([key, value]) => localStorage.setItem(key, value)",
                 ["tallyroom.outbox.another-room.Fred.1.a", json.dumps({"verdict": foreign})])  # fmt: skip
    tab.evaluate("value => localStorage.setItem('tallyroom.outbox.Fred', value)", json.dumps([foreign]))
    tab.reload()
    expect(tab.locator("#message")).to_be_visible()
    tab.wait_for_timeout(500)
    assert judged(store, "Fred") == []


def test_a_page_without_the_browsers_own_uuids_loses_no_verdict(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Gita", script="delete Crypto.prototype.randomUUID")
    tab.keyboard.press("2")
    saved(tab)
    assert [klass for _, _, klass in judged(store, "Gita")] == ["notification"]


def test_quick_fingers_after_an_undo_judge_the_message_that_comes_back(
    visit: Callable[..., Page], store: Store
) -> None:
    tab = visit("Hans")
    first = body(tab)
    tab.evaluate(
        """for (const key of ["1", "u", "2", "3"])
        document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}))"""
    )
    expect(tab.locator("#last li")).to_have_count(2)
    saved(tab)
    kinds = [(kind, text == first, klass) for kind, text, klass in judged(store, "Hans")]
    assert kinds == [
        ("label", True, "personal"), ("undo", True, None), ("label", True, "notification"), ("label", False, "spam"),
    ]  # fmt: skip


def test_an_undone_skip_comes_back_and_the_list_of_verdicts_stays(visit: Callable[..., Page]) -> None:
    tab = visit("Ines")
    tab.keyboard.press("1")
    second = body(tab)
    tab.keyboard.press("s")
    expect(tab.locator("#message")).not_to_have_text(second)
    tab.keyboard.press("u")
    expect(tab.locator("#message")).to_have_text(second)
    expect(tab.locator("#last li")).to_have_count(1)


def test_enter_after_a_click_confirms_the_prediction_and_not_the_click(
    visit: Callable[..., Page], store: Store
) -> None:
    tab = visit("Jo")
    tab.locator(".choice").first.click()
    tab.keyboard.press("Enter")
    saved(tab)
    expect(tab.locator("#last li")).to_have_count(2)
    assert [klass for _, _, klass in judged(store, "Jo")] == ["personal", "spam"]


def test_the_keys_work_on_other_keyboards(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Kir")
    tab.evaluate(
        """for (const [key, code] of [["&", "Digit1"], ["ы", "KeyS"]])
        document.dispatchEvent(new KeyboardEvent("keydown", {key, code, bubbles: true}))"""
    )
    saved(tab)
    assert [kind for kind, _, _ in judged(store, "Kir")] == ["label", "skip"]


def test_a_senders_name_cannot_turn_the_line_around(visit: Callable[..., Page], store: Store) -> None:
    store.write(lambda c: c.execute(update(Message).values(sender=SENDER)))
    tab = visit("Lea")
    expect(tab.locator("#from .mark")).to_have_text("RLO")
    store.write(lambda c: c.execute(update(Message).values(sender="VM-SHOP")))


def test_a_viewer_may_look_and_not_judge(visit: Callable[..., Page]) -> None:
    tab = visit("Vera", Role.VIEWER)
    expect(tab.locator("#nothing")).to_contain_text("You may look, and not judge")
    expect(tab.locator(".choice").first).to_be_hidden()
    assert "message number" not in tab.content()


def test_what_is_left_for_others_is_not_called_judged(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    tab = visit("Mara")
    tab.route("**/desk/claim", lambda route: route.fulfill(json={"messages": []}))
    tab.reload()
    expect(tab.locator("#nothing")).to_be_visible()
    expect(tab.locator("#nothing")).not_to_contain_text("All judged")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_twenty_classes_leave_room_for_a_long_message(visit: Callable[..., Page], width: int, height: int) -> None:
    names = [f"class number {n}" for n in range(20)]

    def with_twenty(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(json.dumps(list(CLASSES)), json.dumps(names)))

    tab = visit("Nina", viewport={"width": width, "height": height})
    tab.route("**/room?page=review", with_twenty)
    tab.route("**/desk/claim", lambda route: _long(route))
    tab.reload()
    expect(tab.locator(".choice")).to_have_count(20)
    tab.locator(".choice").last.scroll_into_view_if_needed()
    message, choices, desk = (tab.locator(f"{part}").bounding_box() for part in ("#message", "#choices", ".desk"))
    assert message
    assert choices
    assert desk
    assert choices["y"] - max(message["y"], 57) >= 150, "the message is seen above the choices"
    assert choices["y"] + choices["height"] <= desk["y"] + desk["height"] + 1, "nothing sticks out of its card"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def _long(route: Any) -> None:
    answer = route.fetch()
    found = answer.json()
    for message in found["messages"]:
        message["body"] = "a long message " * 200
    route.fulfill(response=answer, json=found)
