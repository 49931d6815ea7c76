"""The pages in a real Chromium: two people at work, a server that dies, a page that moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select, update

from core.store import Store
from core.store.models import RunId
from core.store.records.runs import FoldRecord, add_fold
from labeling.models import Queue, Role, Verdict

pytestmark = pytest.mark.browser
HOSTILE = [
    "<script>window.pwned=1</script>", "<img src=x onerror='window.pwned=1'>", "{{7*7}}<%= 7*7 %>${7*7}",
    "javascript:alert(1)//", "\u202egnp.exe\u202c \u200bhidden", "</script><svg onload=window.pwned=1>", "x" * 5_000,
    "आपका खाता", "مرحبا <b>بالعالم</b>",
]  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [*HOSTILE, *(f"message number {n}" for n in range(150))])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    """Opens a page as somebody, in a browser of their own."""

    def go(name: str, page: str, role: Role = Role.REVIEWER, **options: Any) -> Page:
        return look(browser, opened, f"page={page}", name, role, **options)

    return go


def verdicts(store: Store) -> list[tuple[str, int, str | None]]:
    with store.read() as connection:
        query = select(Verdict.uuid, Verdict.message_id, Verdict.klass).where(Verdict.kind == "label")
        return [tuple(row) for row in connection.execute(query.order_by(Verdict.id))]


def body(tab: Page) -> str:
    return tab.locator("#message").inner_text()


def test_two_people_judge_at_once_and_never_see_the_same_message(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    _, store = opened
    before = len(verdicts(store))
    tabs = [visit("Ada", "review"), visit("Bela", "review")]
    seen: list[str] = []
    for tab in tabs:
        expect(tab.locator("#message[data-lease]")).to_be_visible()
    for key in ("1", "2", "3", "Enter"):
        for tab in tabs:
            seen.append(tab.locator("#message").get_attribute("data-lease") or "")
            tab.keyboard.press(key)
    for tab in tabs:
        expect(tab.locator("#status-words")).to_have_text("saved")
    assert len(set(seen)) == len(seen) == 8
    after = verdicts(store)[before:]
    assert len(after) == 8
    assert len({message for _, message, _ in after}) == 8


def test_saved_is_said_only_when_the_store_has_it(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    _, store = opened
    tab = visit("Carla", "review")
    expect(tab.locator("#message")).to_be_visible()
    held: list[Any] = []
    tab.route("**/desk/verdict", lambda route: held.append(route))
    tab.reload()  # a page that stood before may send its next request past the route
    expect(tab.locator("#message")).to_be_visible()
    before = len(verdicts(store))
    tab.keyboard.press("1")
    tab.wait_for_timeout(400)
    expect(tab.locator("#status-words")).to_have_text("1 not yet saved")
    assert len(verdicts(store)) == before
    held[0].continue_()
    expect(tab.locator("#status-words")).to_have_text("saved")
    assert len(verdicts(store)) == before + 1


def test_a_server_killed_with_an_unsent_verdict_gets_it_once_after_its_restart(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    server, store = opened
    tab = visit("Dora", "review")
    expect(tab.locator("#message")).to_be_visible()
    before = {uuid for uuid, _, _ in verdicts(store)}
    server.kill()
    tab.keyboard.press("2")
    tab.keyboard.press("3")
    expect(tab.locator("#banner")).to_contain_text("2 verdicts are kept in this browser")
    server.start()
    expect(tab.locator("#status-words")).to_have_text("saved", timeout=30_000)
    fresh = [klass for uuid, _, klass in verdicts(store) if uuid not in before]
    assert fresh == ["notification", "spam"]
    tab.reload()
    expect(tab.locator("#message")).to_be_visible()
    assert len(verdicts(store)) == len(before) + 2


def test_undo_brings_the_message_back(visit: Callable[..., Page]) -> None:
    tab = visit("Emil", "review")
    expect(tab.locator("#message")).to_be_visible()
    first = body(tab)
    tab.keyboard.press("1")
    expect(tab.locator("#message")).not_to_have_text(first)
    tab.keyboard.press("u")
    expect(tab.locator("#message")).to_have_text(first)
    expect(tab.locator("#status-words")).to_have_text("taken back")


def test_a_blind_message_shows_no_prediction_on_the_screen_nor_on_the_wire(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    _, store = opened
    store.write(lambda c: c.execute(update(Queue).values(blind_share=1.0)))
    tab = visit("Fred", "review")
    expect(tab.locator("#place")).to_have_text("blind")
    expect(tab.locator(".choice.on")).to_have_count(0)
    expect(tab.locator("#says .chip")).to_have_count(0)
    lease = tab.locator("#message").get_attribute("data-lease")
    tab.keyboard.press("Enter")
    assert tab.locator("#message").get_attribute("data-lease") == lease, "there is nothing to confirm"
    sent = tab.evaluate(
        """async () => (await (await fetch("room/desk/claim", {method: "POST", body: '{"count": 1}',
        headers: {"X-Tallyroom": "1"}})).json()).messages"""
    )
    assert all(m["predicted"] is None and m["says"] == [] and m["marks"] == [] for m in sent)
    store.write(lambda c: c.execute(update(Queue).values(blind_share=0.0)))


def test_the_live_page_moves_without_a_reload(visit: Callable[..., Page], opened: tuple[Server, Store]) -> None:
    _, store = opened
    live, review = visit("Gita", "live", viewport={"width": 1440, "height": 900}), visit("Hans", "review")
    expect(live.locator("#status-words")).to_contain_text("behind the store")
    record = FoldRecord(7, len(verdicts(store)), 1.0, 900, 100, 0.1, 0.1, [("macro_f1", "", 0.93)])
    dots = "tallyroom.doc.get_model_by_name('curves.dots').data.key.length"
    before = live.evaluate(dots)
    store.write(lambda c: add_fold(c, RunId(1), record))
    live.wait_for_function(f"{dots} === {before + 1}", timeout=3_000)
    cell = "tallyroom.state.tables.get('confusion.verdicts').get('notification|spam').n"
    n = live.evaluate(cell)
    expect(review.locator("#message")).to_be_visible()
    review.keyboard.press("2")
    live.wait_for_function(f"{cell} === {n + 1}", timeout=2_000)
    first = live.locator("#verdicts li").first
    expect(first).to_contain_text("was spam")
    live.evaluate("tallyroom.doc.get_model_by_name('curves.dots').selected.indices = [0]")  # what a click on it does
    expect(live.locator("#drawer")).to_be_visible()
    live.keyboard.press("Escape")
    live.locator("[data-figure=curves] .as-table > summary").press("Enter")
    live.get_by_role("button", name="open what is wrong").first.press("Enter")
    expect(live.locator("#drawer")).to_be_visible()


def test_a_cell_opens_its_messages_by_keyboard_and_hostile_text_stays_text(
    visit: Callable[..., Page],
) -> None:
    review = visit("Ines", "review")
    expect(review.locator("#message")).to_be_visible()
    for _ in range(3):
        review.keyboard.press("1")
    expect(review.locator("#status-words")).to_have_text("saved")
    live = visit("Ines", "live")
    live.locator("[data-against=verdicts]").click()
    live.locator("[data-figure=confusion] .as-table > summary").press("Enter")
    live.locator("[data-cell='personal|spam']").press("Enter")
    expect(live.locator("#drawer .line").first).to_be_visible()
    text = live.locator("#drawer-rows").inner_text()
    assert "<script>window.pwned=1</script>" in text or "onerror" in text or "message number" in text
    live.keyboard.press("Escape")
    expect(live.locator("#drawer")).to_be_hidden()
    assert live.evaluate("document.activeElement.dataset.cell") == "personal|spam"
    for tab in (review, live):
        assert tab.evaluate("window.pwned") is None
        assert tab.locator("#message img, #message script, #drawer img, #verdicts img, #verdicts script").count() == 0


def test_a_phone_has_thumb_sized_choices_and_no_sideways_scrolling(visit: Callable[..., Page]) -> None:
    tab = visit("Jo", "review", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(tab.locator("#message")).to_be_visible()
    for button in tab.locator(".choice, #skip, #undo").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48
    lease = tab.locator("#message").get_attribute("data-lease")
    tab.locator(".choice").nth(1).tap()
    expect(tab.locator("#message")).not_to_have_attribute("data-lease", lease or "")
    live = visit("Jo", "live", viewport={"width": 390, "height": 844})
    expect(live.locator("#status-words")).to_contain_text("live")
    for page in (tab, live):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_stranger_finds_the_door_closed(opened: tuple[Server, Store], browser: Browser) -> None:
    server, _ = opened
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(server.base)
    expect(tab.locator("h1")).to_have_text("The door is closed")
    context.close()
